#!/usr/bin/env python3
"""Compares vitamin with a bare actix-web handler that sends the same bytes, and with Django REST framework.

    python3 benches/run.py [--quick] [--output FILE.md] …

Needs Linux, two cores, cargo and wrk (a Debian package). PostgreSQL is measured if its server programs and libpq are
installed. Django REST framework is the one of tests/reference; tests/drfdiff/drfdiff.py creates its virtual environment on
first use. The bench starts all servers on the loopback address and stops them again.

Each server has core 0 to itself, with its database; wrk has core 1. Every server is measured for a second between two
measurements of bare, in rounds, each in another order. A ratio compares with the mean of those two measurements, because
the speed of a shared machine drifts. A cell shows the median of the rounds and the quartiles. "CPU" is requests per
second of the server's processor time, including its database's. It says more than the clock if wrk is as busy as the
server.
"""
import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import logins
import revocations
import servers
import tokens as tokens_in_use
import views
from load import Client, resident_mb, wrk


@dataclass(frozen=True)
class Case:
    name: str
    path: str
    status: int
    with_token: bool = False

    def headers(self, token):
        return {"Authorization": f"Token {token}"} if self.with_token else {}


CASES = [
    Case("GET /", "/", 200),
    Case("anonymous 401", "/auth/", 401),
    Case("GET /auth/ with a token", "/auth/", 200, with_token=True),
]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3 rounds, only to check that it works")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=1, help="seconds of each measurement (default: 1)")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--depth", type=int, default=16, help="requests that are pipelined (default: 16)")
    parser.add_argument("--idle", type=int, default=10000, help="idle connections to measure the memory of (default: 10000)")
    parser.add_argument("--tokens", default="1000,100000,10000000", help="numbers of tokens for the part growth")
    parser.add_argument("--issues", type=int, default=1_000_000, help="issues to add for the part view-growth (default: 1000000)")
    parser.add_argument("--only", default="requests,writes,growth,memory,logins,revocations,views",
                        help="the parts to measure (default: %(default)s; there is view-growth too)")
    parser.add_argument("--no-build", action="store_true", help="measure the programs in target/release as they are")
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--output", help="also write the tables to this file")
    revocations.options(parser)
    given = parser.parse_args()
    if given.quick:
        given.rounds, given.tokens, given.issues = 3, "1000,100000", 100_000
        given.revocations, given.late = 300, 100
    # All servers of these parts together take half a minute a round.
    given.view_rounds = 1 if given.quick else given.rounds
    given.tokens = [int(count) for count in given.tokens.split(",")]
    return given


def cell(values):
    if len(values) < 2:
        return f"{values[0]:.3g}"
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def measured(given, server, case, depth, token):
    """Returns requests per second of processor time, requests per second, and the latency at p99."""
    before = server.cpu_seconds()
    headers = case.headers(token)
    count, seconds, _, p99 = wrk(server.port, case.path, headers, depth, given.connections, given.seconds)
    used = server.cpu_seconds() - before
    server.settle()
    return count / used, count / seconds, p99


def requests(given, bare, others, tokens):
    """Returns the table of ratios. Each case has its own bare server."""
    names = ["bare", *(server.name for server in others)]
    # Bare does not check the token, but it must read a header of the same length.
    token = tokens[others[0].name]
    figures = {(case, depth, name): [] for case in CASES for depth in (1, given.depth) for name in names}
    ratios = {key: [] for key in figures}
    for round_number in range(given.rounds):
        shift = round_number % len(others)
        for case, bare_server in zip(CASES, bare):
            for depth in (1, given.depth):
                bares = [measured(given, bare_server, case, depth, token)]
                for server in others[shift:] + others[:shift]:
                    if server.name == "reference" and depth > 1:
                        continue
                    figures[case, depth, server.name].append(measured(given, server, case, depth, tokens[server.name]))
                    bares.append(measured(given, bare_server, case, depth, token))
                    base = [(before + after) / 2 for before, after in zip(*bares[-2:])]
                    mine = figures[case, depth, server.name][-1]
                    ratios[case, depth, server.name].append([mine[kind] / base[kind] for kind in (0, 1)])
                figures[case, depth, "bare"] += bares
        print(f"round {round_number + 1} of {given.rounds}", file=sys.stderr)
    lines = ["| request | server | of bare, CPU | of bare, clock | requests/s of CPU | requests/s | p99, ms |",
             "|---|---|---|---|---|---|---|"]
    for (case, depth, name), rounds in figures.items():
        if not rounds:
            continue
        cells = ["1", "1"] if name == "bare" else [cell(values) for values in zip(*ratios[case, depth, name])]
        cells += [f"{statistics.median(one[kind] for one in rounds):,.0f}" for kind in (0, 1)]
        cells.append(f"{statistics.median(one[2] for one in rounds):.1f}" if depth == 1 else "")
        title = case.name if depth == 1 else f"{case.name}, {depth} pipelined"
        lines.append(f"| {title} | {name} | {' | '.join(cells)} |")
    return lines


