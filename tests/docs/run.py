#!/usr/bin/env python3
"""Checks the code blocks of the documentation: of README.md and of all pages in docs/, or of the pages given.

    run.py [PAGE…]

| block           | check                                                                                |
|-----------------|--------------------------------------------------------------------------------------|
| `sh`            | followed in a folder of its own; the output must be what the page shows (guide.py)   |
| `rust`          | compiled by `cargo test --doc --package tutorial` (tests/docs/build.rs)              |
| `python`        | compiled                                                                             |
| `toml`, `json`  | parsed                                                                               |
| `sql`           | run on SQLite, the page's blocks in order                                            |
| others          | nothing: `text`, `console`, `yaml` and blocks without a language must be in the list NOT_RUN |
|                 | below, with the reason                                                               |

A page with `psql` needs PostgreSQL, as `pg_virtualenv` starts it. With the option --no-postgres it is not followed.

MANAGE    the project's program (default: target/debug/manage)
"""
import ast
import json
import os
import re
import shutil
import sqlite3
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
# The unit names the installed program; here it names the installed copy.
SYSTEMD_ANALYZE = """#!/bin/sh
for unit; do :; done
sed -i 's#/usr/local/bin/#{system}/usr/local/bin/#' "$unit"
exec {program} "$@"
"""
SERVERS = {"runserver", "demo"}
# Folders of the system that pages write to. Here they are below a temporary folder.
SYSTEM_FOLDERS = ["/etc/vitamin", "/etc/systemd/system", "/usr/local/bin"]


def check(page, text):
    """Checks the blocks that need no shell."""
    listed = dict(NOT_RUN.get(page, {}))
    anything = listed.pop("*", None)
    is_sql = False
    for block in blocks(text):
        where = f"{page}:{block.line}"
        match block.language.partition(",")[0]:
            case "rust" | "sh":
                pass
            case "sql":
                is_sql = True
            case "python":
                compile(block.text, where, "exec", ast.PyCF_ONLY_AST)
            case "toml":
                tomllib.loads(block.text)
            case "json":
                json.loads(block.text)
            case "text" | "console" | "yaml" | "":
                if listed.pop(block.first_line, anything) is None:
                    sys.exit(f"{where}: the block is not run, and NOT_RUN in tests/docs/run.py has no reason for it")
            case other:
                sys.exit(f"{where}: a block of the language {other!r}; those that are checked are named in tests/docs/run.py")
    if is_sql:
        # A comment `<!-- sql` … `-->` has statements that are not displayed.
        statements = re.findall(r"^(?:```sql|<!-- sql)\n(.*?)^(?:```|-->)$", text, re.M | re.S)
        database = sqlite3.connect(":memory:")
        database.executescript("\n".join(statements))
        database.close()
    if listed:
        sys.exit(f"{page}: NOT_RUN lists blocks that are not there: {list(listed)}")


def tool(file, script, **values):
    """Writes a script that stands in for a program."""
    for name, value in values.items():
        script = script.replace("{" + name + "}", str(value))
    file.write_text(script)
    file.chmod(0o755)


