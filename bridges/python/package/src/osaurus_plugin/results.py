"""What host calls answer: small typed views of the host's JSON. `raw` is always the whole answer.

Made by `operations.py`; know nothing of frames.
"""

from __future__ import annotations

from . import _codec
from .errors import HTTPStatusError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class _View:
    """A JSON object of the host with properties for what is in it."""

    __slots__ = ("raw",)

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw: dict[str, Any] = dict(raw)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.raw!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.raw == self.raw

    __hash__ = None  # type: ignore[assignment]


class ExecResult(_View):
    """Outcome of `db.execute`."""

    @property
    def changes(self) -> int:
        """Rows that the last INSERT, UPDATE or DELETE touched (not reset by other statements)."""
        return int(self.raw.get("changes", 0))

    @property
    def last_insert_rowid(self) -> int:
        """Row id of the last INSERT."""
        return int(self.raw.get("last_insert_rowid", 0))


class Rows(list["dict[str, Any]"]):
    """Rows of `db.query` as dicts. `tuples` has the same rows in column order, which keeps
    duplicate column names apart."""

    __slots__ = ("columns", "tuples")

    def __init__(self, columns: list[str], rows: list[list[Any]]) -> None:
        self.columns = columns
        self.tuples: list[tuple[Any, ...]] = [tuple(row) for row in rows]
        super().__init__(dict(zip(columns, row, strict=False)) for row in rows)

    def first(self) -> dict[str, Any] | None:
        """The first row, or None when there is none."""
        return self[0] if self else None

    def scalar(self) -> Any:
        """The first value of the first row, or None when there is none."""
        return self.tuples[0][0] if self.tuples and self.tuples[0] else None


class Completion(_View):
    """A finished answer of a model."""

    @property
    def _choice(self) -> dict[str, Any]:
        choices = self.raw.get("choices") or [{}]
        return dict(choices[0])

    @property
    def message(self) -> dict[str, Any]:
        """The assistant's message as the host gives it."""
        return dict(self._choice.get("message") or {})

    @property
    def text(self) -> str:
        """The assistant's text; empty when there is none."""
        return str(self.message.get("content") or self.raw.get("partial_content") or "")

    @property
    def finish_reason(self) -> str | None:
        """`stop`, `length`, `tool_calls`, `clarify`, `cancelled`, or a backend's own word."""
        if self.raw.get("error") == "cancelled":
            return "cancelled"
        reason = self._choice.get("finish_reason")
        return None if reason is None else str(reason)

    @property
    def model(self) -> str:
        """The model that answered."""
        return str(self.raw.get("model") or "")

    @property
    def usage(self) -> dict[str, Any]:
        """Token counts. A stream has no prompt and total counts."""
        return dict(self.raw.get("usage") or {})

    @property
    def tool_calls_executed(self) -> list[dict[str, Any]]:
        """`{"name", "tool_call_id"}` of every tool that the host ran."""
        return list(self.raw.get("tool_calls_executed") or [])

    @property
    def shared_artifacts(self) -> list[dict[str, Any]]:
        """Files that the model shared on the way."""
        return list(self.raw.get("shared_artifacts") or [])

    def __str__(self) -> str:
        return self.text


class StreamChunk(_View):
    """One piece of a streamed answer."""

    @property
    def delta(self) -> dict[str, Any]:
        """What this piece adds."""
        choices = self.raw.get("choices") or [{}]
        return dict(choices[0].get("delta") or {})

    @property
    def text(self) -> str:
        """The assistant's new text; empty for pieces of another kind (tool results among them)."""
        delta = self.delta
        return "" if delta.get("role") == "tool" else str(delta.get("content") or "")

    @property
    def reasoning(self) -> str:
        """New reasoning text."""
        delta = self.delta
        return str(delta.get("reasoning_content") or delta.get("reasoning") or "")

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """Tools that the model asks for; the host runs them."""
        return list(self.delta.get("tool_calls") or [])

    @property
    def tool_result(self) -> dict[str, Any] | None:
        """`{"role", "tool_call_id", "content"}` after the host has run a tool."""
        delta = self.delta
        return delta if delta.get("role") == "tool" else None

    @property
    def usage(self) -> dict[str, Any]:
        """Token counts so far."""
        return dict(self.delta.get("usage") or {})

    @property
    def finish_reason(self) -> str | None:
        """Set on the last piece of an answer and of each round of tool calls."""
        reason = (self.raw.get("choices") or [{}])[0].get("finish_reason")
        return None if reason is None else str(reason)

    def __str__(self) -> str:
        return self.text


