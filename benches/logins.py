"""Logins: how many a second, and what they do to everybody else's latency."""
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


def login(client):
    status, _, body = client.request("POST", "/api-token-auth/", HEADERS, BODY)
    assert status == 200, (status, body)


def latencies(port, token, seconds):
    """Of one request at a time, some hundreds a second, in ms: p50 and p99."""
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


def table(folder, env, token, rounds):
    server = servers.vitamin("logins", folder, env, core=None)
    cores = os.cpu_count()
    stopped = threading.Event()
    counts = [0] * (cores * 2)

    def keep_logging_in(number):
        client = Client(server.port)
        while not stopped.is_set():
            login(client)
            counts[number] += 1
        client.close()

    try:
        client = Client(server.port)
        login(client)
        alone = []
        for _ in range(rounds):
            begin = time.perf_counter()
            login(client)
            alone.append(time.perf_counter() - begin)
        one = statistics.median(alone)
        client.close()
        quiet = latencies(server.port, token, SECONDS)
        threads = [threading.Thread(target=keep_logging_in, args=(number,)) for number in range(len(counts))]
        for thread in threads:
            thread.start()
        time.sleep(1)
        # First by themselves: who measures latencies needs processor time too, and on these cores.
        before, begin = sum(counts), time.perf_counter()
        time.sleep(2 * SECONDS)
        rate = (sum(counts) - before) / (time.perf_counter() - begin)
        busy = latencies(server.port, token, SECONDS)
        stopped.set()
        for thread in threads:
            thread.join()
    finally:
        stopped.set()
        server.stop()
    return ["| logins | |", "|---|---|", f"| one alone | {one * 1000:.0f} ms |",
            f"| a second, on {cores} cores | {rate:.1f}, {rate * one / cores:.2f} of cores / time of one |",
            f"| `GET /auth/`, p50 and p99, nobody logging in | {quiet[0]:.2f} and {quiet[1]:.2f} ms |",
            f"| the same while every core hashes | {busy[0]:.2f} and {busy[1]:.2f} ms |"]
