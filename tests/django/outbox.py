#!/usr/bin/env python3
"""Replays what the tracker's twin wrote, and compares the signals with those of the reference tracker itself.

    outbox.py DATABASE_URL

The database is empty. OUTBOX is the twin's program (default: target/debug/examples/outbox). Run it with the reference's
Python.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from live import HERE, REFERENCE, ROOT, TARGET, Live, Server, check, free_port

OUTBOX = os.environ.get("OUTBOX") or str(TARGET / "examples" / "outbox")
PATHS = [str(HERE), str(REFERENCE), str(ROOT / "python" / "vitamin_outbox")]


class OutboxLive(Live):
    def for_django(self, **more):
        return super().for_django(DJANGO_SETTINGS_MODULE="outbox_settings", PYTHONPATH=os.pathsep.join(PATHS), **more)

    def outbox(self, *arguments, **more):
        return self.run([OUTBOX, *arguments], self.for_vitamin(**more))

    def open_orm(self):
        sys.path[:0] = PATHS
        super().open_orm()


class Recorder:
    """What Django's receivers are told. An object is named by its model and the order of appearance."""

    def __init__(self):
        from django.db.models import signals

        self.seen, self.names, self.fields, self.fails = [], {}, [], False
        for sent in (signals.post_save, signals.post_delete, signals.m2m_changed):
            sent.connect(self.heard, weak=False)

    def name(self, model, pk):
        known = self.names.setdefault(model.__name__, {})
        return f"{model.__name__} {known.setdefault(str(pk), len(known) + 1)}"

    def heard(self, sender, signal, instance, using, action=None, **more):
        from django.db.models import signals

        if sender._meta.app_label != "tracker" or (action or "").startswith("pre_"):
            return
        if self.fails:
            raise ValueError("on purpose")
        check(using == "default", using)
        name = self.name(type(instance), instance.pk)
        if signal is signals.m2m_changed:
            pks = sorted(self.name(more["model"], pk) for pk in more["pk_set"])
            self.seen.append(f"{sender.__name__}: {action} {name} {more['reverse']} {pks}")
        elif signal is signals.post_save:
            check(more["raw"] is False and type(instance) is sender, more)
            self.fields.append(more["update_fields"])
            self.seen.append(f"saved {name} created={more['created']}")
        else:
            check(more["origin"] is not None, more)
            values = {f.attname for f in instance._meta.concrete_fields if getattr(instance, f.attname) is not None}
            plain = {n: getattr(instance, n, None) for n in ("title", "due", "at", "estimate", "weight", "budget", "settings")}
            self.seen.append(f"deleted {name} {sorted(values)} {plain}")

    def take(self):
        seen, self.seen, self.names, self.fields = self.seen, [], {}, []
        return seen


def scenario(ask, slug):
    """The same requests for both programs."""
    owner = ask("GET", "/api/users/")
    project = ask("POST", "/api/projects/", {
        "name": "P", "slug": slug, "settings": {"b": [1]}, "budget": "12.50", "starts": "2026-01-02",
    })
    labels = [ask("POST", "/api/labels/", {"name": f"{slug}{n}", "slug": f"{slug}{n}"}) for n in range(3)]
    by_slug = [label["slug"] for label in labels]
    issue = {"project": project["id"], "title": "one", "labels": by_slug[:2], "estimate": "1 02:03:04.5", "weight": 0.1,
             "due": "2026-03-04T05:06:07.000008Z", "at": "11:12:13"}
    made = ask("POST", "/api/issues/", issue)
    other = ask("POST", "/api/issues/", issue | {"title": "two", "labels": [], "parent": made["id"]})
    at = f"/api/issues/{made['id']}/"
    ask("PATCH", at, {"title": "uno", "labels": by_slug[1:]})
    ask("PATCH", at, {"labels": []})
    comment = ask("POST", f"{at}comments/", {"body": "hello"})
    ask("PATCH", f"/api/comments/{comment['id']}/", {"body": "hello!"})
    ask("POST", f"{at}comments/", {"body": "more"})
    ask("PATCH", "/api/issues/0/", {"title": "none"}, 404)
    ask("DELETE", f"/api/issues/{other['id']}/")
    ask("DELETE", f"/api/labels/{labels[0]['slug']}/")
    ask("DELETE", f"/api/projects/{project['id']}/")
    return owner


