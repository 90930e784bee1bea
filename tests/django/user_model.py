#!/usr/bin/env python3
"""Uses this project and a Django project with a custom user model on one database.

    user_model.py CASE DATABASE_URL         CASE is a key of CASES below

The database is empty. The project is the reference with one more app, written here. Run it with the reference's Python.
"""
import os
import sys
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import quote

from live import MANAGE, Live, check

HEAD = """
import uuid
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
"""
CASES = {
    # E-mail addresses as logins, UUIDs as keys.
    "uuid": (
        HEAD + """
class Members(BaseUserManager):
    def create_user(self, email, password=None, **more):
        user = self.model(email=self.normalize_email(email), **more)
        user.set_password(password)
        user.save()
        return user

class Member(AbstractUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = None
    email = models.EmailField("email address", unique=True)
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = Members()
""",
        {"AUTH_USER_MODEL": "accounts.Member", "AUTH_USER_KEY": "UUIDField", "USERNAME_FIELD": "email"},
    ),
    # 64-bit keys, another table, and a column that only this model has.
    "bigint": (
        HEAD + """
class Person(AbstractUser):
    id = models.BigAutoField(primary_key=True)
    nickname = models.CharField(max_length=20, null=True, blank=True)

    class Meta:
        db_table = "people"
""",
        {"AUTH_USER_MODEL": "accounts.Person", "AUTH_USER_DB_TABLE": "people"},
    ),
    # Nothing of AbstractUser, small keys, and columns of other names. The login may be NULL.
    "plain": (
        HEAD + """
from django.contrib.auth.models import AbstractBaseUser

class Accounts(BaseUserManager):
    def create_user(self, email, password=None, **more):
        user = self.model(email=email and self.normalize_email(email), **more)
        user.set_password(password)
        user.save()
        return user

class Account(AbstractBaseUser):
    number = models.SmallAutoField(primary_key=True, db_column="account_no")
    password = models.CharField(max_length=128, db_column="secret")
    email = models.EmailField("email address", unique=True, null=True, db_column="mail")
    is_active = models.BooleanField(default=True, db_column="enabled")
    is_staff = models.BooleanField(default=False)
    name = models.CharField(max_length=80, null=True, db_column="full_name")
    USERNAME_FIELD = "email"
    objects = Accounts()

    @property
    def is_superuser(self):
        return self.is_staff
""",
        {"AUTH_USER_MODEL": "accounts.Account", "USERNAME_FIELD": "email",
         "AUTH_USER_COLUMNS": "date_joined=,email=mail,first_name=,id=account_no,is_active=enabled,is_superuser=,last_name=,password=secret"},
    ),
    # Texts as keys.
    "text": (
        HEAD + """
def new_code():
    return uuid.uuid4().hex

class Member(AbstractUser):
    code = models.CharField(primary_key=True, max_length=40, default=new_code)
""",
        {"AUTH_USER_MODEL": "accounts.Member", "AUTH_USER_KEY": "CharField", "AUTH_USER_COLUMNS": "id=code"},
    ),
}
# What the database alone does not show.
UNSEEN = {"plain"}


