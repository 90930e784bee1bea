#!/usr/bin/env python3
"""`manage doctor --django`: the lines that it prints make this project's settings those of a Django project.

    doctor.py DATABASE_URL

The database is empty. Run it with the reference's Python.
"""
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from live import HERE, REFERENCE, TARGET, Live, check

KEY = "another-key-of-django-0123456789-abcdefghijklmnopqrstuvwxyz"
OLD_KEY = "an-older-key-of-django-0123456789-abcdefghijklmnopqrstuvwxyz"
SETTINGS = {
    "ALLOWED_HOSTS": ["api.example.com", ".example.org"],
    "SECRET_KEY": KEY,
    "SECRET_KEY_FALLBACKS": [OLD_KEY],
    "CORS_ALLOWED_ORIGINS": ["https://app.example.com"],
    "CORS_ALLOWED_ORIGIN_REGEXES": [r"^https://\w{1,9}\.example\.org$", "^x'y,z\\\\"],
    "CORS_ALLOW_CREDENTIALS": True,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 3600,
    "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
    "SECURE_REFERRER_POLICY": None,
    "X_FRAME_OPTIONS": "SAMEORIGIN",
    "DISALLOWED_USER_AGENTS": [r"^Bad\s", "(?i)bot"],
    "CSRF_COOKIE_SAMESITE": False,
    "CSRF_COOKIE_AGE": None,
    "CSRF_TRUSTED_ORIGINS": ["https://*.example.com"],
    "SESSION_COOKIE_NAME": "shop",
    "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
    "SESSION_COOKIE_AGE": 86400,
    "TIME_ZONE": "Europe/Madrid",
    "DATA_UPLOAD_MAX_NUMBER_FIELDS": 50,
    "FORCE_SCRIPT_NAME": "/shop",
    "USE_X_FORWARDED_PORT": True,
    "SESSION_SAVE_EVERY_REQUEST": True,
    "MEDIA_URL": "/media/",
    "CELERY_BROKER_PASSWORD": "a-password-of-celery",
    "AUTH_PASSWORD_VALIDATORS": [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                                  "OPTIONS": {"min_length": 12}}, {"NAME": "shop.validators.Own"}],
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher",
                         "shop.hashers.OwnHasher"],
}


def doctor(live, module, program=None, settings=None, own=(), cors="second", fails=False, path=""):
    """Runs it in an environment that has both programs' variables."""
    django = live.for_django(DJANGO_SETTINGS_MODULE="", LIVE_SETTINGS=json.dumps(settings or {}), LIVE_CORS=cors)
    variables = {"DATABASE_URL": live.url, "RUST_LOG": "warn", "ALLOWED_HOSTS": "127.0.0.1"} | dict(own)
    environment = django | live.environment(**variables)
    environment["PYTHONPATH"] = os.pathsep.join([str(HERE), str(REFERENCE), str(path)])
    command = [program or str(TARGET / "manage"), "doctor", "--django", sys.executable, module]
    return live.run(command, environment, fails)


def section(report, name):
    """The lines of a section, without their `ok`s and notes."""
    lines = report.split(f"\n{name}\n", 1)[1].split("\n\n", 1)[0].splitlines()
    return [line.strip() for line in lines if line.split()[0] in ("WARNING", "PROBLEM")]


def proposed(report, heading="Add to .env:"):
    if heading not in report:
        return {}
    lines = report.split(heading + "\n\n")[1].split("\n\n")[0].splitlines()
    return dict(line.split("=", 1) for line in lines)


def same_settings(live):
    own = {"ALLOWED_HOSTS": "localhost,127.0.0.1,[::1],testserver", "PASSWORD_HASHERS": "pbkdf2_sha256,pbkdf2_sha1,argon2,bcrypt_sha256,bcrypt,scrypt"}
    report = doctor(live, "tutorial.settings", own=own)
    for name in ("Django's settings", "PASSWORD_HASHERS", "AUTH_PASSWORD_VALIDATORS", "REST_FRAMEWORK"):
        check(section(report, name) == [], name, report)
    check("DEFAULT_AUTHENTICATION_CLASSES: SessionAuthentication, BasicAuthentication." in report, report)
    own["APPEND_SLASH"] = "no"
    check(proposed(doctor(live, "tutorial.settings", own=own)) == {"APPEND_SLASH": "true"}, "APPEND_SLASH")


