"""`async def` handlers in the worker program: on one loop, which waits for calls itself."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Iterator

import pytest
from test_worker import Shim

from osaurus_plugin._worker.messages import CALL, CANCEL, REPLY
from osaurus_plugin._worker.wire import encode

PLUGIN = '''
import asyncio, threading, time
from osaurus_plugin import AsyncContext, Plugin
plugin = Plugin()
go = threading.Event()

@plugin.tool
async def where() -> list[object]:
    """The thread before and after waiting."""
    before = threading.get_ident()
    await asyncio.sleep(0.001)
    return [before, threading.get_ident(), id(asyncio.get_running_loop())]

@plugin.tool
async def blocks() -> str:
    """Block the loop."""
    return "released" if go.wait(30) else "not released"

@plugin.tool
def release() -> str:
    """Release what blocks."""
    go.set()
    return "done"

@plugin.tool
def spin() -> str:
    """Spin."""
    while True:
        pass

@plugin.tool
async def blocking_call(ctx: AsyncContext) -> str:
    """A host call that the loop waits for."""
    return ctx.frame.call(1, ("key",))

@plugin.tool
async def stream(ctx: AsyncContext) -> list[str]:
    """Pieces, and a host call between them."""
    pieces = []
    async for chunk in ctx.inference.stream("x"):
        pieces.append(chunk.text)
        pieces.append(await ctx.config.get("k"))
    return pieces
'''
OTHER_LOOP = """
import asyncio
class Loop(asyncio.SelectorEventLoop):
    pass
class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        return Loop()
asyncio.set_event_loop_policy(Policy())
"""


@pytest.fixture(params=["", OTHER_LOOP], ids=["usual", "of_a_policy"])
def shim(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Shim]:
    shim_ = Shim(tmp_path, request.param + PLUGIN)
    yield shim_
    shim_.close()


def test_a_handler_keeps_its_thread_and_all_have_one_loop(shim: Shim) -> None:
    answers = [shim.call(shim.mux, "where", 1)["result"] for _ in range(3)]
    assert all(before == after for before, after, _ in answers)
    assert answers[0] == answers[1] == answers[2]


def test_calls_in_one_packet_are_all_answered(shim: Shim) -> None:
    shim.call(shim.mux, "where", 1)
    calls = {shim.begin(shim.mux, "where", {}, 1) for _ in range(50)}
    assert {shim.mux.receive().call for _ in range(50)} == calls


def test_a_def_does_not_wait_for_a_handler_that_blocks_the_loop(shim: Shim) -> None:
    for _ in range(2):
        blocked = shim.begin(shim.mux, "blocks", {}, 1)
        time.sleep(0.2)
        released = shim.begin(shim.mux, "release", {}, 0)
        results = {(answer := shim.mux.receive()).call: answer.fields[1] for _ in range(2)}
        assert '"done"' in results[released]
        assert '"released"' in results[blocked]
        assert shim.call(shim.mux, "where", 1)["ok"] is True


def test_a_cancel_is_heard_while_a_handler_blocks_the_loop(shim: Shim) -> None:
    blocked = shim.begin(shim.mux, "blocks", {}, 1)
    time.sleep(0.2)
    spinning = shim.begin(shim.lane, "spin", {}, 0)
    time.sleep(0.1)
    shim.mux.send(CANCEL, spinning, 0)
    assert shim.finish(shim.lane, spinning)["kind"] == "timeout"
    shim.call(shim.lane, "release")
    assert shim.finish(shim.mux, blocked)["result"] == {"text": "released"}


def test_a_host_call_that_blocks_the_loop_gets_its_answer(shim: Shim) -> None:
    envelope = shim.call(shim.mux, "blocking_call", 1)
    assert envelope["result"] == {"text": "key"}, envelope


def test_a_stream_is_live_between_host_calls(shim: Shim) -> None:
    pieces = shim.call(shim.mux, "stream", 1)["result"]
    assert pieces[::2] == list("abcdef")
    assert pieces[1::2] == ["k"] * 6


def test_calls_that_come_with_the_first_one_do_not_wait_for_more(shim: Shim) -> None:
    calls = {shim.begin(shim.mux, "where", {}, 1) for _ in range(5)}
    assert {shim.mux.receive().call for _ in range(5)} == calls


def test_what_comes_with_a_blocking_calls_answer_does_not_wait_for_more(shim: Shim) -> None:
    shim.call(shim.mux, "where", 1)
    blocking = shim.begin(shim.mux, "blocking_call", {}, 1)
    request = shim.mux.receive()
    reply = encode(REPLY, request.call, request.seq, (0, "value"))
    call = encode(CALL, 1000, 0, (0, "where", "{}", "", 1000, 1))
    shim.sockets[1][0].sendall(reply + call)
    assert {shim.mux.receive().call for _ in range(2)} == {blocking, 1000}
