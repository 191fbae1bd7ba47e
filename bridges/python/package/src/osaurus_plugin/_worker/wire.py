"""Messages of the worker protocol (docs/worker-protocol.md) as bytes. Knows no connection.

CALL, RESULT, HOST and REPLY have forms of their own here: each call of the host needs them.
"""

from __future__ import annotations

from struct import Struct

from .messages import HOST, MAX_MESSAGE, REPLY, RESULT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._frame import Args

HEADER = 13
# Length, type, call, sequence; then fields, each after its tag.
_HEADER = Struct("<IBII")
_INT = Struct("<Bi")
_TEXT = Struct("<BI")
_HEADER_AND_INT = Struct("<IBIIBi")
_HEADER_INT_AND_TAG = Struct("<IBIIBiB")
_HEADER_INT_AND_TEXT = Struct("<IBIIBiBI")
_NULL_TAG, _TEXT_TAG, _INT_TAG = 0, 1, 2


class TooLong(Exception):
    """A message would be longer than both sides accept."""


class Message:
    """A received message. `data` has all of it, and nothing else."""

    __slots__ = ("call", "data", "kind", "seq")

    def __init__(self, data: bytes) -> None:
        self.data = data
        _, self.kind, self.call, self.seq = _HEADER.unpack_from(data)

    @property
    def fields(self) -> list[Any]:
        """Its values in order."""
        return _fields(self.data, HEADER)

    @property
    def is_async(self) -> bool:
        """Whether a CALL is for an asynchronous handler: its last field."""
        return bool(_INT.unpack_from(self.data, len(self.data) - 5)[1])

    def call_fields(self) -> tuple[int, str, str, str]:
        """(kind, target, payload, context) of a CALL."""
        data = self.data
        _, _, _, _, _, kind, _, size = _HEADER_INT_AND_TEXT.unpack_from(data)
        end = 23 + size
        target = data[23:end].decode()
        start = end + 5
        end = start + _TEXT.unpack_from(data, end)[1]
        payload = data[start:end].decode()
        size = _TEXT.unpack_from(data, end)[1]
        return kind, target, payload, data[end + 5 : end + 5 + size].decode() if size else ""


def _fields(data: bytes, at: int) -> list[Any]:
    fields: list[Any] = []
    while at < len(data):
        tag = data[at]
        if tag == _NULL_TAG:
            fields.append(None)
            at += 1
            continue
        start = at + 5
        if tag == _TEXT_TAG:
            at = start + _TEXT.unpack_from(data, at)[1]
            fields.append(data[start:at].decode())
        else:
            fields.append(_INT.unpack_from(data, at)[1])
            at = start
    return fields


def encode(kind: int, call: int, seq: int, fields: Args) -> bytes:
    """A message as bytes. Raises UnicodeEncodeError for lone surrogates, or TooLong."""
    body = _encoded(fields)
    return _HEADER.pack(_checked(len(body) + 9), kind, call, seq) + body


def host_call(call: int, seq: int, slot: int, args: Args) -> bytes:
    """A HOST message. Raises as `encode`."""
    if len(args) == 1 and isinstance(args[0], str):
        return _int_and_text(HOST, call, seq, slot, args[0])
    body = _encoded(args)
    size = _checked(len(body) + 14)
    return _HEADER_AND_INT.pack(size, HOST, call, seq, _INT_TAG, slot) + body


def result(call: int, status: int, text: str) -> bytes:
    """A RESULT. Raises as `encode`."""
    return _int_and_text(RESULT, call, 0, status, text)


def _int_and_text(kind: int, call: int, seq: int, number: int, text: str) -> bytes:
    body = text.encode()
    size = _checked(len(body) + 19)
    head = _HEADER_INT_AND_TEXT.pack(size, kind, call, seq, _INT_TAG, number, _TEXT_TAG, len(body))
    return head + body


def reply_to(data: bytes, call: int, seq: int) -> tuple[int, str | None] | None:
    """(status, value) of a received message if it is the REPLY to this host call."""
    if len(data) < 19:
        return None
    _, kind, its_call, its_seq, _, status, tag = _HEADER_INT_AND_TAG.unpack_from(data)
    if kind != REPLY or its_seq != seq or its_call != call:
        return None
    return status, None if tag == _NULL_TAG else data[23:].decode()


def _encoded(fields: Args) -> bytes:
    parts = []
    for field in fields:
        if field is None:
            parts.append(b"\0")
        elif isinstance(field, str):
            text = field.encode()
            parts.append(_TEXT.pack(_TEXT_TAG, len(text)))
            parts.append(text)
        else:
            parts.append(_INT.pack(_INT_TAG, field))
    return b"".join(parts)


def _checked(size: int) -> int:
    if size > MAX_MESSAGE:
        raise TooLong(f"{size} bytes are more than a worker's message may have ({MAX_MESSAGE})")
    return size
