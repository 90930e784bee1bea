"""What a page of the browsable API costs beyond its JSON: `python benches/pages.py PROGRAM`, where PROGRAM is the tracker in release.

It measures the processor time of the server, which other programs on the machine change less than the time that a client waits. One worker
on SQLite serves the pages and the JSON by turns.
"""
import http.client
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests/browser"))
from tracker_site import serve  # noqa: E402

PATHS = {"a list of 20 issues": "/api/issues/?limit=20", "a list of projects, with a form": "/api/projects/", "a label": "/api/labels/bug/"}
ROUNDS = 5
REQUESTS = 500


def processor_time(process):
    """Milliseconds that the process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def main():
    os.environ["WORKERS"] = "1"
    with tempfile.TemporaryDirectory() as folder, serve(sys.argv[1], folder) as tracker:
        connection = http.client.HTTPConnection("127.0.0.1", tracker.port)

        def cost(path, accept):
            before = processor_time(tracker.process.pid)
            for _ in range(REQUESTS):
                connection.request("GET", path, headers={"Accept": accept, "Authorization": f"Token {tracker.token}"})
                response = connection.getresponse()
                body = response.read()
                assert response.status == 200, body
            return (processor_time(tracker.process.pid) - before) / REQUESTS, len(body)

        for name, path in PATHS.items():
            rounds = [(cost(path, "application/json"), cost(path, "text/html")) for _ in range(ROUNDS)]
            json, page = (statistics.median(one[side][0] for one in rounds) for side in (0, 1))
            (_, json_size), (_, page_size) = rounds[0]
            print(f"{name}: JSON {json:.2f} ms ({json_size} bytes), page {page:.2f} ms ({page_size} bytes), {page - json:.2f} ms more")


if __name__ == "__main__":
    main()
