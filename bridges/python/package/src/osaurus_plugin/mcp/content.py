"""What an MCP server answers, as a tool's result: text and structured data as they are, files on
the disk.

Models get names of files instead of their bytes: an answer of Osaurus holds 100,000 characters.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64

from .. import _codec
from ..errors import ToolError
from .files import Files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .session import Message

_files = Files()


def result_of(answer: Message) -> Any:
    """The value of a `tools/call`. Raises ToolError where the tool failed."""
    parts = _Parts()
    for block in answer.get("content") or []:
        if isinstance(block, dict):
            parts.add(block)
    if answer.get("isError"):
        text = parts.text or "the server says no more than that the tool failed"
        raise ToolError("execution_error", text)
    return parts.result(answer.get("structuredContent"))


def result_of_contents(contents: list[Message]) -> Any:
    """The value of a `resources/read`."""
    parts = _Parts()
    for resource in contents:
        parts.add_resource(resource)
    return parts.result(None)


def messages_of(answer: Message) -> Any:
    """The value of a `prompts/get`: its messages as text."""
    parts = _Parts()
    for message in answer.get("messages") or []:
        content = message.get("content")
        if isinstance(content, dict):
            parts.add(content)
    return parts.result(None)


class _Parts:
    """The blocks of an answer, sorted."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self.files: list[dict[str, Any]] = []
        self.links: list[dict[str, Any]] = []

    @property
    def text(self) -> str:
        """All text."""
        return "\n\n".join(self.strings)

    def add(self, block: Message) -> None:
        """One block of content."""
        kind = block.get("type")
        if kind == "text":
            self.strings.append(str(block.get("text", "")))
        elif kind in ("image", "audio"):
            self.files.append(_stored(block.get("data"), block.get("mimeType")))
        elif kind == "resource" and isinstance(block.get("resource"), dict):
            self.add_resource(block["resource"])
        elif kind == "resource_link":
            keys = ("uri", "name", "description", "mimeType")
            self.links.append({key: block[key] for key in keys if block.get(key)})
        else:
            self.strings.append(f"(a part of the type {kind!r}, which Osaurus has no place for)")

    def add_resource(self, resource: Message) -> None:
        """The contents of a resource."""
        if isinstance(resource.get("text"), str):
            self.strings.append(resource["text"])
        elif resource.get("blob") is not None:
            stored = _stored(resource["blob"], resource.get("mimeType"))
            self.files.append({"uri": resource.get("uri"), **stored})

    def result(self, structured: Any) -> Any:
        """The tool's value. Text that only repeats structured data is left out."""
        more: dict[str, Any] = {}
        if self.files:
            more["files"] = self.files
        if self.links:
            more["links"] = self.links
        if isinstance(structured, dict) and structured.keys() == {"result"}:
            structured = structured["result"]  # how the SDKs wrap what is not an object
        if structured is None:
            return {"text": self.text, **more} if more else self.text
        if self.strings and not _repeats(self.text, structured):
            more = {"text": self.text, **more}
        if not more:
            return structured
        return {"result": structured, **more}


def _repeats(text: str, structured: Any) -> bool:
    """Whether text is the structured data again: as JSON, as itself, or item by item."""
    if isinstance(structured, dict) and len(structured) == 1 and text in structured.values():
        return True
    if text == structured or isinstance(structured, list):
        return True
    try:
        return bool(_codec.loads(text) == structured)
    except ValueError:
        return False


def _stored(data: Any, mime_type: Any) -> dict[str, Any]:
    """Base64 as a file that the user alone can read."""
    try:
        content = a2b_base64(str(data))
    except (Base64Error, ValueError):
        raise ToolError(
            "execution_error", f"the server sent {mime_type} that is not base64"
        ) from None
    kind = str(mime_type or "application/octet-stream")
    return {"path": _files.store(content, kind), "mime_type": kind, "size": len(content)}
