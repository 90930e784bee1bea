"""The servers that the bench compares, each with its own database."""
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from load import SERVER_CORE, ask, cpu_seconds, pin, wait_for

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests" / "drfdiff"))
import drfdiff  # noqa: E402

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
MANAGE, BARE = TARGET / "manage", TARGET / "bare"
TRACKER, BY_HAND = TARGET / "tracker", TARGET / "by-hand"
SEED = ROOT / "tests" / "drfdiff" / "seed.py"
USERNAME, PASSWORD = "Pepe", "aaaa"
# The headers that the HTTP server itself adds to every response.
SERVER_HEADERS = ("content-length", "date")


def build(with_postgres):
    features = ["tutorial/bare", *(["tutorial/postgres", "tracker/postgres"] if with_postgres else [])]
    command = ["cargo", "build", "--release", "--locked", "-j2", "-p", "tutorial", "-p", "tracker", "--bins",
               "--features", ",".join(features)]
    subprocess.run(command, cwd=ROOT, check=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A running server. The time of the processes `others`, such as a database, counts as its own."""

    def __init__(self, name, command, folder, core=SERVER_CORE, env=None, cwd=None, stdin=None, others=(), path="/"):
        self.name, self.port, self.others = name, free_port(), list(others)
        command = [str(word).replace("{port}", str(self.port)) for word in command]
        self.log = open(Path(folder) / f"{name}.log".replace("/", "-"), "ab")
        self.process = subprocess.Popen(
            command, env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=self.log, stderr=self.log, preexec_fn=pin(core)
        )
        self.process.stdin.write(stdin or b"")
        self.process.stdin.close()
        self.started_in = wait_for(self.port, self.process, path)

    def cpu_seconds(self):
        return cpu_seconds([self.process.pid, *self.others])

    def settle(self):
        """Waits until the server has finished the requests that wrk abandoned, so that they do not slow the next measurement."""
        for _ in range(100):
            before = self.cpu_seconds()
            time.sleep(0.05)
            if self.cpu_seconds() - before < 0.005:
                return

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def vitamin_environment(url):
    """Returns an environment without any settings of this process's own."""
    names = ("PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return dict(kept, DATABASE_URL=url, SECRET_KEY=secrets.token_hex(32), ALLOWED_HOSTS="127.0.0.1", RUST_LOG="warn")


def manage(env, *arguments):
    """Runs a command and returns its output."""
    password = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    done = subprocess.run([MANAGE, *arguments], env=dict(env, **password), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"manage {arguments[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def seed(env):
    """Migrates, creates the user and returns its token."""
    manage(env, "migrate")
    manage(env, "createsuperuser", "--noinput", "--username", USERNAME, "--email", "pepe@example.com")
    return manage(env, "drf_create_token", USERNAME).split()[2]


def vitamin(name, folder, env, core=SERVER_CORE, others=(), **more):
    env = dict(env, WORKERS="1" if core is not None else "", **more)
    return Server(name, [MANAGE, "runserver", "127.0.0.1:{port}"], folder, core, env, folder, others=others)


def bare(folder, case, port, token):
    """Starts a bare server that sends the response of the vitamin at `port`."""
    status, headers, body = ask(port, case.path, case.headers(token))
    assert status == case.status, (case, status, body)
    kept = [f"{name}: {value}" for name, value in headers if name.lower() not in SERVER_HEADERS]
    line = "\t".join([case.path, str(status), body.decode(), *kept])
    return Server("bare", [BARE, "127.0.0.1:{port}"], folder, stdin=line.encode(), path=case.path)


def reference(folder, database):
    """Starts Django REST framework under gunicorn, on a copy of vitamin's SQLite database."""
    copy = Path(folder) / "reference.sqlite3"
    subprocess.run([MANAGE, "check"], env=vitamin_environment(str(database)), check=True, stdout=subprocess.DEVNULL)
    for suffix in ("", "-wal"):
        if Path(f"{database}{suffix}").exists():
            shutil.copy(f"{database}{suffix}", f"{copy}{suffix}")
    env = dict(os.environ, REFERENCE_DB=str(copy), PYTHONDONTWRITEBYTECODE="1")
    python = drfdiff.reference_python()
    subprocess.run([python, "manage.py", "migrate", "-v0"], cwd=drfdiff.REFERENCE, env=env, check=True)
    return Server("reference", gunicorn("tutorial.wsgi"), folder, env=env, cwd=drfdiff.REFERENCE)


def django(url, *arguments):
    """Runs a command of the reference's tracker and returns its output."""
    env = dict(os.environ, REFERENCE_DB=url, DJANGO_SETTINGS_MODULE="tracker.settings", PYTHONDONTWRITEBYTECODE="1")
    command = [drfdiff.reference_python(), "manage.py", *arguments]
    return subprocess.run(command, cwd=drfdiff.REFERENCE, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout


def seed_tracker(url):
    """Makes the tracker's tables and rows with Django, and returns the token of a user."""
    django(url, "migrate", "-v0")
    return json.loads(django(url, "shell", "-v0", "-c", SEED.read_text()).splitlines()[-1])["tokens"]["ana"]


def tracker(name, folder, url, core=SERVER_CORE, others=()):
    """Starts examples/tracker with one worker."""
    env = dict(vitamin_environment(url), WORKERS="1")
    return Server(name, [TRACKER, "runserver", "127.0.0.1:{port}"], folder, core, env, folder, others=others)


def by_hand(name, folder, url, others=()):
    """Starts the tracker's requests that are written by hand."""
    env = vitamin_environment(url)
    return Server(name, [BY_HAND, "127.0.0.1:{port}"], folder, SERVER_CORE, env, folder, others=others)


def reference_tracker(name, folder, url, others=()):
    """Starts the reference's tracker under gunicorn."""
    env = dict(os.environ, REFERENCE_DB=url, DJANGO_SETTINGS_MODULE="tracker.settings", PYTHONDONTWRITEBYTECODE="1")
    return Server(name, gunicorn("tracker.wsgi"), folder, env=env, cwd=drfdiff.REFERENCE, others=others)


def gunicorn(application):
    return [drfdiff.reference_python(), "-m", "gunicorn", "-b", "127.0.0.1:{port}", "--workers", "1", "--log-level", "error",
            "--keep-alive", "60", application]


class Postgres:
    """A temporary PostgreSQL server on the servers' core, on a Unix socket or a port of the loopback address."""

    def __init__(self, folder, name="postgres", port=None, options=""):
        self.folder = Path(folder) / name
        self.folder.mkdir()
        self.programs = self.find()
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user)
            os.chmod(folder, 0o755)
        self.run("initdb", "-D", self.folder / "data", "-U", "postgres", "--auth=trust", "--encoding=UTF8",
                 "--locale=C", "--no-sync")
        listen = f"127.0.0.1 -c port={port}" if port else ""
        options = f"-c unix_socket_directories={self.folder} {options} -c listen_addresses={listen}"
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o", options, "start")
        self.pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        address = f"127.0.0.1:{port}" if port else f"{quote(str(self.folder), safe='')}:5432"
        self.url = f"postgres://postgres@{address}/postgres"

    @staticmethod
    def find():
        """Returns the folder of the server's programs, or None."""
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        found = shutil.which("initdb")
        return next(iter([Path(found).parent] if found else folders), None)

    def run(self, program, *arguments):
        ids = {}
        if self.user:
            entry = pwd.getpwnam(self.user)
            ids = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        done = subprocess.run([self.programs / program, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=pin(SERVER_CORE), **ids)
        if done.returncode:
            raise SystemExit(f"{program} ended with {done.returncode}")

    def psql(self, sql):
        """Returns the result of a query, one line per row."""
        command = [*self.psql_command(), "-c", sql]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def psql_command(self):
        return [shutil.which("psql") or self.programs / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.url]

    def restart(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "fast", "-w", "restart")

    def stop(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        time.sleep(0.1)
