"""The requests that are mutated, and their mutations. All follows from a seed."""

import base64
import json
import random
import re
from pathlib import Path
from urllib.parse import urlencode

HERE = Path(__file__).resolve().parent
CASES = HERE.parent / "drfdiff"
HOST = "127.0.0.1"

# What parsers stumble over.
PIECES = [
    b"", b" ", b"\t", b"\0", b"\r\n", b"\n", b"\r\n\r\n", b"\r", b"\x0b", b"\x85", b"\xc2\x85", b"\xe2\x80\xa8", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf",
    b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", "☃é".encode(), b"%", b"%0", b"%00", b"%ff", b"%2f", b"%2F", b"%C3%28", b"%u1234", b"+", b"&",
    b"=", b";", b",", b":", b"/", b"//", b"/../", b"\\", b"'", b'"', b"<", b"{", b"}", b"[", b"]", b"{}", b"[]", b"[[[[[[[[", b"null", b"true", b"NaN",
    b"Infinity", b"-Infinity", b"1e999", b"-1e-999", b"0", b"-0", b"-1", b"00", b"1_0", b"0x10", b"9" * 20, b"9" * 400, b"1" + b"0" * 5000, b"2147483648",
    b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"1.5", b"0.1e", b".", b"1e1000000000", "\u0661".encode(), b"\\u0000",
    b"\\ud800", b"\\udc00\\ud800", b"\\u12", b"\\x", b"0001-01-01", b"9999-12-31T23:59:59.999999Z", b"9999-12-31T23:59:59-23:59", b"2025-02-30",
    b"24:00", b"23:59:60", b"P1D", b"-P999999999DT24H", b"999999999 23:59:59.999999", b"10675199 02:48:05.477581", b"2025-W53-7",
    b"chunked", b"gzip, chunked", b"identity", b"application/json", b"multipart/form-data; boundary=", b"; charset=utf-16", b"; charset=punycode",
    b"; charset=idna", b"; charset=\"", b"*/*;q=", b"q=1.0001", b"bytes=0-", b"Token ", b"Basic ", b"Bearer ", b"Basic :", b"sessionid=", b"csrftoken=",
    b"__proto__", b"id", b"pk", b"password", b"..%2f", b"None", b"a" * 300, b"a" * 9000, b"(" * 500, b"{\"a\":" * 300, b"[" * 5000,
]
HEADERS = [
    b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: 0", b"Content-Length: +5",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: xchunked", b"Expect: 100-continue", b"Connection: close",
    b"Connection: upgrade", b"Upgrade: websocket", b"Content-Encoding: gzip", b"X-Forwarded-For: 1.2.3.4, x", b"X-Forwarded-Proto: https",
    b"X-Forwarded-Host: example.com", b"Host: [::1", b"Host: a b", b"Accept: text/html", b"Accept: */*;q=0", b"Accept-Language: de", b"If-None-Match: *",
    b"Cookie: sessionid=abc; csrftoken=" + b"a" * 32, b"Cookie: " + b"a=b; " * 200, b"X-CSRFToken: " + b"b" * 64, b"Referer: https://example.com:port/",
    b"Origin: null", b"Range: bytes=0-5", b"X-HTTP-Method-Override: DELETE", b"X-Original-Method: POST", b"X-Request-Id: nonsense", b"Name : value", b": x",
    b" folded", b"Content-Type: application/json; charset=utf-7", b"Content-Type: multipart/form-data; boundary=\"" + b"-" * 80 + b"\"",
    b"Content-Type: application/x-www-form-urlencoded; charset=cp037", b"Content-Type:", b"Content-Type: ;", b"Authorization: Basic " + b"=" * 9,
]

# Those that any part of a head may have.
PLAIN = [piece for piece in PIECES if piece.isascii() and not re.search(rb"[\x00-\x20\x7f]", piece)]


