"""A conversation with one MCP server, as its client: JSON-RPC requests, and what the server sends
meanwhile.

`server.py` opens it. Messages are carried by `in_process.py` or `command.py`; nothing is known of
plugins here.
"""

from __future__ import annotations

from itertools import count
from queue import Empty, SimpleQueue
from threading import Lock
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Message = dict[str, Any]
    Answer = Callable[[str, Message], Message]

PROTOCOL = "2025-06-18"
_CAPABILITIES: dict[str, Any] = {"sampling": {}, "elicitation": {}}
_MAX_PAGES = 100
_METHOD_NOT_FOUND, _REFUSED = -32601, -32000


class RpcError(Exception):
    """The other side refused a request."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SessionEnded(Exception):
    """The server is gone; the text says why."""


class _Call:
    """A request that waits for its response, on the thread that made it."""

    __slots__ = ("answer", "inbox")

    def __init__(self, answer: Answer | None) -> None:
        self.answer = answer
        self.inbox: SimpleQueue[Message] = SimpleQueue()


class Session:
    """One conversation. Requests may come from several threads."""

    def __init__(self) -> None:
        self.send: Callable[[Message], None]
        """Set by the connection; writes a message, on any thread."""
        self.close: Callable[[], None] = lambda: None
        self.on_begun: Callable[[], object] = lambda: None
        """Called once the server has answered, or has not."""
        self.initialized: Message = {}
        self.late = False
        """Whether a request was given up: the server may hang."""
        self.why_ended: str | None = None
        self._ids = count(1)
        self._calls: dict[int, _Call] = {}
        self._lock = Lock()

    # --- the connection's thread ------------------------------------------------------------

    def receive(self, message: Any) -> None:
        """A message of the server. Never blocks."""
        for one in message if isinstance(message, list) else [message]:
            if isinstance(one, dict):
                self._sort(one)

    def ended(self, why: str) -> None:
        """The server is gone."""
        self.why_ended = why
        with self._lock:
            calls = list(self._calls.values())
        for call in calls:
            call.inbox.put({})  # wakes it

    def _sort(self, message: Message) -> None:
        if "method" not in message:
            call = self._calls.get(message.get("id", 0))
            if call is not None:
                call.inbox.put(message)
        elif message["method"] == "ping":
            self._reply(message, {"result": {}})
        else:
            self._for_a_call(message)

    def _for_a_call(self, message: Message) -> None:
        """The protocol does not say which call the server means: with one call under way it is that
        one."""
        with self._lock:
            calls = [one for one in self._calls.values() if one.answer is not None]
        if len(calls) == 1:
            calls[0].inbox.put(message)
        elif "id" in message:
            why = "several calls are running" if calls else "no call is running"
            text = f"{message['method']} is refused: {why}, so it is not known whom it is for"
            self._reply(message, {"error": {"code": _REFUSED, "message": text}})

    # --- the caller's thread ----------------------------------------------------------------

    def begin(self, seconds: float) -> None:
        """Greets the server."""
        params = {
            "protocolVersion": PROTOCOL,
            "capabilities": _CAPABILITIES,
            "clientInfo": {"name": "osaurus-plugin", "version": "1.0.0"},
        }
        try:
            self.initialized = self.request("initialize", params, seconds=seconds)
        finally:
            self.on_begun()
        self.notify("notifications/initialized", {})

    def has(self, capability: str) -> bool:
        """Whether the server offers "tools", "resources" or "prompts"."""
        return (self.initialized.get("capabilities") or {}).get(capability) is not None

    def listed(self, method: str, key: str, seconds: float) -> list[Message]:
        """All pages of a list."""
        items: list[Message] = []
        cursor = None
        for _ in range(_MAX_PAGES):
            page = self.request(method, {"cursor": cursor} if cursor else {}, seconds=seconds)
            items += [one for one in page.get(key) or [] if isinstance(one, dict)]
            cursor = page.get("nextCursor")
            if not cursor:
                break
        return items

    def answers(self, seconds: float) -> bool:
        """Whether the server still answers."""
        try:
            self.request("ping", {}, seconds=seconds)
        except (RpcError, TimeoutError, SessionEnded):
            return False
        self.late = False
        return True

    def notify(self, method: str, params: Message) -> None:
        """Sends what needs no response."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(
        self, method: str, params: Message, answer: Answer | None = None, *, seconds: float
    ) -> Message:
        """Sends a request and waits. `answer(method, params)` serves what the server asks for
        meanwhile, on this thread; it may raise RpcError. Raises RpcError, SessionEnded,
        TimeoutError."""
        number = next(self._ids)
        call = _Call(answer)
        with self._lock:
            self._calls[number] = call
        try:
            if self.why_ended is not None:
                raise SessionEnded(self.why_ended)
            self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
            return self._wait(call, seconds)
        except (RpcError, SessionEnded):
            raise
        except BaseException as error:  # a timeout, or the deadline of the engine
            self.late = True
            self._cancel(number, str(error))
            raise
        finally:
            del self._calls[number]

    def _wait(self, call: _Call, seconds: float) -> Message:
        end = monotonic() + seconds
        while True:
            remaining = end - monotonic()
            if remaining <= 0:
                raise TimeoutError(f"no answer within {seconds:g} seconds")
            try:
                # Not for longer: a deadline of the engine comes between two steps of Python.
                message = call.inbox.get(timeout=min(remaining, 0.25))
            except Empty:
                message = None
            if message and "method" not in message:
                return _result(message)
            if message:
                self._serve(call, message)
            elif self.why_ended is not None:
                raise SessionEnded(self.why_ended)

    def _serve(self, call: _Call, message: Message) -> None:
        try:
            if call.answer is None:
                raise RpcError(_METHOD_NOT_FOUND, f"{message['method']} is not supported")
            result = call.answer(message["method"], message.get("params") or {})
        except RpcError as error:
            self._reply(message, {"error": {"code": error.code, "message": error.message}})
        else:
            self._reply(message, {"result": result})

    def _reply(self, message: Message, body: Message) -> None:
        if "id" in message:
            self.send({"jsonrpc": "2.0", "id": message["id"], **body})

    def _cancel(self, number: int, reason: str) -> None:
        try:
            self.notify("notifications/cancelled", {"requestId": number, "reason": reason})
        except SessionEnded:
            return


def _result(message: Message) -> Message:
    error = message.get("error")
    if isinstance(error, dict):
        raise RpcError(int(error.get("code", 0)), str(error.get("message", "no reason was given")))
    result = message.get("result")
    return result if isinstance(result, dict) else {}
