"""The worker program over real sockets, driven as the shim does (docs/worker-protocol.md)."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from osaurus_plugin._worker.channel import Channel, Waiting
from osaurus_plugin._worker.frame import WorkerFrame
from osaurus_plugin._worker.messages import (
    BYE,
    CALL,
    CANCEL,
    CHUNK,
    FAILED,
    HELLO,
    HOST,
    LOG,
    READY,
    REPLY,
    RESULT,
    STREAM_STOP,
)
from osaurus_plugin._worker.wire import Message, encode
from osaurus_plugin.errors import HostCallRefused

PACKAGE = pathlib.Path(__file__).parents[1] / "src" / "osaurus_plugin"
PLUGIN = '''
import asyncio, os, subprocess, sys, threading, time
from osaurus_plugin import AsyncContext, Context, Plugin
plugin = Plugin()

@plugin.tool
def echo(text: str) -> str:
    """Echo."""
    return text

@plugin.tool
def get(ctx: Context, key: str) -> dict[str, object]:
    """Get."""
    return {"got": ctx.config.get(key), "secret": ctx.secrets.get("s")}

@plugin.tool
async def aget(ctx: AsyncContext, key: str) -> list[str]:
    """Get at once."""
    return await asyncio.gather(*[ctx.config.get(f"{key}{n}") for n in range(5)])

@plugin.tool
def in_threads(ctx: Context) -> list[str]:
    """Call the host from threads of its own."""
    values = {}
    def run(n):
        for i in range(20):
            values[n, i] = ctx.config.get(f"{n}-{i}")
    threads = [threading.Thread(target=run, args=[n]) for n in range(4)]
    for one in threads: one.start()
    run(9)
    for one in threads: one.join()
    return [key for key, value in values.items() if value != f"{key[0]}-{key[1]}"]

@plugin.tool
def stream(ctx: Context) -> list[str]:
    """Live, and stopped early."""
    pieces = []
    for chunk in ctx.inference.stream("x"):
        pieces.append(chunk.text)
        ctx.log.info("piece " + chunk.text) if len(pieces) < 0 else None
        if len(pieces) == 2:
            break
    return pieces

@plugin.tool
def sleep() -> str:
    """Sleep."""
    time.sleep(3600)

@plugin.tool
def spin() -> str:
    """Spin."""
    while True:
        pass

@plugin.tool
async def asleep() -> str:
    """Sleep, awaited."""
    await asyncio.sleep(20)

@plugin.tool
def wait_for_host(ctx: Context) -> str:
    """Be cancelled inside a host call."""
    ctx.config.get("slow")
    return "not stopped"

@plugin.tool
def leave() -> str:
    """Leave."""
    sys.exit(3)

@plugin.tool
def surrogate() -> str:
    """Not Unicode."""
    return "bad \\ud800"

@plugin.tool
def fork() -> int:
    """Fork."""
    pid = os.fork()
    if pid == 0:
        time.sleep(5)
        os._exit(0)
    return pid

@plugin.tool
def late(ctx: Context) -> str:
    """A thread that outlives its handler."""
    def run():
        time.sleep(0.1)
        try:
            ctx.config.get("late")
        except Exception as error:
            print(f"late: {type(error).__name__}: {error}")
    threading.Thread(target=run).start()
    return "started"
'''


class Shim:
    """The other side of a worker."""

    def __init__(self, folder: pathlib.Path, plugin: str, *, with_pipes: bool = False) -> None:
        (folder / "src").mkdir()
        (folder / "src" / "main.py").write_text(plugin)
        (folder / "sdk").mkdir()
        (folder / "sdk" / "osaurus_plugin").symlink_to(PACKAGE)
        self.sockets = [socket.socketpair() for _ in range(2)]
        theirs = [pair[1].fileno() for pair in self.sockets]
        environment = {**os.environ, "OSAURUS_BRIDGE_FDS": _listed(theirs)}
        # Reading and writing ends; to the worker and from it, for the lane and for the mux.
        self.pipes = [os.pipe() for _ in range(4 if with_pipes else 0)]
        piped = [pipe[number % 2] for number, pipe in enumerate(self.pipes)]
        if with_pipes:
            environment["OSAURUS_BRIDGE_PIPES"] = _listed(piped)
        self.output = folder / "output"
        program = folder / "sdk/osaurus_plugin/_worker/__main__.py"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", program],
                pass_fds=[*theirs, *piped],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        for pair in self.sockets:
            pair[1].close()
            pair[0].settimeout(None)
        self.lane, self.mux = (Channel(pair[0].fileno()) for pair in self.sockets)
        settings = {"roots": ["src", "sdk"], "entry": "main:plugin"}
        self.lane.send(HELLO, 0, 0, json.dumps(settings), str(folder), "dev.example.worker")
        self.greeting = self.lane.receive()
        for descriptor in piped:
            os.close(descriptor)
        self.ours = [pipe[1 - number % 2] for number, pipe in enumerate(self.pipes)]
        if with_pipes:
            to_lane, from_lane, to_mux, from_mux = self.ours
            self.lane, self.mux = Channel(from_lane, to_lane), Channel(from_mux, to_mux)
        self.number = 0
        self.seen: list[Message] = []

    def begin(self, channel: Channel, tool: str, arguments: dict[str, Any], is_async: int) -> int:
        self.number += 1
        context = '{"secrets":{"s":"hush"}}'
        channel.send(CALL, self.number, 0, 0, tool, json.dumps(arguments), context, 1000, is_async)
        return self.number

    def call(
        self, channel: Channel, tool: str, is_async: int = 0, /, **arguments: Any
    ) -> dict[str, Any]:
        return self.finish(channel, self.begin(channel, tool, arguments, is_async))

    def finish(self, channel: Channel, call: int) -> dict[str, Any]:
        while True:
            message = channel.receive()
            self.seen.append(message)
            if message.kind == RESULT:
                assert message.call == call
                status, text = message.fields
                assert status == 0, text
                return json.loads(text)  # type: ignore[no-any-return]
            if message.kind == HOST and message.fields[0] == 12:
                self.stream(channel, message)
            elif message.kind == HOST:
                value = message.fields[1] if message.fields[0] == 1 else None
                channel.send(REPLY, message.call, message.seq, 0, value)

    def stream(self, channel: Channel, message: Message) -> None:
        for piece in "abcdef":
            chunk = {"choices": [{"delta": {"content": piece}}]}
            channel.send(CHUNK, message.call, message.seq, json.dumps(chunk))
            time.sleep(0.03)
        channel.send(REPLY, message.call, message.seq, 0, '{"choices":[]}')

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        for pair in self.sockets:
            pair[0].close()
        while self.ours:
            os.close(self.ours.pop())


def _listed(numbers: list[int]) -> str:
    return ",".join(map(str, numbers))


@pytest.fixture(params=["sockets", "pipes"])
def shim(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Shim]:
    shim_ = Shim(tmp_path, PLUGIN, with_pipes=request.param == "pipes")
    yield shim_
    shim_.close()


def test_greeting_and_goodbye(shim: Shim) -> None:
    assert shim.greeting.kind == READY
    version = ".".join(map(str, sys.version_info[:3]))
    assert shim.greeting.fields[0].startswith(f"CPython {version} ")
    assert f"pid {shim.process.pid}" in shim.greeting.fields[0]
    shim.lane.send(BYE, 0, 0)
    assert shim.process.wait(5) == 0


def test_calls_on_both_connections(shim: Shim) -> None:
    for channel in (shim.lane, shim.mux):
        assert shim.call(channel, "echo", text="ü 🦕 a\0b")["result"] == {"text": "ü 🦕 a\0b"}
        assert shim.call(channel, "get", key="k")["result"] == {"got": "k", "secret": "hush"}
        assert shim.call(channel, "in_threads")["result"] == []
        assert shim.call(channel, "leave")["message"] == "SystemExit: 3"
        assert shim.seen[-2].kind == LOG
        assert "main.py" in shim.seen[-2].fields[1]
        refused = shim.call(channel, "surrogate")
        assert refused["ok"] is False
        assert "has a lone surrogate" in refused["message"]
    assert shim.call(shim.mux, "aget", 1, key="k")["result"] == ["k0", "k1", "k2", "k3", "k4"]


def test_long_strings_cross_whole(shim: Shim) -> None:
    text = "ü" * 3_000_000
    for channel in (shim.lane, shim.mux):
        assert shim.call(channel, "echo", text=text)["result"]["text"] == text


def test_a_stream_is_live_and_stops(shim: Shim) -> None:
    for channel in (shim.lane, shim.mux):
        shim.seen.clear()
        assert shim.call(channel, "stream")["result"] == ["a", "b"]
        if STREAM_STOP not in [message.kind for message in shim.seen]:
            assert channel.receive().kind == STREAM_STOP  # it was late for the stream's end


@pytest.mark.parametrize(
    ("connection", "tool", "is_async"),
    [("lane", "sleep", 0), ("lane", "spin", 0), ("mux", "spin", 0), ("mux", "asleep", 1)],
)
def test_a_cancelled_handler_stops_and_the_next_call_works(
    shim: Shim, connection: str, tool: str, is_async: int
) -> None:
    channel = getattr(shim, connection)
    for _ in range(3):
        call = shim.begin(channel, tool, {}, is_async)
        time.sleep(0.1)
        began = time.monotonic()
        shim.mux.send(CANCEL, call, 0)
        envelope = shim.finish(channel, call)
        assert envelope["ok"] is False
        assert time.monotonic() - began < 60
        assert shim.call(channel, "echo", text="x")["ok"] is True


def test_a_cancel_inside_a_host_call_waits_for_its_answer(shim: Shim) -> None:
    call = shim.begin(shim.lane, "wait_for_host", {}, 0)
    request = shim.lane.receive()
    shim.mux.send(CANCEL, call, 0)
    time.sleep(0.1)
    shim.lane.send(REPLY, request.call, request.seq, 1, "the call's time is over")
    assert shim.finish(shim.lane, call)["kind"] == "timeout"
    assert shim.call(shim.lane, "get", key="k")["result"]["got"] == "k"


def test_cancels_that_come_late_stop_no_other_call(shim: Shim) -> None:
    for number in range(200):
        call = shim.begin(shim.lane, "echo", {"text": "x"}, 0)
        shim.mux.send(CANCEL, call, 0)
        shim.finish(shim.lane, call)
        assert shim.call(shim.lane, "get", key=str(number))["result"]["got"] == str(number)


def test_a_thread_that_outlives_its_handler_is_refused(shim: Shim) -> None:
    assert shim.call(shim.lane, "late")["result"] == {"text": "started"}
    deadline = time.monotonic() + 60
    while "late:" not in shim.output.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "late: HostCallRefused: the call that this host call belongs to has ended" in (
        shim.output.read_text()
    )


def test_the_worker_goes_when_the_host_goes(shim: Shim) -> None:
    shim.begin(shim.lane, "spin", {}, 0)
    shim.call(shim.mux, "fork")  # a child must not keep the connections
    shim.hang_up()
    assert shim.process.wait(5) == 0


def test_a_script_that_cannot_be_loaded_is_explained(tmp_path: pathlib.Path) -> None:
    shim = Shim(tmp_path, "import no_such_module\n")
    try:
        assert shim.greeting.kind == FAILED
        text = shim.greeting.fields[0]
        assert "main.py:1: no module named 'no_such_module'" in text
        assert shim.process.wait(5) == 1
    finally:
        shim.close()


def test_a_worker_imports_little_before_it_is_ready(tmp_path: pathlib.Path) -> None:
    shim = Shim(
        tmp_path,
        "import sys\nloaded = sorted(sys.modules)\nfrom osaurus_plugin import Context, Plugin\n"
        "plugin = Plugin()\n@plugin.tool\ndef f(ctx: Context, a: int, b: list[str]) -> list[str]:\n"
        '    """F."""\n    return early\nearly = sorted(sys.modules)\n',
    )
    try:
        loaded = set(shim.call(shim.lane, "f", a=1, b=[])["result"])
    finally:
        shim.close()
    assert "osaurus_plugin.schema" in loaded
    slow = {"asyncio", "inspect", "dataclasses", "typing", "json", "re", "enum", "threading"}
    # What the interpreter's own start brings (a .pth file of the venv, for instance) is not ours.
    bare = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded & slow <= set(bare.stdout.split())


def test_in_on_chunk_a_log_line_is_sent_and_another_host_call_is_refused() -> None:
    ours, theirs = socket.socketpair()
    channel, shim = Channel(theirs.fileno()), Channel(ours.fileno())
    frame, refused = WorkerFrame(channel, 7), list[str]()

    def on_chunk(text: str) -> bool:
        frame.call(6, (2, text))
        with pytest.raises(HostCallRefused, match="inside on_chunk") as error:
            frame.call(1, ("key",))
        refused.append(str(error.value))
        return True

    channel.pending[7, 1] = Waiting(on_chunk)
    assert channel.answer(Message(encode(CHUNK, 7, 1, ("piece",))))
    message = shim.receive()
    assert (message.kind, message.call, message.fields) == (LOG, 7, [2, "piece"])
    assert len(refused) == 1
