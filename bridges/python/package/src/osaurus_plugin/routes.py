"""HTTP routes: the request that a handler gets, and what it may return."""

from __future__ import annotations

from . import _codec
from .errors import DeclarationError, HTTPError
from .jsonable import plain
from .settings import check_auth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))


class Request:
    """A request to one of the plugin's routes.

    >>> @plugin.route("/notes", methods=["POST"], auth="none")
    ... def add_note(request: Request) -> tuple[int, str]:
    ...     return 201, request.json()["title"]
    >>> TestHost(plugin).request("POST", "/notes", json={"title": "tea"})["status"]
    201
    """

    __slots__ = ("raw",)
    _osaurus_request = True

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw: dict[str, Any] = dict(raw)

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path}>"

    def _osaurus(self, name: str) -> str:
        return str((self.raw.get("osaurus") or {}).get(name) or "")

    @property
    def method(self) -> str:
        """Upper-case."""
        return str(self.raw.get("method") or "GET").upper()

    @property
    def path(self) -> str:
        """Below the plugin's own address, not percent-decoded, without the query."""
        return str(self.raw.get("path") or "/").partition("?")[0]

    @property
    def path_params(self) -> dict[str, str]:
        """Values of `:name` parts, percent-decoded."""
        return dict(self.raw.get("path_params") or {})

    @property
    def query(self) -> dict[str, str]:
        """Percent-decoded; the last value of a repeated name."""
        return dict(self.raw.get("query") or {})

    @property
    def headers(self) -> dict[str, str]:
        """By lower-case name."""
        return dict(self.raw.get("headers") or {})

    @property
    def body(self) -> bytes:
        """The body as bytes. The host repairs bytes that are not UTF-8 before they get here."""
        text = self.raw.get("body") or ""
        if self.raw.get("body_encoding") == "base64":
            from binascii import a2b_base64

            return a2b_base64(text)
        return str(text).encode("utf-8", "surrogatepass")

    @property
    def text(self) -> str:
        """The body as text."""
        if self.raw.get("body_encoding") == "base64":
            return self.body.decode("utf-8", "replace")
        return str(self.raw.get("body") or "")

    def json(self) -> Any:
        """The body as JSON; any other body ends the route with status 400."""
        try:
            return _codec.loads(self.text)
        except ValueError as error:
            raise HTTPError(400, f"the request's body is not JSON: {error}") from None

    def form(self) -> dict[str, str]:
        """Fields of a urlencoded form; the last value of a repeated name."""
        from urllib.parse import parse_qsl

        return dict(parse_qsl(self.text, keep_blank_values=True))

    @property
    def route_id(self) -> str:
        """Id of the route that matched."""
        return str(self.raw.get("route_id") or "")

    @property
    def base_url(self) -> str:
        """Address of the host (of its tunnel, while one is connected)."""
        return self._osaurus("base_url")

    @property
    def plugin_url(self) -> str:
        """Address of this plugin's routes."""
        return self._osaurus("plugin_url")

    @property
    def agent_address(self) -> str:
        """Address of the agent; empty when the host does not know it."""
        return self._osaurus("agent_address")


class Response:
    """A complete response of a route.

    >>> Response("not here", status=404).status
    404
    >>> Response.redirect("/ui").headers
    {'Location': '/ui'}
    """

    __slots__ = ("body", "headers", "media_type", "status")

    def __init__(
        self,
        body: str | bytes | Any = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
    ) -> None:
        self.body = body
        self.status = status
        self.headers = dict(headers or {})
        self.media_type = media_type

    @classmethod
    def html(cls, body: str, status: int = 200) -> Response:
        """An HTML page."""
        return cls(body, status, media_type="text/html; charset=utf-8")

    @classmethod
    def json(cls, body: Any, status: int = 200) -> Response:
        """Any JSON value, text included."""
        return cls(_codec.dumps(plain(body)), status, media_type="application/json")

    @classmethod
    def redirect(cls, url: str, status: int = 302) -> Response:
        """Sends the browser elsewhere."""
        return cls("", status, {"Location": url})


def answer(returned: Any, media_type: str | None) -> dict[str, Any]:
    """A handler's return value as the host reads it. Raises TypeError for what it cannot be."""
    if isinstance(returned, tuple):
        returned = _from_tuple(returned)
    response = returned if isinstance(returned, Response) else Response(returned)
    body, encoding, guessed = _body(response.body)
    headers = {str(name): str(value) for name, value in response.headers.items()}
    kind = response.media_type or media_type or guessed
    if kind and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind
    reply: dict[str, Any] = {"status": _status(response.status), "headers": headers, "body": body}
    if encoding:
        reply["body_encoding"] = encoding
    return reply


def error_answer(
    status: int, message: str, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The error body that the host's own errors have."""
    return answer(Response({"error": {"message": message}}, status, headers), None)


def _from_tuple(returned: tuple[Any, ...]) -> Response:
    if len(returned) in (2, 3) and isinstance(returned[0], int):
        headers = returned[2] if len(returned) == 3 else None
        if isinstance(returned[1], Response):
            raise TypeError("return the Response alone and give it the status")
        return Response(returned[1], returned[0], headers)
    raise TypeError("a tuple must be (status, body) or (status, body, headers)")


def _status(status: Any) -> int:
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise TypeError(f"the status must be a number from 100 to 599, not {status!r}")
    return int(status)


def _body(body: Any) -> tuple[str, str, str | None]:
    """(text, encoding, media type)."""
    if body is None:
        return "", "", None
    if isinstance(body, str):
        if not body:
            return "", "", None
        page = body.lstrip()[:1] == "<"
        return body, "", f"text/{'html' if page else 'plain'}; charset=utf-8"
    if isinstance(body, (bytes, bytearray, memoryview)):
        from binascii import b2a_base64

        return b2a_base64(body, newline=False).decode("ascii"), "base64", "application/octet-stream"
    return _codec.dumps(plain(body)), "", "application/json"


def check_route(what: str, path: str, methods: Sequence[str], auth: str) -> list[str]:
    """The path's parameters. Raises DeclarationError for what the host would not match."""
    check_auth(what, auth)
    if isinstance(methods, str) or not methods:
        raise DeclarationError(f'{what}: methods must be a list such as ["GET"], not {methods!r}')
    for method in methods:
        if not isinstance(method, str) or method.upper() not in _METHODS:
            raise DeclarationError(
                f"{what}: {method!r} is not an HTTP method (of {', '.join(sorted(_METHODS))})"
            )
    if not path.startswith("/"):
        raise DeclarationError(f"{what}: the path {path!r} must begin with '/'")
    if "{" in path or "<" in path:
        raise DeclarationError(f"{what}: write the parameters of {path!r} as ':name'")
    if "?" in path or "#" in path or ".." in path:
        raise DeclarationError(f"{what}: the path {path!r} must not hold '?', '#' or '..'")
    names = [part[1:] for part in path.split("/") if part.startswith(":")]
    if "" in names:
        raise DeclarationError(f"{what}: the path {path!r} has a ':' without a name")
    if len(set(names)) != len(names):
        raise DeclarationError(f"{what}: the path {path!r} has a parameter twice")
    if names and path.endswith("/*"):
        raise DeclarationError(
            f"{what}: the host takes ':name' literally in a path that ends with '/*': {path!r}"
        )
    return names
