"""The tools that a model can call."""

from __future__ import annotations

from typing import Annotated, Any

from osaurus_plugin import Arg, AsyncContext, Context, ToolError

from . import store
from ._plugin import plugin
from .meaning import nearness


@plugin.tool(permission="auto")
def add_note(ctx: Context, title: str, body: str, tags: list[str] | None = None) -> dict[str, Any]:
    """Keep a note.

    Args:
        title: A few words that name it.
        body: The text of the note.
        tags: Words to group notes by.
    """
    meaning = ctx.inference.embed(f"{title}\n{body}")
    note_id = store.add(ctx, title, body, tags or [], meaning)
    ctx.log.info("note added", id=note_id, tags=tags or [])
    return {"id": note_id, "title": title}


@plugin.tool(permission="auto")
def search_notes(
    ctx: Context, query: str, limit: Annotated[int, Arg(minimum=1, maximum=50)] = 3
) -> list[dict[str, Any]]:
    """Find notes by what they mean, nearest first.

    Args:
        query: What to look for, in your own words.
        limit: How many notes at most.
    """
    query_vector = ctx.inference.embed(query)
    ranked = sorted(
        (
            (nearness(query_vector, meaning), note_id, title)
            for note_id, title, meaning in store.meanings(ctx)
        ),
        reverse=True,
    )
    return [{"id": i, "title": title, "nearness": round(n, 3)} for n, i, title in ranked[:limit]]


@plugin.tool(permission="auto")
def import_page(ctx: Context, url: str) -> dict[str, Any]:
    """Keep a web page as a note.

    Args:
        url: Address of the page.
    """
    response = ctx.http.get(url, timeout=20)
    if response.status != 200:
        raise ToolError("unavailable", f"{url} answered with status {response.status}")
    return add_note(ctx, title=url, body=response.text[:5000], tags=["web"])


@plugin.tool(permission="auto")
def attach_file(ctx: Context, path: str) -> dict[str, Any]:
    """Keep a shared text file as a note.

    Args:
        path: Where the artifact is.
    """
    file = ctx.files.read(path)
    if not file.mime_type.startswith("text/"):
        raise ToolError(
            "invalid_args", f"{path} is {file.mime_type}", field="path", expected="a file with text"
        )
    return add_note(ctx, title=path.rsplit("/", 1)[-1], body=file.text, tags=["file"])


@plugin.tool(permission="auto")
async def summarize(
    ctx: AsyncContext, max_words: Annotated[int, Arg(minimum=5, maximum=500)] = 60
) -> dict[str, Any]:
    """Sum all notes up, in the style that the user has set.

    Args:
        max_words: Stop the model after this many words.
    """
    style = await ctx.config.get("style", "plain")
    notes = await ctx.db.query("SELECT title, body FROM notes ORDER BY id")
    text = "\n".join(f"- {note['title']}: {note['body']}" for note in notes)
    words: list[str] = []
    async with ctx.inference.stream(f"Sum these notes up in a {style} way:\n{text}") as stream:
        async for chunk in stream:
            words += chunk.text.split()
            if len(words) >= max_words:
                break
    return {"summary": " ".join(words[:max_words]), "stopped_early": len(words) >= max_words}


@plugin.tool(permission="auto")
def title_for(ctx: Context, text: str) -> str:
    """Ask the model for a title.

    Args:
        text: What the title is for.
    """
    answer = ctx.inference.complete(f"A short title for: {text}", max_tokens=20)
    return answer.text


@plugin.tool(permission="auto")
def set_style(ctx: Context, style: str) -> dict[str, Any]:
    """Choose how summaries sound for this agent; an empty style goes back to the default.

    Args:
        style: For example "cheerful".
    """
    before = ctx.config.get("style")
    if style:
        ctx.config.set("style", style)
    else:
        ctx.config.delete("style")
    return {"before": before, "now": ctx.config.get("style")}


@plugin.tool(permission="auto")
def plan_digest(ctx: Context) -> dict[str, Any]:
    """Let an agent write a digest of all notes in the background."""
    task = ctx.tasks.dispatch(
        "Call search_notes to look at the notes, then write a digest of them.",
        title="Nightly digest",
        tools=["search_notes"],
    )
    ctx.tasks.send_draft(task, "Reading your notes ...")
    return {"task": task.id, "active": [active.id for active in ctx.tasks.list()]}


@plugin.tool(permission="auto")
def digest_status(ctx: Context, task: str, stop: bool = False) -> dict[str, Any]:
    """How a digest stands.

    Args:
        task: Id that plan_digest gave.
        stop: End it now.
    """
    if stop:
        ctx.tasks.interrupt(task, "That is enough.")
        ctx.tasks.cancel(task)
    return {"status": ctx.tasks.status(task).status}


@plugin.tool(permission="auto")
def about(ctx: Context) -> dict[str, Any]:
    """Who is asking, which models there are, how many notes."""
    return {
        "agent": ctx.agent_id,
        "models": [model.id for model in ctx.inference.models()],
        "notes": len(store.every(ctx)),
    }
