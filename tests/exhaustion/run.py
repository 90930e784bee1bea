#!/usr/bin/env python3
"""What slow clients, many logins and large documents do to the others. The figures of docs/security.md come from here.

    python3 tests/exhaustion/run.py target/release/manage [--clients 4000] [--seconds 15] [--only heads] [--control target/release/bare]

Everything runs on loopback, with a database of its own, and is bounded in time. The program and its load share the machine's cores,
so ratios are what counts: each is measured between two runs without the load.

On few cores the load itself delays requests: to send, and to open connections, take the kernel's time and the script's. With
`--control`, benches/bare.rs (actix-web with one route, and its own deadline of five seconds for a head) has the same load, in turn with
the program. What the program's p99 is beyond the control's is its own part.
"""

import argparse
import contextlib
import itertools
import json
import multiprocessing
import os
import re
import secrets
import selectors
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

HOST = "127.0.0.1"


class Server:
    """`manage runserver` on a database of its own."""

    def __init__(self, program, **settings):
        self.folder = tempfile.TemporaryDirectory(prefix="vitamin-exhaustion-")
        self.environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": str(Path(self.folder.name, "db.sqlite3")),
            "SECRET_KEY": secrets.token_hex(32),
            "ALLOWED_HOSTS": HOST,
            "DJANGO_SUPERUSER_PASSWORD": "aaaa",
            "RUST_LOG": "error",
            **settings,
        }
        self.program = program
        self.manage("migrate")
        self.manage("createsuperuser", "--noinput", "--username", "Pepe", "--email", "")
        self.key = re.search(r"Generated token (\w+)", self.manage("drf_create_token", "Pepe"))[1]
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [program, "runserver", f"{HOST}:{self.port}"], env=self.environment, stdout=subprocess.DEVNULL, cwd=self.folder.name
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 1):
                return
            time.sleep(0.1)
        raise SystemExit("the server does not answer")

    def manage(self, *arguments):
        return subprocess.run(
            [self.program, *arguments], env=self.environment, check=True, capture_output=True, text=True, cwd=self.folder.name
        ).stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.folder.cleanup()

    def status(self, name):
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", text)[1])

    def connections(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


class Control:
    """actix-web alone, which answers `/auth/` to everybody, with as many workers as cores."""

    key = "unchecked"

    def __init__(self, program):
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        cores = str(len(os.sched_getaffinity(0)))
        self.process = subprocess.Popen([program, f"{HOST}:{self.port}", cores], stdin=subprocess.PIPE, text=True)
        answer = ["/auth/", "200", '{"detail":"I suppose you are authenticated"}', "content-type: application/json"]
        self.process.stdin.write("\t".join(answer) + "\n")
        self.process.stdin.close()
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 1):
                return
            time.sleep(0.1)
        raise SystemExit("the control does not answer")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    connections = Server.connections


def read_answer(stream):
    """Status and whether the connection stays open."""
    line = stream.readline()
    if not line:
        raise ConnectionError("closed")
    length, is_kept = 0, True
    while (header := stream.readline().strip().lower()) != b"":
        if header.startswith(b"content-length:"):
            length = int(header.split(b":")[1])
        is_kept &= header != b"connection: close"
    stream.read(length)
    return int(line.split()[1]), is_kept


def probe(port, key, seconds, queue):
    """Asks for `/auth/` on a kept connection, a hundred times a second. Puts the sorted times in milliseconds, and the failures."""
    request = f"GET /auth/ HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Token {key}\r\n\r\n".encode()
    times, failures, connection = [], 0, None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.perf_counter()
        try:
            if connection is None:
                connection = socket.create_connection((HOST, port), 5)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                stream = connection.makefile("rb")
            connection.sendall(request)
            status, is_kept = read_answer(stream)
            failures += status != 200
            times.append((time.perf_counter() - started) * 1000)
            if not is_kept:
                raise ConnectionError("closed after the answer")
        except OSError:
            failures += connection is None
            connection = None
        time.sleep(0.01)
    queue.put((sorted(times), failures))


