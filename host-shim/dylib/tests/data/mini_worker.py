"""A worker in ninety lines: speaks the protocol with the standard library, misbehaves on request.

The target of a call names what to do; unknown targets echo the payload. Used by tests/worker.rs.
"""

import json
import os
import signal
import socket
import struct
import sys
import threading
import time

LANE, MUX = (socket.socket(fileno=int(fd)) for fd in os.environ["OSAURUS_BRIDGE_FDS"].split(","))
CANCELLED = set()


def pack(kind, call, seq, *fields):
    body = bytearray(struct.pack("<BII", kind, call, seq))
    for field in fields:
        if field is None:
            body += b"\0"
        elif isinstance(field, int):
            body += b"\2" + struct.pack("<i", field)
        else:
            raw = field.encode()
            body += b"\1" + struct.pack("<I", len(raw)) + raw
    return struct.pack("<I", len(body)) + body


def exactly(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            os._exit(0)
        data += more
    return data


def read(sock):
    body = exactly(sock, struct.unpack("<I", exactly(sock, 4))[0])
    kind, call, seq = struct.unpack_from("<BII", body)
    fields, at = [], 9
    while at < len(body):
        tag, at = body[at], at + 1
        if tag == 0:
            fields.append(None)
        elif tag == 2:
            fields.append(struct.unpack_from("<i", body, at)[0])
            at += 4
        else:
            size = struct.unpack_from("<I", body, at)[0]
            fields.append(body[at + 4 : at + 4 + size].decode())
            at += 4 + size
    return kind, call, seq, fields


def host(sock, call, slot, *args, on_chunk=None):
    sock.sendall(pack(18, call, 1, slot, *args))
    while True:
        kind, _, _, fields = read(sock)
        if kind == 4 and not on_chunk(fields[0]):
            sock.sendall(pack(21, call, 1))
        if kind == 3:
            return fields


def run(sock, call, fields):
    _, target, payload, _context, _timeout, _ = fields
    if target == "crash":
        print("about to fail", file=sys.stderr, flush=True)
        signal.raise_signal(signal.SIGSEGV)
    if target == "exit":
        os._exit(3)
    if target == "nap":
        time.sleep(int(payload) / 1000)
    if target == "hang":
        time.sleep(3600)
    if target == "slow":
        while call not in CANCELLED:
            time.sleep(0.005)
    if target == "chatter":
        while True:
            sock.sendall(pack(20, call, 0, 1, "and another thing"))
    if target == "deaf":
        # A stream that no one reads, of chunks that fill every buffer.
        sock.sendall(pack(18, call, 1, 12, "big"))
        time.sleep(3600)
    if target == "flood":
        sock.sendall(struct.pack("<I", 0xFFFFFFFF))
        time.sleep(3600)
    if target == "nonsense":
        sock.sendall(pack(99, call, 0))
        time.sleep(3600)
    if target == "print":
        for number in range(5000):
            print("line", number)
        sys.stdout.flush()
    if target == "raise":
        sock.sendall(pack(19, call, 0, 3, "Traceback: main.py line 3"))
        return
    if target == "config":
        payload = json.dumps(host(sock, call, 1, "key"))
    if target == "stream":
        chunks = []
        host(sock, call, 12, "{}", on_chunk=lambda text: chunks.append(text) or len(chunks) < 2)
        payload = json.dumps(chunks)
    if target == "environment":
        fds = sorted(int(fd) for fd in os.listdir("/dev/fd") if os.path.exists(f"/dev/fd/{fd}"))
        names = [name for name in os.environ if name.startswith("PYTHON")]
        payload = json.dumps(
            {
                "fds": fds,
                "ours": [LANE.fileno(), MUX.fileno()],
                "python": names,
                "isolated": sys.flags.isolated,
            }
        )
    if target == "pid":
        payload = str(os.getpid())
    sock.sendall(pack(20, call, 0, 1, f"ran {target}"))
    sock.sendall(pack(19, call, 0, 0, payload))


def serve_mux():
    while True:
        kind, call, _, fields = read(MUX)
        if kind == 5:
            CANCELLED.add(call)
        elif kind == 6:
            os._exit(0)
        elif kind == 2:
            # One at a time is enough here: a host call of one handler would read the next call.
            run(MUX, call, fields)


kind, _, _, hello = read(LANE)
if "never-loads" in sys.argv:
    time.sleep(3600)
if "fail-to-load" in sys.argv:
    LANE.sendall(pack(17, 0, 0, 'main.py, line 7: SyntaxError: "(" was never closed'))
    time.sleep(3600)
threading.Thread(target=serve_mux, daemon=True).start()
LANE.sendall(
    pack(
        16,
        0,
        0,
        f"mini worker, pid {os.getpid()}, plugin {hello[2]}",
        int("no-lane" not in sys.argv),
    )
)
while True:
    kind, call, _, fields = read(LANE)
    if kind == 6:
        break
    run(LANE, call, fields)
