#!/usr/bin/env python3
"""Compare messages in other languages than English: the reference's and the twin's, of both projects.

    languages.py [--verbose] --tutorial PROGRAM --tracker PROGRAM

PROGRAM is a project's `manage`. For each LANGUAGE_CODE below, and for LocaleMiddleware with several cookies and
`Accept-Language` headers, both servers of a project get the same requests: those of cases.jsonl and tracker.jsonl, and those of
language_cases.py. Each server has a database of its own. The catalogues are those of the reference's Django, Django REST
framework and django-filter, found by the command that docs/settings.md shows.
Exit status 0 when every case is the same; the last line is `languages: N of M the same`.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import drfdiff
import trackerdiff
from language_cases import TRACKER, TUTORIAL

HERE = Path(__file__).resolve().parent
CODES = ["de", "fr", "pl", "ja", "ar"]
# What a case saved. {token} and the like are the seed's.
NAME = re.compile(r"\{(?!token|inactive|sessionid|media_type)[a-z_]+\}")
# A throttle's wait depends on the moment.
WAIT = re.compile(r"\b86[34]\d\d\b")
# With LocaleMiddleware: the headers of all requests. A sample of the cases is sent with each.
ASKED = [
    [],
    [["Accept-Language", "de"]],
    [["Accept-Language", "pl-PL,pl;q=0.9,en;q=0.8"]],
    [["Accept-Language", "xx, ja;q=0.3, ar;q=0.7"]],
    [["Accept-Language", "fr-CH, *;q=0.5"]],
    [["Accept-Language", "zh-TW"]],
    [["Accept-Language", "en-US,en;q=0.5"]],
    [["Accept-Language", "de;q=0"]],
    [["Accept-Language", "*"]],
    [["Accept-Language", "de,fr;q=1.5"]],
    [["Accept-Language", "ko"], ["Accept-Language", "de"]],
    [["Cookie", "django_language=fr"], ["Accept-Language", "de"]],
    [["Cookie", "django_language=de-at; csrftoken=x"], ["Accept-Language", "fr"]],
    [["Cookie", "django_language=tlh; sessionid=short"], ["Accept-Language", "pt-br"]],
    [["Cookie", "django_language=tlh; sessionid=unknownsessionkey"], ["Accept-Language", "pt"]],
]


def locale_paths():
    """What docs/settings.md tells a Django team to run in its project."""
    command = (HERE.parent.parent / "docs" / "settings.md").read_text().split("manage.py shell -v 0 -c '", 1)[1].split("'", 1)[0]
    env = dict(os.environ, DJANGO_SETTINGS_MODULE="tracker.settings", PYTHONDONTWRITEBYTECODE="1")
    said = subprocess.run([drfdiff.reference_python(), "manage.py", "shell", "-v", "0", "-c", command], cwd=drfdiff.REFERENCE, env=env,
                          check=True, capture_output=True, text=True).stdout
    return said.strip().removeprefix("LOCALE_PATHS=")


class Servers:
    """The reference and the twin of one project, with one set of languages."""

    def __init__(self, project, program, database, seeded, folder, env):
        self.project, self.seeded, self.started = project, seeded, []
        known = set(json.dumps(seeded).replace('"', " ").split())
        self.sides = []
        for name in ("reference", "ours"):
            url = str(folder / f"{project}-{name}.sqlite3")
            shutil.copy(database, url)
            self.sides.append(trackerdiff.Side(name, url, known))
        for side in self.sides:
            addr = f"127.0.0.1:{side.port}"
            words = [program, "runserver", addr]
            if side.name == "reference":
                wsgi = "tracker.wsgi" if project == "tracker" else "tutorial.wsgi"
                words = [drfdiff.reference_python(), "-m", "gunicorn", "-b", addr, "--workers", "1", "--log-level", "error", wsgi]
            with open(folder / f"{project}-{side.name}.log", "a") as log:
                own = dict(env, DATABASE_URL=side.url, REFERENCE_DB=side.url)
                self.started.append(subprocess.Popen(words, cwd=drfdiff.REFERENCE, env=own, stdout=log, stderr=log))
        for side, process in zip(self.sides, self.started):
            drfdiff.wait_for(side.port, process)

    def answers(self, case, headers):
        case = dict(case, headers=[*case.get("headers", []), *headers])
        for pair in case["headers"]:
            for name, value in self.seeded.items():
                if isinstance(value, str):
                    pair[1] = pair[1].replace("{" + name + "}", value)
        answers = [side.ask(case, self.seeded.get("tokens", {})) for side in self.sides]
        trackerdiff.without_lengths(answers)
        return [json.loads(WAIT.sub("86400", json.dumps(answer))) for answer in answers]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.started:
            process.terminate()
        for process in self.started:
            process.wait(60)


def seed(project, script, folder, env):
    database = folder / f"{project}.sqlite3"
    env = dict(env, REFERENCE_DB=str(database))
    python = drfdiff.reference_python()
    subprocess.run([python, "manage.py", "migrate", "-v0"], cwd=drfdiff.REFERENCE, env=env, check=True)
    said = subprocess.run([python, "manage.py", "shell", "-v0", "-c", script], cwd=drfdiff.REFERENCE, env=env, check=True,
                          capture_output=True, text=True).stdout
    return database, json.loads(said.strip().splitlines()[-1])


def cases(project):
    """Those of the other comparisons, without those of users that only the seed of drfdiff.py has."""
    if project == "tracker":
        return [*map(json.loads, (HERE / "tracker.jsonl").read_text().splitlines()), *TRACKER]
    found = list(map(json.loads, (HERE / "cases.jsonl").read_text().splitlines()))
    return [case for case in found if case["group"] != "hashers"] + TUTORIAL


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tutorial", required=True)
    parser.add_argument("--tracker", required=True)
    parser.add_argument("--verbose", action="store_true", help="print both answers of every case that differs")
    parser.add_argument("--keep", help="keep the databases and logs in this folder")
    args = parser.parse_args()
    folder = Path(args.keep or tempfile.mkdtemp(prefix="languages-"))
    folder.mkdir(parents=True, exist_ok=True)
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", SECRET_KEY="reference-only-not-a-secret-0123456789abcdefghijklmnop",
               ALLOWED_HOSTS="localhost,127.0.0.1,[::1],testserver", LOGIN_THROTTLE="false", DATA_UPLOAD_MAX_CREDENTIALS_SIZE="4194304",
               PYTHONPATH=str(HERE.parent / "django"), PBKDF2_ITERATIONS="1000", LIVE_HASHERS="few_iterations.FewIterations")
    twin_env = dict(env, LOCALE_PATHS=locale_paths())
    same = total = 0

    def compare(servers, what, case, headers):
        nonlocal same, total
        answers = servers.answers(case, headers)
        total += 1
        if answers[0] == answers[1]:
            same += 1
            return
        print(f"differs: {servers.project} {what}: {case['group']}/{case['name']}")
        if args.verbose:
            for side, answer in zip(servers.sides, answers):
                print(f"    {side.name:9} {json.dumps(answer, sort_keys=True, ensure_ascii=False)[:2000]}")

    tutorial = re.sub(r"for h in \(.*?\):", "for h in ():", drfdiff.SEED)
    projects = (("tutorial", args.tutorial, "live_settings", tutorial),
                ("tracker", args.tracker, "tracker.settings", (HERE / "seed.py").read_text()))
    for project, program, settings, script in projects:
        own = {"DJANGO_SETTINGS_MODULE": settings}
        database, seeded = seed(project, script, folder, env | own)
        for code in CODES:
            with Servers(project, program, database, seeded, folder, twin_env | own | {"LANGUAGE_CODE": code}) as servers:
                for case in cases(project):
                    compare(servers, code, case, [])
        for code in ("en-us", "pt-br"):
            with Servers(project, program, database, seeded, folder, twin_env | own | {"LANGUAGE_CODE": code, "LOCALE_MIDDLEWARE": "true"}) as servers:
                # Each alone: none needs what an earlier one saved.
                chosen = [case for case in cases(project) if "save" not in case and not NAME.search(json.dumps(case))]
                for n, headers in enumerate(ASKED):
                    for case in chosen[n % 5 :: 5]:
                        compare(servers, f"{code} {headers}", case, [list(pair) for pair in headers])
        print(f"{project}: compared", flush=True)
    print(f"languages: {same} of {total} the same")
    return 0 if same == total else 1


if __name__ == "__main__":
    sys.exit(main())
