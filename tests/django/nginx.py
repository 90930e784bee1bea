#!/usr/bin/env python3
"""Follows docs/nginx.md word for word: runs its shell lines in order, and compares the output with the lines below each
(tests/docs/guide.py does that for all pages).

    nginx.py DATABASE_URL

The database is empty. To run anywhere and leave nothing behind, four things differ from the guide: /etc/nginx is a
temporary folder, the ports are free ones, and `nginx` and `systemctl reload nginx` use the nginx of that folder.
Run it with the reference's Python.
"""
import http.client
import os
import shutil
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from live import ROOT, Live, Server, check, free_port

sys.path.append(str(ROOT / "tests" / "docs"))
from guide import Guide, commands  # noqa: E402

# Debian's nginx.conf, shortened: the files of conf.d are inside `http`.
MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/conf.d/*.conf;
    server {{ listen 127.0.0.1:{port}; }}
}}
"""


def main():
    live = Live(sys.argv[1])
    live.django_manage("migrate", "--verbosity", "0")
    live.manage("migrate")
    live.manage("createsuperuser", "--noinput", "--username", "Pepe", "--email", "p@example.com",
                DJANGO_SUPERUSER_PASSWORD="aaaa")
    token = live.manage("drf_create_token", "Pepe").split()[2]

    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    check(program, "nginx is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # If root starts nginx, its workers run as another user.
        folder.chmod(0o755)
        (folder / "conf.d").mkdir()
        ports = {str(port): str(free_port()) for port in (8000, 8001, 8002, 8003)}
        own = free_port()
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, port=own))
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        here = f"exec {program} -c {folder}/nginx.conf"
        for command, script in {
            "nginx": f'{here} "$@" 2>&1',
            # Copies the guide's files, then replaces their ports and folder by those of this test.
            "systemctl": f'[ "$*" = "reload nginx" ] && {here} -s reload',
            "cp": f"/bin/cp \"$@\" && sed -i '{substitutions(ports, folder)}' \"$2\"",
        }.items():
            file = bin_folder / command
            file.write_text(f"#!/bin/sh\n{script}\n")
            file.chmod(0o755)
        env = live.environment(TOKEN=token, PATH=f"{bin_folder}:{os.environ['PATH']}")
        with Server("nginx", [program, "-c", f"{folder}/nginx.conf"], own):
            with live.vitamin(int(ports["8002"])):
                with live.django(int(ports["8001"])):
                    follow((ROOT / "docs" / "nginx.md").read_text(), ports, folder, env)
                nobody_pretends(ports, token)


def substitutions(ports, folder):
    rules = [f"s#127.0.0.1:{ours}#127.0.0.1:{free}#g" for ours, free in ports.items()]
    return ";".join([*rules, f"s#/etc/nginx#{folder}#g"])


def follow(text, ports, folder, env):
    found = commands(text)
    check(len(found) > 15, "the guide has only", len(found), "commands")
    here = [*((f"127.0.0.1:{ours}", f"127.0.0.1:{free}") for ours, free in ports.items()), ("/etc/nginx", str(folder))]
    with Guide("nginx", ROOT, env, here) as guide:
        for command in found:
            guide.follow(command)
            if command.text.startswith("systemctl"):
                # The reload returns before the new workers are ready.
                time.sleep(1)


def nobody_pretends(ports, token):
    """Headers in which a client claims an identity never reach Django. An echo server takes Django's place."""
    seen = []

    class Echo(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    echo = ThreadingHTTPServer(("127.0.0.1", int(ports["8001"])), Echo)
    threading.Thread(target=echo.serve_forever, daemon=True).start()
    lies = {"X-User": "root", "X_User": "root", "X-User-Id": "7", "X-User-Is-Staff": "no", "X-Forwarded-For": "10.0.0.1"}
    for port, allowed in ((ports["8000"], {}), (ports["8003"], {"x-user": "Pepe", "x-user-id": "1", "x-user-is-staff": "true",
                                                               "x-user-is-superuser": "true", "x-user-email": "p@example.com"})):
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
        connection.request("GET", "/", headers={"Authorization": f"Token {token}", **lies})
        check(connection.getresponse().status == 204, "the echo behind", port)
        connection.close()
        headers = seen.pop()
        told = {name: value for name, value in headers.items() if name.replace("_", "-").startswith("x-user")}
        check(told == allowed and headers["x-forwarded-for"] == "127.0.0.1", "Django would be told", headers)
    echo.shutdown()
    print("nginx: a client's own X-User does not pass")


if __name__ == "__main__":
    main()
