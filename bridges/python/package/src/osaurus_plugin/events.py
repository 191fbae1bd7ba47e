"""Typed events of background tasks, and artifacts: what `on_task_event` and `on_artifact` get."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# By number: `on_task_event`'s `type`.
NAMES = (
    "started",
    "activity",
    "progress",
    "clarification",
    "completed",
    "failed",
    "cancelled",
    "output",
    "draft",
)


class TaskEvent:
    """An event of a task that this plugin dispatched. Use `isinstance` or `match` on the class;
    `raw` is the host's whole payload."""

    type = -1
    __slots__ = ("raw", "task_id")

    def __init__(self, task_id: str, raw: Mapping[str, Any]) -> None:
        self.task_id = task_id
        self.raw: dict[str, Any] = dict(raw)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.task_id!r}, {self.raw!r})"

    def _text(self, name: str) -> str:
        return str(self.raw.get(name) or "")

    def _optional(self, name: str) -> str | None:
        value = self.raw.get(name)
        return None if value is None else str(value)

    @property
    def name(self) -> str:
        """`started`, `activity`, `progress`, `clarification`, `completed`, `failed`, `cancelled`,
        `output`, `draft`, or `unknown`."""
        return NAMES[self.type] if 0 <= self.type < len(NAMES) else "unknown"

    @property
    def title(self) -> str:
        """The task's title (the step's, for an activity)."""
        return self._text("title")

    @property
    def summary(self) -> str:
        """How an ended task ended (the error's text for a failure); else empty."""
        return self._text("summary")

    @property
    def output(self) -> str:
        """Text of an ended task's last turn; else empty."""
        return self._text("output")

    @property
    def is_last(self) -> bool:
        """Whether the task has ended with this event."""
        return self.type in (4, 5, 6)


class TaskStarted(TaskEvent):
    """The task is registered and runs."""

    type = 0
    __slots__ = ()


class TaskActivity(TaskEvent):
    """A step, such as a tool call."""

    type = 1
    __slots__ = ()

    @property
    def kind(self) -> str:
        """`tool`, `thinking`, `writing`, ..."""
        return self._text("kind")

    @property
    def detail(self) -> str | None:
        """For a tool call, the tool's name."""
        return self._optional("detail")

    @property
    def timestamp(self) -> str:
        """ISO 8601, UTC."""
        return self._text("timestamp")


class TaskProgress(TaskEvent):
    """How far the task is. Documented by the host; today's host sends none."""

    type = 2
    __slots__ = ()

    @property
    def progress(self) -> float:
        """0 to 1."""
        return float(self.raw.get("progress") or 0.0)

    @property
    def current_step(self) -> str | None:
        """What the task does now."""
        return self._optional("current_step")


class TaskClarification(TaskEvent):
    """The task waits for an answer of the user."""

    type = 3
    __slots__ = ()

    @property
    def question(self) -> str:
        """What the task asks."""
        return self._text("question")

    @property
    def options(self) -> list[str]:
        """Answers to choose from; empty when any answer will do."""
        return [str(one) for one in self.raw.get("options") or []]

    @property
    def allow_multiple(self) -> bool:
        """Whether more than one option may be chosen."""
        return bool(self.raw.get("allow_multiple"))


class _Ended(TaskEvent):
    __slots__ = ()

    @property
    def success(self) -> bool:
        """Whether the task did what it should."""
        return bool(self.raw.get("success"))

    @property
    def session_id(self) -> str | None:
        """Pass it to `tasks.dispatch` to go on in the same session."""
        return self._optional("session_id")

    @property
    def artifacts(self) -> list[dict[str, Any]]:
        """Files that the task shared, where the host says."""
        return list(self.raw.get("artifacts") or [])


class TaskCompleted(_Ended):
    """The task is done."""

    type = 4
    __slots__ = ()


class TaskFailed(_Ended):
    """The task ended with an error; `summary` is its text."""

    type = 5
    __slots__ = ()


class TaskCancelled(TaskEvent):
    """The task was stopped."""

    type = 6
    __slots__ = ()


class TaskOutput(TaskEvent):
    """New text of the task. Documented by the host; today's host sends none."""

    type = 7
    __slots__ = ()

    @property
    def text(self) -> str:
        """The text."""
        return self._text("text")


class TaskDraft(TaskEvent):
    """A draft was sent with `tasks.send_draft`."""

    type = 8
    __slots__ = ()

    @property
    def draft(self) -> dict[str, Any] | None:
        """The draft, if it was an object."""
        value = self.raw.get("draft")
        return dict(value) if isinstance(value, dict) else None


_BY_TYPE = {
    made.type: made
    for made in (
        TaskStarted,
        TaskActivity,
        TaskProgress,
        TaskClarification,
        TaskCompleted,
        TaskFailed,
        TaskCancelled,
        TaskOutput,
        TaskDraft,
    )
}


def task_event(task_id: str, type_: int, raw: object) -> TaskEvent:
    """The event's class; a type that is not known yet stays a plain `TaskEvent`."""
    event = _BY_TYPE.get(type_, TaskEvent)(task_id, raw if isinstance(raw, dict) else {})
    return event


class Artifact:
    """A file that was shared in a conversation of this plugin."""

    __slots__ = ("raw",)

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw: dict[str, Any] = dict(raw)

    def __repr__(self) -> str:
        return f"Artifact({self.raw!r})"

    @property
    def filename(self) -> str:
        """Name without a folder."""
        return str(self.raw.get("filename") or "")

    @property
    def mime_type(self) -> str:
        """Guessed by the host from the name."""
        return str(self.raw.get("mime_type") or "")

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.raw.get("size") or 0)

    @property
    def host_path(self) -> str:
        """Absolute path; `ctx.files.read` reads it."""
        return str(self.raw.get("host_path") or "")

    @property
    def is_directory(self) -> bool:
        """Whether a folder was shared."""
        return bool(self.raw.get("is_directory"))

    @property
    def description(self) -> str | None:
        """What the model says of it."""
        value = self.raw.get("description")
        return None if value is None else str(value)
