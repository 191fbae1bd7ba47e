"""The part of a bot API that the plugin uses, in Telegram's form: `/bot<token>/<method>`."""

from typing import Any

from osaurus_plugin import Context
from osaurus_plugin.errors import HostError

HOST = "https://api.telegram.org"


class BotError(Exception):
    """The service refused, or cannot be reached. Never holds the token."""


class BotApi:
    def __init__(self, ctx: Context, token: str) -> None:
        self._http = ctx.http
        self._token = token

    def call(self, method: str, **arguments: object) -> Any:
        try:
            response = self._http.post(f"{HOST}/bot{self._token}/{method}", json=arguments)
        except HostError as error:
            raise BotError(f"{method}: {error}") from None
        answer = response.json()
        if not answer.get("ok"):
            raise BotError(f"{method}: {answer.get('description', response.status)}")
        return answer["result"]