def memory(given, folder, env):
    """Returns the table of start time, memory and size."""
    server = servers.vitamin("idle", folder, env, core=None)
    try:
        idle = resident_mb(server.process.pid)
        clients = []
        try:
            for _ in range(given.idle):
                clients.append(Client(server.port))
                clients[-1].request("GET", "/")
            connected = resident_mb(server.process.pid)
        finally:
            for client in clients:
                client.close()
    finally:
        server.stop()
    starts = []
    for _ in range(given.rounds):
        server = servers.vitamin("start", folder, env, core=None)
        starts.append(server.started_in * 1000)
        server.stop()
    return ["| | |", "|---|---|", f"| start to first answer | {cell(starts)} ms |", f"| memory, idle | {idle:.1f} MB |",
            f"| memory, {given.idle} idle connections | {connected:.1f} MB |",
            f"| the program | {servers.MANAGE.stat().st_size / 1e6:.1f} MB |"]


class Sections(list):
    """Prints each section as soon as it is measured, so that a later failure does not lose it."""

    def append(self, lines):
        print("\n".join(lines), end="\n\n", flush=True)
        super().append(lines)


def measure(given, folder, with_postgres):
    wanted = given.only.split(",")
    database = folder / "vitamin.sqlite3"
    env = servers.vitamin_environment(str(database))
    token = servers.seed(env)
    sections = Sections()
    started, postgres = [], None
    try:
        if "requests" in wanted:
            started.append(servers.vitamin("sqlite", folder, env))
            started.append(servers.vitamin("sqlite, access log", folder, env, RUST_LOG="info"))
            tokens = dict.fromkeys(["sqlite", "sqlite, access log", "reference"], token)
            if with_postgres:
                postgres = servers.Postgres(folder)
                env_postgres = dict(env, DATABASE_URL=postgres.url)
                tokens["postgres"] = servers.seed(env_postgres)
                started.append(servers.vitamin("postgres", folder, env_postgres, others=[postgres.pid]))
                # On the same rows: the triggers act only on writes.
                servers.manage(env_postgres, "install_token_triggers")
                tokens["postgres, bounded"] = tokens["postgres"]
                more = {"TOKEN_CACHE": "bounded"}
                started.append(servers.vitamin("postgres, bounded", folder, env_postgres, others=[postgres.pid], **more))
            started.append(servers.reference(folder, database))
            others = list(started)
            bare = [servers.bare(folder, case, others[0].port, token) for case in CASES]
            started += bare
            sections.append(requests(given, bare, others, tokens))
            for server in started:
                server.stop()
            started = []
        if "writes" in wanted:
            sections.append(tokens_in_use.writes(given, folder, env, CASES[2], cell))
        if "growth" in wanted:
            sections.append(tokens_in_use.growth(given, folder, env))
        if "memory" in wanted:
            sections.append(memory(given, folder, env))
        if "logins" in wanted:
            sections.append(logins.table(folder, env, given.rounds))
        if "revocations" in wanted:
            sections.append(revocations.tables(given, folder, with_postgres))
        if "views" in wanted:
            sections.append(views.table(given, folder, with_postgres, cell))
        if "view-growth" in wanted:
            sections.append(views.growth(given, folder, cell))
    finally:
        for server in started:
            server.stop()
        if postgres:
            postgres.stop()
    return sections


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{os.cpu_count()} cores ({model}), Linux {platform.release().split('-')[0]}"


def main():
    given = arguments()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed (Debian: apt-get install wrk)")
    with_postgres = not given.no_postgres and bool(servers.Postgres.find() and shutil.which("pg_config"))
    if not given.no_build:
        servers.build(with_postgres)
    with tempfile.TemporaryDirectory(prefix="vitamin-bench-") as folder:
        sections = measure(given, Path(folder), with_postgres)
    about = f"{machine()}; {given.rounds} rounds of {given.seconds} s, {given.connections} connections."
    text = "\n\n".join([about, *("\n".join(lines) for lines in sections)]) + "\n"
    if given.output:
        Path(given.output).write_text(text)


if __name__ == "__main__":
    main()
