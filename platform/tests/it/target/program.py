"""A web server as a well-behaved program is: says its version, ends its requests before it ends itself."""
import http.server
import os
import signal
import sys
import threading
import time

VERSION = os.environ.get("VERSION", "?")
STARTED = time.monotonic()
WARM_UP = float(os.environ.get("WARM_UP", "0"))
HANG_AFTER = float(os.environ.get("HANG_AFTER", "inf"))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    broken = False

    def do_GET(self):
        status, text = 200, VERSION
        if self.headers.get("Upgrade"):
            return self.echo()
        if self.path.startswith("/slow"):
            time.sleep(float(self.path.partition("?")[2] or 1))
        elif self.path.startswith("/bad"):
            status = 500
        elif self.path.startswith("/break"):
            Handler.broken = True
        elif self.path.startswith("/ready") and (Handler.broken or time.monotonic() - STARTED < WARM_UP):
            status = 503
        elif self.path.startswith("/ready") and time.monotonic() - STARTED > HANG_AFTER:
            time.sleep(10000)
        elif self.path.startswith("/who"):
            text = os.uname().nodename
        elif self.path.startswith("/path"):
            text = self.path
        elif self.path.startswith("/secret"):
            text = open("/run/secrets/token").read()
        elif self.path.startswith("/headers"):
            text = str(self.headers)
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def echo(self):
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "echo")
        self.end_headers()
        while said := self.connection.recv(1000):
            self.connection.sendall(said)
        self.close_connection = True

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        self.do_GET()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


server = Server(("0.0.0.0", int(os.environ.get("PORT", "8000"))), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
if os.environ.get("SAY"):
    print("says", os.environ["SAY"], flush=True)
print("listens", VERSION, flush=True)
server.serve_forever()
sys.exit(0)
