"""Prints Django's settings as one line of JSON. Reads only: it imports the settings module, and the apps only if the project
has its own user model.

    python -B -c SCRIPT SETTINGS_MODULE NAMES      NAMES: comma-separated, the settings whose values are printed

Of all other settings only the names are printed. A key is printed as its SHA-256, of databases the aliases.
"""
import datetime
import hashlib
import importlib.util
import json
import os
import re
import sys

module, names = sys.argv[1:3]
os.environ["DJANGO_SETTINGS_MODULE"] = module
# What the settings module prints must not come between.
result = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import django  # noqa: E402
from django.conf import global_settings, settings  # noqa: E402

from django.urls import set_script_prefix  # noqa: E402

# As django.setup() does: MEDIA_URL and STATIC_URL depend on it.
set_script_prefix(settings.FORCE_SCRIPT_NAME or "/")


def plain(value):
    """The value in JSON's types: a class by its path, a compiled expression by its pattern."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, re.Pattern):
        flags = "".join(flag for flag, bit in (("i", re.I), ("m", re.M), ("s", re.S), ("x", re.X)) if value.flags & bit)
        return f"(?{flags}){value.pattern}" if flags else value.pattern
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, type) or callable(value):
        return f"{value.__module__}.{value.__qualname__}"
    return str(value)


def digest(key):
    return hashlib.sha256(key if isinstance(key, bytes) else str(key).encode()).hexdigest()


found = {}
for name in names.split(","):
    try:
        value = getattr(settings, name)
    except Exception:
        continue
    if name == "SECRET_KEY":
        value = digest(value)
    elif name == "SECRET_KEY_FALLBACKS":
        value = [digest(key) for key in value]
    elif name == "DATABASES":
        # Without the passwords.
        value = list(value)
    found[name] = plain(value)

framework, changed = {}, []
try:
    from rest_framework.settings import DEFAULTS

    own = getattr(settings, "REST_FRAMEWORK", {})
    framework = {key: plain(own.get(key, default)) for key, default in DEFAULTS.items()}
    changed = sorted(key for key, value in framework.items() if value != plain(DEFAULTS[key]))
except ImportError:
    pass



def user_model():
    """The project's own user model. None: it has none, or its apps can't be imported."""
    if settings.AUTH_USER_MODEL == "auth.User":
        return None
    try:
        django.setup()
        from django.contrib.auth import get_user_model

        model = get_user_model()
    except Exception as error:
        print(f"{settings.AUTH_USER_MODEL} can't be imported: {error}", file=sys.stderr)
        return None
    return {
        "label": settings.AUTH_USER_MODEL,
        "table": model._meta.db_table,
        "key_field": model._meta.pk.get_internal_type(),
        "key_column": model._meta.pk.column,
        "username_field": model.USERNAME_FIELD,
        "columns": {field.name: field.column for field in model._meta.concrete_fields},
    }


def has_i18n_patterns():
    """Whether the root URLconf, the only one that may, has paths with a language. It is read, not run."""
    try:
        path = importlib.util.find_spec(settings.ROOT_URLCONF).origin
        with open(path, encoding="utf-8") as source:
            return re.search(r"^[^#\n]*\bi18n_patterns\(", source.read(), re.MULTILINE) is not None
    except Exception:
        return False


def of_database():
    """What the default database's entry sets besides the place, and matters to requests. Only names: a value may be a secret."""
    database = settings.DATABASES.get("default", {})
    names = [name for name in ("ATOMIC_REQUESTS", "TIME_ZONE") if database.get(name)]
    options = database.get("OPTIONS") or {}
    known = {"isolation_level", "options", "service", "assume_role", "transaction_mode", "init_command"}
    return names + [f"OPTIONS[{name!r}]" for name in sorted(known & set(options))]


overridden = sorted(name for name in dir(settings) if name.isupper() and settings.is_overridden(name))
json.dump(
    {
        "version": django.get_version(),
        "settings": found,
        "rest_framework": framework,
        "rest_framework_changed": changed,
        "of_django": [
            name
            for name in overridden
            if hasattr(global_settings, name) and getattr(global_settings, name) != getattr(settings, name)
        ],
        "others": [name for name in overridden if not hasattr(global_settings, name)],
        "user_model": user_model(),
        "has_i18n_patterns": has_i18n_patterns(),
        "of_database": of_database(),
    },
    result,
)
result.close()
