"""kill -9 at random moments, under logins and revocations: no acknowledged token is lost, and no revoked one is valid again.

usage: kill.py [CYCLES] [KIND…]      (default: 5 cycles of each kind)

sqlite           the program is killed, on SQLite
postgres         the program is killed, on PostgreSQL
postgres-server  all processes of the PostgreSQL server are killed; the program goes on

MANAGE is the program (default: target/debug/manage); SEED repeats a run. On SQLite it is also checked that a login's response
follows the sync of its token to the disk, if strace is installed.
"""
import http.client
import json
import os
import pwd
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "debug"
MANAGE = os.environ.get("MANAGE") or str(TARGET / "manage")
KINDS = ["sqlite", "postgres", "postgres-server"]
THREADS, USERS = 4, 4
PASSWORD = "correct horse"


def check(condition, *told):
    if not condition:
        raise AssertionError(" ".join(map(str, told)))


def wait_for(what, attempt, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (found := attempt()) is not None:
            return found
        time.sleep(0.01)
    raise AssertionError(f"no {what} within {seconds} s")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Postgres:
    """A server of this script's own, which syncs to the disk as PostgreSQL does by default."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.user = {}
        if os.getuid() == 0:
            # The server refuses to run as root.
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.user = {"user": owner.pw_uid, "group": owner.pw_gid}
        os.chmod(self.folder, 0o755)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **self.user}
        self.data = self.folder / "data"
        subprocess.run([self.programs / "initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "-E", "UTF8"], check=True,
                       **quiet)
        self.quiet = quiet
        self.process = None
        self.start()

    @property
    def url(self):
        return f"postgres://postgres@{str(self.folder).replace('/', '%2F')}:5432/postgres"

    def start(self):
        def attempt():
            if self.process is None or self.process.poll() is not None:
                options = ["-D", self.data, "-k", self.folder, "-c", "listen_addresses="]
                self.process = subprocess.Popen([self.programs / "postgres", *options], start_new_session=True, **self.quiet)
            return True if self.run("SELECT 1", check=False).returncode == 0 else None

        wait_for("PostgreSQL", attempt, 60)

    def run(self, sql, check=True):
        command = [self.programs / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, self.url]
        return subprocess.run(command, check=check, capture_output=True, text=True)

    def kill(self):
        """Kills the server and its children at once."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in [pid, *map(int, children)]:
            try:
                os.kill(one, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


class Program:
    """The program and its environment."""

    def __init__(self, folder, url, path=MANAGE):
        self.folder, self.port, self.process, self.path = folder, free_port(), None, path
        self.env = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": "*",
                    "BCRYPT_ROUNDS": "4", "PASSWORD_HASHERS": "bcrypt_sha256", "RUST_LOG": "warn"}

    def popen(self, *arguments, **more):
        return subprocess.Popen([self.path, *arguments], env=self.env, cwd=self.folder, text=True, start_new_session=True, **more)

    def manage(self, *arguments, **env):
        done = subprocess.run([self.path, *arguments], env=self.env | env, cwd=self.folder, text=True, capture_output=True)
        check(done.returncode == 0, arguments, done.stdout, done.stderr)
        return done.stdout

    def start(self):
        with open(self.folder / "log", "a") as log:
            self.process = self.popen("runserver", f"127.0.0.1:{self.port}", stdout=subprocess.DEVNULL, stderr=log)

        def attempt():
            check(self.process.poll() is None, (self.folder / "log").read_text())
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close() or True
            except OSError:
                return None

        wait_for("server", attempt)

    def kill(self, sig=signal.SIGKILL):
        self.process.send_signal(sig)
        self.process.wait()

    def ask(self, method, path, body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def log_in(self, name):
        body = json.dumps({"user": name, "password": PASSWORD})
        status, text = self.ask("POST", "/", body, {"Content-Type": "application/json"})
        return status, json.loads(text).get("token") if status == 200 else None

    def status(self, key):
        return self.ask("GET", "/auth/", headers={"Authorization": f"Token {key}"})[0]


class User:
    """What a client knows of its tokens."""

    def __init__(self, name):
        self.name = name
        # The valid token, if any; whether a revocation of it was begun and not acknowledged; the revoked ones.
        self.token, self.may_be_revoked, self.revoked = None, False, []

    def log_in(self, program):
        status, token = program.log_in(self.name)
        if status == 503:
            return
        check(status == 200, "login:", status)
        check(token not in self.revoked, self.name, "got a revoked token")
        if self.token not in (None, token):
            check(self.may_be_revoked, self.name, "lost", self.token, "and got", token)
            self.revoked.append(self.token)
        self.token, self.may_be_revoked = token, False

    def rotate(self, program, running):
        """Revokes the token by a command, which gives another one."""
        self.may_be_revoked = True
        command = program.popen("drf_create_token", "-r", self.name, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        running.add(command)
        output, _ = command.communicate()
        running.discard(command)
        found = re.match(r"Generated token (\w+) for user", output)
        if command.returncode == 0 and found:
            if self.token:
                self.revoked.append(self.token)
            self.token, self.may_be_revoked = found[1], False

    def examine(self, program):
        """Compares with the server, after the kill."""
        for key in self.revoked[-5:]:
            check(program.status(key) == 401, self.name, "a revoked token is valid again:", key)
        if self.token:
            status = program.status(self.token)
            check(status == 200 or self.may_be_revoked and status == 401, self.name, "lost its token:", status)
            if status == 401:
                self.revoked.append(self.token)
                self.token = None
            self.may_be_revoked = False


def work(program, users, ended, running, generator, failures):
    try:
        while not ended.is_set():
            user = generator.choice(users)
            if generator.random() < 0.8:
                user.log_in(program)
            else:
                user.rotate(program, running)
    except (OSError, http.client.HTTPException):
        if not ended.is_set():
            # The server is killed before the threads are told.
            ended.wait(10)
    except AssertionError as error:
        failures.append(error)


def one_cycle(kind, program, postgres, users, generator):
    ended, running, failures = threading.Event(), set(), []
    threads = []
    for number in range(THREADS):
        own = users[number * USERS:(number + 1) * USERS]
        arguments = (program, own, ended, running, random.Random(generator.random()), failures)
        threads.append(threading.Thread(target=work, args=arguments))
        threads[-1].start()
    time.sleep(generator.uniform(0.05, 0.6))
    if kind == "postgres-server":
        postgres.kill()
    else:
        program.kill()
    # The commands that revoke at this moment end in the same way.
    for command in list(running):
        command.kill()
    ended.set()
    for thread in threads:
        thread.join()
    check(not failures, *failures)
    if kind == "postgres-server":
        postgres.start()
        since = time.monotonic()
        # It heals by itself.
        wait_for("healed server", lambda: True if program.log_in(users[0].name)[0] == 200 else None, 5)
        check(time.monotonic() - since < 1.5, "healed after", time.monotonic() - since)
    else:
        program.start()
    for user in users:
        user.examine(program)


def check_sync(folder, program):
    """The response to a login follows the sync of its token."""
    if not shutil.which("strace"):
        return print("sync: SKIPPED, there is no strace")
    trace = folder / "trace"
    strace = ["strace", "-f", "-y", "-o", str(trace), "-e", "trace=fdatasync,fsync,write,pwrite64,writev,sendto,sendmsg", "-p",
              str(program.process.pid)]
    tracer = subprocess.Popen(strace, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for("strace", lambda: True if "TracerPid:\t0" not in Path(f"/proc/{program.process.pid}/status").read_text() else None)
    time.sleep(0.2)
    token = program.log_in("fresh")[1]
    check(token, "no token")
    time.sleep(0.2)
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    lines = trace.read_text().splitlines()
    written = [n for n, line in enumerate(lines) if "sqlite3-wal>" in line and "pwrite64" in line]
    synced = [n for n, line in enumerate(lines) if "sqlite3-wal>" in line and "sync(" in line]
    answered = [n for n, line in enumerate(lines) if "HTTP/1.1 200" in line]
    check(written and synced and answered, "\n".join(lines))
    check(max(written) < max(synced) < min(answered), "the response precedes the sync\n", "\n".join(lines))
    print("sync: the response follows it")


def run(kind, cycles, seed):
    generator = random.Random(f"{seed} {kind}")
    with tempfile.TemporaryDirectory(prefix="vitamin-kill-", dir="/tmp") as scratch:
        scratch = Path(scratch)
        os.chmod(scratch, 0o755)
        folder = scratch / "program"
        folder.mkdir()
        postgres = None
        if kind.startswith("postgres"):
            (scratch / "pg").mkdir()
            postgres = Postgres(scratch / "pg")
        program = Program(folder, postgres.url if postgres else str(folder / "db.sqlite3"))
        users = [User(f"user{number}") for number in range(THREADS * USERS)]
        try:
            program.manage("migrate")
            for name in [user.name for user in users] + ["fresh"]:
                program.manage("createsuperuser", "--noinput", "--username", name, "--email", "",
                               DJANGO_SUPERUSER_PASSWORD=PASSWORD)
            program.start()
            for number in range(cycles):
                try:
                    one_cycle(kind, program, postgres, users, generator)
                except AssertionError:
                    print(f"{kind}: cycle {number} of SEED={seed} failed; the log ends:", file=sys.stderr)
                    print((folder / "log").read_text()[-3000:], file=sys.stderr)
                    raise
                if number % 20 == 19:
                    print(f"{kind}: {number + 1} kills", flush=True)
            if kind == "sqlite":
                check_sync(folder, program)
                check(sqlite3.connect(folder / "db.sqlite3").execute("PRAGMA integrity_check").fetchone()[0] == "ok", "corrupt")
            revoked = sum(len(user.revoked) for user in users)
            print(f"{kind}: {cycles} kills, {revoked} tokens revoked, none lost or valid again")
        finally:
            if program.process and program.process.poll() is None:
                program.kill()
            if postgres and postgres.process.poll() is None:
                postgres.stop()


def main(arguments):
    cycles = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 5
    check(set(arguments) <= set(KINDS), __doc__)
    seed = os.environ.get("SEED") or str(random.randrange(10**6))
    print(f"SEED={seed}")
    for kind in arguments or KINDS:
        run(kind, cycles, seed)


if __name__ == "__main__":
    main(sys.argv[1:])
