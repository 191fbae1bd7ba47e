"""A chat service for trials, on this machine: `python3 tests/fake_bot_api.py PORT PORT_OF_SERVE`.

Bots use it as they use Telegram (`/bot<token>/getMe`, `setWebhook`, `sendMessage`). A person writes
to the bot with `POST /write` (text in the body), which it passes on to the webhook: through the
tunnel, that is to the server of `osaurus-bridge serve` with the tunnel's name in the Host header.
`GET /chat` shows the conversation.
"""

import http.client
import json
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "12345:fake"
webhook: dict[str, str] = {}
chat: list[str] = []


class Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(200, "".join(f"{line}\n" for line in chat))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/write":
            status, text = write(body.decode())
            self.answer(status, text + "\n")
            return
        _, bot, method = self.path.split("/", 2)
        result = call(bot, method, json.loads(body or b"{}"))
        self.answer(200 if result["ok"] else 401, json.dumps(result))

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the conversation is what counts."""


def call(bot: str, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    if bot != f"bot{TOKEN}":
        return {"ok": False, "description": "Unauthorized"}
    if method == "setWebhook":
        webhook.update(url=arguments["url"], proof=arguments["secret_token"])
    if method == "sendMessage":
        chat.append(f"bot: {arguments['text']}")
    results: dict[str, Any] = {
        "getMe": {"username": "fake_bot"},
        "setWebhook": True,
        "sendMessage": {},
    }
    if method not in results:
        return {"ok": False, "description": "Not Found"}
    return {"ok": True, "result": results[method]}


def write(text: str) -> tuple[int, str]:
    if not webhook:
        return 409, "the bot has no webhook"
    message = {"chat": {"id": 7}, "from": {"first_name": "Ada"}, "text": text}
    address = urllib.parse.urlsplit(webhook["url"])
    tunnel = http.client.HTTPConnection("127.0.0.1", int(sys.argv[2]), timeout=60)
    headers = {"Host": address.netloc, "X-Telegram-Bot-Api-Secret-Token": webhook["proof"]}
    try:
        tunnel.request("POST", address.path, json.dumps({"message": message}), headers)
    except OSError as error:
        return 503, f"the webhook cannot be reached: {error}"
    chat.append(f"Ada: {text}")
    response = tunnel.getresponse()
    return response.status, response.read().decode()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service).serve_forever()
