"""The plugin's own page, served at /plugins/dev.example.notes/."""

from __future__ import annotations

from html import escape

from .store import Note

STYLE = """
body { font: 16px/1.5 system-ui; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color: #222 }
article { border-left: 4px solid #4a7; padding: .2rem 1rem; margin: 1rem 0; background: #f7faf8 }
h2 { font-size: 1.05rem; margin: .3rem 0 } small { color: #678 }
"""


def render(notes: list[Note]) -> str:
    """The whole page."""
    items = "\n".join(_article(note) for note in notes) or "<p>No notes yet.</p>"
    return f"<!doctype html><title>Notes</title><style>{STYLE}</style><h1>Notes</h1>\n{items}\n"


def _article(note: Note) -> str:
    tags = " ".join(f"#{escape(tag)}" for tag in note.tags)
    return (
        f"<article><h2>{escape(note.title)}</h2>"
        f"<p>{escape(note.body)}</p><small>{tags}</small></article>"
    )
