#!/usr/bin/env python3
"""Mixes logins, requests and changes over both programs at once: no wrong answer, no lost write.

    load.py DATABASE_URL [REQUESTS [JOURNAL_MODE]]      (default 1000, and as Django makes it)

The database is empty; the journal mode is SQLite's, wal or delete. One thread plays each user and knows the user's state
after every step. The threads run at once, and each step goes to one of the two programs at random. A 503 with Retry-After
is not a wrong answer: the step is repeated. Run it with the reference's Python.
"""
import collections
import random
import sqlite3
import sys
import threading
import time

from live import Live, check

USERS = 12
WEIGHTS = {"request": 50, "login": 25, "wrong_password": 5, "old_token": 8, "rotate": 5, "change_password": 4, "activity": 3}


class Player(threading.Thread):
    def __init__(self, number, live, servers, budget, counts):
        super().__init__(name=f"player{number}")
        self.live, self.servers, self.budget, self.counts = live, servers, budget, counts
        self.random = random.Random(number)
        self.username, self.password, self.active = f"player{number}", "first", True
        self.key, self.old_key, self.wrong = None, None, None

    def run(self):
        from django.db import connection

        try:
            while self.budget.acquire(blocking=False):
                (what,) = self.random.choices(list(WEIGHTS), WEIGHTS.values())
                getattr(self, what)()
        except BaseException as error:
            self.wrong = error
        finally:
            connection.close()

    def ask(self, ask):
        server = self.random.choice(self.servers)
        while True:
            answer = ask(server)
            self.counts[server.name, answer.status] += 1
            if answer.status != 503:
                return server.name, answer
            check(answer.headers["Retry-After"], "a 503 without Retry-After")
            time.sleep(0.1)

    def login(self):
        name, answer = self.ask(lambda server: server.login(self.username, self.password))
        if not self.active:
            return check(answer.status == 400, self.name, name, "lets an inactive user log in:", answer)
        check(answer.status == 200, self.name, name, "refuses a login:", answer)
        key = answer.json()["token"]
        check(self.key in (None, key), self.name, name, "gives another token")
        self.key = key

    def wrong_password(self):
        name, answer = self.ask(lambda server: server.login(self.username, self.password + "x"))
        check(answer.status == 400, self.name, name, "takes a wrong password:", answer)

    def request(self):
        if self.key:
            name, answer = self.ask(lambda server: server.token(self.key))
            check(answer.status == (200 if self.active else 401), self.name, name, "says to a token", answer)

    def old_token(self):
        if self.old_key:
            name, answer = self.ask(lambda server: server.token(self.old_key))
            check(answer.status == 401, self.name, name, "takes a revoked token:", answer)

    def rotate(self):
        from rest_framework.authtoken.models import Token

        if not self.key:
            return
        self.old_key = self.key
        if self.random.random() < 0.5:
            said = self.live.manage("drf_create_token", "-r", self.username)
            self.key = said.split()[2]
        else:
            Token.objects.filter(user__username=self.username).delete()
            self.key = None
        self.counts["token", "rotated"] += 1

    def change_password(self):
        from django.contrib.auth.models import User

        self.password = f"p{self.random.random()}"
        user = User.objects.get(username=self.username)
        user.set_password(self.password)
        user.save(update_fields=["password"])
        self.counts["password", "changed"] += 1

    def activity(self):
        from django.contrib.auth.models import User

        self.active = not self.active
        if self.random.random() < 0.5:
            self.live.users("activate" if self.active else "deactivate", self.username)
        else:
            User.objects.filter(username=self.username).update(is_active=self.active)
        self.counts["user", "switched"] += 1


def main():
    live, requests = Live(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    if len(sys.argv) > 3:
        connection = sqlite3.connect(live.url)
        connection.execute(f"PRAGMA journal_mode = {sys.argv[3]}")
        connection.close()
    live.django_manage("migrate", "--verbosity", "0")
    live.manage("migrate")
    live.open_orm()
    from django.contrib.auth.models import User
    from rest_framework.authtoken.models import Token

    budget, counts = threading.Semaphore(requests), collections.Counter()
    started = time.time()
    # Long timeouts: SQLite's rollback mode allows one write at a time, and the machine may be slow.
    with live.django(LIVE_TIMEOUT=30) as django, live.vitamin(DATABASE_TIMEOUT=30) as vitamin:
        players = [Player(number, live, (django, vitamin), budget, counts) for number in range(USERS)]
        for player in players:
            User.objects.create_user(player.username, password=player.password)
        for player in players:
            player.start()
        for player in players:
            player.join()
        for player in players:
            check(player.wrong is None, repr(player.wrong))
            user = User.objects.get(username=player.username)
            check(user.is_active == player.active, player.name, "its activity was lost")
            check(user.check_password(player.password), player.name, "its password was lost")
            keys = list(Token.objects.filter(user=user).values_list("key", flat=True))
            check(keys == ([player.key] if player.key else []), player.name, "its token was lost")
            check(user.password.count("$") == 3 and "$1000$" in user.password, player.name, "its hash was rewritten")
        for server in (django, vitamin):
            check(not any(status >= 500 and status != 503 for name, status in counts if name == server.name), dict(counts))
    told = ", ".join(f"{' '.join(map(str, what))}: {count}" for what, count in sorted(counts.items(), key=str))
    print(f"load: {requests} steps in {time.time() - started:.0f} s, all right ({told})")


if __name__ == "__main__":
    main()
