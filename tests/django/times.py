#!/usr/bin/env python3
"""Compares the times that the reference Django and this project write, in a time zone, with and without USE_TZ.

    times.py DATABASE_URL TIME_ZONE USE_TZ

The database is empty; USE_TZ is 0 or 1. Run it with the reference's Python.
"""
import datetime
import sys
import time

from live import Live, check


def main():
    live, zone, use_tz = Live(sys.argv[1]), sys.argv[2], sys.argv[3]
    live.settings |= {"TIME_ZONE": zone, "USE_TZ": "true" if use_tz == "1" else "false"}
    live.settings |= {"LIVE_TIME_ZONE": zone, "LIVE_USE_TZ": use_tz}
    started = datetime.datetime.now(datetime.timezone.utc)
    # This creates the table of migrations and some of its rows.
    live.manage("migrate")
    live.django_manage("migrate", "--verbosity", "0")
    live.open_orm()
    from django.contrib.auth.models import User
    from django.contrib.sessions.models import Session
    from django.db.migrations.recorder import MigrationRecorder
    from django.test import Client
    from django.utils import timezone
    from rest_framework import serializers
    from rest_framework.authtoken.models import Token

    def recent(value, what):
        """Checks that `value` is a moment ago, as Django reads it."""
        age = (timezone.now() - value).total_seconds()
        check(0 <= age < 60 + time.time() - started.timestamp(), what, "is", age, "seconds old to Django:", value)

    def at(seconds):
        """Returns the time in so many seconds, as Django writes it."""
        return timezone.now() + datetime.timedelta(seconds=seconds)

    live.manage("createsuperuser", "--noinput", "--username", "ours", "--email", "a@example.com",
                DJANGO_SUPERUSER_PASSWORD="aaaa")
    recent(User.objects.get(username="ours").date_joined, "date_joined")
    for row in MigrationRecorder.Migration.objects.all():
        recent(row.applied, f"{row.app}.{row.name}")
    theirs = User.objects.create_user("theirs", password="aaaa")
    with live.django() as django, live.vitamin() as vitamin:
        for name, first in (("ours", vitamin), ("theirs", django)):
            key = first.login(name, "aaaa").json()["token"]
            recent(Token.objects.get(key=key).created, "created")
            for server in (django, vitamin):
                check(server.token(key).status == 200, server.name, "refuses a token")
        client = Client()
        check(client.login(username="theirs", password="aaaa"), "Django's own login")
        session = Session.objects.get(session_key=client.session.session_key)

        def both(status, when):
            headers = {"Cookie": f"sessionid={session.session_key}", "Content-Type": "application/json"}
            for server in (vitamin, django):
                answer = server.ask("POST", "/", "{}", headers)
                check(answer.status == status, server.name, "says to a session", when, answer)

        both(403, "of two weeks")
        for seconds, status in ((3600, 403), (60, 403), (-1, 401), (-60, 401), (-3600, 401)):
            Session.objects.filter(pk=session.pk).update(expire_date=at(seconds))
            both(status, f"that ends in {seconds} s")
        # Both programs must refuse the session from the same moment on.
        end = time.time() + 3
        Session.objects.filter(pk=session.pk).update(expire_date=at(3))
        seen = {}
        headers = {"Cookie": f"sessionid={session.session_key}", "Content-Type": "application/json"}
        while time.time() < end + 1:
            for server in (vitamin, django):
                status = server.ask("POST", "/", "{}", headers).status
                if status == 401:
                    seen.setdefault(server.name, time.time() - end)
        check(set(seen) == {"vitamin", "Django"} and all(-0.1 < late < 0.9 for late in seen.values()), seen)
    said = live.manage("doctor")
    check("PROBLEM" not in said and "WARNING" not in said, said)
    if live.is_sqlite:
        check(("Times are read and written in" in said) == (use_tz == "0"), said)
    ahead = datetime.datetime.now(datetime.timezone.utc).astimezone(timezone.get_default_timezone()).utcoffset()
    if live.is_sqlite and use_tz == "0" and ahead > datetime.timedelta(minutes=10):
        said = live.manage("doctor", USE_TZ="true")
        check("A user's date_joined or last_login is in the future" in said, said)
    print(f"times: {zone}, USE_TZ={use_tz}: fine; a session ended {seen} s after its time")


if __name__ == "__main__":
    main()
