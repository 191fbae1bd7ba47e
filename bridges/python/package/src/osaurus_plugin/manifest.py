"""A plugin's manifest, checked by the host's own rules, and how its handlers run: one JSON object.
Used by `_build.py`; never at run time.
"""

from __future__ import annotations

from typing import Any

from . import _project
from ._project import Project, ProjectError
from .plugin import Plugin
from .settings import covers, normalised_mount


def build(plugin: Plugin, project: Project) -> dict[str, Any]:
    """The manifest of HOST_BEHAVIOUR's decoder, checked by the host's own rules."""
    manifest: dict[str, Any] = {
        "plugin_id": project.agree("id", plugin.id, project.id),
        "name": plugin.name or project.display_name,
        "version": project.agree("version", plugin.version, project.version),
        "description": plugin.description or project.description,
        "authors": plugin.authors or project.authors,
        "license": plugin.license or project.license,
        "instructions": plugin.instructions,
        "min_macos": plugin.min_macos,
        "min_osaurus": plugin.min_osaurus,
        "secrets": list(plugin.secrets.values()),
        "docs": _docs(plugin, project),
    }
    manifest = {key: value for key, value in manifest.items() if value}
    manifest["capabilities"] = _capabilities(plugin)
    check(plugin, manifest, project)
    return manifest


def _docs(plugin: Plugin, project: Project) -> dict[str, Any]:
    docs: dict[str, Any] = {}
    readme, changelog = plugin.readme or project.readme, plugin.changelog
    if readme:
        docs["readme"] = readme
    if changelog:
        docs["changelog"] = changelog
    links = plugin.links or [{"label": one, "url": url} for one, url in project.urls.items()]
    if links:
        docs["links"] = links
    return docs


def _capabilities(plugin: Plugin) -> dict[str, Any]:
    capabilities: dict[str, Any] = {}
    if plugin.tools:
        capabilities["tools"] = [tool.manifest() for tool in plugin.tools.values()]
    if plugin.routes:
        capabilities["routes"] = [route.manifest() for route in plugin.routes.values()]
    if plugin.sections:
        capabilities["config"] = {
            "title": plugin.config_title or plugin.name,
            "sections": [
                {"title": title, "fields": [field.manifest() for field in fields]}
                for title, fields in plugin.sections
            ],
        }
        if not capabilities["config"]["title"]:
            del capabilities["config"]["title"]
    if plugin.web_files is not None:
        capabilities["web"] = plugin.web_files.fields
    if "on_artifact" in plugin.events:
        capabilities["artifact_handler"] = True
    return capabilities


def check(plugin: Plugin, manifest: dict[str, Any], project: Project) -> None:
    """The rules of the host's loader that no single declaration can see."""
    _project.check_id(manifest.get("plugin_id"), project)
    _project.check_version(manifest.get("version"), project)
    at = f"{plugin.file}:{plugin.line}"
    oldest = manifest.get("min_osaurus")
    if oldest and not _project.is_plain_version(oldest, parts=(3,)):
        raise ProjectError(f"{at}: min_osaurus={oldest!r} must have the form 1.2.3")
    oldest = manifest.get("min_macos")
    if oldest and not _project.is_plain_version(oldest, parts=(1, 2, 3)):
        raise ProjectError(f"{at}: min_macos={oldest!r} must have the form 14, 14.5 or 14.5.1")
    _check_ids(plugin)
    _check_routes(plugin)
    _check_settings(plugin, at)


def _check_ids(plugin: Plugin) -> None:
    for kind, handlers in (("tool", plugin.tools), ("route", plugin.routes)):
        handlers_by_id: dict[str, Any] = {}
        for id_, handler in handlers.items():
            twin = handlers_by_id.setdefault(id_.strip(), handler)
            if twin is not handler:
                raise handler.error(f"the host takes it for the {kind} at {twin.file}:{twin.line}")


def _check_routes(plugin: Plugin) -> None:
    routes_by_path: dict[tuple[str, str], Any] = {}
    for route in plugin.routes.values():
        if plugin.web_files is not None and covers(plugin.web_files.mount, route.path):
            mount = normalised_mount(plugin.web_files.mount)
            raise route.error(
                f"its path {route.path!r} is under the web mount {mount!r}, where static files "
                "hide it; the host does not load such a plugin. Move one of them"
            )
        for method in route.methods:
            twin = routes_by_path.setdefault((method, route.path), route)
            if twin is not route:
                raise route.error(
                    f"{method} {route.path} is answered by the route {twin.id!r} at "
                    f"{twin.file}:{twin.line}"
                )


def _check_settings(plugin: Plugin, at: str) -> None:
    keys = {field.key for _, fields in plugin.sections for field in fields}
    for _, fields in plugin.sections:
        for field in fields:
            entry = field.manifest()
            named = [entry.get("connected_when")]
            named += (entry.get("disconnect_action") or {}).get("clear_keys") or []
            for key in named:
                if key is not None and key not in keys and key not in plugin.secrets:
                    raise ProjectError(
                        f"{at}: the setting {field.key!r} refers to the key {key!r}, which no "
                        "field declares; the host would never fill it"
                    )


def describe(plugin: Plugin, project: Project) -> dict[str, Any]:
    """What the program prints."""
    plugin.declare_included()
    names = {
        "config": "on_config_changed",
        "task": "on_task_event",
        "artifact": "on_artifact",
        "unload": "on_unload",
    }
    handlers = {
        short: plugin.events[name].settings()
        for short, name in names.items()
        if name in plugin.events
    }
    if plugin.included:  # their servers end with the plugin
        handlers.setdefault("unload", {"is_async": False, "threads": False})
    return {
        "manifest": build(plugin, project),
        "tools": {id_: tool.settings() for id_, tool in plugin.tools.items()},
        "routes": {id_: route.settings() for id_, route in plugin.routes.items()},
        "handlers": handlers,
    }
