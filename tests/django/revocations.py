#!/usr/bin/env python3
"""Revokes tokens from other processes, under load, and checks at once on every connection that no answer is stale.

    revocations.py [COUNT [SECONDS]]                on SQLite in both journal modes and on PostgreSQL (pg_virtualenv)
    revocations.py COUNT SECONDS DATABASE_URL MODE  on this empty database; MODE is wal, delete or postgres

Makes COUNT revocations on each database (default 10000), in at most SECONDS (default 600). One process makes half of them
with Django, another one the rest with plain SQL. MANAGE is the program (see live.py); use a release build. Run it with the
reference's Python.
"""
import collections
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time

from live import Live, check

OTHERS, CONNECTIONS, LOADERS, BATCH = 200, 4, 2, 16
SQL = {
    "token deleted": (["DELETE FROM authtoken_token WHERE user_id = {id}"],
                      ["INSERT INTO authtoken_token (key, created, user_id) VALUES ('{key}', '2026-01-02 03:04:05', {id})"]),
    "user deactivated": (["UPDATE auth_user SET is_active = {false} WHERE id = {id}"],
                         ["UPDATE auth_user SET is_active = {true} WHERE id = {id}"]),
    "user deleted": (["DELETE FROM authtoken_token WHERE user_id = {id}", "DELETE FROM auth_user WHERE id = {id}"],
                     ["INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, "
                      "is_active, date_joined) VALUES ({id}, '!', {false}, 'sql', '', '', '', {false}, {true}, '2026-01-02 03:04:05')",
                      "INSERT INTO authtoken_token (key, created, user_id) VALUES ('{key}', '2026-01-02 03:04:05', {id})"]),
    "token rotated": (["UPDATE authtoken_token SET key = 'other{id}' WHERE user_id = {id}"],
                      ["UPDATE authtoken_token SET key = '{key}' WHERE user_id = {id}"]),
}


class Connection:
    """A kept-alive connection that can pipeline requests."""

    def __init__(self, port):
        self.port = port
        self.connect()

    def connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def statuses(self, keys):
        text = "GET /auth/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {}\r\n\r\n"
        self.socket.sendall("".join(map(text.format, keys)).encode())
        return [self.status() for _ in keys]

    def status(self):
        while b"\r\n\r\n" not in self.rest:
            self.receive()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(self.rest) < length:
            self.receive()
        self.rest = self.rest[length:]
        return int(head[9:12])

    def receive(self):
        received = self.socket.recv(65536)
        check(received, "the server closed a connection")
        self.rest += received


def by_sql(live, user, key):
    """Returns a function that commits one of the revocations in `SQL`, or its reversal."""
    names = {"id": user, "key": key} | ({"true": 1, "false": 0} if live.is_sqlite else {"true": "TRUE", "false": "FALSE"})
    if live.is_sqlite:
        import sqlite3

        connection = sqlite3.connect(live.url, timeout=60, isolation_level=None)
        # Faster, and safe here: only a power failure could lose a commit.
        connection.execute("PRAGMA synchronous = OFF")
    else:
        import psycopg

        connection = psycopg.connect(live.url, autocommit=True)
        connection.execute("SET synchronous_commit = off")

    def commit(what, back):
        for statement in ["BEGIN IMMEDIATE" if live.is_sqlite else "BEGIN", *SQL[what][back], "COMMIT"]:
            connection.execute(statement.format(**names))

    return commit


def by_django(live, user, key):
    live.open_orm()
    from django.contrib.auth.models import User
    from rest_framework.authtoken.models import Token

    row, token = User.objects.get(pk=user), Token.objects.filter(user=user)
    turns = {
        ("token deleted", 0): lambda: token.delete(),
        ("token deleted", 1): lambda: Token.objects.create(user=row, key=key),
        ("user deactivated", 0): lambda: User.objects.filter(pk=user).update(is_active=False),
        ("user deactivated", 1): lambda: User.objects.filter(pk=user).update(is_active=True),
        ("user deleted", 0): lambda: User.objects.get(pk=user).delete(),
        ("user deleted", 1): lambda: (row.save(force_insert=True), Token.objects.create(user=row, key=key)),
        ("token rotated", 0): lambda: token.update(key=f"other{user}"),
        ("token rotated", 1): lambda: token.update(key=key),
    }
    return lambda what, back: turns[what, back]()


