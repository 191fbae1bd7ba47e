"""Program that `osaurus-bridge build` runs on the files that it packs: imports the plugin once and
writes its description, one JSON object, to standard output. What is wrong goes to stderr, exit 1.

The job comes as JSON on standard input (see `Job`). The interpreter is isolated (-I -S) and the
current folder is an empty one: what this import finds is what it finds in the host.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    sys.path.insert(0, __file__.rpartition("/")[0].rpartition("/")[0])

import faulthandler
import json
import os
from typing import Any

from osaurus_plugin import _import_path
from osaurus_plugin._build_errors import Files, explain
from osaurus_plugin._project import Project, ProjectError
from osaurus_plugin._runtime import load_plugin
from osaurus_plugin._shadowing import check_names
from osaurus_plugin.manifest import describe


class Job:
    """What the build asks for."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.entry: str = fields["entry"]
        self.project = Project.read(fields["project_file"], fields["settings"])
        self.roots: list[str] = fields["roots"]
        self.seconds: float = fields["seconds"]
        places = (self.roots[0], fields["source"], fields["project_folder"])
        self.files = Files(self.entry, *places, fields["left_out"])


def main() -> int:
    """Runs the program."""
    result = _keep_stdout()
    faulthandler.enable()
    try:
        job = Job(json.load(sys.stdin))
    except ProjectError as error:
        return _failed(str(error))
    _close_stdin()
    _import_path.arrange(job.roots)
    try:
        job.project.check_python()
        warnings = check_names(job.roots[0], job.entry)
        faulthandler.dump_traceback_later(job.seconds, exit=True)
        plugin = load_plugin(job.entry)
        description = describe(plugin, job.project)
        description["warnings"] = [
            *warnings,
            *plugin.warnings,
            *_does_nothing(description["manifest"]),
        ]
    except ProjectError as error:
        return _failed(str(error))
    except BaseException as error:
        return _failed(explain(error, job.files))
    finally:
        faulthandler.cancel_dump_traceback_later()
    with os.fdopen(result, "w", encoding="utf-8") as file:
        json.dump(description, file, ensure_ascii=False)
    return 0


def _does_nothing(manifest: dict[str, Any]) -> list[str]:
    """A warning for a plugin that does nothing."""
    if manifest["capabilities"]:
        return []
    return ["the plugin declares no tool, no route, no settings and no page: it does nothing"]


def _failed(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 1


def _keep_stdout() -> int:
    """The real standard output; whatever the plugin prints goes to stderr."""
    stdout = os.dup(1)
    os.dup2(2, 1)
    return stdout


def _close_stdin() -> None:
    """A plugin that asks a question while it is imported gets no answer, here or in the host."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that the plugin's module has started must not keep the build.
    os._exit(status)
