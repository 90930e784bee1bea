"""Many tokens: the cost of commits by another process, and of the number of tokens."""
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager

import servers
from load import pin, CLIENT_CORE, resident_mb, wrk

PATH = "/auth/"
# The number of tokens in use, if there are several.
IN_USE = 1001
# Commits in another process. It may be too slow for the rate, so it prints the rate that it reached.
COMMITTER = """
import signal, sqlite3, sys, time
signal.signal(signal.SIGTERM, signal.default_int_handler)
path, rate, sql = sys.argv[1], int(sys.argv[2]), sys.argv[3]
db = sqlite3.connect(path, timeout=30, isolation_level=None)
db.execute("PRAGMA synchronous = OFF")
begin, done = time.perf_counter(), 0
try:
    while True:
        time.sleep(max(0, begin + (done + 1) / rate - time.perf_counter()))
        db.execute(sql, {"n": done})
        done += 1
except KeyboardInterrupt:
    print(done / (time.perf_counter() - begin))
"""

# A login, each time of another user; and a row of another table, such as a session.
LOGIN = "UPDATE auth_user SET last_login = printf('2026-01-01 00:00:00.%06d', :n) WHERE id = 1 + :n * 7 % 1001"
SESSION = "INSERT INTO session (data) VALUES (printf('%.200c', 's'))"


def fill(path, count):
    """Adds users with tokens, whose keys are 1, 2, 3 … in hexadecimal. User 1 exists already."""
    db = sqlite3.connect(path, timeout=60, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -1000000")
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    db.execute("BEGIN")
    db.execute(f"{numbers} INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff,"
               " is_active, date_joined) SELECT i + 1, '!', 0, printf('user%08d', i), '', '', '', 0, 1, '2026-01-01 00:00:00'"
               " FROM n")
    db.execute(f"{numbers} INSERT INTO authtoken_token (key, created, user_id)"
               " SELECT printf('%040x', i), '2026-01-01 00:00:00', i + 1 FROM n")
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


@contextmanager
def commits(path, rate, sql=LOGIN):
    """Commits this statement `rate` times per second inside the `with` block. Yields a function that returns the reached rate."""
    if not rate:
        yield lambda: 0.0
        return
    process = subprocess.Popen([sys.executable, "-c", COMMITTER, str(path), str(rate), sql], stdout=subprocess.PIPE,
                               text=True, preexec_fn=pin(CLIENT_CORE))
    time.sleep(0.2)
    achieved = []
    try:
        yield lambda: achieved[0]
    finally:
        process.terminate()
        achieved.append(float(process.communicate(timeout=30)[0] or 0))


def per_cpu_second(server, given, keys, stride=1, path=PATH):
    before = server.cpu_seconds()
    count, *_ = wrk(server.port, path, {}, 1, given.connections, given.seconds, keys, stride)
    used = server.cpu_seconds() - before
    server.settle()
    return count / used


def writes(given, folder, env, case, cell):
    """Returns the table of tokens in use while another process commits, on SQLite."""
    database = folder / "writes.sqlite3"
    env = dict(env, DATABASE_URL=str(database))
    token = servers.seed(env)
    fill(database, IN_USE)
    server = servers.vitamin("writes", folder, env)
    bare = servers.bare(folder, case, server.port, token)
    with sqlite3.connect(database) as db:
        db.execute("CREATE TABLE session (id INTEGER PRIMARY KEY, data TEXT)")
    db.close()
    kinds = [("", 0, LOGIN), ("a user's last login", 10, LOGIN), ("a user's last login", 200, LOGIN),
             ("a row in another table", 200, SESSION)]
    figures, rates = {}, {}
    try:
        for round_number in range(given.rounds):
            for keys in (1, IN_USE):
                for what, rate, sql in kinds:
                    # Bare is measured during commits too, because the cores of a machine are not quite independent.
                    with commits(database, rate, sql) as achieved:
                        before = per_cpu_second(bare, given, keys)
                        mine = per_cpu_second(server, given, keys)
                        base = (before + per_cpu_second(bare, given, keys)) / 2
                        figures.setdefault((keys, rate, what), []).append(mine / base)
                    rates.setdefault((keys, rate, what), []).append(achieved())
            print(f"writes: round {round_number + 1} of {given.rounds}", file=sys.stderr)
    finally:
        bare.stop()
        server.stop()
    lines = ["| tokens in use | commits a second by another process | of what | of bare, CPU |", "|---|---|---|---|"]
    for (keys, rate, what), ratios in figures.items():
        lines.append(f"| {keys:,} | {statistics.median(rates[keys, rate, what]):.0f} | {what} | {cell(ratios)} |")
    return lines


def growth(given, folder, env):
    """Returns the table of databases with many tokens: look-ups, the cache, and the memory."""
    running = []
    try:
        for count in given.tokens:
            database = folder / f"growth{count}.sqlite3"
            env = dict(env, DATABASE_URL=str(database))
            servers.seed(env)
            fill(database, count)
            size = os.path.getsize(database) / 1e6
            for name, cache in (("look-up", "0"), ("cached", "10000")):
                server = servers.vitamin(f"growth{count}{name}", folder, env, TOKEN_CACHE_SIZE=cache)
                running.append((count, name, size, server))
        figures = {}
        for round_number in range(given.rounds):
            shift = round_number % len(running)
            for count, name, size, server in running[shift:] + running[:shift]:
                stride = max(1, count // IN_USE)
                keys = min(count, IN_USE)
                figures.setdefault((count, name), []).append(per_cpu_second(server, given, keys, stride))
            print(f"growth: round {round_number + 1} of {given.rounds}", file=sys.stderr)
        lines = ["| tokens | database, MB | looked up each time, requests/s of CPU | cached, requests/s of CPU | memory, MB |",
                 "|---|---|---|---|---|"]
        memory = {(count, name): resident_mb(server.process.pid) for count, name, _, server in running}
        for count in given.tokens:
            size = next(size for other, _, size, _ in running if other == count)
            cells = [f"{statistics.median(figures[count, name]):,.0f}" for name in ("look-up", "cached")]
            lines.append(f"| {count:,} | {size:,.0f} | {cells[0]} | {cells[1]} | {memory[count, 'cached']:.1f} |")
        return lines
    finally:
        for *_, server in running:
            server.stop()
