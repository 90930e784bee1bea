#!/usr/bin/env python3
"""Writes what Python and Django make of plural forms, `Accept-Language` and language codes to framework/src/fixtures.

    translation.py framework/src/fixtures

Run it with the reference's Python.
"""
import gettext
import json
import random
import sys
from pathlib import Path

import django
from django.conf import settings

settings.configure(USE_I18N=True, INSTALLED_APPS=[])
django.setup()

import django_filters  # noqa: E402
import rest_framework  # noqa: E402
from django.test import RequestFactory, override_settings  # noqa: E402
from django.utils import translation  # noqa: E402
from django.utils.translation.trans_real import parse_accept_lang_header  # noqa: E402

FOLDER = Path(sys.argv[1])
RANDOM = random.Random(16)
NUMBERS = [*range(0, 130), 200, 201, 211, 1000, 1001, 10**6, 2 * 10**6, 10**12]
MORE_FORMULAS = [
    "n", "0", "n != 1", "n!=1?1:0", " ( n == 1 ) ", "n<2", "n%10==1&&n%100!=11?0:n!=0?1:2", "!n", "!!n", "!(n==1)", "n==1||n==2&&n==3", "n*2+1", "2*n-1>n",
    "n/2/2", "n-1-1<0", "n>1==1", "n==1==1", "1<n<3", "n?n>1?2:1:0", "n?1:n>1?2:0", "((((n))))", "", "m", "n n", "n==", "(n", "n)", "?", "n?1", "n:1", "n=1", "n&1",
    "n|1", "n^1", "~n", "-n", "+n", "n**2", "n//2", "1 2", "n > 1 ? 1", "0x1", "01", "1.5", "n!", "n ! = 1", "n < = 1", "n & & 1", "n;1", "()", "n==1?0",
    "(" * 18 + "n" + ")" * 18, "(" * 30 + "n" + ")" * 30, "n" + "+1" * 600, "n" + "+1" * 100,
]


def save(name, lines):
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    (FOLDER / name).write_text(text)


def formulas():
    found = set()
    for package in (django, rest_framework, django_filters):
        for path in Path(package.__file__).parent.rglob("django.mo"):
            header = gettext.GNUTranslations(path.open("rb"))._catalog.get("", "")
            for line in header.splitlines():
                if line.lower().startswith("plural-forms"):
                    found.add(line.split(";")[1].split("plural=")[1])
    return sorted(found)


def plural_forms():
    for formula in [*formulas(), *MORE_FORMULAS]:
        try:
            choose = gettext.c2py(formula)
            yield [formula, [[n, choose(n)] for n in NUMBERS]]
        except ValueError:
            yield [formula, None]


TAGS = ["de", "DE", "de-at", "de-AT-1996", "fr", "fr-fr", "en", "en-us", "zh-cn", "zh-hant-tw", "x-y-z", "es-419", "*", "a", "abcdefghi", "de_AT", "1a", "de-", "-de", "d\u00e9", ""]
QUALITIES = ["", ";q=0.5", "; q=0.8", " ; q=1", ";q=0", ";q=0.", ";q=1.", ";q=1.000", ";q=0.123", ";q=0.1234", ";q=1.5", ";q=2", ";q=", ";Q=0.3", ";q =1", ";q= 1", ";level=1", ";", ";q=.5"]
SEPARATORS = [",", ", ", " ,", " , ", "\t,", ",\u00a0", "\u0085,", ";", " ", ",,"]


def headers():
    yield from ("", " ", ",", "de,", "de, ", ",de", "de fr", "de;q=0.5,fr;q=0.5,en;q=0.9", "*", "*;q=0.1,de", "de," * 200, "de-" * 200 + "de", "de," + "fr" * 300,
                "a" * 8 + "-b" * 246, "a" * 8 + "-b" * 247, "fr," * 166 + "de", "fr," * 166 + "de,it")
    for tag in TAGS:
        yield from (tag + quality for quality in QUALITIES)
    for _ in range(600):
        items = [RANDOM.choice(TAGS[:13]) + RANDOM.choice(QUALITIES[:9]) for _ in range(RANDOM.randint(1, 5))]
        yield RANDOM.choice(SEPARATORS[:7]).join(items)
    for _ in range(300):
        yield "".join(RANDOM.choice(TAGS) + RANDOM.choice(QUALITIES) + RANDOM.choice(SEPARATORS) for _ in range(RANDOM.randint(1, 4)))


CODES = ["de", "DE", "de-at", "de-AT", "de-at-1996", "de_AT", "zh-cn", "zh-CN", "zh-tw", "zh-hk", "zh-sg", "zh", "zh-hans", "zh-hant", "zh-hant-tw", "pt", "pt-br", "pt-ao",
         "sr", "sr-latn", "sr-latn-rs", "sr@latin", "en", "en-us", "en-gb", "en-nz", "es-419", "es-mx", "nb", "no", "nn-no", "ko-kr", "he-il", "iw", "tlh", "fr-ca", "fr", "fr-be",
         "x", "", "-", "-de", "de-", "*", "\u212ao", "abcdefghi", "fil", "../de", "de" + "-x" * 300, "tlh" + "-x" * 300]
# LANGUAGE_CODE and LANGUAGES.
PROJECTS = [("en-us", None), ("de", None), ("de-at", None), ("de-at", ["de", "en"]), ("pt-br", ["pt-br", "fr-ca", "zh-hant", "zh-hans", "sr-latn", "en-gb"]),
            ("fr", ["de", "en"]), ("zh-cn", ["zh-cn", "zh-tw", "en"]), ("tlh", ["tlh", "de-ch", "en"])]


def choices():
    yield sorted(path.parts[-3] for path in Path(django.__file__).parent.glob("conf/locale/*/LC_MESSAGES/django.mo"))
    for code, languages in PROJECTS:
        changes = {"LANGUAGE_CODE": code}
        if languages:
            changes["LANGUAGES"] = [(language, language) for language in languages]
        asked = []
        with override_settings(**changes):
            for cookie in [None, *CODES]:
                for accept in (None, "de", "xx,de-at;q=0.5,fr;q=0.7"):
                    asked.append((cookie, accept))
            # A header is Latin-1.
            asked += [(None, tag) for tag in CODES if tag.isascii()] + [(None, f"xx,*,{tag}") for tag in CODES[:4]]
            answers = []
            for cookie, accept in asked:
                request = RequestFactory().get("/", headers={} if accept is None else {"Accept-Language": accept})
                if cookie is not None:
                    request.COOKIES["django_language"] = cookie
                language = translation.get_language_from_request(request)
                # What `activate` makes of it, and `Content-Language` shows.
                answers.append([cookie, accept, translation.to_locale(language).replace("_", "-").lower()])
        yield [code, languages, answers]


save("plural_forms.jsonl", plural_forms())
save("accept_language.jsonl", ([header, [tag for tag, _ in parse_accept_lang_header(header)]] for header in headers()))
save("language_choices.jsonl", choices())
