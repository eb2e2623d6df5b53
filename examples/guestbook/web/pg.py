"""A PostgreSQL client in a page: one connection, parameters sent apart from the statement."""

import base64
import hashlib
import hmac
import os
import socket
import struct
from urllib.parse import unquote, urlsplit


class Error(Exception):
    """The server refused, in its own words."""


class Connection:
    """A connection to the database that `url` names: postgres://user:password@host:port/name."""

    def __init__(self, url):
        at = urlsplit(url)
        user, self.password = unquote(at.username or ""), unquote(at.password or "")
        self.socket = socket.create_connection((at.hostname, at.port or 5432), timeout=10)
        self.stream = self.socket.makefile("rb")
        start = {"user": user, "database": at.path.lstrip("/") or user, "client_encoding": "UTF8"}
        body = b"".join(f"{k}\0{v}\0".encode() for k, v in start.items()) + b"\0"
        self.socket.sendall(struct.pack("!ii", len(body) + 8, 196608) + body)
        self.log_in(user)
        self.until_ready()

    def query(self, statement, *values):
        """Runs one statement; $1, $2, … in it stand for `values`. Returns rows of texts."""
        sent = [None if v is None else str(v).encode() for v in values]
        bind = struct.pack("!xxhh", 0, len(sent))
        bind += b"".join(b"\xff\xff\xff\xff" if v is None else struct.pack("!i", len(v)) + v for v in sent)
        self.send(b"P", b"\0" + statement.encode() + b"\0\0\0")
        self.send(b"B", bind + b"\0\0")
        self.send(b"E", b"\0\0\0\0\0")
        self.send(b"S", b"")
        return self.until_ready()

    def close(self):
        self.send(b"X", b"")
        self.stream.close()
        self.socket.close()

    def send(self, kind, body):
        self.socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def receive(self):
        head = self.stream.read(5)
        if len(head) < 5:
            raise Error("the connection was closed")
        return head[:1], self.stream.read(struct.unpack("!i", head[1:])[0] - 4)

    def until_ready(self):
        rows, error = [], None
        while True:
            kind, body = self.receive()
            if kind == b"D":
                rows.append(row(body))
            elif kind == b"E":
                error = message(body)
            elif kind == b"Z":
                if error:
                    raise Error(error)
                return rows

    def log_in(self, user):
        while True:
            kind, body = self.receive()
            if kind == b"E":
                raise Error(message(body))
            (method,) = struct.unpack("!i", body[:4])
            if method == 0:
                return
            if method == 3:
                self.send(b"p", self.password.encode() + b"\0")
            elif method == 5:
                inner = hashlib.md5((self.password + user).encode()).hexdigest()
                self.send(b"p", b"md5" + hashlib.md5(inner.encode() + body[4:8]).hexdigest().encode() + b"\0")
            elif method == 10:
                self.scram()
            else:
                raise Error(f"the server wants a login of kind {method}")

    def scram(self):
        """SCRAM-SHA-256, RFC 7677."""
        first = "n=,r=" + base64.b64encode(os.urandom(18)).decode()
        text = b"n,," + first.encode()
        self.send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(text)) + text)
        kind, body = self.receive()
        if kind == b"E":
            raise Error(message(body))
        answer = body[4:].decode()
        part = dict(item.split("=", 1) for item in answer.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), base64.b64decode(part["s"]), int(part["i"]))
        client = hmac.digest(salted, b"Client Key", "sha256")
        last = "c=biws,r=" + part["r"]
        signed = ",".join((first, answer, last)).encode()
        signature = hmac.digest(hashlib.sha256(client).digest(), signed, "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(client, signature))).decode()
        self.send(b"p", f"{last},p={proof}".encode())
        kind, body = self.receive()
        if kind == b"E":
            raise Error(message(body))


def row(body):
    """The columns of a row, as texts."""
    (count,), at, found = struct.unpack("!h", body[:2]), 2, []
    for _ in range(count):
        (size,) = struct.unpack("!i", body[at : at + 4])
        at += 4
        found.append(None if size < 0 else body[at : at + size].decode())
        at += max(size, 0)
    return found


def message(body):
    """What an error says."""
    parts = [part.decode(errors="replace") for part in body.split(b"\0") if part]
    return next((part[1:] for part in parts if part.startswith("M")), "unknown error")
