#!/usr/bin/env python3
"""What `oal lsp` says it can do, as a JSON list: for drivers of editors that cannot tell."""
import json
import subprocess
import sys


def frame(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


server = subprocess.Popen(["oal", "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
server.stdin.write(frame({"id": 1, "method": "initialize", "params": {"capabilities": {}, "processId": None, "rootUri": None}}))
server.stdin.flush()
while True:
    length = 0
    while (line := server.stdout.readline().strip()):
        name, _, number = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(number)
    answer = json.loads(server.stdout.read(length))
    if answer.get("id") == 1:
        break
server.stdin.write(frame({"method": "exit"}))
server.stdin.close()
server.wait(10)
json.dump(sorted(name for name, value in answer["result"]["capabilities"].items() if value), sys.stdout)
