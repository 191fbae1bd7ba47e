"""What a test says the outside world answers: HTTP, models, background tasks. Used by the test
hosts of the plugin in this process (`testing.py`) and of the built library (`built_host.py`).
"""

from __future__ import annotations

import json as json_
import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import HostCallRefused
from .events import NAMES
from .jsonable import plain

_RECORD = "OSAURUS_RECORD"


class Headers(dict[str, str]):
    """Header names in any case, as in the host: `requests[0]["headers"]["authorization"]`."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(self._as_sent(name))

    def __contains__(self, name: object) -> bool:
        return super().__contains__(self._as_sent(name))

    def get(self, name: str, default: Any = None) -> Any:
        """The value; `default` without the header."""
        return super().get(self._as_sent(name), default)

    def _as_sent(self, name: object) -> Any:
        if not isinstance(name, str):
            return name
        return next((one for one in self if one.lower() == name.lower()), name)


class Http:
    """Answers to the plugin's requests, and the requests that it made."""

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        self.requests: list[dict[str, Any]] = []
        """As the host gets them: "method", "url", "headers", "body"."""
        self._secrets = {} if secrets is None else secrets
        self._rules: list[dict[str, Any]] = []
        self._recording: Path | None = None

    def answer(
        self,
        url: str,
        *,
        method: str | None = None,
        status: int = 200,
        json: Any = None,
        body: str = "",
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
    ) -> None:
        """Answers requests to a URL; `*` stands for any part of it after the host. The first rule
        that fits is used, and no more often than `times`."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or "*" in (parts.hostname or "*"):
            raise ValueError(
                f"{url!r} names no host: write a whole URL, such as https://api.example.com/books*"
            )
        self._rules.append(
            {
                "url": url,
                "method": method and method.upper(),
                "status": status,
                "headers": {name.lower(): value for name, value in (headers or {}).items()},
                "body": body if json is None else json_.dumps(plain(json)),
                "times": times,
            }
        )
        if json is not None:
            self._rules[-1]["headers"].setdefault("content-type", "application/json")

    def recorded(self, path: str | os.PathLike[str]) -> None:
        """Answers from a file of real answers. With OSAURUS_RECORD=1 in the environment, requests
        that it lacks are really made, and written to it: without cookies, and with `<NAME>` in
        place of the test's secrets and of what an Authorization header has."""
        self._recording = Path(path)
        if not self._recording.exists():
            if not os.environ.get(_RECORD):
                raise FileNotFoundError(f"{path} does not exist; run once with {_RECORD}=1")
            return
        for one in json_.loads(self._recording.read_text("utf-8")):
            self._rules.append({**one, "times": None})

    @property
    def hosts(self) -> set[str]:
        """The names that rules are for."""
        return {urlsplit(one["url"]).hostname or "" for one in self._rules}

    def answers_to(self, method: str, url: str) -> bool:
        """Whether a rule fits."""
        return any(_fits(rule, method, url) for rule in self._rules)

    def respond(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The response to a request. Raises `HostCallRefused` where no rule fits."""
        self.requests.append({**request, "headers": Headers(request.get("headers") or {})})
        method, url = str(request.get("method", "GET")), str(request["url"])
        recorded_url = _without(self._hidden(request), url)
        for rule in self._rules:
            if _fits(rule, method, url) or _fits(rule, method, recorded_url):
                if rule["times"] is not None:
                    rule["times"] -= 1
                keys = ("status", "headers", "body", "body_encoding")
                return {"elapsed_ms": 0, **{key: rule[key] for key in keys if key in rule}}
        if self._recording is not None and os.environ.get(_RECORD):
            return self._record(self._recording, request)
        raise HostCallRefused(
            f"the test answers no {method} {url}; say host.http.answer({url!r}, ...)"
        )

    def _record(self, file: Path, request: Mapping[str, Any]) -> dict[str, Any]:
        response = _really(request)
        recorded = json_.loads(file.read_text("utf-8")) if file.exists() else []
        entry = {"method": request.get("method", "GET"), "url": request["url"], **response}
        entry["headers"] = {
            key: one for key, one in entry["headers"].items() if key != "set-cookie"
        }
        entry = _without(self._hidden(request), entry)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json_.dumps([*recorded, entry], indent=2, ensure_ascii=False) + "\n")
        self._rules.append({**entry, "times": None})
        return response

    def _hidden(self, request: Mapping[str, Any]) -> dict[str, str]:
        """What no recording may have, and what stands for it there."""
        from urllib.parse import quote

        headers = dict(request.get("headers") or {})
        authorization = [one for name, one in headers.items() if name.lower() == "authorization"]
        hidden = {one.split(" ")[-1]: "<authorization>" for one in authorization}
        hidden.update({value: f"<{name}>" for name, value in self._secrets.items()})
        hidden.update({quote(value, safe=""): name for value, name in list(hidden.items())})
        return {value: name for value, name in hidden.items() if value}


def _without(hidden: Mapping[str, str], value: Any) -> Any:
    """The same, with other words in place of what is hidden."""
    if isinstance(value, dict):
        return {key: _without(hidden, one) for key, one in value.items()}
    if not isinstance(value, str):
        return value
    for text, name in hidden.items():
        value = value.replace(text, name)
    return value


def _fits(rule: Mapping[str, Any], method: str, url: str) -> bool:
    if rule["times"] == 0 or (rule["method"] or method) != method:
        return False
    # Of a pattern's characters only the star means anything.
    pattern = "".join(f"[{one}]" if one in "?[" else one for one in rule["url"])
    return fnmatchcase(url, pattern)


def _really(request: Mapping[str, Any]) -> dict[str, Any]:
    from base64 import b64decode, b64encode
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    body = request.get("body")
    data = None if body is None else str(body).encode()
    if data is not None and request.get("body_encoding") == "base64":
        data = b64decode(data)
    to_send = Request(
        request["url"], data, dict(request.get("headers") or {}), method=request.get("method")
    )
    try:
        answer = urlopen(to_send, timeout=30)
    except HTTPError as error:
        answer = error
    with answer:
        content, headers = answer.read(), {key.lower(): one for key, one in answer.headers.items()}
    try:
        text = {"body": content.decode()}
    except UnicodeDecodeError:
        text = {"body": b64encode(content).decode(), "body_encoding": "base64"}
    return {"status": answer.status, "headers": headers, **text}


def event_type(type: object) -> int:
    """The number of a kind of task event; raises for what is not a number."""
    if isinstance(type, int) and not isinstance(type, bool):
        return type
    kinds = ", ".join(f"{number} {name}" for number, name in enumerate(NAMES))
    raise TypeError(f"type={type!r} is not the number of a kind of event: {kinds}")


class Model:
    """What the host's models answer, by the last message."""

    def __init__(self) -> None:
        self.rules: list[dict[str, Any]] = []
        self.prompts: list[str] = []
        """The last message of each request."""

    def answer(
        self, when: str, text: str = "", *, fail: str | None = None, times: int | None = None
    ) -> None:
        """Answers a message that contains `when`, in any case (`""`: any message) with a string,
        or a failure. The first rule that fits is used, and no more often than `times`."""
        self.rules.append({"when": when, "text": text, "fail": fail, "times": times})

    def respond(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """The host's answer; None where no rule fits."""
        prompt = str(request["messages"][-1].get("content") or "")
        self.prompts.append(prompt)
        for rule in self.rules:
            if rule["when"].lower() not in prompt.lower() or rule["times"] == 0:
                continue
            if rule["times"] is not None:
                rule["times"] -= 1
            if rule["fail"] is not None:
                return {"error": "inference_error", "message": rule["fail"]}
            message = {"role": "assistant", "content": rule["text"]}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            return {"id": "cmpl-TEST", "model": "test", "choices": [choice]}
        return None

    def script(self) -> str:
        """The rules as a script for the reference host's model."""
        lines = []
        for rule in self.rules:
            lines.append("[[rule]]")
            keys = {key: one for key, one in rule.items() if one is not None}
            if rule["fail"] is not None:
                keys.pop("text")
            lines += [f"{key} = {json_.dumps(one)}" for key, one in keys.items()]
        return "\n".join(lines) + "\n"


class Tasks(list["dict[str, Any]"]):
    """Background tasks that the plugin dispatched: "id", "prompt", "title", "tools", "status"."""

    def dispatch(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Starts one."""
        from uuid import uuid4

        id_ = request.get("id") or str(uuid4()).upper()
        self.append({**request, "id": id_, "status": "running"})
        return {"id": id_, "status": "running"}

    def find(self, id_: str) -> dict[str, Any] | None:
        """One of them."""
        return next((one for one in self if one["id"] == id_), None)
