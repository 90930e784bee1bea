"""Reads the code blocks of a page, and follows its shell commands as a reader does: in order, in one shell.

Below a command, lines that begin with `# ` are its output. In them `…` stands for any text, a last line that is only `…`
for any further lines, and 40 hexadecimal digits for a token: the token that the program prints then replaces those digits
in all later commands and outputs of the page.
"""
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import tempfile
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = re.compile(r"\b[0-9a-f]{40}\b")
FENCE = re.compile(r"^( *)```(\S*)\n(.*?)^ *```$", re.M | re.S)


@dataclass
class Block:
    """A fenced block: the line where it starts, its language and its text."""

    line: int
    language: str
    text: str

    @property
    def first_line(self):
        return self.text.partition("\n")[0]


@dataclass
class Command:
    """A command of a page, and the output that the page shows below it."""

    text: str
    promised: list = field(default_factory=list)


def blocks(page):
    """Returns all fenced blocks of a page's text."""
    return [
        Block(page.count("\n", 0, found.start()) + 1, found[2], textwrap.dedent(found[3]))
        for found in FENCE.finditer(page)
    ]


def commands(page):
    """Returns the commands of the page's `sh` blocks. A command may have several lines."""
    found = []
    for block in blocks(page):
        lines = block.text.splitlines() if block.language == "sh" else []
        unfinished = []
        for line in lines:
            is_output = not unfinished and (line == "#" or line.startswith("# "))
            if is_output:
                found[-1].promised.append(line[2:])
                continue
            unfinished.append(line)
            text = "\n".join(unfinished)
            if is_complete(text):
                unfinished = []
                if text.strip():
                    found.append(Command(text))
        if unfinished:
            raise AssertionError(f"an unfinished command: {unfinished}")
    return found


def is_complete(text):
    """Returns whether bash would run the text, rather than wait for another line."""
    if text.endswith("\\"):
        return False
    done = subprocess.run(["bash", "-n", "-c", text], capture_output=True, text=True)
    # An unfinished here-document is only a warning.
    return not done.stderr


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Shell:
    """One bash for a whole page, so that `cd` and variables last."""

    def __init__(self, cwd, env):
        self.files = tempfile.TemporaryDirectory()
        self.folder = Path(self.files.name)
        self.bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=cwd, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        # Job control gives a background command its own process group, and lets SIGINT reach it.
        self.send("set -m")

    def send(self, line):
        self.bash.stdin.write(line + "\n")
        self.bash.stdin.flush()

    def run(self, text, timeout=120):
        """Runs a command. Returns its status, its output and its errors."""
        file, out, errors = (self.folder / name for name in ("command", "out", "errors"))
        file.write_text(text + "\n")
        quoted = [shlex.quote(str(path)) for path in (file, out, errors)]
        self.send(f". {quoted[0]} </dev/null >{quoted[1]} 2>{quoted[2]}; echo $?")
        if not select.select([self.bash.stdout], [], [], timeout)[0]:
            raise AssertionError(f"{text} did not end within {timeout} s")
        status = self.bash.stdout.readline()
        if not status:
            raise AssertionError(f"{text} ended the shell")
        return int(status), out.read_text(), errors.read_text()

    def close(self):
        self.bash.stdin.close()
        self.bash.wait(10)
        self.bash.stdout.close()
        self.files.cleanup()


class Guide:
    """Follows a page's commands in a folder.

    `substitutions` are pairs of texts: what the page says, and what stands in its place here, such as a free port.
    """

    def __init__(self, name, cwd, env, substitutions=()):
        self.name = name
        self.shell = Shell(cwd, env)
        self.substitutions = list(substitutions)
        self.tokens = {}
        self.server = None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.stop_server(check=kind is None)
        finally:
            self.shell.close()

    def here(self, text):
        for old, new in [*self.substitutions, *self.tokens.items()]:
            text = text.replace(old, new)
        return text

    def follow(self, command):
        """Runs a command, and compares its output with the promised one."""
        text = self.here(command.text)
        print(f"{self.name}: {text}", flush=True)
        status, out, errors = self.shell.run(text)
        if status != 0:
            raise AssertionError(f"{self.name}: {text} ended with {status}\n{out}{errors}")
        if command.promised or text.startswith("curl"):
            self.compare(text, command.promised, out.splitlines())

    def compare(self, text, promised, actual):
        rest = promised[-1:] == ["…"]
        patterns = [self.pattern(line) for line in (promised[:-1] if rest else promised)]
        shown = actual[: len(patterns)] if rest else actual
        if len(shown) == len(patterns):
            found = [re.fullmatch(pattern, line) for (pattern, _), line in zip(patterns, shown)]
            if all(found):
                for match, (_, tokens) in zip(found, patterns):
                    self.tokens.update(zip(tokens, match.groups()))
                return
        raise AssertionError(f"{self.name}: {text} says\n" + "\n".join(actual) + "\nand not\n" + "\n".join(promised))

    def pattern(self, line):
        """Returns a promised line as a regular expression, and the page's tokens that its groups capture."""
        line, new = self.here(line), []
        pattern = re.escape(line).replace("…", ".*")

        def capture(token):
            if token[0] in self.tokens.values():
                return token[0]
            new.append(token[0])
            return "([0-9a-f]{40})"

        return TOKEN.sub(capture, pattern), new

    def serve(self, command, port):
        """Starts a command that serves until it is ended, and waits until it listens."""
        self.stop_server()
        # A comment would hide the `&`.
        text = re.sub(r"\s+#\s.*$", "", self.here(command.text))
        print(f"{self.name}: {text}", flush=True)
        log = self.shell.folder / "server"
        _, out, _ = self.shell.run(f"{text} >{shlex.quote(str(log))} 2>&1 &\necho $!")
        self.server = int(out)
        end = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > end or not Path(f"/proc/{self.server}").exists():
                    self.server = None
                    raise AssertionError(f"{self.name}: {text} does not listen\n{log.read_text()}") from None
                time.sleep(0.05)
        if command.promised:
            shown = log.read_text().splitlines()
            self.compare(text, command.promised, shown)

    def stop_server(self, check=True):
        """Ends the server as Ctrl-C does."""
        if self.server is None:
            return
        pid, self.server = self.server, None
        os.kill(pid, signal.SIGINT)
        _, out, _ = self.shell.run(f"wait {pid}; echo $?")
        if check and out.strip() != "0":
            log = (self.shell.folder / "server").read_text()
            raise AssertionError(f"{self.name}: Ctrl-C ended the server with {out.strip()}\n{log}")
