#!/usr/bin/env python3
"""Measures whether the time of a failed login reveals anything about its user. docs/security.md has the results.

    login_timing.py [--samples N] [--iterations N] MANAGE

MANAGE is a project's program. It serves a temporary SQLite database with one user of each class. The classes take turns in a
random order, on one connection. Each pair of classes is compared by Welch's t-test; |t| from 4.5 on fails. Only the standard
library is needed.
"""

import argparse
import base64
import hashlib
import http.client
import itertools
import json
import os
import random
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 4.5
PASSWORD = "correct horse battery staple"
SALT = "Ab3dEf6hIj9lMn2pQr5tUv"
# bcrypt of another password, with 2^6 rounds.
BCRYPT = "bcrypt_sha256$$2b$06$aaaaaaaaaaaaaaaaaaaaaeBg966WMS.bnZu93YmrbslBlRKCmgTa6"


def pbkdf2(iterations):
    key = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), SALT.encode(), iterations)
    return f"pbkdf2_sha256${iterations}${SALT}${base64.b64encode(key).decode()}"


def classes(iterations):
    """Name: stored hash (None: no such user), whether the user is active, the password that is tried."""
    own = pbkdf2(iterations)
    return {
        "unknown": (None, True, "wrong"),
        "wrong": (own, True, "wrong"),
        "inactive": (own, False, "wrong"),
        "inactive, right": (own, False, PASSWORD),
        "unusable": ("!" + "x" * 40, True, "wrong"),
        "broken": ("pbkdf2_sha256$many$salt$hash", True, "wrong"),
        "other scheme": (BCRYPT, True, "wrong"),
        "fewer": (pbkdf2(iterations // 4), True, "wrong"),
        "more": (pbkdf2(iterations * 2), True, "wrong"),
    }


def seed(database, users):
    with sqlite3.connect(database) as connection:
        for name, (encoded, active, _) in users.items():
            if encoded is not None:
                connection.execute(
                    "INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, "
                    "is_active, date_joined) VALUES (?, 0, ?, '', '', '', 0, ?, '2026-01-01 00:00:00')",
                    (encoded, name, active),
                )


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def measure(port, users, samples):
    """Returns the seconds of each class, and fails if an answer differs."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    bodies = {
        name: json.dumps({"username": name, "password": password}) for name, (_, _, password) in users.items()
    }
    times, answers = {name: [] for name in users}, set()
    for number in range(samples + 5):
        order = list(users)
        random.shuffle(order)
        for name in order:
            started = time.perf_counter()
            connection.request("POST", "/api-token-auth/", bodies[name], {"Content-Type": "application/json"})
            response = connection.getresponse()
            body = response.read()
            took = time.perf_counter() - started
            answers.add((response.status, body))
            # The first ones measure the hashes that the server has not met before.
            if number >= 5:
                times[name].append(took)
        if number % 100 == 0:
            print(f"{number} of {samples}", file=sys.stderr)
    if len(answers) != 1:
        sys.exit(f"the answers differ: {answers}")
    return times


def welch(first, second):
    error = statistics.variance(first) / len(first) + statistics.variance(second) / len(second)
    return (statistics.fmean(first) - statistics.fmean(second)) / error**0.5


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--iterations", type=int, default=20_000, help="of the server's own pbkdf2_sha256")
    parser.add_argument("manage")
    args = parser.parse_args()
    users = classes(args.iterations)
    folder = Path(tempfile.mkdtemp(prefix="login-timing-"))
    database, port = folder / "db.sqlite3", free_port()
    env = dict(
        PATH=os.environ["PATH"],
        DATABASE_URL=str(database),
        SECRET_KEY="only-for-this-measurement-0123456789abcdefghijklmnop",
        ALLOWED_HOSTS="127.0.0.1",
        RUST_LOG="error",
        LOGIN_THROTTLE="false",
        PASSWORD_HASHERS="pbkdf2_sha256,bcrypt_sha256",
        PBKDF2_ITERATIONS=str(args.iterations),
    )
    manage = str(Path(args.manage).resolve())
    subprocess.run([manage, "migrate"], cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
    seed(database, users)
    server = subprocess.Popen([manage, "runserver", f"127.0.0.1:{port}"], cwd=folder, env=env, stdout=subprocess.PIPE)
    try:
        server.stdout.readline()
        times = measure(port, users, args.samples)
    finally:
        server.terminate()
        server.wait()
    print(f"{'class':<16} {'mean ms':>8} {'median':>8} {'deviation':>9} {'greatest |t|':>12}")
    worst = 0.0
    pairs = {pair: abs(welch(times[pair[0]], times[pair[1]])) for pair in itertools.combinations(users, 2)}
    for name, taken in times.items():
        greatest = max(t for pair, t in pairs.items() if name in pair)
        worst = max(worst, greatest)
        milliseconds = [1000 * second for second in taken]
        print(
            f"{name:<16} {statistics.fmean(milliseconds):8.3f} {statistics.median(milliseconds):8.3f} "
            f"{statistics.stdev(milliseconds):9.3f} {greatest:12.2f}"
        )
    print(f"{args.samples} samples a class, {len(pairs)} pairs, greatest |t| {worst:.2f}, limit {LIMIT}")
    sys.exit(worst >= LIMIT)


if __name__ == "__main__":
    main()
