"""MCP tools as the plugin's: ids that models can call, schemas in the host's form, permissions from
annotations."""

from __future__ import annotations

from ..errors import DeclarationError
from ..handlers import PERMISSIONS, Tool
from ..host_form import parameters
from . import foreign

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from typing import Any

    from .session import Message

_OVERRIDES = ("id", "description", "permission", "requirements", "timeout")
_MAX_ID = 64
_NAMED_RESOURCES = 20
_SHOWN_LINE = 160


class _AsSent:
    """Arguments that go to the server as they come."""

    exact = False
    read = None


class IncludedTool(Tool):
    """A tool that a server runs. In a worker nothing is known but its id: the manifest has the
    rest."""

    __slots__ = ()

    def __init__(
        self,
        id_: str,
        function: Callable[..., Any],
        where: tuple[str, int],
        about: Mapping[str, Any] | None = None,
    ) -> None:
        about = about or {}
        self.what = f"tool {id_!r}"
        self.id = id_
        self.function = function
        self.file, self.line = where
        self.is_async = self.threads = False
        self.wants_context = True
        timeout = about.get("timeout")
        self.timeout_ms = None if timeout is None else max(1, round(timeout * 1000))
        self.description = about.get("description") or id_
        self.parameters = about.get("parameters") or parameters({})
        self.permission = about.get("permission", "ask")
        self.requirements = list(about.get("requirements", ()))
        self.warnings = []
        self.arguments = _AsSent()  # type: ignore[assignment]


def tool_id(name: str, prefix: str | None) -> str:
    """The id of a tool: the server's name for it, in the characters that models can use."""
    whole = f"{prefix}_{name}" if prefix else name
    return "".join(
        one if one.isascii() and (one.isalnum() or one in "_-") else "_" for one in whole
    )[:_MAX_ID]


def free_id(id_: str, taken: Container[str]) -> str:
    """The id, with a number where another tool of the server has it: `a.b` and `a/b` differ."""
    free, number = id_, 2
    while free in taken:
        free = f"{id_[: _MAX_ID - 1 - len(str(number))]}_{number}"
        number += 1
    return free


def about(tool: Message, override: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says of a tool."""
    hints = tool.get("annotations") or {}
    named = (tool.get(key) for key in ("description", "title", "name"))
    fields = {
        "description": described(next(filter(None, named))),
        "parameters": parameters(foreign.arguments(tool.get("inputSchema") or {})),
        "permission": permission(hints),
        "requirements": ["network"] if hints.get("openWorldHint") is True else [],
    }
    return {**fields, **override}


def described(text: str) -> str:
    """The host shows the first line of a description: one sentence of it, where that is long."""
    line, _, rest = text.strip().partition("\n")
    end = line.rfind(". ", 0, _SHOWN_LINE)
    if len(line) <= _SHOWN_LINE or end < 0:
        return text.strip()
    return f"{line[: end + 1]}\n{line[end + 2 :]}" + (f"\n{rest}" if rest else "")


def permission(hints: Message) -> str:
    """Only what says that it changes nothing, and not that it reaches the world outside, runs
    unasked."""
    is_safe = hints.get("readOnlyHint") is True and hints.get("destructiveHint") is not True
    return "auto" if is_safe and hints.get("openWorldHint") is not True else "ask"


def check_overrides(overrides: Mapping[str, Mapping[str, Any]], where: tuple[str, int]) -> None:
    """Raises for keys that no tool has."""
    for name, override in overrides.items():
        for key in override:
            if key not in _OVERRIDES:
                keys = ", ".join(_OVERRIDES)
                raise DeclarationError(
                    f"overrides of {name!r}: {key!r} is not one of {keys}", *where
                )
        if override.get("permission", "ask") not in PERMISSIONS:
            text = f'permission={override["permission"]!r} is not one of "auto", "ask", "deny"'
            raise DeclarationError(f"overrides of {name!r}: {text}", *where)


def reading(resources: list[Message], templates: list[Message]) -> Message:
    """A tool that reads the server's resources, as if the server had it."""
    named = [f"{one.get('uri')} ({one.get('name')})" for one in resources[:_NAMED_RESOURCES]]
    named += [
        f"{one.get('uriTemplate')} ({one.get('name')})" for one in templates[:_NAMED_RESOURCES]
    ]
    return {
        "name": "read_resource",
        "description": f"Read a resource by its URI. There are: {', '.join(named)}.",
        "inputSchema": {"properties": {"uri": {"type": "string"}}, "required": ["uri"]},
        "annotations": {"readOnlyHint": True},
    }


def prompting(prompts: list[Message]) -> Message:
    """A tool that gives the server's prompts."""
    names = [str(one["name"]) for one in prompts]
    lines = "; ".join(
        f"{one['name']}{_arguments(one)}: {one.get('description') or ''}" for one in prompts
    )
    values = {"type": "object", "additionalProperties": {"type": "string"}}
    return {
        "name": "get_prompt",
        "description": f"Get the text of a prepared prompt. {lines}",
        "inputSchema": {
            "properties": {"name": {"type": "string", "enum": names}, "arguments": values},
            "required": ["name"],
        },
        "annotations": {"readOnlyHint": True},
    }


def _arguments(prompt: Message) -> str:
    names = [str(one.get("name")) for one in prompt.get("arguments") or []]
    return f"({', '.join(names)})" if names else ""
