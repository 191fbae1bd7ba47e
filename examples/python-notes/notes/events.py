"""What the host tells the plugin, and the page that it serves."""

from __future__ import annotations

from osaurus_plugin import Artifact, Context, Request, Response, TaskCompleted, TaskEvent

from . import page, store
from ._plugin import plugin


@plugin.route("/", methods=["GET"], auth="none")
def show_page(ctx: Context) -> Response:
    """All notes on a page."""
    return Response.html(page.render(store.every(ctx)))


@plugin.route("/notes/:id", methods=["GET"], auth="none")
def show_note(ctx: Context, request: Request) -> Response:
    """One note as JSON."""
    note = store.get(ctx, int(request.path_params["id"]))
    if note is None:
        return Response.json({"error": "no such note"}, status=404)
    return Response.json({"id": note.id, "title": note.title, "body": note.body, "tags": note.tags})


@plugin.on_config_changed
def config_changed(ctx: Context, key: str, value: str) -> None:
    """The user changed a setting."""
    ctx.log.info("setting changed", key=key, value=value)


@plugin.on_task_event
def task_event(ctx: Context, event: TaskEvent) -> None:
    """A digest made progress; the finished one becomes a note."""
    ctx.log.info(f"digest: {type(event).__name__}", task=event.task_id)
    if isinstance(event, TaskCompleted) and event.output:
        meaning = ctx.inference.embed(event.output)
        store.add(ctx, event.title or "Digest", event.output, ["digest"], meaning)


@plugin.on_artifact
def artifact(ctx: Context, shared: Artifact) -> None:
    """The user's model shared a file."""
    ctx.log.info("artifact shared", file=shared.filename, size=shared.size)
