"""A hundred edits in a row under `osaurus-bridge dev`, in Python and TypeScript.

Prints processes, descriptors and anonymous memory before and after, and how long a reload takes.
Fails when something is left. Usage: `dev_edits.py PROGRAM NODE_PROJECTS [EDITS]`: the second is a
folder below one with the `node_modules` of a plugin in TypeScript.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

WARM_UP = 10
# A library that has run a script stays open, so an edit costs memory: 80 kB were measured, of which
# some 50 kB are pages that the loader writes to, by the sizes of the library's sections.
MOST_KB_PER_EDIT = 128

PYPROJECT = """[project]
name = "soak"
version = "1.0.0"
requires-python = ">=3.10"

[tool.osaurus]
id = "dev.test.soak"
entry = "main:plugin"
"""

PYTHON = '''from osaurus_plugin import Plugin

plugin = Plugin(name="Soak")


@plugin.tool(permission="auto")
def greet(name: str) -> str:
    """Greet a person."""
    return f"WORD {name}."
'''

PACKAGE = """{"name": "soak", "version": "1.0.0", "type": "module",
 "osaurus": {"id": "dev.test.soak", "main": "main.ts"}}
"""

TYPESCRIPT = """import { definePlugin, defineTool } from "osaurus-plugin";
import * as z from "zod";

const greet = defineTool({
  description: "Greet a person.",
  permission: "auto",
  input: z.object({ name: z.string() }),
  run: ({ name }) => `WORD ${name}.`,
});

export default definePlugin({ name: "Soak", tools: { greet } });
"""


@dataclass
class Usage:
    """What a process and those below it have."""

    processes: int
    descriptors: int
    anonymous_kb: int


def usage(root: int) -> Usage:
    """Of `dev`; its process that does the work counts for descriptors and memory."""
    below = descendants(root)
    worker = below[1]
    status = Path(f"/proc/{worker}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    descriptors = len(list(Path(f"/proc/{worker}/fd").iterdir()))
    return Usage(len(below), descriptors, int(line.split()[1]))


def descendants(root: int) -> list[int]:
    """The process and all below it, parents first."""
    processes = [root]
    for process in processes:
        for task in Path(f"/proc/{process}/task").iterdir():
            processes += map(int, (task / "children").read_text().split())
    return processes


class Dev:
    """A running `dev`."""

    def __init__(self, program: str, project: Path) -> None:
        self.process = subprocess.Popen(
            [program, "dev", "--port", "0", str(project)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, part: str) -> str:
        """The next line that has it."""
        assert self.process.stdout
        for line in self.process.stdout:
            if part in line:
                return line
        raise SystemExit(f"dev ended before it printed {part!r}")

    def say(self, line: str) -> None:
        """Types a line."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def call(self, expected: str) -> None:
        """Calls the tool, which starts the worker."""
        self.say('call greet {"name": "Ada"}')
        self.wait_for(expected)


def soak(program: str, source: Path, edits: int) -> bool:
    """Whether nothing is left."""
    text = source.read_text()
    dev = Dev(program, source.parent)
    dev.wait_for("loaded in")
    times: list[int] = []
    before = None
    for number in range(WARM_UP + edits):
        source.write_text(text.replace("WORD", f"word{number}"))
        line = dev.wait_for("reloaded in")
        times.append(int(line.split("reloaded in ")[1].split(" ms")[0]))
        dev.call(f"word{number}")
        if number == WARM_UP - 1:
            before = usage(dev.process.pid)
    after = usage(dev.process.pid)
    dev.say("quit")
    dev.process.wait()
    assert before
    grown = (after.anonymous_kb - before.anonymous_kb) / edits
    print(f"{source.name}: before {before}, after {after}")
    print(f"  {grown:.0f} kB for each edit; a reload takes {statistics.median(times):.0f} ms")
    is_same = (after.processes, after.descriptors) == (before.processes, before.descriptors)
    return is_same and grown <= MOST_KB_PER_EDIT


def project(folder: str, files: dict[str, str]) -> Path:
    """A project; its last file is the source."""
    for name, text in files.items():
        source = Path(folder) / name
        source.write_text(text)
    return source


def main(program: str, node_projects: str, edits: int) -> bool:
    """Whether nothing is left in either language."""
    with TemporaryDirectory() as python, TemporaryDirectory(dir=node_projects) as node:
        sources = [
            project(python, {"pyproject.toml": PYPROJECT, "main.py": PYTHON}),
            project(node, {"package.json": PACKAGE, "main.ts": TYPESCRIPT}),
        ]
        results = [soak(program, source, edits) for source in sources]
        return all(results)


if __name__ == "__main__":
    many = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    sys.exit(0 if main(sys.argv[1], sys.argv[2], many) else 1)
