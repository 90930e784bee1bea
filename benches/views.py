"""Views for models: examples/tracker beside the same requests by hand (by_hand/), and beside Django REST framework.

Each server has its own copy of one database, which Django makes and fills. The bench asserts that all of them send the same
responses before it measures. Writes are measured after all reads, because PostgreSQL keeps a plan for a small table while that
table grows.
"""
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass

import servers
from load import Client, resident_mb, wrk


@dataclass(frozen=True)
class Request:
    path: str
    about: str = ""
    method: str = "GET"
    body: str = ""


LIST = Request("/api/issues/?limit=20", ", 7.6 KB with relations and a count")
ISSUE = Request("/api/issues/12/", ", with comments and labels")
LABELS = Request("/api/labels/", ", four labels")
COMMENT = Request("/api/issues/1/comments/", "", "POST", '{"body":"It happens again, on both machines."}')
MEASURED = [LIST, ISSUE, LABELS, COMMENT]
COMMENTS = Request("/api/issues/6/comments/", ", a cursor page")
# What is compared too.
MORE = [Request("/api/issues/"), Request("/api/issues/?limit=3&offset=2"), Request("/api/issues/?limit=9&offset=25"),
        Request("/api/issues/1/"), Request("/api/issues/9999/"), Request("/api/issues/9999/comments/", "", "POST", COMMENT.body)]
# Connections, if a request may take long: wrk takes two seconds without an answer for an error.
FEW = 4


def headers(token, request):
    kept = {"Authorization": f"Token {token}"}
    return {**kept, "Content-Type": "application/json"} if request.body else kept


def answer(server, token, request):
    """Returns what must be the same of all servers. Ports, times and ids of requests differ."""
    client = Client(server.port)
    try:
        sent = headers(token, request)
        status, fields, body = client.request(request.method, request.path, sent, request.body.encode())
    finally:
        client.close()
    names = {name.lower(): value for name, value in fields if name.lower() not in ("date", "x-request-id")}
    text = body.decode().replace(f":{server.port}/", ":PORT/")
    if request.method == "POST":
        text = re.sub(r'"created":"[^"]*"', '"created":""', text)
        # A time without microseconds is shorter.
        del names["content-length"]
    return status, names, text


def assert_same(vitamin, hand, reference, token):
    """Asserts that the servers answer alike: by hand in all, the reference in status and body."""
    # The reads come first: they show what a write adds.
    for key, requests in (("0" * 40, MEASURED[:3]), (token, MORE + MEASURED)):
        for request in requests:
            wanted = answer(vitamin, key, request)
            for server, found in ((hand, answer(hand, key, request)), (reference, answer(reference, key, request))):
                kept = slice(None) if server is hand else slice(None, None, 2)
                assert found[kept] == wanted[kept], (server.name, request, found, wanted)


def measured(server, token, request, connections, seconds):
    """Returns requests per second of processor time, requests per second, and the latency at p99."""
    before = server.cpu_seconds()
    count, took, _, p99 = wrk(server.port, request.path, headers(token, request), 1, connections, seconds,
                              method=request.method, body=request.body)
    used = server.cpu_seconds() - before
    server.settle()
    return count / used, count / took, p99


def databases(folder, postgres, names):
    """Makes a database of each name. Returns their URLs and a token."""
    if not postgres:
        seed = folder / "tracker.sqlite3"
        token = servers.seed_tracker(str(seed))
        return {name: shutil.copy(seed, folder / f"tracker {name}.sqlite3") for name in names}, token
    base = postgres.url.removesuffix("postgres")
    postgres.psql("CREATE DATABASE seed")
    token = servers.seed_tracker(f"{base}seed")
    for name in names:
        postgres.psql(f'CREATE DATABASE "{name}" TEMPLATE seed')
        command = [*postgres.psql_command()[:-1], f"{base}{name}", "-c", "VACUUM ANALYZE"]
        subprocess.run(command, check=True)
    return {name: f"{base}{name}" for name in names}, token


