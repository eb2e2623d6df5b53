"""The guestbook's page: every visit is written down, the last ten are shown."""

import hmac
import os
import secrets
import signal
import sys
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pg import Connection

DATABASE_URL = os.environ["DATABASE_URL"]
COOKIE_KEY = os.environ["COOKIE_KEY"].encode()
PORT = int(os.environ.get("PORT", "8000"))


def sign(visitor):
    return hmac.new(COOKIE_KEY, visitor.encode(), "sha256").hexdigest()


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/healthz":
            self.answer(200, "ok\n", "text/plain")
        elif self.path == "/":
            try:
                self.visit()
            except Exception as error:  # the page must answer whatever happens behind it
                print(f"visit failed: {error}", file=sys.stderr, flush=True)
                self.answer(503, "the guestbook is closed, try again\n", "text/plain")
        else:
            self.answer(404, "nothing here\n", "text/plain")

    def visit(self):
        visitor = self.visitor()
        database = Connection(DATABASE_URL)
        try:
            database.query("INSERT INTO visit (visitor) VALUES ($1)", visitor)
            ((total,),) = database.query("SELECT count(*) FROM visit")
            ((own,),) = database.query("SELECT count(*) FROM visit WHERE visitor = $1", visitor)
            last = database.query(
                "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), visitor"
                " FROM visit ORDER BY id DESC LIMIT 10"
            )
        finally:
            database.close()
        lines = "\n".join(f"<li>{at} UTC, visitor {who}</li>" for at, who in last)
        body = (
            "<!doctype html><title>Guestbook</title><h1>Guestbook</h1>\n"
            f"<p>Visit number {total}, your number {own}.</p>\n<ol>\n{lines}\n</ol>\n"
        )
        self.answer(200, body, "text/html; charset=utf-8", f"visitor={visitor}.{sign(visitor)}")

    def visitor(self):
        """Who it is: the name in the cookie if its signature is ours, else a new one."""
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("visitor")
        name, _, signature = (cookie.value if cookie else "").partition(".")
        return name if name.isalnum() and hmac.compare_digest(signature.encode(), sign(name).encode()) else secrets.token_hex(4)

    def answer(self, status, body, kind, cookie=None):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if cookie:
            self.send_header("Set-Cookie", f"{cookie}; Path=/; HttpOnly; SameSite=Lax")
        self.end_headers()
        self.wfile.write(data)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print(f"listening on port {PORT}", flush=True)
ThreadingHTTPServer(("", PORT), Page).serve_forever()