def raw(method, target, headers=(), body=b"", kind=None):
    """A request as bytes."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", *(f"{name}: {value}" for name, value in headers)]
    if kind:
        lines.append(f"Content-Type: {kind}")
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def chunked(request, size=7):
    """The same request with a chunked body."""
    head, _, body = request.partition(b"\r\n\r\n")
    head = re.sub(rb"\r\nContent-Length: \d+", b"", head)
    pieces = [body[at:at + size] for at in range(0, len(body), size)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + coded + b"0\r\n\r\n"


def multipart(fields):
    parts = [f"--B0undary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n" for name, value in fields.items()]
    parts.append("--B0undary\r\nContent-Disposition: form-data; name=\"f\"; filename*=UTF-8''%e2%82%ac.txt\r\nContent-Type: text/plain\r\n\r\nx\r\n")
    return "".join(parts).encode() + b"--B0undary--\r\n"


def seeds(name, key, saved):
    """The requests of a program: those of tests/drfdiff, and of each body also its other forms."""
    token = ("Authorization", f"Token {key}")
    cookie = ("Cookie", "sessionid=0123456789abcdefghijklmnopqrstuv; csrftoken=" + "c" * 32 + "; other=\"a b\\054\"")
    found = []
    for line in (CASES / ("cases.jsonl" if name == "manage" else "tracker.jsonl")).read_text().splitlines():
        case = json.loads(line)
        text = json.dumps(case)
        for placeholder in re.findall(r"\{([a-z_0-9]+)\}", text):
            text = text.replace("{" + placeholder + "}", saved.get(placeholder, "1"))
        case = json.loads(text)
        headers = [tuple(header) for header in case.get("headers", []) if header[0].lower() != "content-length"]
        # Nearly all of the tracker's views want one.
        if name == "tracker" and "authorization" not in (header.lower() for header, _ in headers):
            headers.append(token)
        if "json" in case:
            found.append(raw(case["method"], case["target"], headers, json.dumps(case["json"]).encode(), "application/json"))
            if isinstance(case["json"], dict):
                found.append(raw(case["method"], case["target"], headers, multipart(case["json"]), "multipart/form-data; boundary=B0undary"))
        elif "form" in case:
            found.append(raw(case["method"], case["target"], headers, urlencode(case["form"], doseq=True).encode(), "application/x-www-form-urlencoded"))
        else:
            body = bytes.fromhex(case["body_hex"]) if "body_hex" in case else case.get("body", "").encode("utf-8", "surrogatepass")
            found.append(raw(case["method"], case["target"].encode().decode("latin-1"), headers, body))
    login = {"user": "Pepe", "username": "Pepe", "password": "aaaa"}
    basic = base64.b64encode(b"Pepe:aaaa").decode()
    path = "/" if name == "manage" else "/api-token-auth/"
    found += [
        raw("POST", path, [], json.dumps(login).encode(), "application/json"),
        raw("POST", path, [cookie], b"user=Pepe&username=Pepe&password=aaaa", "application/x-www-form-urlencoded"),
        raw("POST", path, [], multipart(login), "multipart/form-data; boundary=B0undary"),
        raw("GET", path, [("Authorization", f"Basic {basic}")]),
        raw("GET", "/auth/" if name == "manage" else "/api/me/", [token, cookie, ("Accept", "text/html;q=0.5, application/json; indent=4, */*;q=0.1")]),
        raw("GET", "/auth/verify" if name == "manage" else "/schema/?format=json", [token, ("X-Original-Method", "POST"), ("X-Forwarded-For", "1.2.3.4")]),
    ]
    return found + [chunked(request) for request in found if b"Content-Length: 0" not in request and b"Content-Length" in request]


def mutate(chance, request, others):
    """Changes a request in one to four places. In half of the cases, the head's length of the body is right afterwards."""
    for _ in range(chance.choice([1, 1, 2, 2, 3, 4])):
        request = chance.choice(MUTATIONS)(chance, request, others)
    if chance.random() < 0.5:
        head, separator, body = request.partition(b"\r\n\r\n")
        request = re.sub(rb"(?i)\r\nContent-Length: *\d+", b"\r\nContent-Length: %d" % len(body), head) + separator + body
    return request[:200_000]


