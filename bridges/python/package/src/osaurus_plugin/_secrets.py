"""`ctx.secrets`: a mapping whose errors help and whose printed form shows no secret."""

from __future__ import annotations


class Secrets(dict[str, str]):
    """Secrets by id. Printing it shows the ids alone."""

    __slots__ = ()

    def __missing__(self, key: str) -> str:
        raise KeyError(
            f"no secret {key!r} is set for this agent: declare it with plugin.secret({key!r}, ...) "
            "and let the user fill it in"
        )

    def __repr__(self) -> str:
        return f"Secrets({sorted(self)})"