def revoke(how, live, port, user, key, count, end, results):
    counts = collections.Counter()
    try:
        commit, connections = how(live, user, key), [Connection(port) for _ in range(CONNECTIONS)]

        def ask(wanted, what):
            for connection in connections:
                (status,) = connection.statuses([key])
                while status == 503:
                    counts["503"] += 1
                    (status,) = connection.statuses([key])
                check(status in (200, 401), status)
                counts["answers"] += 1
                counts[f"stale: {what}"] += status != wanted

        ask(200, "before")
        for number in range(count):
            if time.time() > end:
                break
            what = list(SQL)[number % len(SQL)]
            commit(what, 0)
            ask(401, what)
            counts[what] += 1
            commit(what, 1)
            ask(200, f"given back after {what}")
    except BaseException as error:
        counts[f"ERROR {how.__name__}: {error!r}"] += 1
    results.put(counts)


def load(port, keys, victims, done, results):
    """Makes load: the tokens of others must always be accepted; the answers for the victims' tokens do not matter."""
    counts, number = collections.Counter(), 0
    try:
        connections = [Connection(port) for _ in range(4)]
        while not done.is_set():
            for connection in connections:
                asked = [keys[(number + n) % len(keys)] for n in range(BATCH - len(victims))] + victims
                number += BATCH
                for key, status in zip(asked, connection.statuses(asked)):
                    counts["requests"] += 1
                    counts["503"] += status == 503
                    counts["ERROR: others' token refused"] += key not in victims and status not in (200, 503)
    except BaseException as error:
        counts[f"ERROR load: {error!r}"] += 1
    results.put(counts)


def arrange(live, mode):
    if live.is_sqlite:
        import sqlite3

        connection = sqlite3.connect(live.url)
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.close()
    live.django_manage("migrate", "--verbosity", "0")
    live.manage("migrate")
    live.open_orm()
    from django.contrib.auth.models import User
    from django.db import connections
    from rest_framework.authtoken.models import Token

    users = User.objects.bulk_create(User(username=f"u{n}", password="!") for n in range(OTHERS + 2))
    User.objects.filter(pk=users[0].pk).update(username="sql")
    tokens = Token.objects.bulk_create(Token(user=user, key=Token.generate_key()) for user in users)
    connections.close_all()
    return [(token.user_id, token.key) for token in tokens]


def run(count, seconds, url, mode):
    live = Live(url)
    live.settings["LIVE_TIMEOUT"] = "60"
    # In its own process, because a connection does not survive a fork.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (sql, django, *others) = pool.apply(arrange, (live, mode))
    context = multiprocessing.get_context("spawn")
    results, done, started = context.Queue(), context.Event(), time.time()
    with live.vitamin(WORKERS=2, DATABASE_TIMEOUT=60) as vitamin:
        keys, victims = [key for _, key in others], [sql[1], django[1]]
        loaders = [context.Process(target=load, args=(vitamin.port, keys, victims, done, results)) for _ in range(LOADERS)]
        revokers = [
            context.Process(target=revoke, args=(how, live, vitamin.port, *user, half, started + seconds, results))
            for how, user, half in ((by_sql, sql, count - count // 2), (by_django, django, count // 2))
        ]
        for process in loaders + revokers:
            process.start()
        total = sum((results.get(timeout=seconds + 120) for _ in revokers), collections.Counter())
        done.set()
        total += sum((results.get(timeout=120) for _ in loaders), collections.Counter())
        for process in loaders + revokers:
            process.join()
    took = time.time() - started
    revoked = sum(total[what] for what in SQL)
    stale = sum(many for what, many in total.items() if what.startswith("stale"))
    errors = {what: many for what, many in total.items() if what.startswith(("ERROR", "stale")) and many}
    told = ", ".join(f"{total[what]} x {what}" for what in SQL)
    print(f"revocations: {mode}: {stale} stale of {total['answers']} answers right after {revoked} revocations and as many "
          f"givings back ({told}); {total['requests']} requests beside them, {total['requests'] / took:.0f} a second; "
          f"{total['503']} x 503; {took:.0f} s {errors or ''}", flush=True)
    return revoked == count and not errors


def main():
    count, seconds = [int(text) for text in (sys.argv[1:3] + ["10000", "600"][len(sys.argv[1:3]):])]
    if len(sys.argv) > 3:
        sys.exit(0 if run(count, seconds, *sys.argv[3:5]) else 1)
    right = True
    for mode in ("wal", "delete"):
        with tempfile.TemporaryDirectory() as folder:
            right &= run(count, seconds, os.path.join(folder, "db.sqlite3"), mode)
    url = "postgresql://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/revocations"
    line = f'createdb revocations && exec "$0" "$1" "$2" "$3" {url} postgres'
    command = ["pg_virtualenv", "-t", "bash", "-c", line, sys.executable, __file__, str(count), str(seconds)]
    right &= subprocess.run(command).returncode == 0
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
