"""The floor for any worker process: a bare loop over pipes, JSON lines, no validation. With an
argument it sends back what came, and reads no JSON."""

import json
import os
import sys

while len(sys.argv) > 1 and (chunk := os.read(0, 65536)):
    os.write(1, chunk)
buffer = b""
while chunk := os.read(0, 65536):
    buffer += chunk
    while (end := buffer.find(b"\n")) >= 0:
        line, buffer = buffer[:end], buffer[end + 1 :]
        arguments = json.loads(line)
        result = {"title": arguments["title"], "words": len(arguments["body"].split())}
        os.write(1, json.dumps({"ok": True, "result": result}).encode() + b"\n")
