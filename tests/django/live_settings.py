"""The reference project's settings, with the values that the tests change.

LIVE_HASHERS     comma-separated class paths that replace PASSWORD_HASHERS
LIVE_TIME_ZONE   TIME_ZONE
LIVE_USE_TZ      0 for USE_TZ = False
LIVE_TIMEOUT     seconds that Django waits for a lock of SQLite (its own default is 5)
"""
import os

from tutorial.settings import *  # noqa: F403

if os.environ.get("LIVE_HASHERS"):
    PASSWORD_HASHERS = os.environ["LIVE_HASHERS"].split(",")
TIME_ZONE = os.environ.get("LIVE_TIME_ZONE") or TIME_ZONE  # noqa: F405
USE_TZ = os.environ.get("LIVE_USE_TZ", "1") == "1"
if "sqlite3" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    DATABASES["default"]["OPTIONS"] = {"timeout": int(os.environ.get("LIVE_TIMEOUT", "5"))}  # noqa: F405
LOGGING = {"version": 1, "disable_existing_loggers": False, "loggers": {"django.server": {"level": "ERROR"}}}
