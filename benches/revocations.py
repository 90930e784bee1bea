#!/usr/bin/env python3
"""Revokes tokens in another process while clients send requests without a pause. Counts stale answers, and how late they are.

    python3 benches/revocations.py [--revocations 10000] [--late 1000] [--connections 32] [--build]

Part of benches/run.py, and also a command of its own. A revocation is a commit that deletes the token, deactivates the user, or
deletes both; the next commit undoes it. If tokens are looked up exactly, four connections to all workers send a request right after
each commit, and each must get the new answer. With TOKEN_CACHE=bounded one more client sends requests without a pause: a
revocation is as late as the last answer that ignores it. Then the listener's connection is ended, and then PostgreSQL is
restarted, each followed at once by a revocation.
"""
import argparse
import collections
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import servers
from load import Client, wrk

PATH = "/auth/"
TOKEN, USER = "f" * 40, 1000
COMMITTER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
db.execute("PRAGMA synchronous = OFF")
for line in sys.stdin:
    db.executescript(line)
    print("done", flush=True)
"""


class Asked(Client):
    def status(self, token):
        status, number = 503, 0
        # 503 means that the database was locked for too long. It says nothing about the token.
        while status == 503 and number < 100:
            status = self.request("GET", PATH, {"Authorization": f"Token {token}"})[0]
            number += 1
        return status


class Session:
    """Another process, which makes all commits."""

    def __init__(self, database):
        self.of_postgres = isinstance(database, servers.Postgres)
        command = database.psql_command() if self.of_postgres else [sys.executable, "-c", COMMITTER, str(database)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def commit(self, sql):
        """Commits, and returns the time after the commit."""
        self.process.stdin.write(f"{sql};\n\\echo done\n" if self.of_postgres else f"{sql}\n")
        self.process.stdin.flush()
        while (line := self.process.stdout.readline()) != "done\n":
            if not line:
                raise SystemExit("the committing process has ended")
        return time.perf_counter()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def turns():
    """Returns pairs of statements: one that revokes, and one that undoes it."""
    day = "'2026-01-01 00:00:00'"
    give = f"INSERT INTO authtoken_token (key, created, user_id) VALUES ('{TOKEN}', {day}, {USER})"
    create = ("INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, "
              f"is_active, date_joined) VALUES ({USER}, '!', false, 'Revoked', '', '', '', false, true, {day})")
    drop = f"DELETE FROM authtoken_token WHERE user_id = {USER}"
    return [
        (drop, give),
        (f"UPDATE auth_user SET is_active = false WHERE id = {USER}", f"UPDATE auth_user SET is_active = true WHERE id = {USER}"),
        (f"BEGIN; {drop}; DELETE FROM auth_user WHERE id = {USER}; COMMIT", f"BEGIN; {create}; {give}; COMMIT"),
    ]


@contextmanager
def load(server, token, connections):
    """Keeps the server busy with another token. Yields a function that returns the requests per second."""
    stopped, counts = threading.Event(), [0, 0]

    def keep_asking():
        while not stopped.is_set():
            count, seconds, *_ = wrk(server.port, PATH, {"Authorization": f"Token {token}"}, 1, connections, 2)
            counts[0], counts[1] = counts[0] + count, counts[1] + seconds

    thread = threading.Thread(target=keep_asking)
    thread.start()
    try:
        yield lambda: counts[0] / max(counts[1], 1)
    finally:
        stopped.set()
        thread.join()


def exact(name, database, env, folder, given):
    """Returns a row of the table: commits, answers right after them, stale answers."""
    busy = servers.seed(env)
    session = Session(database)
    session.commit(turns()[2][1])
    server = servers.vitamin(f"revocations {name}", folder, env, core=None)
    counts = collections.Counter()
    try:
        clients = [Asked(server.port) for _ in range(4)]
        with load(server, busy, given.connections) as rate:
            for number in range(given.revocations):
                for sql, wanted in zip(turns()[number % 3], (401, 200)):
                    session.commit(sql)
                    for client in clients:
                        counts["answers"] += 1
                        counts["stale"] += client.status(TOKEN) != wanted
        for client in clients:
            client.close()
    finally:
        server.stop()
        session.close()
    return f"| {name} | {given.revocations:,} | {counts['answers']:,} | {counts['stale']} | {rate():,.0f} |"


def until(client, status, since):
    """Returns the seconds from `since` to the last answer that was not `status`."""
    last, new = None, None
    while new is None or time.perf_counter() < new + 0.02:
        begun = time.perf_counter()
        answered = client.status(TOKEN)
        if answered == status:
            new = new or time.perf_counter()
        else:
            if new is not None:
                raise SystemExit(f"{answered} after {status}")
            last = begun
        if time.perf_counter() > since + 30:
            raise SystemExit(f"still {answered} after 30 s")
    return max(0, last - since) if last else 0


def wait_until_bounded(log, times):
    for _ in range(3000):
        if Path(log).read_text().count("is in force") > times:
            return
        time.sleep(0.01)
    raise SystemExit("vitamin does not listen for notifications")


def bounded(postgres, env, folder, given):
    """Returns the table of TOKEN_CACHE=bounded, for a database that `exact` has prepared."""
    env = dict(env, RUST_LOG="vitamin=info,vitamin::access=warn")
    busy = servers.manage(env, "drf_create_token", servers.USERNAME).split()[2]
    servers.manage(env, "install_token_triggers")
    server = servers.vitamin("revocations bounded", folder, env, TOKEN_CACHE="bounded")
    log, session = Path(server.log.name), Session(postgres)
    try:
        wait_until_bounded(log, 0)
        client, late = Asked(server.port), []
        with load(server, busy, given.connections):
            for number in range(given.late):
                revoke, give = turns()[number % 3]
                late.append(until(client, 401, session.commit(revoke)))
                until(client, 200, session.commit(give))
        cuts = statistics.quantiles(late, n=100)
        lines = [("revocations", len(late)), ("in effect at once", sum(one == 0 for one in late))]
        for name, value in (("p50", cuts[49]), ("p99", cuts[98]), ("at most", max(late))):
            lines.append((f"late, {name}", f"{value * 1000:.2f} ms"))
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vitamin token-notify'"
        revoke, give = turns()[0]
        for name, disturb in (("the listener's connection ended", lambda: session.commit(end)),
                              ("PostgreSQL restarted", postgres.restart)):
            times = log.read_text().count("is in force")
            assert client.status(TOKEN) == 200
            begun = time.perf_counter()
            disturb()
            if disturb == postgres.restart:
                session.close()
                session = Session(postgres)
            lines.append((f"{name}: late", f"{until(client, 401, session.commit(revoke)) * 1000:.2f} ms"))
            wait_until_bounded(log, times)
            lines.append((f"{name}: in force again after", f"{(time.perf_counter() - begun) * 1000:.0f} ms"))
            until(client, 200, session.commit(give))
        client.close()
    finally:
        server.stop()
        session.close()
    return ["| TOKEN_CACHE=bounded | |", "|---|---|", *("| {} | {} |".format(*line) for line in lines)]


def tables(given, folder, with_postgres):
    """Returns the tables as lines of Markdown."""
    lines = ["| database | revocations | answers right after | stale | requests/s beside them |", "|---|---|---|---|---|"]
    for mode in ("wal", "delete"):
        database = folder / f"revocations-{mode}.sqlite3"
        env = dict(servers.vitamin_environment(str(database)), SQLITE_JOURNAL_MODE=mode)
        lines.append(exact(f"SQLite, {mode}", database, env, folder, given))
    if with_postgres:
        postgres = servers.Postgres(folder, "postgres-revocations")
        try:
            env = servers.vitamin_environment(postgres.url)
            lines.append(exact("PostgreSQL", postgres, env, folder, given))
            lines += ["", *bounded(postgres, env, folder, given)]
        finally:
            postgres.stop()
    return lines


def options(parser):
    parser.add_argument("--revocations", type=int, default=10000, help="on each database (default: 10000)")
    parser.add_argument("--late", type=int, default=1000, help="revocations with TOKEN_CACHE=bounded (default: 1000)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options(parser)
    parser.add_argument("--connections", type=int, default=32, help="that keep the server busy with another token")
    parser.add_argument("--build", action="store_true", help="build target/release first")
    given = parser.parse_args()
    if given.build:
        servers.build(with_postgres=True)
    with tempfile.TemporaryDirectory(prefix="vitamin-bench-") as folder:
        print("\n".join(tables(given, Path(folder), with_postgres=bool(servers.Postgres.find()))))


if __name__ == "__main__":
    main()
