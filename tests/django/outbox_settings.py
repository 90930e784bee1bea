"""The reference tracker's settings, with the outbox."""
from tracker.settings import *  # noqa: F403
from tracker.settings import INSTALLED_APPS as TRACKER_APPS

INSTALLED_APPS = [*TRACKER_APPS, "vitamin_outbox"]
LOGGING = {"version": 1, "disable_existing_loggers": False, "loggers": {"django.request": {"level": "CRITICAL"}}}
