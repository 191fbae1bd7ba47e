"""Notes in the plugin's own SQLite file. Called by tools and routes; knows nothing of models."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from osaurus_plugin import Context

SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    tags TEXT NOT NULL,
    agent TEXT,
    meaning TEXT NOT NULL
)
"""


@dataclass
class Note:
    """A note as tools and pages show it."""

    id: int
    title: str
    body: str
    tags: list[str] = field(default_factory=list)


def prepare(ctx: Context) -> None:
    """Create the table on first use."""
    ctx.db.execute(SCHEMA)


def add(ctx: Context, title: str, body: str, tags: list[str], meaning: list[float]) -> int:
    """Store a note and return its id."""
    prepare(ctx)
    row = ctx.db.execute(
        "INSERT INTO notes (title, body, tags, agent, meaning) VALUES (?, ?, ?, ?, ?)",
        [title, body, json.dumps(tags), ctx.agent_id, json.dumps(meaning)],
    )
    return row.last_insert_rowid


def every(ctx: Context) -> list[Note]:
    """All notes, newest first."""
    prepare(ctx)
    rows = ctx.db.query("SELECT id, title, body, tags FROM notes ORDER BY id DESC")
    return [Note(row["id"], row["title"], row["body"], json.loads(row["tags"])) for row in rows]


def meanings(ctx: Context) -> list[tuple[int, str, list[float]]]:
    """Id, title and embedding of every note."""
    prepare(ctx)
    rows = ctx.db.query("SELECT id, title, meaning FROM notes")
    return [(row["id"], row["title"], json.loads(row["meaning"])) for row in rows]


def get(ctx: Context, note_id: int) -> Note | None:
    """One note, if it exists."""
    return next((note for note in every(ctx) if note.id == note_id), None)