class Model(_View):
    """A model that the host offers."""

    @property
    def id(self) -> str:
        """What to pass as `model`."""
        return str(self.raw.get("id", ""))

    @property
    def name(self) -> str:
        """What people read."""
        return str(self.raw.get("name") or self.id)

    @property
    def provider(self) -> str:
        """`apple`, `local`, or the owner of a remote model."""
        return str(self.raw.get("provider") or "")

    @property
    def capabilities(self) -> list[str]:
        """`chat`, `tool_calling`, `embedding`, ..."""
        return [str(one) for one in self.raw.get("capabilities") or []]

    @property
    def dimensions(self) -> int | None:
        """Length of an embedding, for embedding models."""
        value = self.raw.get("dimensions")
        return None if value is None else int(value)


class Task(_View):
    """A background task: what `dispatch`, `status` and `list` answer."""

    @property
    def id(self) -> str:
        """Upper-case UUID."""
        return str(self.raw.get("id", ""))

    @property
    def status(self) -> str:
        """`queued`, `running`, `completed`, `failed` or `cancelled`."""
        return str(self.raw.get("status", ""))

    @property
    def title(self) -> str:
        """The title that people see."""
        return str(self.raw.get("title") or "")

    @property
    def output(self) -> str:
        """Text of the last turn; empty when there is none yet."""
        return str(self.raw.get("output") or "")

    @property
    def current_step(self) -> str | None:
        """What the task does now, where known."""
        value = self.raw.get("current_step")
        return None if value is None else str(value)

    @property
    def summary(self) -> str:
        """How the task ended."""
        return str(self.raw.get("summary") or "")

    @property
    def success(self) -> bool | None:
        """Whether the task succeeded; None while it runs."""
        value = self.raw.get("success")
        return None if value is None else bool(value)

    @property
    def draft(self) -> dict[str, Any] | None:
        """The last draft that was sent."""
        value = self.raw.get("draft")
        return dict(value) if isinstance(value, dict) else None

    @property
    def activity(self) -> list[dict[str, Any]]:
        """The latest steps: `{"kind", "title", "timestamp", "detail"?}`."""
        return list(self.raw.get("activity") or [])

    @property
    def done(self) -> bool:
        """Whether the task has ended."""
        return self.status in ("completed", "failed", "cancelled")


def _bytes(text: str, encoding: object) -> bytes:
    if encoding == "base64":
        from binascii import a2b_base64

        return a2b_base64(text)
    return text.encode("utf-8", "surrogatepass")


class HttpResponse(_View):
    """An answer to an HTTP request; every status counts as one."""

    @property
    def status(self) -> int:
        """The status code."""
        return int(self.raw.get("status", 0))

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status < 400

    @property
    def headers(self) -> dict[str, str]:
        """Header values by lower-case name."""
        return dict(self.raw.get("headers") or {})

    @property
    def bytes(self) -> bytes:
        """The body as it came."""
        return _bytes(self.raw.get("body") or "", self.raw.get("body_encoding"))

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 become U+FFFD."""
        if self.raw.get("body_encoding") == "base64":
            return self.bytes.decode("utf-8", "replace")
        return str(self.raw.get("body") or "")

    @property
    def elapsed_ms(self) -> int:
        """Milliseconds that the host took."""
        return int(self.raw.get("elapsed_ms", 0))

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is not JSON."""
        return _codec.loads(self.text)

    def raise_for_status(self) -> HttpResponse:
        """Raises `HTTPStatusError` for a status of 400 or more, else returns itself."""
        if not self.ok:
            raise HTTPStatusError(
                f"the server answered {self.status}", f"http_{self.status}", self.raw
            )
        return self


class FileContent(_View):
    """A file of the host's artifacts folder."""

    @property
    def bytes(self) -> bytes:
        """The content."""
        return _bytes(self.raw.get("data") or "", "base64")

    @property
    def text(self) -> str:
        """The content as UTF-8 text. Raises UnicodeDecodeError when it is not UTF-8."""
        return self.bytes.decode("utf-8")

    @property
    def mime_type(self) -> str:
        """Guessed by the host from the file's extension."""
        return str(self.raw.get("mime_type") or "application/octet-stream")

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.raw.get("size", 0))
