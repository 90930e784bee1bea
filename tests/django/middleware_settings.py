"""The reference project's settings, with those that LIVE_SETTINGS holds as JSON.

LIVE_CORS   first or second: where django-cors-headers is in MIDDLEWARE, before or after SecurityMiddleware
"""
import json
import os
import re

from live_settings import *  # noqa: F403

globals().update(json.loads(os.environ["LIVE_SETTINGS"]))
DISALLOWED_USER_AGENTS = [re.compile(pattern) for pattern in globals().get("DISALLOWED_USER_AGENTS", [])]
if os.environ.get("LIVE_CORS"):
    place = {"first": 0, "second": 1}[os.environ["LIVE_CORS"]]
    MIDDLEWARE = MIDDLEWARE[:place] + ["corsheaders.middleware.CorsMiddleware"] + MIDDLEWARE[place:]  # noqa: F405
LOGGING["loggers"]["django"] = {"level": "CRITICAL"}  # noqa: F405
