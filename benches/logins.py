"""Logins per second, and their effect on the latency of other requests."""
import json
import os
import statistics
import threading
import time

import servers
from load import Client

BODY = json.dumps({"username": servers.USERNAME, "password": servers.PASSWORD}).encode()
HEADERS = {"Content-Type": "application/json"}
SECONDS = 8
# vitamin's default scheme, and Django's.
SCHEMES = ("bcrypt_sha256", "pbkdf2_sha256")


def login(client):
    status, _, body = client.request("POST", "/api-token-auth/", HEADERS, BODY)
    assert status == 200, (status, body)


def latencies(port, token, seconds):
    """Sends one request at a time, some hundreds per second. Returns p50 and p99 in ms."""
    client = Client(port)
    taken = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        status, _, _ = client.request("GET", "/auth/", {"Authorization": f"Token {token}"})
        taken.append((time.perf_counter() - begin) * 1000)
        assert status == 200, status
        time.sleep(0.002)
    client.close()
    cuts = statistics.quantiles(taken, n=100)
    return cuts[49], cuts[98]


def table(folder, env, rounds):
    """Returns the table, with a column for each scheme of hashes."""
    columns = []
    for scheme in SCHEMES:
        own = dict(env, DATABASE_URL=str(folder / f"{scheme}.sqlite3"), PASSWORD_HASHERS=scheme)
        token = servers.seed(own)
        server = servers.vitamin(scheme, folder, own, core=None)
        try:
            columns.append(figures(server.port, token, rounds))
        finally:
            server.stop()
    names = ["one login alone", f"logins per second, on {os.cpu_count()} cores", "`GET /auth/`, p50 and p99, without logins",
             "`GET /auth/`, p50 and p99, while every core hashes"]
    lines = [f"| logins | {' | '.join(SCHEMES)} |", "|---|---|---|"]
    return lines + [f"| {' | '.join(row)} |" for row in zip(names, *columns)]


def figures(port, token, rounds):
    """Returns cells: the time of one login, logins per second, and the latencies without and with logins."""
    cores = os.cpu_count()
    stopped = threading.Event()
    counts = [0] * (cores * 2)

    def keep_logging_in(number):
        client = Client(port)
        while not stopped.is_set():
            login(client)
            counts[number] += 1
        client.close()

    client = Client(port)
    login(client)
    alone = []
    for _ in range(rounds):
        begin = time.perf_counter()
        login(client)
        alone.append(time.perf_counter() - begin)
    one = statistics.median(alone)
    client.close()
    quiet = latencies(port, token, SECONDS)
    threads = [threading.Thread(target=keep_logging_in, args=(number,)) for number in range(len(counts))]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1)
        # Logins alone first, because measuring latencies needs processor time on the same cores.
        before, begin = sum(counts), time.perf_counter()
        time.sleep(2 * SECONDS)
        rate = (sum(counts) - before) / (time.perf_counter() - begin)
        busy = latencies(port, token, SECONDS)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    both = [f"{p50:.2f} and {p99:.2f} ms" for p50, p99 in (quiet, busy)]
    return [f"{one * 1000:.0f} ms", f"{rate:.1f}, {rate * one / cores:.2f} of cores / time of one login", *both]
