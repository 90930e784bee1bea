"""Values for random requests: valid ones, those at an edge, those of a wrong type, and random edits of any text."""
import random
import string
import urllib.parse

ODD_CHARACTERS = [
    "\0", "\t", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1f", " ", "\x7f", "\x85", "\xa0", "\xad", "é", "ß", "İ", "ı", "ǅ", "\u0301", "\u0663", "²", "½", "Ⅻ", "一", "\u200b", "\u2028", "\u2029",
    "\u202e", "\u3000", "\ufeff", "\ufffd", "\uff11", "☃", "😀", "\U000e0041", "%", "+", "&", "=", ";", "#", "?", "/", "\\", "\"", "'", "<", ">", "{", "}", "[", "]", "_", "-", ".", ",", ":", "^", "@", "$", "*", "0",
    "1", "9", "e", "E", "T", "Z", "z", "P",
]
INTEGERS = ["0", "1", "-1", "2", "3", "5", "6", "7", "01", "+1", "-0", "1.0", "1.5", "1e0", "1e1", "1_0", "0x1", " 1", "1 ", "٣", "²", "", "x", "None", "null", "true", "1,5", "1.", ".5", "32767", "32768", "-32769",
            "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "1" * 400, "NaN", "Infinity", "1.00000000000000000001", "1E400"]
DECIMALS = ["0", "-0", "0.00", "-0.00", "1.1", "1.10", "1.999", "12345678.99", "99999999.99", "100000000", "-5", "1e2", "1E+5", "1e-2", "0.005", "1e-10", "NaN", "sNaN", "-Infinity", "+3.5", ".5", "5.", "٣.٥", "1_000", " 7 ",
            "00012.5", "1,5", "0x10", "123456780e-1", "0e10", "0e-10", "1e400", "0.1e1", "1e-400", "9" * 300, "1.100", "-99999999.99"]
DATES = ["2026-02-03", "2026-02-30", "2024-02-29", "2025-02-29", "2026-2-3", "20260203", "2026-W05-2", "2026W052", "2026-034", "0001-01-01", "9999-12-31", "0000-01-01", "10000-01-01", "٢٠٢٦-٠٢-٠٣", "03/02/2026", "2026-02-03T00:00",
         "2026-02-03 00:00:00", "02/03/26", "Feb 3 2026", "3 February 2026", "2026-13-01", "2026-00-10", "2026-01-32", "2026/01/02", "2026-02-03Z", "2025-03-03", "2025-01-01"]
MOMENTS = ["2026-05-01", "2026-05-01T10:00", "2026-05-01T10", "2026-05-01T10:00:00", "2026-05-01T10:00:00Z", "2026-05-01T10:00:00z", "2026-05-01t10:00:00Z", "2026-05-01 10:00:00", "2026-05-01T10:00:00.1Z", "2026-05-01T10:00:00.123456Z",
           "2026-05-01T10:00:00.1234567Z", "2026-05-01T10:00:00,5Z", "2026-05-01T10:00:00+02:00", "2026-05-01T10:00:00+0200", "2026-05-01T10:00:00+02", "2026-05-01T10:00:00 +02:00", "2026-05-01T10:00:00-00:00", "2026-05-01T10:00:00+23:59",
           "2026-05-01T10:00:00+24:00", "2026-05-01T10:00:00+99:99", "2026-05-01T10:00:00+02:00:30", "2026-05-01T24:00:00Z", "2026-05-01T23:59:60Z", "2026-05-01T23:60Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00",
           "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-05:00", "20260501T100000Z", "2026-W18-5T10:00:00Z", "2026-121T10:00Z", "2026-05-01T1000Z", "2025-03-01T12:20:00Z", "2025-03-01T12:20:00", "2025-03-01T14:20:00+02:00",
           "٢٠٢٦-٠٥-٠١T١٠:٠٠", "2026-5-1T1:2:3Z", "2026-05-01T10:00:00+2:00", "2026-05-01T10:00:00Z ", " 2026-05-01T10:00:00Z", "2026-05-01T10:00:00UTC", "2026-05-01T10:00:00 Z", "2026-02-30T10:00:00Z"]
TIMES = ["10:00", "10:00:00", "10:00:00.5", "10:00:00.123456", "10:00:00.1234567", "10:00:00,5", "1:2", "1:2:3", "10", "1000", "100000", "T10:00", "24:00", "23:59:59.999999", "23:59:60", "10:60", "00:00", "10:00Z", "10:00+02:00", "10:00:00+25:00",
         "10:00 am", "٢:٣", "2026-05-01T10:00", "10:00:00.", "10:00:", "-10:00", "10:0:0.1"]
DURATIONS = ["01:02:03", "1 00:00:00", "3 01:02:03.000004", "-1 00:00:00", "-1 23:59:59.999999", "PT1H", "P1DT2H", "P3D", "-P1D", "P1Y", "P1W", "PT0.000001S", "PT1,5M", "30", "-60", "5.5", "5,5", "25:00:00", "1:2", "-00:30", "1 day, 2:03:04",
             "3 days", "999999999 00:00:00", "1000000000 00:00:00", "-999999999 00:00:00", "10675199 00:00:00", "106751991 04:00:54.775807", "106751991 04:00:54.775808", "106751992 00:00:00", "-106751991 19:59:05.224192", "99999999 23:59:59.999999",
             "00:00:00.1234567", "00:00:00.0000005", "00:00", "1:61:61", "+01:00", "1:2:3:4", "٣:٤", "1  1", "1 -1", "-1 1:0", "pt1h", "9" * 30, "P1.5D", "P", "PT", ":5", "5:"]
URLS = ["https://example.com/?a=1&b=2#c", "http://a.b", "http://a.bc", "http://", "ftp://a.bc", "ftps://a.bc/x", "http://localhost:8000/", "http://[::1]/", "http://[::1", "http://[fe80::1%25eth0]/", "http://1.2.3.4:99999/", "http://1.2.3.4:65535",
        "http://256.1.1.1/", "http://01.2.3.4/", "http://user:pass@a.bc/", "http://user@a.bc", "http://a:b:c@d.ef/", "//example.com", "HTTP://EXAMPLE.COM", "hTTp://a.bc", "http://exämple.com/é", "http://xn--exmple-cua.com", "http://例え.jp", "javascript:alert(1)",
        "http://a.bc/ x", " http://a.bc ", "http://-a.bc/", "http://a-.bc", "http://a_b.cd", "http://a.b-c", "http://a..bc", "http://a.bc.", "http://a.bc:", "http://a.bc:0", "http://a.bc:port", "http://a.bc?x", "http://a.bc#x", "http://a.bc/" + "x" * 187,
        "http://a.bc/" + "x" * 188, "http://a.bc/" + "x" * 189, "http://" + "a" * 63 + ".bc", "http://" + "a" * 64 + ".bc", "http://a.bc\n", "http://a.\nbc", "http://a.bc/\u2028", "mailto:a@b.c", "http:/a.bc", "http:a.bc", "http://a.bc\\x", "http://a.1b", "http://a.b1",
        "http://localhost", "http://LOCALHOST/", "http://com", "http://a.bc/%zz", "http://[::ffff:1.2.3.4]/", "http://[1.2.3.4]/", "http://١.٢.٣.٤/"]
SLUGS = ["a", "a_b-C9", "-", "_", "0", "a b", "a.b", "a/b", "ünïcode", "١", "x" * 50, "x" * 51, "x" * 30, "x" * 31, " pad ", "project-0", "project-1", "bug", "BUG", "a\n", "a\tb", "ａ", "a%20b", ""]
WORDS = ["", " ", "a", "ab", "abc", "  padded  ", "two  spaces", "é☃", "x\ny", "x\r\ny", "\t", "\0", "<b>&\"'", "“q”", "\u200b", "\u2028", "\ufeff", "😀", "e\u0301", "50%", "null", "None", "true", "0", "x" * 30, "x" * 31, "é" * 100, "é" * 101,
         "x" * 120, "x" * 121, "😀" * 120, "x" * 2000, "x" * 2001, "x" * 5000, "\x1f", "\x85", "\xa0pad\xa0", "\u3000", "a\0b", "\\u0000", "Issue 0: 50% ☃", "issue 0: 50% ☃", "Bug", "bug", "docs"]
COLORS = ["#00ff00", "#00FF00", "#12345", "#1234567", "x", "", "#00ff00\n", "\n#00ff00", "#00ff0g", "00ff00", "#٠٠٠٠٠٠", " #00ff00 ", "#ABCDEF"]
EMAILS = ["a@b.cd", "a@b", "@b.cd", "a b@c.de", "", " a@b.cd ", "a@localhost", "é@b.cd", "a@é.cd", "\"a b\"@c.de", "a@[1.2.3.4]", "a@[::1]", "a@[IPv6:::1]", "a@b.c", "a@b.cd.", "a@-b.cd", "a..b@c.de", ".a@b.cd", "a@b_c.de", "a@b.cd\n", "x" * 64 + "@b.cd", "x" * 65 + "@b.cd",
          "x" * 248 + "@b.cd", "x" * 249 + "@b.cd", "a@b.123", "A@B.CD", "a@xn--b.cd", "a@b..cd", "a@@b.cd", "a+b@c.de", "\"\\\"\"@b.cd", "a@例え.jp"]
BOOLEANS = ["true", "false", "True", "False", "TRUE", "FALSE", "t", "f", "T", "F", "1", "0", "yes", "no", "Yes", "NO", "y", "n", "Y", "N", "on", "off", "On", "OFF", "null", "none", "", " ", "x", "2", "1.0", "-1", "tRue"]
WRONG = [None, True, False, 0, 1, -1, 5, 1.0, 1.5, -0.0, 1e21, 1e-7, 1e400, 10**30, [], {}, [None], [[]], [{}], {"": ""}, {"0": "x"}, "", " ", "x", "null", ["x"], [1], {"a": {"b": [1, {"c": None}]}}, "\0", 123456789.123456789, 1e16, 5e-324, float("nan"), -1e308]
JSONS = [{}, [], "text", True, 1, 1.0, 0.1, 1e21, 1e16, 1e-7, 10**30, -0.0, {"b": 1, "a": [None, {"c": "é☃"}]}, {"": ""}, [[], {}], "{\"a\": 1}", {"n": {"n": {"n": 1}}}, "\0", {"\0": 1}, {"a": "\0"}, {"é": "\u2028"}, {"a": 1e400}, [float("nan")], "", None, False, 0, {"1": 1, "a": 2, "A": 3},
         [1.5, 100000000000000000000.0, 1e22, 123456789012345678], {"x" * 300: "y" * 3000}, [[[[[[[[1]]]]]]]], 2**63, -(2**63), 2**64, 0.30000000000000004, 1.7976931348623157e308, {"a": -0.0}]


class Random(random.Random):
    """A generator of values, and of edits to them."""

    def chance(self, share):
        return self.random() < share

    def edited(self, text, edits=None):
        """`text` with some characters removed, repeated, swapped or replaced."""
        characters = list(text)
        for _ in range(edits or self.choice([1, 1, 1, 2, 3])):
            at = self.randrange(len(characters) + 1)
            kind = self.randrange(6)
            if kind == 0 and characters:
                del characters[min(at, len(characters) - 1)]
            elif kind == 1 and characters:
                characters.insert(at, self.choice(characters))
            elif kind == 2:
                characters.insert(at, self.choice(ODD_CHARACTERS))
            elif kind == 3 and characters:
                characters[min(at, len(characters) - 1)] = self.choice(ODD_CHARACTERS)
            elif kind == 4 and len(characters) > 1:
                other = self.randrange(len(characters))
                at = min(at, len(characters) - 1)
                characters[at], characters[other] = characters[other], characters[at]
            elif characters:
                at = min(at, len(characters) - 1)
                characters[at] = characters[at].swapcase()
        return "".join(characters)

    def of(self, values, edited=0.3):
        value = self.choice(values)
        return self.edited(value) if isinstance(value, str) and self.chance(edited) else value

    def number(self):
        """A number as text: of any size, with any number of digits after the point."""
        digits = "".join(self.choice(string.digits) for _ in range(self.choice([1, 1, 2, 3, 5, 8, 9, 10, 17, 20])))
        text = self.choice(["", "", "", "-", "+"]) + digits
        if self.chance(0.5):
            text += "." + "".join(self.choice(string.digits) for _ in range(self.choice([0, 1, 2, 2, 3, 6, 7, 17])))
        return text + (self.choice(["e", "E"]) + str(self.randint(-12, 12)) if self.chance(0.15) else "")

    def quoted(self, text):
        """`text` in a query or a path, in one of the encodings that clients use."""
        data = text.encode("utf-8", "surrogatepass")
        kind = self.randrange(10)
        if kind < 6:
            return urllib.parse.quote(data, safe=self.choice(["", "/", ":+,*'()!$@"]))
        if kind < 8:
            return urllib.parse.quote_plus(data)
        if kind == 8:
            return "".join(f"%{byte:02x}" for byte in data)
        return urllib.parse.quote(data) + self.choice(["", "%", "%2", "%zz", "%FF", "%C3", "%ED%A0%80", "%00", "%0a", "+", "%2525"])
