"""A web server that gives a test's answers to the requests that the reference host sends here
instead. Used by `built_host.py`.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ._test_services import Http
from .errors import HostCallRefused


class Server(ThreadingHTTPServer):
    """Gives the answers of `http` to the requests that the host sends here instead."""

    daemon_threads = True

    def __init__(self, http: Http) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.http = http
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    @property
    def _http(self) -> Http:
        return self.server.http  # type: ignore[attr-defined,no-any-return]

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request: dict[str, Any] = {
            "method": self.command,
            "headers": dict(self.headers.items()),
            "body": self.rfile.read(length).decode("utf-8", "replace"),
        }
        try:
            answer = self._first_that_fits(request)
        except HostCallRefused as refused:
            answer = {"status": 501, "headers": {}, "body": str(refused)}
        body = str(answer.get("body", ""))
        content = body.encode()
        if answer.get("body_encoding") == "base64":
            from base64 import b64decode

            content = b64decode(body)
        self.send_response(answer["status"])
        for name, value in answer["headers"].items():
            if name not in ("content-length", "transfer-encoding", "content-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _first_that_fits(self, request: dict[str, Any]) -> dict[str, Any]:
        """Requests by https come in clear: nothing says which of the two it was."""
        host = (self.headers.get("Host") or "").partition(":")[0]
        url = f"https://{host}{self.path}"
        plain_url = f"http://{host}{self.path}"
        if self._http.answers_to(self.command, url):
            return self._http.respond({**request, "url": url})
        return self._http.respond({**request, "url": plain_url})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Tests print nothing."""
