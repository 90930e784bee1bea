"""Sends requests and measures the server's processor time and memory."""
import os
import re
import socket
import subprocess
import time
from pathlib import Path

SCRIPT = Path(__file__).with_name("pipeline.lua")
# The core of the servers, and the core of the clients.
SERVER_CORE, CLIENT_CORE = 0, 1


def pin(core):
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


def family(pid):
    """Returns the ids of the process and all its descendants."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def cpu_seconds(pids):
    """Returns the user and system time of all threads, in nanoseconds (`/proc/PID/stat` counts in hundredths of a second)."""
    total = 0
    for pid in {member for pid in pids for member in family(pid)}:
        for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(thread.read_text().split()[0])
            except OSError:
                continue
    return total / 1e9


def resident_mb(pid):
    lines = [Path(f"/proc/{member}/status").read_text() for member in family(pid)]
    return sum(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) for text in lines) / 1024


def wrk(port, path, headers, depth, connections, seconds, keys=0, stride=1, method="GET", body=""):
    """Returns the requests, the seconds, and the latencies at p50 and p99 in ms (of a batch, if pipelined). With `keys`, the
    requests use that many tokens of tokens.py in turn, every `stride`th one."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT)]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    command += [f"http://127.0.0.1:{port}{path}", "--", str(depth), str(keys), str(stride), method, body]
    run = subprocess.run(command, capture_output=True, text=True, preexec_fn=pin(CLIENT_CORE), timeout=seconds + 60)
    figures = re.search(r"^FIGURES (\S+) (\S+) (\S+) (\S+) (\S+)$", run.stdout, re.MULTILINE)
    if not figures:
        raise SystemExit(f"wrk: {run.stdout}{run.stderr}")
    requests, duration, errors, p50, p99 = map(float, figures.groups())
    if errors or not requests:
        raise SystemExit(f"wrk: {errors:.0f} errors of {requests:.0f} requests at {path}\n{run.stdout}")
    return requests, duration, p50, p99


class Client:
    """A client with one persistent connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.host = f"127.0.0.1:{port}"

    def request(self, method, path, headers=None, body=b""):
        """Returns the status, the headers in order, and the body."""
        head = [f"{method} {path} HTTP/1.1", f"Host: {self.host}"]
        head += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body:
            head.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join(head + ["", ""]).encode() + body)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.receive()
        text, _, received = received.partition(b"\r\n\r\n")
        first, *lines = text.decode("latin-1").split("\r\n")
        fields = [tuple(line.split(": ", 1)) for line in lines]
        length = next(int(value) for name, value in fields if name.lower() == "content-length")
        while len(received) < length:
            received += self.receive()
        return int(first.split()[1]), fields, received

    def receive(self):
        received = self.socket.recv(65536)
        if not received:
            raise ConnectionError("the server closed the connection")
        return received

    def close(self):
        self.socket.close()


def ask(port, path="/", headers=None):
    client = Client(port)
    try:
        return client.request("GET", path, headers)
    finally:
        client.close()


def wait_for(port, process, path="/", seconds=60):
    """Waits until the server answers. Returns the seconds."""
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        if process.poll() is not None:
            raise SystemExit(f"{process.args[0]} ended with {process.returncode} before it answered")
        try:
            ask(port, path)
            return time.perf_counter() - begin
        except (ConnectionError, OSError):
            time.sleep(0.0005)
    raise SystemExit(f"{process.args[0]} did not answer in {seconds} s")
