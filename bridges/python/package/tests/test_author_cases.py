"""The rows of `tests/author-cases` that are about Python, with the test host."""

from __future__ import annotations

import importlib
import importlib.util
import json
import pathlib
import sys
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from osaurus_plugin import DeclarationError
from osaurus_plugin._load_errors import explain
from osaurus_plugin.testing import TestHost

toml: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
CASES = pathlib.Path(__file__).parents[4] / "tests" / "author-cases"
HERE = sys.version_info[:2]


def rows() -> list[Any]:
    """Each row with its file's settings, as parameters of a test."""
    rows: list[Any] = []
    for file in sorted(CASES.glob("*.toml")):
        table = toml.loads(file.read_text(encoding="utf-8"))
        if table["language"] == "python":
            rows += [
                pytest.param({**table, **row}, id=f"{file.stem}: {row['name']}")
                for row in table["case"]
            ]
    return rows


def skip_what_cannot_run(row: dict[str, Any]) -> None:
    oldest = tuple(map(int, row.get("python", "3.10").split(".")))
    if oldest > HERE:
        pytest.skip(f"needs Python {row['python']}")
    for package in row.get("dependencies", ()):
        pytest.importorskip(package.partition("=")[0])


@cache
def plugin_module(name: str) -> ModuleType:
    path = CASES / "python" / name
    spec = importlib.util.spec_from_file_location(f"author_case_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def build_says(source: str, folder: pathlib.Path) -> tuple[bool, str]:
    """Whether a main file is built, and what the build says of it."""
    path = folder / "main.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("author_case_main", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except DeclarationError as error:
        return False, explain(error)
    finally:
        del sys.modules[spec.name]
    return True, "".join(f"warning: {one}\n" for one in module.plugin.warnings)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: 1, 1.0 and true are not."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def holds(whole: Any, part: Any) -> bool:
    """Whether objects hold the keys of `part`; everything else is equal."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and holds(whole[key], one) for key, one in part.items()
        )
    return same(whole, part)


@pytest.mark.parametrize("row", rows())
def test_author_case(
    row: dict[str, Any], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_what_cannot_run(row)
    if row.get("hosts_only"):
        return
    if "source" in row:
        monkeypatch.syspath_prepend(str(tmp_path))
        is_built, text = build_says(row["source"], tmp_path)
        assert is_built == ("warned" in row), text
        assert all(part in text for part in row.get("warned", row.get("refused"))), text
        return
    plugin = plugin_module(row["plugin"]).plugin
    if "schema" in row:
        schema = plugin.tools[row["tool"]].parameters
        assert holds(schema, json.loads(row["schema"])), json.dumps(schema, indent=1)
        return
    host = TestHost(plugin)
    envelope = host._envelope(row["tool"], row["arguments"])
    check(row, envelope, "\n".join(host.tracebacks))


def check(row: dict[str, Any], envelope: dict[str, Any], log: str) -> None:
    if "fails" in row:
        expected = row["fails"]
        assert envelope["ok"] is False, envelope
        assert envelope["kind"] == expected["kind"], envelope
        assert envelope.get("field") == expected.get("field", envelope.get("field")), envelope
        for part in expected.get("says", ()):
            assert part in f"{envelope.get('field')}: {envelope['message']}"
    else:
        assert envelope["ok"] is True, (envelope, log)
        assert same(envelope["result"], json.loads(row["result"])), envelope["result"]
    if "warnings" in row:
        assert envelope["warnings"] == json.loads(row["warnings"])
    assert all(part in log for part in row.get("logged", ())), log
    assert not any(part in log for part in row.get("not_logged", ())), log
