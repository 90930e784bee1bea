#!/usr/bin/env python3
"""Judges a comparison's dump (drfdiff's `--dump`): fails on every difference that accepted.json does not name.

    judge.py DUMP

accepted.json is a list of classes. A class has a reason and its cases, each under its full name `group/name`. A case
describes the difference exactly:

- `reference` lists what the reference answers (status, body, headers), as far as it matters;
- `ours` lists every part of our answer that differs; null is a header that is absent. A part that is not listed must
  equal the reference's.

`reference` and `ours` beside `cases` hold for every case of the class. The judge refuses:

- a difference in a case that accepted.json does not name;
- a named case whose answers are not those described;
- a named case whose answers are equal: the entry is out of date;
- a case that one of the servers did not answer;
- a dump without cases.
"""
import json
import sys
from pathlib import Path

ACCEPTED = Path(__file__).resolve().parent / "accepted.json"


def merged(general, special):
    """The fields of the class, replaced or extended by those of the case."""
    headers = general.get("headers", {}) | special.get("headers", {})
    return general | special | {"headers": headers}


def load(classes):
    """Returns reason, reference and ours of every accepted case, by name. Raises ValueError if two classes name one case."""
    accepted = {}
    for group in classes:
        for name, case in group["cases"].items():
            if name in accepted:
                raise ValueError(f"{name} is named twice")
            sides = [merged(group.get(side, {}), case.get(side, {})) for side in ("reference", "ours")]
            accepted[name] = (group["reason"], *sides)
    return accepted


def flat(answer):
    """Returns an answer as one dictionary, without a content-length that is simply the length of the body."""
    headers = {f"header {name}": value for name, value in answer["headers"].items()}
    if headers.get("header content-length") == str(len(answer["body"].encode())):
        del headers["header content-length"]
    return {"status": answer["status"], "body": answer["body"], **headers}


def listed(side):
    """Returns the fields of one side of an entry, named as `flat` names them."""
    fields = {name: side[name] for name in ("status", "body") if name in side}
    return fields | {f"header {name}": value for name, value in side["headers"].items()}


def objection(name, answers, accepted):
    """Returns why the answers to a case are refused, or None."""
    reference, ours = answers["reference"], answers["ours"]
    if "error" in reference or "error" in ours:
        return "no answer"
    if reference == ours:
        return "accepted.json names it, but the answers are equal" if name in accepted else None
    if name not in accepted:
        return "differs"
    reference, ours = flat(reference), flat(ours)
    _, reference_listed, ours_listed = accepted[name]
    for field, value in listed(reference_listed).items():
        if reference.get(field) != value:
            return f"accepted.json expects another {field} of the reference"
    expected = reference | listed(ours_listed)
    for field in sorted(expected.keys() | ours.keys()):
        if ours.get(field) != expected.get(field):
            return f"accepted.json expects another {field} of ours"
    return None


def judge(cases, accepted):
    """Returns the objections by case, and the number of accepted differences by reason."""
    objections, counts = {}, {}
    for name, answers in cases.items():
        why = objection(name, answers, accepted)
        if why:
            objections[name] = why
        elif name in accepted:
            reason = accepted[name][0]
            counts[reason] = counts.get(reason, 0) + 1
    return objections, counts


def main():
    cases = json.loads(Path(sys.argv[1]).read_text())
    accepted = load(json.loads(ACCEPTED.read_text()))
    objections, counts = judge(cases, accepted)
    for name, why in objections.items():
        print(f"{name}: {why}")
        for side, answer in cases[name].items():
            print(f"    {side:9} {json.dumps(answer)[:1000]}")
    for reason, count in counts.items():
        print(f"accepted: {count}: {reason}")
    same = len(cases) - len(objections) - sum(counts.values())
    print(f"judge: {same} of {len(cases)} the same, {sum(counts.values())} accepted, {len(objections)} refused")
    return 1 if objections or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
