#!/usr/bin/env python3
"""Uses the reference Django and this project in turns on one database, from the migrations to the deletion of users.

    walk.py DATABASE_URL SECOND_DATABASE_URL

Both databases are empty: Django makes the first, this project the second. Run it with the reference's Python.
"""
import signal
import sys
import threading
import time

from live import MANAGE, Live, Server, check, free_port

SCHEMES = {
    "pbkdf2_sha256": "PBKDF2PasswordHasher",
    "pbkdf2_sha1": "PBKDF2SHA1PasswordHasher",
    "argon2": "Argon2PasswordHasher",
    "bcrypt_sha256": "BCryptSHA256PasswordHasher",
    "bcrypt": "BCryptPasswordHasher",
    "scrypt": "ScryptPasswordHasher",
}


def preferring(scheme):
    """The same list for both sides, one scheme first."""
    names = [scheme] + [name for name in SCHEMES if name != scheme]
    return ",".join(names), [f"django.contrib.auth.hashers.{SCHEMES[name]}" for name in names]


def django_is_clean(live):
    live.django_manage("check")
    live.django_manage("migrate", "--check")
    live.django_manage("makemigrations", "--check", "--dry-run")
    live.manage("check")
    check("[ ]" not in live.manage("showmigrations"), "a migration of ours is not applied")
    check("[ ]" not in live.django_manage("showmigrations", "--list"), "a migration of Django's is not applied")


def migrations(first, second):
    first.django_manage("migrate", "--verbosity", "0")
    check("PROBLEM" not in first.manage("doctor"), "the doctor finds a new Django database bad")
    first.manage("migrate")
    django_is_clean(first)
    for label in ("authtoken", "sessions"):
        said = first.manage("migrate", label, "zero", fails=True)
        check("recorded in django_migrations" in said, "going backwards says", said)
    django_is_clean(first)
    if "://" in first.url:
        # The triggers are active in everything that follows. The migrations of neither side know them.
        first.manage("install_token_triggers")
        django_is_clean(first)
        first.django_manage("migrate", "--verbosity", "0")
        first.manage("migrate")
        check("already" in first.manage("install_token_triggers"), "the triggers are not as they were")

    second.manage("migrate")
    second.manage("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.com",
                  DJANGO_SUPERUSER_PASSWORD="correct horse")
    second.django_manage("migrate", "--verbosity", "0")
    second.manage("migrate")
    django_is_clean(second)
    check("PROBLEM" not in second.manage("doctor"), "the doctor finds it bad")
    with second.django() as django:
        page = django.ask("GET", "/admin/login/")
        cookie = page.headers["Set-Cookie"].split(";")[0]
        form = f"csrfmiddlewaretoken={cookie.split('=')[1]}&username=admin&password=correct+horse&next=/admin/"
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        answer = django.ask("POST", "/admin/login/", form, headers)
        check((answer.status, answer.headers["Location"]) == (302, "/admin/"), "the admin's login:", answer)


def users(live, django, vitamin):
    from django.contrib.auth import authenticate
    from django.contrib.auth.models import User

    made_by_django = User.objects.create_user("walterwhité", "ww@Example.COM", "pässwörd")
    key = vitamin.login("walterwhité", "pässwörd").json()["token"]
    check(key == made_by_django.auth_token.key, "the token of a user that Django made")
    check(django.token(key).status == vitamin.token(key).status == 200, "that token")

    live.manage("createsuperuser", "--noinput", "--username", "ours", "--email", "ours@Example.COM",
                DJANGO_SUPERUSER_PASSWORD="correct horse")
    user = User.objects.get(username="ours")
    check(user.email == "ours@example.com" and user.is_superuser and user.is_staff, "a user that we made")
    check(authenticate(username="ours", password="correct horse") == user, "its password, for Django")
    check(django.login("ours", "correct horse").json() == vitamin.login("ours", "correct horse").json(), "its token")
    user.full_clean()


