"""The reference project with a custom user model, in the app `accounts` that user_model.py writes.

LIVE_USER_MODEL     AUTH_USER_MODEL
"""
from live_settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "accounts"]  # noqa: F405
AUTH_USER_MODEL = os.environ["LIVE_USER_MODEL"]  # noqa: F405