def measure(server, seconds):
    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=probe, args=(server.port, server.key, seconds, queue))
    process.start()
    times, failures = queue.get()
    process.join()
    return {
        "requests": len(times),
        "failures": failures,
        "p50": round(times[len(times) // 2], 2),
        "p99": round(times[int(len(times) * 0.99)], 2),
    }


def slow_clients(port, count, head, seconds, lower_priority):
    """Keeps `count` connections that have sent `head`, and sends a byte on each of them every second."""
    if lower_priority:
        os.nice(5)
    selector, waiting, turn = selectors.DefaultSelector(), {}, 0
    end = time.monotonic() + seconds
    started = last_bytes = time.monotonic()
    made = 0
    while time.monotonic() < end:
        # At most a thousand new ones a second, evenly: a burst of them would be another load.
        allowed = min(1000 * (time.monotonic() - started), made + 10)
        while made < allowed and len(waiting) < count:
            made += 1
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex((HOST, port))
            waiting[client.fileno()] = client
            selector.register(client, selectors.EVENT_WRITE)
        for key, events in selector.select(0.005):
            client = key.fileobj
            try:
                if events & selectors.EVENT_WRITE:
                    client.send(head)
                    selector.modify(client, selectors.EVENT_READ)
                elif not client.recv(65536):
                    raise ConnectionError("closed")
            except OSError:
                selector.unregister(client)
                del waiting[client.fileno()]
                client.close()
        # Each client in its turn, rather than all at once, which is another load.
        now = time.monotonic()
        count_now = int(len(waiting) * (now - last_bytes))
        clients = list(waiting.values())
        for client in itertools.islice(itertools.cycle(clients), turn, turn + count_now) if clients else []:
            with contextlib.suppress(OSError):
                client.send(b"a")
        turn = (turn + count_now) % max(len(clients), 1)
        last_bytes = now
    for client in waiting.values():
        client.close()


def under(server, arguments, name, head):
    before = measure(server, arguments.seconds)
    load = multiprocessing.Process(
        target=slow_clients, args=(server.port, arguments.clients, head, arguments.seconds + 8, True)
    )
    load.start()
    time.sleep(6)
    most = server.connections()
    during = measure(server, arguments.seconds)
    load.join()
    time.sleep(2)
    after = measure(server, arguments.seconds)
    quiet = (before["p99"] + after["p99"]) / 2
    report(name, before=before, during=during, after=after, open_files=most, ratio=round(during["p99"] / quiet, 2))
    return during["p99"]


def report(name, **figures):
    print(json.dumps({"measured": name, **figures}), flush=True)


def heads(arguments):
    name, head = f"{arguments.clients} slow heads", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "
    if arguments.control is None:
        with Server(arguments.program) as server:
            under(server, arguments, name, head)
        return
    p99 = {"program": [], "control": []}
    for _ in range(arguments.rounds):
        with Server(arguments.program) as server:
            p99["program"].append(under(server, arguments, name, head))
        with Control(arguments.control) as control:
            p99["control"].append(under(control, arguments, f"{name}, control", head))
    medians = {server: statistics.median(values) for server, values in p99.items()}
    report(f"{name}, median p99", **medians, ratio=round(medians["program"] / medians["control"], 2))


def bodies(arguments):
    head = b"POST /api-token-auth/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"
    with Server(arguments.program) as server:
        under(server, arguments, f"{arguments.clients} slow bodies that a view reads", head)
    head = b"GET /auth/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\na"
    with Server(arguments.program) as server:
        under(server, arguments, f"{arguments.clients} slow bodies that no view reads", head)


def log_in(port, password, statuses, end):
    """Logs in until the time is over, and at once again after a 503."""
    body = f"user=Pepe&password={password}".encode()
    head = f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 60) as connection:
            stream = connection.makefile("rb")
            while time.monotonic() < end:
                connection.sendall(head.encode() + body)
                status, is_kept = read_answer(stream)
                statuses.append((time.monotonic(), status))
                if status == 503:
                    time.sleep(1)
                if not is_kept:
                    break


def logins(arguments):
    with Server(arguments.program) as server:
        seconds = []
        for _ in range(5):
            began, statuses = time.perf_counter(), []
            log_in(server.port, "aaaa", statuses, time.monotonic() + 0.001)
            seconds.append(time.perf_counter() - began)
        hash_time = sorted(seconds)[2]
        before = measure(server, arguments.seconds)
        statuses, end = [], time.monotonic() + arguments.seconds + 4
        threads = [threading.Thread(target=log_in, args=(server.port, "aaaa", statuses, end)) for _ in range(200)]
        for thread in threads:
            thread.start()
        time.sleep(2)
        begin = time.monotonic()
        during = measure(server, arguments.seconds)
        over = time.monotonic()
        for thread in threads:
            thread.join()
        after = measure(server, arguments.seconds)
        done = sum(1 for at, status in statuses if status == 200 and begin <= at <= over)
        cores = len(os.sched_getaffinity(0))
        rate = done / (over - begin)
        report(
            "200 logins at once",
            before=before,
            during=during,
            after=after,
            ratio=round(during["p99"] / ((before["p99"] + after["p99"]) / 2), 2),
            hash_seconds=round(hash_time, 3),
            logins_per_second=round(rate, 2),
            of_cores=round(rate * hash_time / cores, 2),
        )


def post(port, path, body, content_type="application/json"):
    with socket.create_connection((HOST, port), 120) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        with contextlib.suppress(OSError):
            connection.sendall(head.encode() + body)
        return read_answer(connection.makefile("rb"))[0]


def at_once(count, call):
    answers = []

    def answer():
        try:
            answers.append(call())
        except OSError:
            answers.append("no answer")

    threads = [threading.Thread(target=answer) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {str(status): answers.count(status) for status in set(answers)}


def memory(arguments):
    dense = b'{"user":"Pepe","password":"no","x":[' + b'{"":0},' * 370_000 + b"0]}"
    small = b'{"user":"Pepe","password":"no","x":[' + b'{"":0},' * 9000 + b"0]}"
    for name, body, count, settings in [
        ("3 documents of 2.5 MB", dense, 3, {}),
        ("3 documents of 2.5 MB, if logins may have them", dense, 3, {"DATA_UPLOAD_MAX_CREDENTIALS_SIZE": "2621440"}),
        ("64 logins with documents of 63 KB", small, 64, {}),
    ]:
        with Server(arguments.program, BCRYPT_ROUNDS="10", **settings) as server:
            idle = server.status("VmHWM")
            answers = at_once(count, lambda: post(server.port, "/", body))
            report(name, bytes=len(body), answers=answers, idle_kB=idle, peak_kB=server.status("VmHWM"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--only", action="append", choices=["memory", "logins", "heads", "bodies"])
    parser.add_argument("--clients", type=int, default=4000)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--control", type=lambda path: str(Path(path).resolve()), help="benches/bare.rs, for --only heads")
    parser.add_argument("--rounds", type=int, default=3, help="of the program and its control (default: 3)")
    arguments = parser.parse_args()
    report("machine", cores=len(os.sched_getaffinity(0)), load=os.getloadavg())
    for name in arguments.only or ["memory", "logins", "heads", "bodies"]:
        {"heads": heads, "bodies": bodies, "logins": logins, "memory": memory}[name](arguments)


if __name__ == "__main__":
    main()
