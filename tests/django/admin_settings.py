"""The reference tracker's settings, with Django's admin of its models at admin/ (admin_urls.py)."""
from tracker.settings import *  # noqa: F403

ROOT_URLCONF = "admin_urls"
PASSWORD_HASHERS = ["few_iterations.FewIterations"]
LOGGING = {"version": 1, "disable_existing_loggers": False, "loggers": {"django.server": {"level": "ERROR"}}}
