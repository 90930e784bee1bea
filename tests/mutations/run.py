#!/usr/bin/env python3
"""Sends mutations of raw requests to the real programs: no 5xx, no crash, no hang.

    python3 tests/mutations/run.py 2000 [--seed 1] [--only NUMBER] [--postgres URL] PROGRAM…

PROGRAM is the tutorial's `manage`, or `tracker`, each known by its name. They take turns: half of the mutations each. Heads, bodies, chunks,
multipart, JSON, cookies, tokens and query strings are mutated (corpus.py). The same seed makes the same mutations, and `--only`
sends one of them alone, and shows it. With `--postgres`, the URL of a server's maintenance database, the programs use databases there.

The programs run on loopback. Their deadlines are short, and no limit refuses logins, because a 429 tests nothing. All statuses of their logs are
looked at, so a mutation that is several requests counts too.
"""

import argparse
import collections
import contextlib
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
from corpus import HOST, mutation, raw, seeds  # noqa: E402

# Seconds without an answer that are a hang: far above the deadlines.
HANG = 30
CLIENTS = 24
# A 500 that is Django's own: SQLite takes no such integer, and its backend raises OverflowError. tests/drfdiff compares it.
DJANGOS = "Answered 500: an integer is too large for SQLite"


class Server:
    """A program with a database, a user, and some rows."""

    def __init__(self, program, postgres):
        self.name = Path(program).name
        self.program = Path(program).resolve()
        self.folder = tempfile.TemporaryDirectory(prefix="vitamin-mutations-")
        url = str(Path(self.folder.name, "db.sqlite3"))
        if postgres:
            database = f"mutations_{secrets.token_hex(4)}"
            subprocess.run(["psql", "-q", postgres, "-c", f"CREATE DATABASE {database}"], check=True)
            url = f"{postgres.rpartition('/')[0]}/{database}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": url,
            "SECRET_KEY": secrets.token_hex(32),
            "ALLOWED_HOSTS": HOST,
            "DJANGO_SUPERUSER_PASSWORD": "aaaa",
            "PASSWORD_HASHERS": "bcrypt_sha256,pbkdf2_sha256",
            "BCRYPT_ROUNDS": "4",
            "LOGIN_THROTTLE": "false",
            # Only a fault may be a 5xx, not a busy machine.
            "DATABASE_TIMEOUT": "20",
            "PASSWORD_QUEUE": "1000",
            "REQUEST_HEAD_TIMEOUT": "1",
            "REQUEST_BODY_IDLE_TIMEOUT": "1",
            "REQUEST_BODY_TIMEOUT": "2",
        }
        self.manage("migrate", "--verbosity", "0")
        self.manage("createsuperuser", "--noinput", "--username", "Pepe", "--email", "")
        self.key = re.search(r"Generated token (\w+)", self.manage("drf_create_token", "Pepe"))[1]
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        self.log = Path(self.folder.name, "log")
        self.process = subprocess.Popen(
            [self.program, "runserver", f"{HOST}:{self.port}"], env=self.environment, cwd=self.folder.name,
            stdout=subprocess.DEVNULL, stderr=open(self.log, "wb"))
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 1):
                break
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit(f"{self.name} does not listen:\n{self.log.read_text()}")
            time.sleep(0.1)
        self.requests = seeds(self.name, self.key, self.fill())

    def manage(self, *arguments):
        done = subprocess.run([self.program, *arguments], env=self.environment, capture_output=True, text=True, cwd=self.folder.name)
        if done.returncode:
            sys.exit(f"{self.name} {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def fill(self):
        """Makes rows for the tracker's requests. Returns what stands for their placeholders."""
        if self.name != "tracker":
            return {"token": self.key, "inactive": "0" * 40}
        made = {}
        token = [("Authorization", f"Token {self.key}")]
        for what, path, body in [
            ("label", "/api/labels/", {"name": "Bug", "slug": "bug", "color": "#ff0000"}),
            ("project", "/api/projects/", {"name": "One", "slug": "one", "settings": {"a": [1, None]}}),
            ("issue", "/api/issues/", {"title": "First", "labels": ["bug"]}),
        ]:
            if what == "issue":
                body["project"] = made["project"]
            answer = self.send(raw("POST", path, token, json.dumps(body).encode(), "application/json"))
            head, _, text = answer.partition(b"\r\n\r\n")
            if b" 201 " not in head.partition(b"\r\n")[0]:
                print(f"mutations: the {what} was not made: {text[:500]!r}")
                continue
            made[what] = str(json.loads(text)["id"])
        return made

    def send(self, request):
        """Returns the answers until nothing more comes. Raises TimeoutError if there is none."""
        with socket.create_connection((HOST, self.port), HANG) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answer = b""
            with contextlib.suppress(ConnectionError):
                connection.sendall(request)
                while piece := connection.recv(65536):
                    answer += piece
                    if is_whole(answer):
                        # A further request in the same bytes is answered soon.
                        connection.settimeout(0.02)
                        with contextlib.suppress(TimeoutError):
                            while connection.recv(65536):
                                pass
                        break
            return answer

    def failures(self):
        """The lines of the log that report a fault, by what they say."""
        found, lines = collections.Counter(), self.log.read_text(errors="replace").splitlines()
        djangos = {request_id(line) for line in lines if line.endswith(DJANGOS)}
        for line in lines:
            if request_id(line) not in djangos and re.search(r"status=5\d\d|Answered 5\d\d|panicked|stack backtrace", line):
                found[re.sub(r"^\S+ +|request_id=\S+ |duration=\S+ ", "", line)[:600]] += 1
        return found

    def statuses(self):
        return collections.Counter(re.findall(r" status=(\d{3}) ", self.log.read_text(errors="replace")))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.folder.cleanup()
        return code


def request_id(line):
    found = re.search(r" request_id=(\S+) ", line)
    return found and found[1]


def is_whole(answer):
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    if head.startswith(b"HTTP/1.1 100"):
        return is_whole(body)
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")


def attack(servers, numbers, seed, report):
    """Sends the mutations of these numbers, several at a time."""
    lock = threading.Lock()
    waiting = iter(numbers)

    def client():
        while True:
            with lock:
                at = next(waiting, None)
            if at is None or report["crashed"]:
                return
            server = servers[at % len(servers)]
            request = mutation(seed, at, server.requests)
            try:
                answer = server.send(request)
            except TimeoutError:
                report["hangs"].append(at)
                continue
            except OSError as error:
                if server.process.poll() is not None:
                    report["crashed"].append((at, server.name, server.process.returncode))
                    return
                report["errors"].append((at, str(error)))
                continue
            with lock:
                report["statuses"][answer[9:12].decode("latin-1") or "none"] += 1

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--postgres", metavar="URL")
    options = parser.parse_args()
    servers = [Server(program, options.postgres) for program in options.programs]
    report = {"statuses": collections.Counter(), "hangs": [], "crashed": [], "errors": []}
    started, problems = time.monotonic(), []
    try:
        if options.only is not None:
            server = servers[options.only % len(servers)]
            print(mutation(options.seed, options.only, server.requests))
        numbers = range(options.count) if options.only is None else [options.only]
        attack(servers, numbers, options.seed, report)
        for what in ("hangs", "crashed", "errors"):
            if report[what]:
                problems.append(f"{what}: {report[what][:20]}")
        done = sum(report["statuses"].values()) + len(report["hangs"]) + len(report["errors"])
        if done < len(numbers):
            problems.append(f"only {done} were sent")
        for server in servers:
            if server.process.poll() is not None:
                problems.append(f"{server.name} ended with {server.process.returncode}")
                continue
            if b" 200 " not in server.send(raw("GET", "/auth/" if server.name == "manage" else "/api/me/", [("Authorization", f"Token {server.key}")])):
                problems.append(f"{server.name} does not answer a correct request any more")
            peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{server.process.pid}/status").read_text())[1]
            print(f"mutations: {server.name}: peak memory {int(peak) // 1024} MB, requests by status {dict(sorted(server.statuses().items()))}")
            problems += [f"{server.name}, {count} times: {line}" for line, count in server.failures().most_common(20)]
    finally:
        for server in servers:
            code = server.stop()
            if code:
                problems.append(f"{server.name} ended with {code}")
    print(f"mutations: {len(numbers)} in {time.monotonic() - started:.0f} s, first answers {dict(sorted(report['statuses'].items()))}")
    if problems:
        sys.exit("mutations: FAILED\n" + "\n".join(problems))


if __name__ == "__main__":
    main()