def main():
    live = OutboxLive(sys.argv[1])
    live.django_manage("migrate", "--verbosity", "0")
    live.outbox("migrate")
    live.django_manage("makemigrations", "--check", "--dry-run", "vitamin_outbox")
    live.open_orm()
    from django.contrib.auth.models import User
    from django.core.management import CommandError, call_command
    from django.db import connection
    from rest_framework.authtoken.models import Token
    from rest_framework.test import APIClient
    from tracker.models import Label
    from vitamin_outbox.models import Event

    user = User.objects.create_superuser("pepe", password="aaaa")
    authorization = f"Token {Token.objects.create(user=user).key}"
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=authorization)
    recorder = Recorder()

    def ask_django(method, path, body=None, status=None):
        answer = getattr(client, method.lower())(path, body, format="json")
        check(answer.status_code == status if status else answer.status_code < 300, method, path, answer.content)
        return json.loads(answer.content) if answer.content else None

    scenario(ask_django, "django")
    expected, theirs = recorder.seen, recorder.fields
    recorder.take()
    check(len(expected) > 20 and set(theirs) == {None}, expected, theirs)
    check(not Event.objects.exists(), "Django wrote events")

    port = free_port()
    command = [OUTBOX, "runserver", f"127.0.0.1:{port}"]
    with Server("outbox", command, port, live.for_vitamin(), tempfile.gettempdir()) as server:
        headers = {"Authorization": authorization, "Content-Type": "application/json"}

        def ask(method, path, body=None, status=None):
            answer = server.ask(method, path, None if body is None else json.dumps(body), headers)
            check(answer.status == status if status else answer.status < 300, method, path, answer)
            return answer.json() if answer.body else None

        def replay(**options):
            call_command("replay_outbox", "--once", verbosity=0, **options)

        # With each write, so that every object is there.
        def ask_and_replay(*arguments):
            answer = ask(*arguments)
            replay(batch=2)
            return answer

        scenario(ask_and_replay, "ours")
        got, fields = recorder.seen, recorder.fields
        recorder.take()
        for ours, wanted in zip([*got, None], [*expected, None]):
            check(ours == wanted, "vitamin:", ours, "Django:", wanted, "\n".join(map(str, got)))
        check(frozenset(["title", "updated"]) in fields and frozenset(["body"]) in fields and None in fields, fields)
        check(not Event.objects.filter(replayed=None).exists(), "events wait")
        replay()
        check(recorder.take() == [], "an event was replayed again")
        check("No event waits." in live.outbox("outbox"), live.outbox("outbox"))

        # All at the end: objects that are gone send no post_save.
        scenario(ask, "late")
        check("Waiting: " in live.outbox("outbox"), live.outbox("outbox"))
        replay()
        late = recorder.take()
        check(late and all(what.startswith("saved Label") or what.startswith("deleted") for what in late), late)

        # A refused write leaves no event.
        count = Event.objects.count()
        ask("POST", "/api/labels/", {"name": "x", "slug": "late1"}, 400)
        check(Event.objects.count() == count, "a refused write left an event")

        # A receiver that raises: what it wrote is undone, and the event stays.
        ask("POST", "/api/labels/", {"name": "x", "slug": "x"})
        recorder.fails = True
        try:
            replay()
            raise AssertionError("replay_outbox hid an error")
        except ValueError:
            pass
        recorder.fails = False
        check(Event.objects.filter(replayed=None).count() == 1, "the event is gone")

        # The command as a process; it survives errors, such as an event of an unknown model.
        bad = Event.objects.create(app_label="nowhere", model="x", object_pk="1", event="saved")
        options = ["replay_outbox", "--poll", "0.05"]
        django = [sys.executable, str(REFERENCE / "manage.py"), *options]
        errors = tempfile.TemporaryFile()
        process = subprocess.Popen(django, env=live.for_django(), stdout=errors, stderr=errors)
        try:
            wait_until(lambda: list(Event.objects.filter(replayed=None)) == [bad], "the first event")
            ask("POST", "/api/labels/", {"name": "y", "slug": "y"})
            time.sleep(0.3)
            check(Event.objects.filter(replayed=None).count() == 2, "the order is not kept")
            bad.delete()
            wait_until(lambda: not Event.objects.filter(replayed=None).exists(), "the next event")
            check(process.poll() is None, "it ended")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
        errors.seek(0)
        check(b"No installed app with label 'nowhere'" in errors.read(), "the error is not logged")

        # Two processes: each event once.
        for number in range(20):
            ask("POST", "/api/labels/", {"name": f"z{number}", "slug": f"z{number}"})
        both = [subprocess.Popen([*django[:2], "replay_outbox", "--once"], env=live.for_django(), stdout=subprocess.PIPE,
                                 text=True) for _ in range(2)]
        sent = sum(int(process.communicate(timeout=60)[0].split()[1]) for process in both)
        check(sent == 20, "two processes replayed", sent, "of 20 events")

    for options in ({"batch": 0}, {"poll": 0}):
        try:
            call_command("replay_outbox", "--once", **options)
            raise AssertionError(options)
        except CommandError:
            pass
    call_command("replay_outbox", "--once", prune=1, verbosity=0)
    check(Event.objects.exists(), "young events were deleted")
    check("Deleted" in live.outbox("outbox", "--prune", "0"), "outbox --prune")
    check(not Event.objects.exists(), "old events are left")
    check(Label.objects.filter(slug="y").exists(), "the label is gone")
    connection.close()
    said = live.outbox("doctor", PASSWORD_HASHERS="pbkdf2_sha256", PBKDF2_ITERATIONS="1000000")
    check("PROBLEM" not in said and "vitamin_outbox.Event" in said, said)
    print(f"outbox: {len(expected)} signals as Django's own")


def wait_until(condition, what):
    end = time.time() + 20
    while not condition():
        check(time.time() < end, "timed out waiting for", what)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
