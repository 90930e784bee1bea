"""Tests of the judge: what it refuses, and that accepted.json names real cases."""
import copy
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import judge

HERE = Path(__file__).resolve().parent
REFUSED = '{"detail":"Unsupported charset \\"utf-7\\" in request Content-Type header."}'
# accepted.json may name this many walks of the default seed.
WALKS = "500"


def answer(status, body, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"status": status, "headers": {"content-length": str(len(body.encode())), **headers}, "body": body}


CHARSET = {"reference": answer(400, "decode error", allow="POST"), "ours": answer(400, REFUSED, allow="POST")}
CRASH = {"reference": answer(500, "Server Error"), "ours": answer(401, "Wrong credentials", allow="POST", vary="Accept")}
PAGE = {"reference": answer(200, "", content_length="6765"), "ours": answer(200, "", content_length="344")}
ACCEPTED = judge.load([
    {"reason": "a charset", "cases": {
        "parsers/utf-7": {"reference": {"status": 400, "body": "decode error"}, "ours": {"body": REFUSED}}}},
    {"reason": "a crash", "reference": {"status": 500}, "ours": {"status": 401, "body": "Wrong credentials", "headers": {"allow": "POST"}},
     "cases": {"parsers/crash": {"ours": {"headers": {"vary": "Accept"}}}}},
    {"reason": "a page", "cases": {"methods/HEAD": {"ours": {"headers": {"content-length": "344"}}}}},
])
NAMED = {"parsers/utf-7": CHARSET, "parsers/crash": CRASH, "methods/HEAD": PAGE}


def changed(answers, side, **fields):
    answers = copy.deepcopy(answers)
    answers[side]["headers"] |= fields.pop("headers", {})
    answers[side] |= fields
    return answers


class Judge(unittest.TestCase):
    def objection(self, name, answers):
        objections, _ = judge.judge({name: answers}, ACCEPTED)
        return objections.get(name)

    def test_named_differences_are_accepted_and_counted(self):
        self.assertEqual(judge.judge(NAMED, ACCEPTED), ({}, {"a charset": 1, "a crash": 1, "a page": 1}))

    def test_equal_answers_need_no_name(self):
        self.assertEqual(judge.judge({"parsers/x": {"reference": CHARSET["ours"], "ours": CHARSET["ours"]}}, ACCEPTED), ({}, {}))

    def test_an_unnamed_difference_is_refused_whatever_it_looks_like(self):
        for answers in NAMED.values():
            for name in ("parsers/utf-7-bad", "walk/1 POST /", "obtain-auth-token/crash", ""):
                self.assertEqual(self.objection(name, answers), "differs")

    def test_a_named_case_with_another_answer_of_ours_is_refused(self):
        for name, answers in NAMED.items():
            for fields in ({"body": "another"}, {"status": 418}, {"headers": {"location": "/"}}, {"headers": {"content-length": "7"}},
                           {"headers": {"allow": "GET"}}):
                self.assertIn("of ours", self.objection(name, changed(answers, "ours", **fields)), (name, fields))

    def test_a_header_that_is_missing_is_refused(self):
        answers = copy.deepcopy(CRASH)
        del answers["ours"]["headers"]["vary"]
        self.assertIn("header vary of ours", self.objection("parsers/crash", answers))

    def test_a_named_case_with_another_answer_of_the_reference_is_refused(self):
        self.assertIn("status of the reference", self.objection("parsers/crash", changed(CRASH, "reference", status=503)))
        self.assertIn("body of the reference", self.objection("parsers/utf-7", changed(CHARSET, "reference", body="another")))
        # Not pinned, so ours must follow it.
        self.assertIn("status of ours", self.objection("methods/HEAD", changed(PAGE, "reference", status=500)))

    def test_a_named_case_that_no_longer_differs_is_refused(self):
        same = {"reference": CRASH["ours"], "ours": CRASH["ours"]}
        self.assertIn("the answers are equal", self.objection("parsers/crash", same))

    def test_no_answer_is_refused_on_either_side_and_on_both(self):
        lost = {"error": "TimeoutError"}
        for name in ("parsers/crash", "parsers/x"):
            for answers in ({"reference": lost, "ours": CRASH["ours"]}, {"reference": CRASH["reference"], "ours": lost},
                            {"reference": lost, "ours": lost}):
                self.assertEqual(self.objection(name, answers), "no answer")

    def test_a_case_is_named_once(self):
        group = {"reason": "", "cases": {"a/b": {}}}
        with self.assertRaisesRegex(ValueError, "a/b is named twice"):
            judge.load([group, group])

    def test_the_exit_status_tells(self):
        same = {"x/y": {"reference": CRASH["ours"], "ours": CRASH["ours"]}}
        for cases, status in ((same, 0), ({"x/y": CRASH}, 1), ({}, 1)):
            with tempfile.NamedTemporaryFile("w", suffix=".json") as dump:
                json.dump(cases, dump)
                dump.flush()
                done = subprocess.run([sys.executable, "-B", HERE / "judge.py", dump.name], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (status, ""))
            self.assertIn(f"judge: {len(same) if status == 0 else 0} of {len(cases)} the same, 0 accepted, ", done.stdout)


class Accepted(unittest.TestCase):
    def setUp(self):
        self.classes = json.loads(judge.ACCEPTED.read_text())
        self.accepted = judge.load(self.classes)

    def test_every_name_is_a_case_of_the_generator(self):
        command = [sys.executable, "-B", HERE / "generate.py", "--count", WALKS]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        names = {f"{case['group']}/{case['name']}" for case in map(json.loads, printed.splitlines())}
        self.assertEqual(self.accepted.keys() - names, set())

    def test_every_class_has_a_reason_and_every_case_pins_both_sides(self):
        for group in self.classes:
            self.assertTrue(group["reason"].endswith("."), group["reason"])
        for name, (_, reference, ours) in self.accepted.items():
            self.assertIn("status", reference, name)
            self.assertTrue({"status", "body"} & ours.keys() or ours["headers"], name)

    def test_where_the_reference_crashes_our_whole_answer_is_pinned(self):
        crashes = [(name, ours) for name, (_, reference, ours) in self.accepted.items() if reference["status"] == 500]
        self.assertTrue(crashes)
        for name, ours in crashes:
            self.assertLess(ours["status"], 500, name)
            self.assertTrue(ours["body"], name)


if __name__ == "__main__":
    unittest.main()
