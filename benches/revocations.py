#!/usr/bin/env python3
"""How late a revocation counts with TOKEN_CACHE=bounded, under load, and what happens while nobody can listen.

    python3 benches/staleness.py [--revocations 1000] [--connections 32] [--build]

PostgreSQL, vitamin (target/release, one worker) and wrk are started here, as benches/run.py does it, and ended again.
A revocation is a commit of another process: the token is deleted, the user is deactivated, or both are deleted. Its
lateness is how long after the commit the token was accepted for the last time, as one more client sees it that asks
without a pause. Then the listener's connection is ended, and then the whole PostgreSQL server started again, each time
with a revocation right behind it.
"""
import argparse
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import servers
from load import Client, wrk

PATH = "/auth/"


class Asked(Client):
    def status(self, token):
        return self.request("GET", PATH, {"Authorization": f"Token {token}"})[0]


class Psql:
    """One session, so that a statement takes no new connection."""

    def __init__(self, postgres):
        self.process = subprocess.Popen(postgres.psql_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def commit(self, sql):
        """Returns when it is committed."""
        self.process.stdin.write(f"{sql};\n\\echo done\n")
        self.process.stdin.flush()
        while (line := self.process.stdout.readline()) != "done\n":
            if not line:
                raise SystemExit("psql ended")
        return time.perf_counter()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def turns(token, user):
    give = f"INSERT INTO authtoken_token (key, created, user_id) VALUES ('{token}', now(), {user})"
    create = ("INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, "
              f"is_active, date_joined) VALUES ({user}, '!', false, 'Revoked', '', '', '', false, true, now())")
    drop = f"DELETE FROM authtoken_token WHERE user_id = {user}"
    return [
        (drop, give),
        (f"UPDATE auth_user SET is_active = false WHERE id = {user}",
         f"UPDATE auth_user SET is_active = true WHERE id = {user}"),
        (f"BEGIN; {drop}; DELETE FROM auth_user WHERE id = {user}; COMMIT", f"BEGIN; {create}; {give}; COMMIT"),
    ]


def until(client, token, status, since):
    """Seconds after `since` at which this was not the answer for the last time, and how often it was wrong after that."""
    last, new = None, None
    while new is None or time.perf_counter() < new + 0.02:
        begun = time.perf_counter()
        answered = client.status(token)
        if answered == status:
            new = new or time.perf_counter()
        else:
            if new is not None:
                raise SystemExit(f"{answered} after {status}")
            last = begun
        if time.perf_counter() > since + 30:
            raise SystemExit(f"still {answered} after 30 s")
    return max(0, last - since) if last else 0


def wait_until_kept(server, log, times):
    for _ in range(3000):
        if Path(log).read_text().count("is in force") > times:
            return
        time.sleep(0.01)
    raise SystemExit("nobody listens")


def measure(given, folder):
    postgres = servers.Postgres(folder)
    env = dict(servers.vitamin_environment(postgres.url), RUST_LOG="vitamin=info,vitamin::access=warn")
    started = []
    try:
        busy = servers.seed(env)
        servers.manage(env, "install_token_triggers")
        token = "f" * 40
        user = 1000
        for sql in turns(token, user)[2][1].removeprefix("BEGIN; ").removesuffix("; COMMIT").split("; "):
            postgres.psql(sql)
        server = servers.vitamin("bounded", folder, env, TOKEN_CACHE="bounded")
        started.append(server)
        log = folder / "bounded.log"
        wait_until_kept(server, log, 0)
        stopped = threading.Event()

        def load():
            while not stopped.is_set():
                wrk(server.port, PATH, {"Authorization": f"Token {busy}"}, 1, given.connections, 2)

        thread = threading.Thread(target=load)
        thread.start()
        client, psql = Asked(server.port), Psql(postgres)
        late = []
        try:
            for number in range(given.revocations):
                revoke, give = turns(token, user)[number % 3]
                assert client.status(token) == 200
                late.append(until(client, token, 401, psql.commit(revoke)))
                until(client, token, 200, psql.commit(give))
        finally:
            stopped.set()
            thread.join()
        lines = [("revocations", len(late)), ("not late at all", sum(one == 0 for one in late))]
        cuts = statistics.quantiles(late, n=100)
        for name, value in (("p50", cuts[49]), ("p90", cuts[89]), ("p99", cuts[98]), ("at most", max(late))):
            lines.append((f"late, {name}", f"{value * 1000:.2f} ms"))
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vitamin token-notify'"
        revoke, give = turns(token, user)[0]
        for name, disturb in (("the listener's connection ended", lambda: psql.commit(end)), ("PostgreSQL started again", postgres.restart)):
            times = log.read_text().count("is in force")
            assert client.status(token) == 200
            begun = time.perf_counter()
            disturb()
            if "again" in name:
                psql.close()
                psql = Psql(postgres)
            lines.append((f"{name}: late", f"{until(client, token, 401, psql.commit(revoke)) * 1000:.2f} ms"))
            wait_until_kept(server, log, times)
            lines.append((f"{name}: in force again after", f"{(time.perf_counter() - begun) * 1000:.0f} ms"))
            until(client, token, 200, psql.commit(give))
        psql.close()
        client.close()
    finally:
        for one in started:
            one.stop()
        postgres.stop()
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--revocations", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=32, help="that keep the server busy with another token")
    parser.add_argument("--build", action="store_true", help="build target/release first")
    given = parser.parse_args()
    if given.build:
        command = ["cargo", "build", "--release", "--locked", "--features", "postgres", "--bin", "manage"]
        subprocess.run(command, cwd=servers.ROOT, check=True)
    with tempfile.TemporaryDirectory(prefix="vitamin-bench-") as folder:
        lines = measure(given, Path(folder))
    print("| TOKEN_CACHE=bounded | |\n|---|---|")
    for line in lines:
        print("| {} | {} |".format(*line))


if __name__ == "__main__":
    main()
