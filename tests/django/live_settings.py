"""The reference project's settings, with what a walk changes.

LIVE_HASHERS     comma-separated class paths, in the place of PASSWORD_HASHERS
LIVE_TIMEOUT     seconds that Django waits for a lock of SQLite (its own default is 5)
"""
import os

from tutorial.settings import *  # noqa: F403

if os.environ.get("LIVE_HASHERS"):
    PASSWORD_HASHERS = os.environ["LIVE_HASHERS"].split(",")
if "sqlite3" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    DATABASES["default"]["OPTIONS"] = {"timeout": int(os.environ.get("LIVE_TIMEOUT", "5"))}  # noqa: F405
LOGGING = {"version": 1, "disable_existing_loggers": False, "loggers": {"django.server": {"level": "ERROR"}}}