def other_settings(live):
    report = doctor(live, "middleware_settings", settings=SETTINGS)
    lines = proposed(report)
    for name in SETTINGS.keys() - {"SESSION_SAVE_EVERY_REQUEST", "CELERY_BROKER_PASSWORD"}:
        check(name in lines, f"no line for {name} in {report}")
    check(lines["AUTH_PASSWORD_VALIDATORS"] == "MinimumLengthValidator" and "shop.validators.Own is no" in report, report)
    check(lines["CORS_BEFORE_SECURITY"] == "false" and lines["SECURE_REFERRER_POLICY"] == "None", report)
    for secret in (KEY, OLD_KEY, SETTINGS["CELERY_BROKER_PASSWORD"]):
        check(secret not in report, "a secret is printed")
    check(any("SESSION_SAVE_EVERY_REQUEST" in line for line in section(report, "Django's settings")), report)
    check("CELERY_BROKER_PASSWORD" in report and "shop.hashers.OwnHasher" in report, report)
    # With its lines, only what has no counterpart is left.
    lines |= {"SECRET_KEY": KEY, "SECRET_KEY_FALLBACKS": OLD_KEY}
    report = doctor(live, "middleware_settings", settings=SETTINGS, own=lines)
    left = section(report, "Django's settings")
    check(len(left) == 1 and "SESSION_SAVE_EVERY_REQUEST" in left[0], *left)
    check(proposed(report) == {}, report)


def other_middleware(live):
    settings = {"MIDDLEWARE": ["django.middleware.gzip.GZipMiddleware", "django.middleware.common.CommonMiddleware"],
                "CORS_ALLOWED_ORIGINS": ["https://app.example.com"], "SECURE_SSL_REDIRECT": True}
    own = {"CORS_ALLOWED_ORIGINS": "https://app.example.com"}
    report = doctor(live, "middleware_settings", settings=settings, own=own, cors="")
    left, lines = section(report, "Django's settings"), proposed(report)
    check(any("GZipMiddleware of MIDDLEWARE has no counterpart" in line for line in left), *left)
    check(lines["X_FRAME_OPTIONS"] == "None" and lines["SECURE_CONTENT_TYPE_NOSNIFF"] == "false", report)
    check(any(line.startswith("WARNING  CORS_ALLOWED_ORIGINS is") for line in left), *left)


def other_urls_and_databases(live):
    with tempfile.TemporaryDirectory() as folder:
        for name, source in (("plain_urls", "# i18n_patterns(\nurlpatterns = []"), ("languages_urls", "urlpatterns = [*i18n_patterns(path('x/', x))]")):
            (Path(folder) / f"{name}.py").write_text(source)
            entry = {"ENGINE": "django.db.backends.sqlite3", "NAME": "x", "PASSWORD": "a-secret", "ATOMIC_REQUESTS": True,
                     "OPTIONS": {"options": "-c search_path=a-secret", "timeout": 3}}
            settings = {"ROOT_URLCONF": name, "DATABASES": {"default": entry}}
            report = doctor(live, "middleware_settings", settings=settings, path=folder)
            left = "\n".join(section(report, "Django's settings"))
            check(("ROOT_URLCONF has i18n_patterns" in left) == (name == "languages_urls"), report)
            check("DATABASES sets ATOMIC_REQUESTS" in left and "DATABASES sets OPTIONS['options']" in left, report)
            check("timeout" not in left and "a-secret" not in report, report)


def tracker(live):
    report = doctor(live, "tracker.settings", program=str(TARGET / "tracker"), fails=True)
    expected = {
        "WARNING  DEFAULT_PAGINATION_CLASS: Pages in Django, PageNumberPagination here (default_pagination_class).",
        "WARNING  Django sets DEFAULT_SCHEMA_CLASS, which is not compared: see docs/from-django-rest-framework.md.",
    }
    check(set(section(report, "REST_FRAMEWORK")) == expected, report)
    # The tutorial's program has other classes.
    report = doctor(live, "tracker.settings")
    for line in (
        "default_authentication_classes: classes![TokenAuthentication::new(), SessionAuthentication, BasicAuthentication::new()],",
        "default_permission_classes: classes![IsAuthenticated],",
        "default_filter_backends: vec![FilterBackend::DjangoFilterBackend, FilterBackend::SearchFilter, FilterBackend::OrderingFilter],",
    ):
        check(line in report.splitlines(), line, "is not in", report)
    check(proposed(report)["DEFAULT_THROTTLE_RATES"] == "bulk=3/day", report)


def failures(live):
    said = doctor(live, "no.such.settings", fails=True)
    check("can't import the settings no.such.settings: ModuleNotFoundError" in said, said)


def main():
    live = Live(sys.argv[1])
    live.manage("migrate", "--verbosity", "0")
    started = time.time()
    for step in (same_settings, other_settings, other_middleware, other_urls_and_databases, tracker, failures):
        step(live)
        print(f"doctor: {step.__name__}: fine ({time.time() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
