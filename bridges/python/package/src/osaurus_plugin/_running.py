"""The functions that run a tool and a route: from a call's payload to an envelope or a response.

`_runtime.py` makes one for each handler when the plugin is loaded. Exceptions become envelopes
here; `report` writes them to the log. Knows neither engines nor modules.
"""

from __future__ import annotations

from .errors import ConversionError, HTTPError, ToolError, Unavailable
from .jsonable import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from ._frame import Frame
    from .handlers import Handler, Route, Tool

    Extras = Mapping[str, Any] | None
    Run = Callable[[Frame, Any, Extras], Any]
    # Logs an exception of a handler; gives "TypeName: message".
    Report = Callable[[Handler, BaseException], str]


def context_class(handler: Handler) -> Callable[..., Any]:
    if handler.is_async:
        from .async_context import AsyncContext

        return AsyncContext
    from .context import Context

    return Context


# --- tools -------------------------------------------------------------------------------------


def tool_runner(tool: Tool, report: Report) -> Run:
    """The function that runs a tool, with as little in it as the tool allows."""
    function = tool.function
    make_context = context_class(tool) if tool.wants_context else None
    read = tool.arguments.read

    def failed(error: BaseException, payload: Any) -> dict[str, Any]:
        return _tool_failure(report, tool, error, payload)

    if tool.is_async:
        return _async_tool(function, make_context, read, failed)
    if read is None and make_context is None:

        def run_bare(frame: Frame, payload: Any, extras: Extras) -> Any:
            try:
                result = function(**payload)
                if type(result) is str:
                    return {"ok": True, "result": {"text": result}}
                return _success(result)
            except BaseException as error:
                return failed(error, payload)

        return run_bare
    if read is None and make_context is not None:

        def run_plain(frame: Frame, payload: Any, extras: Extras) -> Any:
            try:
                result = function(make_context(frame, extras), **payload)
                if type(result) is str:
                    return {"ok": True, "result": {"text": result}}
                return _success(result)
            except BaseException as error:
                return failed(error, payload)

        return run_plain

    def run(frame: Frame, payload: Any, extras: Extras) -> Any:
        try:
            arguments = _arguments(read, payload)
            if make_context is None:
                return _success(function(**arguments))
            return _success(function(make_context(frame, extras), **arguments))
        except BaseException as error:
            return failed(error, payload)

    return run


def _async_tool(
    function: Callable[..., Any],
    make_context: Callable[..., Any] | None,
    read: Callable[[Any], Any] | None,
    failed: Callable[[BaseException, Any], dict[str, Any]],
) -> Run:
    async def run(frame: Frame, payload: Any, extras: Extras) -> Any:
        try:
            arguments = _arguments(read, payload)
            if make_context is None:
                return _success(await function(**arguments))
            return _success(await function(make_context(frame, extras), **arguments))
        except BaseException as error:
            return failed(error, payload)

    return run


def _arguments(read: Callable[[Any], Any] | None, payload: Any) -> Any:
    if read is None or not isinstance(payload, dict):
        return payload
    try:
        return read(payload)
    except ConversionError as error:
        raise _BadArgument(error) from None


class _BadArgument(Exception):
    """Carries a conversion error, apart from one that an author's own code might raise."""

    def __init__(self, error: ConversionError) -> None:
        super().__init__(error.message)
        self.error = error


def _success(result: Any) -> dict[str, Any]:
    if isinstance(result, str):
        return {"ok": True, "result": {"text": str(result)}}
    if isinstance(result, ToolResult):
        envelope = _success(result.value)
        if result.warnings:
            envelope["warnings"] = result.warnings
        return envelope
    return {"ok": True, "result": plain(result)}


class ToolResult:
    """A result with warnings that the model reads.

    >>> @plugin.tool
    ... def search(query: str) -> ToolResult:
    ...     '''Search the notes.'''
    ...     return ToolResult(["milk"], ["only the first page was searched"])
    >>> TestHost(plugin).envelope("search", query="m")["warnings"]
    ['only the first page was searched']
    """

    __slots__ = ("value", "warnings")

    def __init__(self, value: Any, warnings: Sequence[str] = ()) -> None:
        self.value = value
        self.warnings = [warnings] if isinstance(warnings, str) else list(warnings)


def _tool_failure(report: Report, tool: Tool, error: BaseException, payload: Any) -> dict[str, Any]:
    if isinstance(error, _BadArgument):
        wrong = error.error
        return _invalid(f"{wrong.field}: {wrong.message}", wrong.field, wrong.expected)
    if isinstance(error, ToolError):
        return error.envelope()
    if isinstance(error, TypeError):
        mismatch = _mismatch(tool, payload)
        if mismatch is not None:
            return mismatch
    text = report(tool, error)
    if isinstance(error, Unavailable):
        return ToolError("unavailable", error.message, retryable=False).envelope()
    return {"ok": False, "kind": "execution_error", "message": text, "retryable": True}


def _mismatch(tool: Tool, payload: Any) -> dict[str, Any] | None:
    """The envelope when the arguments do not fit the function's parameters. The shim sees to that
    first; asked only after a TypeError, so that good calls do not pay for it."""
    if not isinstance(payload, dict):
        return _invalid(f"the arguments must be an object, not {payload!r}", "", "object")
    properties = tool.parameters["properties"]
    for name in payload:
        if name not in properties:
            names = ", ".join(properties) or "none"
            return _invalid(f"{name}: is not known (known are: {names})", name, "no such field")
    for name in tool.parameters.get("required", ()):
        if name not in payload:
            return _invalid(f"{name}: is missing", name, str(properties[name].get("type", "")))
    return None


def _invalid(message: str, field: str, expected: str) -> dict[str, Any]:
    return ToolError(
        "invalid_args", message, field=field or None, expected=expected or None
    ).envelope()


# --- routes ------------------------------------------------------------------------------------


def route_runner(route: Route, report: Report) -> Run:
    from .routes import Request, answer, error_answer

    make_context = context_class(route) if route.wants_context else None
    function, media_type = route.function, route.media_type
    described = route.arguments

    def arguments(raw: Any) -> dict[str, Any]:
        request = Request(raw)
        path_params = request.path_params
        arguments: dict[str, Any] = {}
        for name, convert, is_request in described:
            if is_request:
                arguments[name] = request
                continue
            try:
                arguments[name] = (
                    path_params[name] if convert is None else convert(path_params[name])
                )
            except (ValueError, KeyError):
                raise HTTPError(404, f"{name} in the path is not what it should be") from None
        return arguments

    def failed(error: BaseException) -> dict[str, Any]:
        if isinstance(error, HTTPError):
            return error_answer(error.status, error.message, error.headers)
        report(route, error)
        # The message stays in the log: a route may be public.
        return error_answer(500, "the plugin failed to answer; its log says why")

    def run(frame: Frame, raw: Any, extras: Extras) -> Any:
        try:
            context = () if make_context is None else (make_context(frame, extras),)
            return answer(function(*context, **arguments(raw)), media_type)
        except BaseException as error:
            return failed(error)

    async def run_async(frame: Frame, raw: Any, extras: Extras) -> Any:
        try:
            context = () if make_context is None else (make_context(frame, extras),)
            return answer(await function(*context, **arguments(raw)), media_type)
        except BaseException as error:
            return failed(error)

    return run_async if route.is_async else run
