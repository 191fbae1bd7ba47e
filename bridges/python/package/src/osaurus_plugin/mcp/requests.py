"""What a server asks of its client during a call, answered by the host: log lines, progress, a
model's answer, a question to the user. Runs on the thread of the call, so that each host call is
charged to the right agent.
"""

from __future__ import annotations

from ..errors import HostError, ToolError
from .session import RpcError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..context import Context
    from .session import Answer, Message

    Elicit = Callable[[Context, Message], Message | None]

_LEVELS = {"debug": "debug", "info": "info", "notice": "info", "warning": "warn"}
_FAILED, _NOT_SUPPORTED = -32603, -32601


class NeedsUser(ToolError):
    """The server asks the user for something, which a tool of Osaurus cannot do."""


def answers(ctx: Context, elicit: Elicit | None) -> Answer:
    """The function that serves a server's requests during one call."""

    def answer(method: str, params: Message) -> Message:
        if method == "notifications/message":
            _log(ctx, params)
        elif method == "notifications/progress":
            _progress(ctx, params)
        elif method == "sampling/createMessage":
            return _sample(ctx, params)
        elif method == "elicitation/create":
            return _elicited(ctx, params, elicit)
        elif not method.startswith("notifications/"):
            raise RpcError(_NOT_SUPPORTED, f"{method} has no counterpart in Osaurus")
        return {}

    return answer


def _log(ctx: Context, params: Message) -> None:
    data = params.get("data")
    write = getattr(ctx.log, _LEVELS.get(str(params.get("level")), "error"))
    fields: dict[str, Any] = {"logger": params["logger"]} if params.get("logger") else {}
    if isinstance(data, dict):
        text = data.get("msg") or data.get("message") or "message of the MCP server"
        rest = {
            key: value
            for key, value in data.items()
            if key not in ("msg", "message") and value is not None
        }
        write(str(text), **{**fields, **({"data": rest} if rest else {})})
    else:
        write(str(data), **fields)


def _progress(ctx: Context, params: Message) -> None:
    fields = {key: params[key] for key in ("progress", "total") if params.get(key) is not None}
    ctx.log.info(str(params.get("message") or "progress"), **fields)


# --- sampling ----------------------------------------------------------------------------------


def _sample(ctx: Context, params: Message) -> Message:
    if params.get("tools"):
        raise RpcError(
            _NOT_SUPPORTED, "sampling with tools of the server has no counterpart in Osaurus"
        )
    options = {"stop": params["stopSequences"]} if params.get("stopSequences") else {}
    try:
        completion = ctx.inference.complete(
            [_chat_message(one) for one in params.get("messages") or []],
            system=params.get("systemPrompt"),
            max_tokens=params.get("maxTokens"),
            temperature=params.get("temperature"),
            **options,
        )
    except HostError as error:
        raise RpcError(_FAILED, f"the host's model gave no answer: {error.message}") from None
    reason = "maxTokens" if completion.finish_reason == "length" else "endTurn"
    content = {"type": "text", "text": completion.text}
    return {
        "role": "assistant",
        "content": content,
        "model": completion.model,
        "stopReason": reason,
    }


def _chat_message(message: Message) -> Message:
    content = message.get("content")
    blocks = content if isinstance(content, list) else [content]
    strings = [
        one.get("text") for one in blocks if isinstance(one, dict) and one.get("type") == "text"
    ]
    if len(strings) != len(blocks):
        raise RpcError(
            _NOT_SUPPORTED, "sampling with anything but text has no counterpart in Osaurus"
        )
    return {"role": message.get("role", "user"), "content": "\n".join(map(str, strings))}


# --- elicitation -------------------------------------------------------------------------------


def _elicited(ctx: Context, params: Message, elicit: Elicit | None) -> Message:
    if elicit is not None:
        content = elicit(ctx, params)
        return (
            {"action": "decline"} if content is None else {"action": "accept", "content": content}
        )
    fields = (params.get("requestedSchema") or {}).get("properties") or {}
    names = f" ({', '.join(fields)})" if fields else ""
    raise NeedsUser(
        "rejected",
        f"the tool asks the user: {str(params.get('message', ''))!r}{names}. Ask the user, then "
        "call it again with arguments that leave nothing to ask",
    )