def copy_repository(folder):
    """Copies the files that git knows or would add, so that a page's commands change nothing here."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for file in listed.split("\0"):
        if file and (ROOT / file).exists():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, folder / file, follow_symlinks=False)


def follow(page, text):
    """Follows the page's commands in a new folder with the repository's files."""
    skipped = SKIPPED.get(page, {})
    unused = set(skipped)
    with tempfile.TemporaryDirectory(prefix="vitamin-docs-") as name:
        folder, tools = Path(name) / "vitamin", Path(name) / "bin"
        folder.mkdir()
        tools.mkdir()
        copy_repository(folder)
        (tools / "manage").symlink_to(MANAGE)
        tool(tools / "cargo", CARGO, manage=MANAGE)
        tool(tools / "systemd-analyze", SYSTEMD_ANALYZE, system=f"{name}/system", program=shutil.which("systemd-analyze"))
        here = [(path, f"{name}/system{path}") for path in SYSTEM_FOLDERS]
        for _, path in here:
            Path(path).mkdir(parents=True)
        port = free_port()
        here.append(("127.0.0.1:8000", f"127.0.0.1:{port}"))
        here.append(("127.0.0.1:9100", f"127.0.0.1:{free_port()}"))
        if "PGHOST" in os.environ:
            here.append(("127.0.0.1:5432", f"{os.environ['PGHOST']}:{os.environ['PGPORT']}"))
        env = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        env |= {name: value for name, value in os.environ.items() if name.startswith("PG")}
        env |= {"PATH": f"{tools}:{os.environ['PATH']}", "ADDRESS": f"127.0.0.1:{port}"}
        with Guide(page, folder, env, here) as guide:
            for command in commands(text):
                if command.text in skipped:
                    unused.discard(command.text)
                    continue
                words = command.text.split("#")[0].split()
                if SERVERS.isdisjoint(words):
                    guide.follow(command)
                    continue
                if "demo" in words:
                    command.text = command.text.replace("demo", f"demo 127.0.0.1:{port}", 1)
                guide.serve(command, port)
    if unused:
        sys.exit(f"{page}: SKIPPED lists commands that are not there: {unused}")


def main():
    every = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]
    for page in NOT_RUN.keys() | SKIPPED.keys() | ELSEWHERE.keys():
        if page not in every:
            sys.exit(f"tests/docs/run.py lists the page {page}, which is not there")
    given = [argument for argument in sys.argv[1:] if argument != "--no-postgres"]
    for page in given or every:
        text = (ROOT / page).read_text()
        check(page, text)
        needs_postgres = any(command.text.startswith("psql") for command in commands(text))
        if page in ELSEWHERE:
            print(f"{page}: followed by {ELSEWHERE[page]}")
        elif needs_postgres and "--no-postgres" in sys.argv:
            print(f"{page}: NOT FOLLOWED, because it needs PostgreSQL")
        elif needs_postgres and "PGHOST" not in os.environ:
            sys.exit(f"{page} needs PostgreSQL: run this under pg_virtualenv, or with --no-postgres")
        else:
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
        **dict.fromkeys(
            [
                "cargo install --debug --path vitamin        # from a checkout of this repository; the program only writes files",
                "vitamin startproject mysite                 # --features postgres,redis,shadow-tls turns cargo features on",
                "cd mysite",
                "cargo run -- migrate",
                "cargo run -- createsuperuser",
                "cargo run -- runserver",
                "cargo run -- startapp polls --install       # writes apps/polls and adds it to the project",
                "cargo test --workspace",
            ],
            "builds a project of its own; the step template of .ci/run does all of this",
        ),
    },
    "docs/performance.md": {
        "python3 benches/run.py --output table.md             # nearly all tables of this page; --quick only checks that it works":
            "takes half an hour and a machine of its own",
        "python3 benches/run.py --only view-growth            # views for models with a million rows":
            "takes minutes and a machine of its own",
        "cargo bench                                          # parsers, rendering, negotiation and the sentinel, by function":
            "takes minutes and a release build",
        "python3 benches/instructions.py target/release/manage   # instructions per request, by callgrind":
            "takes minutes, a release build and valgrind",
    },
}

# Blocks of the languages `text`, `console` and `yaml`, by page and first line, with the reason. `*`: all of a page's.
NOT_RUN = {
    "docs/nginx.md": {
        "DATABASE_URL=…         # as in Django": "a sketch of settings; tests/django/nginx.py sets them",
    },
    "docs/browsable-api.md": {
        '{% extends "vitamin/rest_framework/api.html" %}': "a template; the tests of examples/tracker replace such a block",
    },
    "docs/performance.md": {
        "$ manage install_token_triggers        # once; --sql prints the statements, --uninstall removes the triggers":
            "needs PostgreSQL; tests/it/bounded.rs runs both commands",
    },
    "docs/security.md": {
        r"\bvit_[0-9A-Za-z]{36}\b": "a regular expression; apps/authtoken/src/keys.rs compares keys with it",
        "cargo build --release": "takes a quarter of an hour; tests/it/logins.rs has the short form",
        "class             mean ms   median deviation greatest |t|": "what the script printed",
        "python3 tests/mutations/run.py 100000 manage tracker": "takes ten minutes; the step `mutations` of .ci/run has the short form",
        "PROPTEST_CASES=20000 cargo test --package vitamin-fuzz-targets": "takes minutes; the step `test` of .ci/run has the short form",
        "python3 tests/faults/kill.py 200": "takes half an hour; the step `faults` of .ci/run has the short form",
    },
    "docs/compiler-errors.md": {"*": "the compiler's messages, which vitamin/tests/compile_errors.rs compares"},
    "docs/settings.md": {
        '$ python manage.py shell -v 0 -c \'from django.utils.translation.trans_real import all_locale_paths; django, *more = all_locale_paths(); print("LOCALE_PATHS=" + ",".join(map(str, [*more, django])))\'':
            "needs Django; tests/drfdiff/languages.py finds the same folders",
        "$ manage diffsettings": "an example; tests/it/settings.rs runs the command",
        "# a comment": "an example of a file; tests/django/configuration.py compares such lines with python-dotenv",
    },
    "docs/migrations.md": {"apps/polls/build.rs": "a list of files"},
    "docs/adding-an-app.md": {
        "$ cargo run -- startapp notes --install": "builds a project; the step `template` of .ci/run does that",
    },
    "docs/architecture.md": {"*": "a diagram"},
    "docs/signals.md": {
        "$ grep -rnE 'post_save|pre_save|post_delete|pre_delete|m2m_changed|@receiver' --include='*.py' .":
            "searches the reader's own Django project",
        "$ python manage.py migrate": "needs Django; tests/django/outbox.py runs both commands",
    },
    "docs/deployment.md": {
        "# systemctl daemon-reload": "there is no systemd as process 1 here",
        "SECURE_PROXY_SSL_HEADER=X-Forwarded-Proto=https": "settings; tests/django/middleware.py sets them",
        "scrape_configs:": "there is no Prometheus here; tests/it/metrics.rs parses what it would read",
        "ports:": "there is no Kubernetes here; tests/it/metrics.rs asks what the probes ask",
        "$ podman build -f docs/Containerfile -t vitamin .": "there is no container engine here",
    },
    "docs/commands.md": {"*": "the output of `manage help`, which tests/it/docs.rs compares with the program's"},
}


if __name__ == "__main__":
    main()
