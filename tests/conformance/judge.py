#!/usr/bin/env python3
"""Tell whether a comparison's dump (drfdiff's `--dump`) holds a difference that is not known and accepted.

    judge.py DUMP

Accepted, each for its reason:
- the reference crashed (500) where this project has an answer;
- the length of an HTML page, of which a HEAD shows nothing else: ours is not the browsable API's;
- charsets that only Python reads, or words differently;
- a target that the HTTP server refuses: http::Uri takes no quotation mark.
"""
import json
import sys


def accepted(name, reference, ours):
    if reference.get("status") == 500:
        return "the reference crashed"
    if ours.get("status") == 400 and not ours.get("body") and '"' in name:
        return "refused by the HTTP server"
    headers = [dict(answer.get("headers", {})) for answer in (reference, ours)]
    lengths = [header.pop("content-length", None) for header in headers]
    if (reference.get("status"), reference.get("body")) == (ours.get("status"), ours.get("body")):
        is_page = headers[0].get("content-type", "").startswith("text/html")
        if headers[0] == headers[1] and lengths[0] != lengths[1] and is_page and not reference["body"]:
            return "a HEAD of an HTML page"
    if "codec can't decode" in reference.get("body", "") or "Unsupported charset" in ours.get("body", ""):
        return "a charset"
    return None


def main():
    cases = json.load(open(sys.argv[1]))
    known, wrong = {}, 0
    for name, answers in cases.items():
        reference, ours = answers["reference"], answers["ours"]
        if reference == ours:
            continue
        reason = accepted(name, reference, ours)
        if reason:
            known[reason] = known.get(reason, 0) + 1
        else:
            wrong += 1
            print(f"{name}\n    reference {json.dumps(reference)[:1000]}\n    ours      {json.dumps(ours)[:1000]}")
    for reason, count in sorted(known.items()):
        print(f"accepted: {count}: {reason}")
    print(f"{len(cases) - wrong} of {len(cases)} are the same or accepted")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
