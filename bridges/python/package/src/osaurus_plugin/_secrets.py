"""`ctx.secrets`: a mapping whose errors help and whose printed form shows no secret."""

from __future__ import annotations

from .errors import ToolError


class SecretNotSet(ToolError, KeyError):
    """What is missing, and where the user sets it. Not caught, it ends a tool call with the kind
    `unavailable`; who catches the error of a mapping gets it, too."""

    def __init__(self, key: str) -> None:
        super().__init__(
            "unavailable",
            f"the secret {key!r} is not set for this agent: set it in Osaurus, in this plugin's "
            f"settings. Tool calls get it when the plugin declares it with plugin.secret({key!r}, "
            "...)",
            retryable=False,
        )

    def __str__(self) -> str:
        return self.message


class Secrets(dict[str, str]):
    """Secrets by id. Printing it shows the ids alone."""

    __slots__ = ()

    def __missing__(self, key: str) -> str:
        raise SecretNotSet(key)

    def __repr__(self) -> str:
        return f"Secrets({sorted(self)})"