class Own(Live):
    """The database of a project with the app `accounts`."""

    def __init__(self, url, folder, case):
        super().__init__(url)
        self.folder, self.case = folder, case
        models, self.own = CASES[case]
        for path, text in (("__init__.py", ""), ("migrations/__init__.py", ""), ("models.py", models)):
            file = Path(folder, "accounts", path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def for_django(self, **more):
        environment = super().for_django(LIVE_USER_MODEL=self.own["AUTH_USER_MODEL"], **more)
        environment["DJANGO_SETTINGS_MODULE"] = "user_model_settings"
        environment["PYTHONPATH"] += os.pathsep + self.folder
        return environment

    def open_orm(self):
        sys.path.insert(0, self.folder)
        super().open_orm()

    def doctor(self):
        """Lets doctor read Django's own settings."""
        env = self.for_django() | self.for_vitamin()
        return self.run([MANAGE, "doctor", "--django", sys.executable, "user_model_settings"], env, fails=None)

    def login_name(self, name):
        return f"{name}@example.com" if "USERNAME_FIELD" in self.own else name


def tables():
    """Returns the schema of the database, without diesel's own table."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%diesel%' ORDER BY 1")
        else:
            cursor.execute("SELECT table_name, column_name, data_type FROM information_schema.columns "
                           "WHERE table_schema = 'public' AND table_name NOT LIKE '%diesel%' ORDER BY 1, 2")
        return cursor.fetchall()


def proposed(said):
    lines = said.split("Add to .env:\n\n")[1].split("\n\n")[0].splitlines()
    return dict(line.split("=", 1) for line in lines)


def adoption(live):
    live.django_manage("makemigrations", "accounts")
    live.django_manage("migrate", "--verbosity", "0")
    live.open_orm()
    before = tables()
    # Nothing is set: the doctor says what to set, and `migrate` changes nothing.
    said = live.manage("doctor", fails=True)
    check("that is the table of this project's user model" in said, said)
    if live.case not in UNSEEN:
        # It knows no more than the database: names in lower case, and types for the classes of keys.
        known = {name: value.lower().removesuffix("field").replace("char", "text") for name, value in live.own.items()}
        check(proposed(said) == known, "the doctor proposes", said)
    said = live.doctor()
    check(live.own.items() <= proposed(said).items(), "the doctor proposes", said)
    said = live.manage("migrate", fails=True)
    check("The table auth_user" in said and "a model of its own" in said, said)
    check(tables() == before, "a migrate that was refused changed the tables")
    # Everything is set.
    live.settings |= live.own
    check("0 problems" in live.manage("doctor"), "the doctor before migrate")
    said = live.manage("migrate")
    check("Recording 2026-11-23-000200_auth_initial... OK" in said, said)
    check(tables() == before, "migrate changed the tables")
    check("0 problems, 1 warning." in live.manage("doctor"), live.manage("doctor"))
    check("is the one that is read here." in live.doctor(), live.doctor())
    for command in (["check"], ["migrate", "--check"], ["makemigrations", "--check", "--dry-run"]):
        live.django_manage(*command)
    live.manage("check")
    check("[ ]" not in live.manage("showmigrations"), "a migration of ours is not applied")
    said = live.manage("migrate", "authtoken", "zero", fails=True)
    check("belong to your Django project" in said, said)
    check(tables() == before, "the tables are Django's")
    # One setting is wrong.
    if "AUTH_USER_KEY" in live.own:
        said = live.manage("doctor", AUTH_USER_KEY="integer", fails=True)
        check("is of another type: set AUTH_USER_KEY=" in said, said)
    if live.case == "uuid":
        said = live.manage("doctor", USERNAME_FIELD="username", fails=True)
        check("has no column username: set USERNAME_FIELD=email." in said, said)
    model = live.own["AUTH_USER_MODEL"]
    said = live.manage("doctor", AUTH_USER_MODEL="accounts.another", AUTH_USER_DB_TABLE="", fails=True)
    check(live.case in UNSEEN or f"AUTH_USER_MODEL={model.lower()}" in said, said)


def users(live, django, vitamin):
    from django.contrib.auth import authenticate, get_user_model
    from django.test import Client

    User = get_user_model()
    key = {"uuid": uuid.UUID(int=7), "bigint": 2**40 + 7, "plain": 7, "text": "007"}[live.case]
    name = live.login_name("walterwhité")

    def both(key, status):
        for server in (vitamin, django):
            answer = server.token(key)
            check(answer.status == status, server.name, "says", answer)

    made = User.objects.create_user(name, password="pässwörd", pk=key)
    key = vitamin.login(name, "pässwörd").json()["token"]
    check(key == made.auth_token.key == django.login(name, "pässwörd").json()["token"], "the token")
    both(key, 200)
    check(vitamin.login(name, "passwort").status == 400, "a wrong password")
    answer = vitamin.ask("GET", "/auth/verify", headers={"Authorization": f"Token {key}"})
    said = answer.headers["X-User-Id"], answer.headers["X-User"]
    check(said == (str(made.pk), quote(name, safe="@+")), "who is that?", said)

    # A user that this project creates, unless only Django makes keys.
    option, login = f"--{User.USERNAME_FIELD}", live.login_name("ours").replace("example", "Example")
    more = [] if option == "--email" else ["--email", "ours@Example.com"]
    command = ["createsuperuser", "--noinput", option, login, *more]
    said = live.manage(*command, DJANGO_SUPERUSER_PASSWORD="correct horse", fails=live.case == "text")
    if live.case == "text":
        check("create the user in Django" in said, said)
        User.objects.create_superuser(login.lower(), "ours@example.com", "correct horse")
    user = User.objects.get_by_natural_key(login.lower())
    check(user.is_superuser and user.is_staff and user.email == "ours@example.com", "a user that we made")
    check(type(user.pk) is type(made.pk) and str(user.pk) != "0", "its key is", user.pk)
    user.full_clean(exclude=["name"])
    check(authenticate(username=user.get_username(), password="correct horse") == user, "its password, for Django")
    said = live.manage("createsuperuser", "--noinput", option, login, *more, fails=True)
    check(f"Error: That {User._meta.get_field(User.USERNAME_FIELD).verbose_name} is already taken." in said, said)
    login = user.get_username()
    key = django.login(login, "correct horse").json()["token"]
    check(vitamin.login(login, "correct horse").json() == {"token": key}, "its token")
    both(key, 200)

    # Rows that only Django makes: a login that is NULL, and a session.
    if live.case == "plain":
        nobody = User.objects.create_user(None)
        from rest_framework.authtoken.models import Token

        both(Token.objects.create(user=nobody).key, 200)

    # Rotation, there and here; a password; deactivation.
    said = live.manage("drf_create_token", "-r", login)
    check(f"for user {login}" in said and key not in said, said)
    both(key, 401)
    key = User.objects.get(pk=user.pk).auth_token.key
    both(key, 200)
    live.changepassword(login, "rather three than two")
    check(django.login(login, "correct horse").status == 400, "the old password, there")
    check(django.login(login, "rather three than two").json()["token"] == key, "the new password, there")
    live.users("deactivate", login)
    both(key, 401)
    User.objects.filter(pk=user.pk).update(is_active=True)
    both(key, 200)

    # A POST with a valid session and no CSRF token is 403. Without a valid session it is a login with wrong data: 401.
    def session(status):
        headers = {"Cookie": f"sessionid={client.session.session_key}", "Content-Type": "application/json"}
        for server in (vitamin, django):
            answer = server.ask("POST", "/", "{}", headers)
            check(answer.status == status, server.name, "says to a session", answer)

    client = Client()
    check(client.login(username=login, password="rather three than two"), "Django's own login")
    session(403)
    User.objects.filter(pk=user.pk).update(is_active=False)
    session(401)


def deletion(live, django, vitamin):
    from django.apps import apps
    from django.contrib.admin.models import LogEntry
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group, Permission
    from django.contrib.contenttypes.models import ContentType
    from knox.models import AuthToken

    User = get_user_model()
    group = Group.objects.create(name="cooks")

    def arrange(name):
        user = User.objects.create_user(live.login_name(name), password="aaaa")
        if hasattr(user, "groups"):
            user.groups.add(group)
            user.user_permissions.add(Permission.objects.first())
        LogEntry.objects.create(user=user, content_type=ContentType.objects.first(), object_id="1", object_repr="x",
                                action_flag=1)
        AuthToken.objects.create(user=user)
        return user.pk, vitamin.login(live.login_name(name), "aaaa").json()["token"]

    def rows_of(pk):
        related = [(model, field.name) for model in apps.get_models(include_auto_created=True) if not model._meta.proxy
                   for field in model._meta.fields if field.is_relation and field.related_model is User]
        return sum(model.objects.filter(**{name: pk}).count() for model, name in [*related, (User, "pk")])

    (gone, gone_key), (kept, kept_key) = map(arrange, ("x", "y"))
    rows = 4 if live.case == "plain" else 6
    check(rows_of(gone) == rows_of(kept) == rows, rows_of(gone), "rows of a user")
    live.users("delete", live.login_name("x"))
    check((rows_of(gone), rows_of(kept)) == (0, rows), "rows of the deleted")
    for server in (vitamin, django):
        check((server.token(gone_key).status, server.token(kept_key).status) == (401, 200), server.name)


def main():
    case, url = sys.argv[1:]
    started = time.time()

    def step(function, *arguments):
        function(*arguments)
        print(f"user_model: {case}: {function.__name__}: fine ({time.time() - started:.0f} s)", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        live = Own(url, folder, case)
        step(adoption, live)
        with live.django() as django, live.vitamin() as vitamin:
            step(users, live, django, vitamin)
            step(deletion, live, django, vitamin)
            # A failed login is part of the test, and the admin has no pages of such users.
            expected = ("vitamin::login", "(vitamin.W030)")
            said = [line for line in vitamin.said().splitlines() if not any(part in line for part in expected)]
            check("WARN" not in "\n".join(said), "the server warns:", *said)
        check("0 problems, 1 warning." in live.manage("doctor"), live.manage("doctor"))


if __name__ == "__main__":
    main()
