#!/usr/bin/env python3
"""Checks the code blocks of the documentation: of README.md and of all pages in docs/, or of the pages given.

    run.py [PAGE…]

| block           | check                                                                                |
|-----------------|--------------------------------------------------------------------------------------|
| `sh`            | followed in a folder of its own; the output must be what the page shows (guide.py)   |
| `rust`          | compiled by `cargo test --doc` (src/docs.rs; tests/it/docs.rs finds a missing page)  |
| `python`        | compiled                                                                             |
| `toml`, `json`  | parsed                                                                               |
| `ini`           | a systemd unit, verified by `systemd-analyze verify`                                 |
| `text`, `console` | nothing: it must be in the list NOT_RUN below, with the reason                     |

MANAGE    the project's program (default: target/debug/manage)
"""
import ast
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

sys.dont_write_bytecode = True
from guide import Guide, blocks, commands, free_port  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
MANAGE = Path(os.environ.get("MANAGE") or TARGET / "debug" / "manage").resolve()

# `cargo run` and `cargo build` use the program that is built already.
CARGO = r"""#!/bin/sh
verb=$1
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
[ $# -gt 0 ] && shift
case $verb in
run) exec {manage} "$@" ;;
build) mkdir -p target/release && ln -sf {manage} target/release/manage ;;
*) echo "the test of the documentation does not know cargo $verb" >&2; exit 1 ;;
esac
"""
SERVERS = {"runserver", "demo"}


def check(page, text):
    """Checks the blocks that need no shell."""
    listed = dict(NOT_RUN.get(page, {}))
    anything = listed.pop("*", None)
    for block in blocks(text):
        where = f"{page}:{block.line}"
        match block.language:
            case "rust" | "sh":
                pass
            case "python":
                compile(block.text, where, "exec", ast.PyCF_ONLY_AST)
            case "toml":
                tomllib.loads(block.text)
            case "json":
                json.loads(block.text)
            case "ini":
                verify_unit(where, block.text)
            case "text" | "console":
                if listed.pop(block.first_line, anything) is None:
                    sys.exit(f"{where}: the block is not run, and NOT_RUN in tests/docs/run.py has no reason for it")
            case other:
                sys.exit(f"{where}: a block of the language {other!r}; those that are checked are named in tests/docs/run.py")
    if listed:
        sys.exit(f"{page}: NOT_RUN lists blocks that are not there: {list(listed)}")


def verify_unit(where, text):
    """Verifies a systemd unit. Its program is replaced by one that exists here."""
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / "vitamin.service"
        unit.write_text(text.replace("/usr/local/bin/manage", str(MANAGE)))
        done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    # Other units of this machine may be at fault too.
    told = [line for line in done.stderr.splitlines() if "vitamin.service" in line]
    if told:
        sys.exit(f"{where}: " + "\n".join(told))


def follow(page, text):
    """Follows the page's commands in a new folder with the repository's files."""
    skipped = dict(SKIPPED.get(page, {}))
    with tempfile.TemporaryDirectory(prefix="vitamin-docs-") as name:
        folder, tools = Path(name) / "vitamin", Path(name) / "bin"
        folder.mkdir()
        tools.mkdir()
        for entry in ROOT.iterdir():
            if entry.name not in (".env", ".git", "target") and ".sqlite3" not in entry.name:
                (folder / entry.name).symlink_to(entry)
        (tools / "manage").symlink_to(MANAGE)
        (tools / "cargo").write_text(CARGO.replace("{manage}", str(MANAGE)))
        (tools / "cargo").chmod(0o755)
        port = free_port()
        env = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        env |= {"PATH": f"{tools}:{os.environ['PATH']}", "ADDRESS": f"127.0.0.1:{port}"}
        with Guide(page, folder, env, [("127.0.0.1:8000", f"127.0.0.1:{port}")]) as guide:
            for command in commands(text):
                if skipped.pop(command.text, None):
                    continue
                words = command.text.split("#")[0].split()
                if SERVERS.isdisjoint(words):
                    guide.follow(command)
                    continue
                if "demo" in words:
                    command.text = command.text.replace("demo", f"demo 127.0.0.1:{port}", 1)
                guide.serve(command, port)
    if skipped:
        sys.exit(f"{page}: SKIPPED lists commands that are not there: {list(skipped)}")


def main():
    every = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]
    for page in NOT_RUN.keys() | SKIPPED.keys() | ELSEWHERE.keys():
        if page not in every:
            sys.exit(f"tests/docs/run.py lists the page {page}, which is not there")
    for page in sys.argv[1:] or every:
        text = (ROOT / page).read_text()
        check(page, text)
        if page not in ELSEWHERE:
            follow(page, text)
        print(f"{page}: {len(blocks(text))} blocks")


# Pages whose commands another test follows.
ELSEWHERE = {
    "docs/nginx.md": "tests/django/nginx.py, since it needs nginx, Django and vitamin at once",
}

# Commands in `sh` blocks that are not run, by page and command, with the reason.
SKIPPED = {
    "README.md": {
        "cargo test          # everything, on SQLite": "the steps test and test_postgres of .ci/run are this",
    },
    "docs/performance.md": {
        "python3 benches/run.py --output table.md             # all tables of this page; --quick only checks that it works":
            "takes 23 minutes and a machine of its own",
        "cargo bench                                          # parsers, rendering, negotiation and the sentinel, by function":
            "takes minutes and a release build",
        "python3 benches/instructions.py target/release/manage   # instructions per request, by callgrind":
            "takes minutes, a release build and valgrind",
    },
}

# Blocks of the languages `text` and `console`, by page and first line, with the reason. `*`: all of a page's.
NOT_RUN = {
    "docs/nginx.md": {
        "DATABASE_URL=…         # as in Django": "a sketch of settings; tests/django/nginx.py sets them",
    },
    "docs/performance.md": {
        "$ manage install_token_triggers        # once; --sql prints the statements, --uninstall removes the triggers":
            "needs PostgreSQL; tests/it/bounded.rs runs both commands",
    },
    "docs/commands.md": {"*": "the output of `manage help`, which tests/it/docs.rs compares with the program's"},
}


if __name__ == "__main__":
    main()
