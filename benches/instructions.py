#!/usr/bin/env python3
"""Counts the instructions per request with valgrind's callgrind. The result is the same on any machine, however busy.

    python3 benches/instructions.py target/release/manage [OTHER/manage …] [--env NAME=VALUE …]

Each program serves its own database with one worker. After a warm-up, one connection sends requests, 16 at a time. The count is
divided by their number. Several programs are shown side by side, with the ratio to the last one. `--env` sets variables of all programs:
`METRICS_ADDRESS=127.0.0.1:0` shows what counting requests costs.
"""

import argparse
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DEPTH = 16
WARM_UP = 640


def requests(key):
    """Name and bytes of each request."""
    host = b"Host: 127.0.0.1\r\n"
    return [
        ("GET /", b"GET / HTTP/1.1\r\n" + host + b"\r\n"),
        ("GET /auth/, anonymous", b"GET /auth/ HTTP/1.1\r\n" + host + b"\r\n"),
        ("GET /auth/ with a token", b"GET /auth/ HTTP/1.1\r\n" + host + b"Authorization: Token " + key + b"\r\n\r\n"),
    ]


def pipeline(connection, request, count):
    """Sends `count` requests, DEPTH at a time, and reads their answers."""
    reader = connection.makefile("rb")
    for _ in range(count // DEPTH):
        connection.sendall(request * DEPTH)
        for _ in range(DEPTH):
            reader.readline()
            length = 0
            while (line := reader.readline().strip().lower()) != b"":
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            reader.read(length)


def callgrind_control(pid, *arguments):
    subprocess.run(["callgrind_control", *arguments, str(pid)], check=True, capture_output=True)


def measure(program, count, settings=()):
    """Instructions a request, by the request's name."""
    with tempfile.TemporaryDirectory(prefix="vitamin-instructions-") as folder:
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": str(Path(folder, "db.sqlite3")),
            "SECRET_KEY": secrets.token_hex(32),
            "ALLOWED_HOSTS": "127.0.0.1",
            "BCRYPT_ROUNDS": "4",
            "DJANGO_SUPERUSER_PASSWORD": "aaaa",
            "RUST_LOG": "warn",
            **dict(setting.split("=", 1) for setting in settings),
        }

        def manage(*arguments):
            return subprocess.run([program, *arguments], env=environment, check=True, capture_output=True, text=True).stdout

        manage("migrate")
        manage("createsuperuser", "--noinput", "--username", "Pepe", "--email", "")
        key = re.search(r"Generated token (\w+)", manage("drf_create_token", "Pepe"))[1].encode()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen(
            ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/out",
             program, "runserver", f"127.0.0.1:{port}", "--workers", "1"],
            env=environment, stdout=subprocess.DEVNULL, cwd=folder,
        )
        try:
            connection = connect(port, server)
            counts = {}
            for number, (name, request) in enumerate(requests(key), 1):
                pipeline(connection, request, WARM_UP)
                callgrind_control(server.pid, "-i", "on")
                pipeline(connection, request, count)
                callgrind_control(server.pid, "-i", "off")
                callgrind_control(server.pid, "-d")
                callgrind_control(server.pid, "-z")
                counts[name] = total(Path(folder, f"out.{number}")) / count
            return counts
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def connect(port, server):
    for _ in range(600):
        try:
            connection = socket.create_connection(("127.0.0.1", port), 60)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except ConnectionRefusedError:
            if server.poll() is not None:
                sys.exit(f"the server ended with {server.returncode}")
            time.sleep(0.1)
    sys.exit("the server does not answer")


def total(path):
    match = re.search(r"^totals: (\d+)", path.read_text(), re.MULTILINE)
    return int(match[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="+", metavar="PROGRAM")
    parser.add_argument("--requests", type=int, default=1600, help="requests that are counted (default: 1600)")
    parser.add_argument("--env", nargs="+", default=[], metavar="NAME=VALUE", help="settings of the programs")
    options = parser.parse_args()
    results = [measure(Path(program).resolve(), options.requests, options.env) for program in options.programs]
    for name in results[0]:
        counts = [result[name] for result in results]
        ratios = "".join(f"  {count / counts[-1]:.3f}" for count in counts[:-1])
        print(f"{name:26}" + "".join(f"{count:10,.0f}" for count in counts) + ratios)


if __name__ == "__main__":
    main()
