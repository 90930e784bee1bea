#!/usr/bin/env python3
"""Writes what drf-spectacular's renderer makes of JSON documents to apps/rest_framework/src/schemas/fixtures/yaml.jsonl.

    yaml_documents.py apps/rest_framework/src/schemas/fixtures

Run it with the reference's Python. Each line is a document and its YAML.
"""
import json
import random
import sys
from pathlib import Path

from django.conf import settings

settings.configure()

from drf_spectacular.renderers import OpenApiYamlRenderer  # noqa: E402

WORDS = ["a", "is", "the", "api", "'", '"', ":", "#", "- ", ": ", " #", "{id}", "[", "]", "&", "*", "!", "%", "@", "`", ",", "?", "=",
         "\n", "\n\n", "\n ", " \n", "\t", "é", "ü", "日本", "\u2028", "\x85", "\xa0", "\U0001f600", "\x07", "\\", "\\d{0,2}", "---",
         "...", "yes", "No", "null", "~", "1", "0x1f", "1.5", "1e5", "2020-01-01", ".inf", "<<", "on", "12:30:45", "0o7", "+1", " ", "  ",
         "word", "longer-word", "https://example.com/a?b=c#d", "|", ">", "\r", "\ufeff", "$"]


def text(rng, most):
    joiner = rng.choice(["", " ", " "])
    return joiner.join(rng.choice(WORDS) for _ in range(rng.randint(0, most)))


def document(rng, depth=0):
    kind = rng.random()
    if depth < 4 and kind < 0.3:
        return {text(rng, 3 if rng.random() < 0.9 else 40): document(rng, depth + 1) for _ in range(rng.randint(0, 4))}
    if depth < 4 and kind < 0.45:
        return [document(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    if kind < 0.6:
        return rng.choice([None, True, False, 0, -5, 10**15, 1.5, 1e20, 1e-7, -0.0, 100.0])
    return text(rng, rng.choice([1, 2, 5, 40]))


def main():
    rng = random.Random(14)
    documents = [{"a": document(rng), "b": [document(rng)]} for _ in range(1500)]
    lines = [json.dumps([one, OpenApiYamlRenderer().render(one).decode()], ensure_ascii=False) for one in documents]
    (Path(sys.argv[1]) / "yaml.jsonl").write_text("\n".join(lines) + "\n")


main()
