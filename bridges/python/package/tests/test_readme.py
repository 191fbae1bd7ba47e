"""The README's code runs."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

PACKAGE = pathlib.Path(__file__).parents[1]


def test_the_readme_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), re.S)
    assert len(blocks) == 2
    space: dict[str, object] = {}
    for block in blocks:
        exec(block, space)


def test_importing_the_package_costs_next_to_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); import osaurus_plugin;"
        "print(*(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE / "src",
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) <= {"osaurus_plugin", "__future__"}