def passwords(live):
    from django.contrib.auth import authenticate
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User
    from django.test import override_settings

    def hash_of(name):
        return User.objects.values_list("password", flat=True).get(username=name)

    # At Django's own costs.
    live.settings["PBKDF2_ITERATIONS"] = 1_000_000
    for scheme in SCHEMES:
        ours, theirs = preferring(scheme)
        old = "pbkdf2_sha1" if scheme != "pbkdf2_sha1" else "scrypt"
        with override_settings(PASSWORD_HASHERS=theirs), live.vitamin(PASSWORD_HASHERS=ours) as vitamin:
            User.objects.create_user(f"django_{scheme}", password="pässwörd")
            live.manage("createsuperuser", "--noinput", "--username", f"ours_{scheme}", "--email", "a@example.com",
                        DJANGO_SUPERUSER_PASSWORD="pässwörd", PASSWORD_HASHERS=ours)
            for who in ("django_", "ours_"):
                before = hash_of(who + scheme)
                check(before.startswith(scheme + "$"), before)
                check(vitamin.login(who + scheme, "pässwörd").status == 200, who, scheme, "logs in here")
                check(authenticate(username=who + scheme, password="pässwörd"), who, scheme, "logs in there")
                check(vitamin.login(who + scheme, "passwort").status == 400, who, scheme, "with a wrong password")
                check(hash_of(who + scheme) == before, "a hash of", scheme, "was rewritten")
            # The program that checks an old hash first upgrades it, once.
            for who, first in (("a_", "vitamin"), ("b_", "django")):
                name = f"{who}{scheme}"
                User.objects.create(username=name, password=make_password("pässwörd", hasher=old))
                sides = [lambda: vitamin.login(name, "pässwörd").status == 200,
                         lambda: authenticate(username=name, password="pässwörd") is not None]
                if first == "django":
                    sides.reverse()
                check(sides[0](), first, "reads", old)
                anew = hash_of(name)
                check(anew.startswith(scheme + "$"), first, "left", anew)
                for side in (sides[1], sides[0]):
                    check(side(), "the new hash")
                check(hash_of(name) == anew, "a hash of", scheme, "was rewritten twice")
            said = live.manage("doctor", PASSWORD_HASHERS=ours)
            check("PROBLEM" not in said, said)
    live.settings["PBKDF2_ITERATIONS"] = 1000


def changes(live, django, vitamin):
    from django.contrib.auth.models import User
    from rest_framework.authtoken.models import Token

    def both(key, status):
        for server in (vitamin, django):
            answer = server.token(key)
            check(answer.status == status, server.name, "says", answer)

    user = User.objects.create_user("changing", password="one")
    key = django.login("changing", "one").json()["token"]
    both(key, 200)
    # Rotation, there and here.
    Token.objects.filter(user=user).delete()
    both(key, 401)
    new = Token.objects.create(user=user).key
    both(key, 401), both(new, 200)
    said = live.manage("drf_create_token", "-r", "changing")
    check(new not in said, "the token stayed")
    both(new, 401)
    key = Token.objects.get(user=user).key
    check(key in said, "another token")
    both(key, 200)
    # A password, there and here.
    user.set_password("two")
    user.save()
    check(vitamin.login("changing", "one").status == 400, "the old password, here")
    check(vitamin.login("changing", "two").json()["token"] == key, "the new password, here")
    live.changepassword("changing", "rather three than two")
    check(django.login("changing", "two").status == 400, "the old password, there")
    check(django.login("changing", "rather three than two").json()["token"] == key, "the new password, there")
    # Deactivation, there and here.
    User.objects.filter(pk=user.pk).update(is_active=False)
    both(key, 401)
    check(vitamin.login("changing", "rather three than two").status == 400, "an inactive user logs in")
    User.objects.filter(pk=user.pk).update(is_active=True)
    both(key, 200)
    live.users("deactivate", "changing")
    both(key, 401)
    live.users("activate", "changing")
    both(key, 200)


