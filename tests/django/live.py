"""Runs the two programs on one database: starts them, sends them requests, runs their commands.

REFERENCE   folder of the reference Django project (default: tests/reference)
MANAGE      this project's program (default: target/debug/manage)
USERS       its example `users` (default: target/debug/examples/users)
"""
import http.client
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "debug"
REFERENCE = Path(os.environ.get("REFERENCE") or ROOT / "tests" / "reference").resolve()
MANAGE = os.environ.get("MANAGE") or str(TARGET / "manage")
USERS = os.environ.get("USERS") or str(TARGET / "examples" / "users")
OTHERS = ["PBKDF2SHA1PasswordHasher", "Argon2PasswordHasher", "BCryptSHA256PasswordHasher", "BCryptPasswordHasher",
          "ScryptPasswordHasher"]
SECRET_KEY = "walk-only-not-a-secret-0123456789-abcdefghijklmnopqrstuvwxyz"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def check(condition, *told):
    if not condition:
        raise AssertionError(" ".join(map(str, told)))


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Server:
    """A server process: one of the two programs, or another one."""

    def __init__(self, name, command, port, env=None, cwd=None):
        self.name, self.port = name, port
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, env=env, cwd=cwd, stdout=self.log, stderr=self.log)
        end = time.time() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                ended = self.process.poll() is not None
                if ended or time.time() > end:
                    self.stop()
                    raise AssertionError(f"{name} does not listen: {self.said()}") from None
                time.sleep(0.05)

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind:
            print(f"-- {self.name} said\n{self.said()[-4000:]}", file=sys.stderr)

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def login(self, username, password):
        body = json.dumps({"username": username, "password": password})
        return self.ask("POST", "/api-token-auth/", body, {"Content-Type": "application/json"})

    def token(self, key, path="/auth/"):
        return self.ask("GET", path, headers={"Authorization": f"Token {key}"})


class Live:
    """One database, and both programs on it."""

    def __init__(self, url):
        self.url = url
        self.is_sqlite = "://" not in url
        # Few iterations, the same on both sides, to keep the tests fast.
        self.settings = {
            "PBKDF2_ITERATIONS": 1000,
            "LIVE_HASHERS": ",".join(["few_iterations.FewIterations", *(f"django.contrib.auth.hashers.{n}" for n in OTHERS)]),
        }

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR", "LANG")}
        kept |= {name: value for name, value in os.environ.items() if name.startswith("PG")}
        return kept | {"SECRET_KEY": SECRET_KEY} | {name: str(value) for name, value in more.items()}

    def for_vitamin(self, **more):
        default = {
            "DATABASE_URL": self.url,
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "PASSWORD_HASHERS": "pbkdf2_sha256,pbkdf2_sha1,argon2,bcrypt_sha256,bcrypt,scrypt",
            "RUST_LOG": "warn",
            # Django has no such limit.
            "LOGIN_THROTTLE": "false",
        }
        return self.environment(**(default | self.settings | more))

    def for_django(self, **more):
        path = f"{HERE}{os.pathsep}{REFERENCE}"
        default = {
            "REFERENCE_DB": self.url,
            "DJANGO_SETTINGS_MODULE": "live_settings",
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return self.environment(**(default | {k: v for k, v in self.settings.items() if k.startswith("LIVE_")} | more))

    def run(self, command, env, fails=False):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        # None: either.
        check(fails is None or (done.returncode != 0) == fails, command, "ended with", done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def manage(self, *arguments, fails=False, **more):
        return self.run([MANAGE, *arguments], self.for_vitamin(**more), fails)

    def users(self, *arguments):
        return self.run([USERS, *arguments], self.for_vitamin())

    def django_manage(self, *arguments, fails=False, **more):
        return self.run([sys.executable, str(REFERENCE / "manage.py"), *arguments], self.for_django(**more), fails)

    def changepassword(self, username, password):
        """Runs the command on a terminal and types the password, as a person does."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvpe(MANAGE, [MANAGE, "changepassword", username], self.for_vitamin())
        said = b""
        for prompt in (b"Password: ", b"(again): "):
            while not said.endswith(prompt):
                said += os.read(terminal, 1024)
            os.write(terminal, password.encode() + b"\n")
        try:
            while chunk := os.read(terminal, 1024):
                said += chunk
        except OSError:
            pass
        check(os.waitpid(pid, 0)[1] == 0, "changepassword:", said)
        os.close(terminal)

    def vitamin(self, port=None, **more):
        port = port or free_port()
        command = [MANAGE, "runserver", f"127.0.0.1:{port}"]
        return Server("vitamin", command, port, self.for_vitamin(**more), tempfile.gettempdir())

    def django(self, port=None, **more):
        port = port or free_port()
        command = [sys.executable, str(REFERENCE / "manage.py"), "runserver", "--noreload", "--skip-checks", f"127.0.0.1:{port}"]
        return Server("Django", command, port, self.for_django(**more), tempfile.gettempdir())

    def open_orm(self):
        """Sets up Django in this process, to read and write rows and passwords. Call it once."""
        os.environ.update(self.for_django())
        sys.path[:0] = [str(HERE), str(REFERENCE)]
        sys.dont_write_bytecode = True
        import django

        django.setup()
