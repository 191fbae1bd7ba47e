"""The part of a bot API that the plugin uses, in Telegram's form: `/bot<token>/<method>`."""

from typing import Any

from osaurus_plugin import Context

HOST = "https://api.telegram.org"


class BotError(Exception):
    """What the service answered instead of a result. Never holds the token."""


class BotApi:
    def __init__(self, ctx: Context, token: str) -> None:
        self._http = ctx.http
        self._token = token

    def call(self, method: str, **arguments: object) -> Any:
        response = self._http.post(f"{HOST}/bot{self._token}/{method}", json=arguments)
        answer = response.json()
        if not answer.get("ok"):
            raise BotError(f"{method}: {answer.get('description', response.status)}")
        return answer["result"]