def sessions(live, django, vitamin):
    """A POST with a valid session and no CSRF token is 403. Without a valid session it is a login with wrong data: 401."""
    from django.contrib.auth.models import User
    from django.test import Client

    user = User.objects.create_user("session", password="aaaa")

    def both(key, status):
        for server in (vitamin, django):
            headers = {"Cookie": f"sessionid={key}", "Content-Type": "application/json"}
            answer = server.ask("POST", "/", "{}", headers)
            check(answer.status == status, server.name, "says to a session", answer)

    def login(password="aaaa"):
        client = Client()
        check(client.login(username="session", password=password), "Django's own login")
        both(client.session.session_key, 403)
        return client, client.session.session_key

    client, key = login()
    client.logout()
    both(key, 401)
    _, key = login()
    User.objects.filter(pk=user.pk).update(is_active=False)
    both(key, 401)
    live.users("activate", "session")
    both(key, 403)
    live.changepassword("session", "rather another one")
    both(key, 401)
    login("rather another one")
    check("SECRET_KEY is the one that signs" in live.manage("doctor"), "the doctor of SECRET_KEY")
    said = live.manage("doctor", SECRET_KEY="another", fails=True)
    check("SECRET_KEY=" in said and "another" not in said, said)


def deletion(live, django, vitamin):
    from django.apps import apps
    from django.contrib.admin.models import LogEntry
    from django.contrib.auth.models import Group, Permission, User
    from django.contrib.contenttypes.models import ContentType
    from knox.models import AuthToken

    group, _ = Group.objects.get_or_create(name="cooks")

    def arrange(name):
        user = User.objects.create_user(name, password="aaaa")
        user.groups.add(group)
        user.user_permissions.add(Permission.objects.first())
        LogEntry.objects.create(user=user, content_type=ContentType.objects.first(), object_id="1",
                                object_repr="x", action_flag=1)
        AuthToken.objects.create(user=user)
        return user.pk, vitamin.login(name, "aaaa").json()["token"]

    def rows_of(pk):
        count = 0
        for model in apps.get_models(include_auto_created=True):
            for field in [] if model._meta.proxy else model._meta.fields:
                if field.is_relation and field.related_model is User:
                    count += model.objects.filter(**{field.name: pk}).count()
        return count + User.objects.filter(pk=pk).count()

    (ours, our_key), (theirs, their_key), (kept, kept_key) = map(arrange, ("x", "y", "z"))
    everything = rows_of(kept)
    check(everything == rows_of(ours) == rows_of(theirs) == 6, everything, "rows of a user")
    live.users("delete", "x")
    User.objects.get(pk=theirs).delete()
    check((rows_of(ours), rows_of(theirs), rows_of(kept)) == (0, 0, everything), "rows of the deleted")
    for server in (vitamin, django):
        check(server.token(our_key).status == server.token(their_key).status == 401, server.name, "lets the deleted in")
        check(server.token(kept_key).status == 200, server.name, "lets nobody in")