def rows(given, folder, postgres, cell):
    """Returns the rows of the table for one kind of database."""
    kind = "PostgreSQL" if postgres else "SQLite"
    others = [postgres.pid] if postgres else []
    starts = {"vitamin": servers.tracker, "hand": servers.by_hand, "reference": servers.reference_tracker}
    urls, token = databases(folder, postgres, starts)
    with ExitStack() as running:
        started = {}
        for name, start in starts.items():
            started[name] = start(f"{kind} {name}", folder, str(urls[name]), others=others)
            running.callback(started[name].stop)
        assert_same(*started.values(), token)
        figures = {request: [] for request in MEASURED}
        for phase in ([one for one in MEASURED if one.method == "GET"], [one for one in MEASURED if one.method != "GET"]):
            for round_number in range(given.view_rounds):
                for request in phase:
                    figures[request].append([measured(started[name], token, request, given.connections, given.seconds)
                                             for name in ("reference", "hand", "vitamin", "hand")])
                print(f"views, {kind}: round {round_number + 1} of {given.view_rounds}", file=sys.stderr)
    lines = []
    for request, rounds in figures.items():
        ratios = [[mine[at] / ((before[at] + after[at]) / 2) for at in (0, 1)] for _, before, mine, after in rounds]
        times = statistics.median(mine[0] / theirs[0] for theirs, _, mine, _ in rounds)
        hand = statistics.median(one for _, before, _, after in rounds for one in (before[0], after[0]))
        mine = [statistics.median(one[at] for _, _, one, _ in rounds) for at in range(3)]
        method = "" if request.method == "GET" else f"{request.method} "
        cells = [f"`{method}{request.path}`{request.about}", kind, f"{mine[0]:,.0f}", f"{hand:,.0f}", *map(cell, zip(*ratios)),
                 f"{times:.0f}", f"{mine[1]:,.0f}", f"{mine[2]:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def table(given, folder, with_postgres, cell):
    """Returns the table of four requests on each kind of database."""
    lines = ["| request | database | requests/s of CPU | by hand, requests/s of CPU | of by hand, CPU | of by hand, clock "
             "| of Django REST framework, CPU | requests/s | p99, ms |", "|---|---|---|---|---|---|---|---|---|"]
    lines += rows(given, folder, None, cell)
    if with_postgres:
        # Django's settings here take no Unix socket. A vacuum in between would count as work of a request.
        postgres = servers.Postgres(folder, "views", servers.free_port(), "-c autovacuum=off -c max_connections=200")
        try:
            lines += rows(given, folder, postgres, cell)
        finally:
            postgres.stop()
    return lines


def add_issues(path, count, visible):
    """Adds issues with a comment each, to a project that user 1 can see, or to one that user 1 can't."""
    db = sqlite3.connect(path, timeout=60, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -1000000")
    seen = "is_public OR owner_id = 1 OR id IN (SELECT project_id FROM tracker_membership WHERE user_id = 1)"
    project, = db.execute(f"SELECT id FROM tracker_project WHERE ({seen}) = ? ORDER BY id LIMIT 1", [visible]).fetchone()
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    day = "'2026-01-01 00:00:00'"
    db.execute("BEGIN")
    db.execute(f"{numbers} INSERT INTO tracker_issue (id, project_id, number, title, body, status, priority, reporter_id, created,"
               f" updated) SELECT 1000 + i, ?, 1000 + i, 'Issue ' || i, '', 'open', 3, 2, {day}, {day} FROM n", [project])
    db.execute(f"{numbers} INSERT INTO tracker_comment (body, created, author_id, issue_id)"
               f" SELECT 'Comment ' || i, {day}, 2, 1000 + i FROM n")
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def growth(given, folder, cell):
    """Returns the tables of many issues, on SQLite: three requests and the memory; and labels beside lists."""
    urls, token = databases(folder, None, ["few", "hidden", "visible"])
    kinds = {"few": (1000, False), "hidden": (given.issues, False), "visible": (given.issues, True)}
    for name, (count, visible) in kinds.items():
        add_issues(urls[name], count, visible)
    requests = (LIST, COMMENTS, ISSUE)
    figures = {(name, request): [] for name in kinds for request in requests}
    with ExitStack() as running:
        started = {name: servers.tracker(f"rows {name}", folder, str(urls[name])) for name in kinds}
        for server in started.values():
            running.callback(server.stop)
        for round_number in range(given.view_rounds):
            for request in requests:
                base = measured(started["few"], token, request, FEW, given.seconds)[0]
                for name in ("hidden", "visible"):
                    mine = measured(started[name], token, request, FEW, given.seconds)[0]
                    after = measured(started["few"], token, request, FEW, given.seconds)[0]
                    figures["few", request].append((after, 1))
                    figures[name, request].append((mine, mine / ((base + after) / 2)))
                    base = after
            print(f"view-growth: round {round_number + 1} of {given.view_rounds}", file=sys.stderr)
        memory = {name: resident_mb(server.process.pid) for name, server in started.items()}
    lines = ["| more issues | the user sees them | list of 20 | cursor page | one issue | memory, MB |", "|---|---|---|---|---|---|"]
    for name, (count, visible) in kinds.items():
        cells = [f"{count:,}", "yes" if visible else "no"]
        for request in requests:
            found, ratios = zip(*figures[name, request])
            ratio = "" if name == "few" else f", {cell(ratios)} of the first row's"
            cells.append(f"{statistics.median(found):,.0f}{ratio}")
        lines.append(f"| {' | '.join(cells)} | {memory[name]:.1f} |")
    return [*lines, "", *beside_lists(given, folder, urls, token)]


def beside_lists(given, folder, urls, token):
    """Returns the table of the latency of labels while four connections request nothing but lists. The server has one worker
    and all cores."""
    lines = ["| `/api/labels/` on four connections | p50 and p99 alone, ms | beside lists on four more |", "|---|---|---|"]
    for name, about in (("few", "short lists"), ("visible", f"lists that count {given.issues:,} issues")):
        server = servers.tracker(f"beside {name}", folder, str(urls[name]), core=None)
        try:
            seconds = 4 * given.seconds
            alone = wrk(server.port, LABELS.path, headers(token, LABELS), 1, 4, seconds)
            load = threading.Thread(target=wrk, args=(server.port, LIST.path, headers(token, LIST), 1, 4, seconds + 1))
            load.start()
            beside = wrk(server.port, LABELS.path, headers(token, LABELS), 1, 4, seconds)
            load.join()
        finally:
            server.stop()
        cells = [f"{figures[2]:.2f} and {figures[3]:.2f}" for figures in (alone, beside)]
        lines.append(f"| {about} | {' | '.join(cells)} |")
    return lines
