import logging

NAME = "first helper"
KEPT: list[str] = []
_counts: list[int] = []


class Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        KEPT.append(record.getMessage())


def count() -> int:
    _counts.append(1)
    return len(_counts)