def shadow(live, django, vitamin):
    """`manage shadow` finds no difference on the common paths, and returns Django's answers."""
    from django.contrib.auth.models import User

    User.objects.create_user("shadowed", password="aaaa")
    key = django.login("shadowed", "aaaa").json()["token"]
    port = free_port()
    command = [MANAGE, "shadow", "--to", f"http://127.0.0.1:{django.port}", str(port)]
    with Server("shadow", command, port, live.for_vitamin()) as proxy:
        check(proxy.login("shadowed", "aaaa").json() == {"token": key}, "a login through the shadow")
        check(proxy.login("shadowed", "bbbb").status == 400, "a wrong one")
        token = {"Authorization": f"Token {key}"}
        for method in ("GET", "HEAD", "OPTIONS"):
            for path in ("/", "/auth/", "/auth", "/auth.json", "/?format=json", "/?format=nothing", "/api-token-auth/"):
                for headers in ({}, token, {"Authorization": "Token x"}, {"Accept": "application/json; indent=2"}):
                    straight = django.ask(method, path, headers=headers)
                    answer = proxy.ask(method, path, headers=headers)
                    check((answer.status, answer.body) == (straight.status, straight.body), method, path, answer)
                    if straight.headers["Content-Length"]:
                        check(answer.headers["Content-Length"] == straight.headers["Content-Length"], method, path)
                    for name in ("Content-Type", "Location", "Allow", "WWW-Authenticate"):
                        check(answer.headers[name] == straight.headers[name], method, path, name)
        check(proxy.ask("GET", "/knox/logout/").status == 401, "a path that is Django's alone")
        check(proxy.stop(signal.SIGINT) == 0, "the shadow found:", proxy.said())
        said = proxy.said()
        check("84 responses compared, 0 of them differ. Not compared: 1 for paths that only Django" in said, said)
        check(key not in said, "the report has a token")


def first_logins_race(live, django, vitamin):
    from django.contrib.auth.models import User
    from rest_framework.authtoken.models import Token

    for number in range(10):
        user = User.objects.create_user(f"racer{number}", password="aaaa")
        start, keys = threading.Barrier(8), []

        def login(server):
            start.wait()
            answer = server.login(f"racer{number}", "aaaa")
            keys.append(answer.json().get("token") if answer.status == 200 else answer)

        threads = [threading.Thread(target=login, args=((django, vitamin)[n % 2],)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(set(keys) == {Token.objects.get(user=user).key}, "first logins that race got", keys)


def locks(live):
    """A request waits for a lock. If the lock lasts too long, the answer is 503 with Retry-After."""
    from django.contrib.auth.models import User
    from django.db import connection, transaction

    User.objects.create_user("waiting", password="aaaa")

    def locked(seconds, server):
        answers = []
        thread = threading.Thread(target=lambda: answers.append((server.login("waiting", "aaaa"), time.time())))
        with transaction.atomic():
            with connection.cursor() as cursor:
                if live.is_sqlite:
                    # Django's transaction is deferred, so it has no lock yet. This takes SQLite's strongest one.
                    cursor.execute("COMMIT")
                    cursor.execute("BEGIN EXCLUSIVE")
                else:
                    cursor.execute("LOCK TABLE auth_user, authtoken_token IN ACCESS EXCLUSIVE MODE")
            thread.start()
            time.sleep(seconds)
            released = time.time()
        thread.join()
        return answers[0][0], answers[0][1] - released

    with live.vitamin(DATABASE_TIMEOUT=10) as patient:
        answer, after = locked(2, patient)
        check(answer.status == 200 and after > 0, "a lock that was released:", answer, after)
    User.objects.create_user("waiting2", password="aaaa")
    with live.vitamin(DATABASE_TIMEOUT=1) as hasty:
        answer, after = locked(4, hasty)
        check((answer.status, answer.headers["Retry-After"]) == (503, "1"), "a lock that stays:", answer)
        check(after < 0, "it was answered after the lock was gone")
        check(hasty.login("waiting", "aaaa").status == 200, "after the lock")


def main():
    first, second = (Live(url) for url in sys.argv[1:3])
    started = time.time()

    def step(function, *arguments):
        function(*arguments)
        print(f"walk: {function.__name__}: fine ({time.time() - started:.0f} s)", flush=True)

    step(migrations, first, second)
    first.open_orm()
    with first.django() as django, first.vitamin() as vitamin:
        for function in (users, changes, sessions, deletion, first_logins_race, shadow):
            step(function, first, django, vitamin)
    step(locks, first)
    # Hashes do not depend on the database, and take half of the time.
    if not first.url.startswith("postgres"):
        step(passwords, first)


if __name__ == "__main__":
    main()
