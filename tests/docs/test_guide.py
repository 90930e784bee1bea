#!/usr/bin/env python3
"""Tests of guide.py: what it reads from a page, and that it notices every difference."""
import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from guide import Command, Guide, blocks, commands  # noqa: E402

OLD, NEW = "0123456789abcdef" * 2 + "01234567", "fedcba98" * 5
PAGE = """Text.

```sh
echo one   # a comment
# one
cat <<'END'
# not an output
END
# # not an output
printf '%s' \\
  two
```

1. In a list:

   ```rust
   fn main() {}
   ```
"""


class GuideTest(unittest.TestCase):
    def follow(self, *following, substitutions=()):
        env = {"PATH": os.environ["PATH"]}
        quiet = contextlib.redirect_stdout(io.StringIO())
        with quiet, tempfile.TemporaryDirectory() as folder, Guide("test", folder, env, substitutions) as guide:
            for text, *promised in following:
                guide.follow(Command(text, promised))

    def differs(self, *following):
        with self.assertRaises(AssertionError):
            self.follow(*following)

    def test_blocks_and_commands_are_read(self):
        self.assertEqual([(block.line, block.language) for block in blocks(PAGE)], [(3, "sh"), (16, "rust")])
        self.assertEqual(blocks(PAGE)[1].text, "fn main() {}\n")
        self.assertEqual(
            [(command.text, command.promised) for command in commands(PAGE)],
            [
                ("echo one   # a comment", ["one"]),
                ("cat <<'END'\n# not an output\nEND", ["# not an output"]),
                ("printf '%s' \\\n  two", []),
            ],
        )

    def test_the_shell_lasts(self):
        self.follow(("mkdir a; cd a; NAME=x",), ('echo "${PWD##*/} $NAME"', "a x"))

    def test_another_output_or_status_is_noticed(self):
        self.follow(("echo one; echo two", "one", "two"))
        self.differs(("echo one; echo two", "one"))
        self.differs(("echo one", "one", "two"))
        self.differs(("echo one", "One"))
        self.differs(("false",))
        self.differs(("exit 0",))

    def test_an_ellipsis_stands_for_any_text(self):
        self.follow(("echo a1b; echo c; echo d", "a…b", "…"))
        self.differs(("echo a1c; echo d", "a…b", "…"))

    def test_a_token_is_the_same_in_the_whole_page(self):
        self.follow((f"echo {NEW}", OLD), (f"echo {OLD}", OLD), (f"[ {OLD} = {NEW} ]",))
        self.differs((f"echo {NEW}", OLD), (f"echo {'0' * 40}", OLD))

    def test_what_stands_in_the_page_is_replaced(self):
        self.follow(("echo 8000", "8000"), ("[ 8000 = 9000 ]",), substitutions=[("8000", "9000")])


if __name__ == "__main__":
    unittest.main()