def place(chance, request):
    """Mostly in the body, or in a value of the head: a fault elsewhere ends the request before its view."""
    body = request.find(b"\r\n\r\n") + 4
    if 4 <= body < len(request) and chance.random() < 0.7:
        return chance.randrange(body, len(request) + 1)
    values = [span for span in re.finditer(rb"(?m)(?<= )[^ \r\n]+(?= HTTP/1.1\r)|(?<=: )[^\r\n]+(?=\r)", request[:body]) if HOST.encode() not in span[0]]
    if chance.random() < 0.8:
        values = [span for span in values if not is_token(request, span)]
    if values and chance.random() < 0.85:
        span = chance.choice(values)
        return chance.randrange(span.start() + 1, span.end() + 1)
    return chance.randrange(len(request) + 1)


def is_token(request, span):
    """A changed token is refused before anything else is read."""
    line = request.rfind(b"\n", 0, span.start()) + 1
    return request[line:line + 14].lower() == b"authorization:"


def piece(chance, request, at):
    """What no head may have is put into heads seldom."""
    chosen = chance.choice(PIECES)
    if at < request.find(b"\r\n\r\n") and chance.random() < 0.8:
        escaped = re.sub(rb"[\x00-\x20\x7f-\xff]", lambda byte: b"%%%02x" % byte[0][0], chosen)
        return escaped if chance.random() < 0.5 else chance.choice(PLAIN)
    return chosen


def insert(chance, request, _):
    at = place(chance, request)
    return request[:at] + piece(chance, request, at) + request[at:]


def replace(chance, request, _):
    at = place(chance, request)
    return request[:at] + piece(chance, request, at) + request[at + chance.choice([1, 1, 2, 4, 8, 16]):]


def flip(chance, request, _):
    changed = bytearray(request)
    for _ in range(chance.choice([1, 1, 2, 8])):
        if changed:
            # Of the head, letters stay ASCII.
            at = min(place(chance, request), len(changed) - 1)
            changed[at] ^= 1 << chance.randrange(4 if at < request.find(b"\r\n\r\n") else 8)
    return bytes(changed)


def delete(chance, request, _):
    at = place(chance, request)
    return request[:at] + request[at + chance.choice([1, 2, 5, 20, 100]):]


def repeat(chance, request, _):
    at = place(chance, request)
    piece = request[at:at + chance.choice([1, 5, 20, 100])]
    return request[:at] + (piece * chance.choice([2, 3, 50, 1000]))[:20_000] + request[at:]


def number(chance, request, _):
    """Replaces a number or a quoted text by a piece."""
    spans = list(re.finditer(rb'\d+|"[^"]*"|(?<==)[^&;\s]*', request))
    spans = [span for span in spans if not is_token(request, span)] or spans
    if not spans:
        return request
    span = chance.choice(spans)
    return request[:span.start()] + piece(chance, request, span.start()) + request[span.end():]


def header(chance, request, _):
    lines = request.split(b"\r\n")
    at = chance.randrange(1, max(2, min(len(lines), 12)))
    match chance.randrange(3):
        case 0:
            lines.insert(at, chance.choice(HEADERS))
        case 1:
            lines[at:at + 1] = lines[at:at + 1] * 2
        case _:
            lines[at:at + 1] = []
    return b"\r\n".join(lines)


def splice(chance, request, others):
    other = chance.choice(others)
    return request[:place(chance, request)] + other[place(chance, other):]


def cut(chance, request, _):
    return request[:place(chance, request)]


def recode(chance, request, _):
    return chunked(request, chance.choice([1, 3, 64])) if b"\r\n\r\n" in request else request


def method(chance, request, _):
    methods = [b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"get", b"B\0W"]
    return chance.choice(methods) + b" " + request.partition(b" ")[2]


MUTATIONS = [insert, insert, replace, replace, flip, flip, delete, repeat, number, number, number, header, splice, cut, recode, method]


def mutation(seed, at, requests):
    """The mutation of this number. It does not depend on the others."""
    chance = random.Random(f"{seed} {at}")
    return mutate(chance, chance.choice(requests), requests)
