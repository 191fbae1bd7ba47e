"""The table of arguments with the test host's coercion and check: they do what the shim does."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from osaurus_plugin.coercion import coerce
from osaurus_plugin.errors import ConversionError
from osaurus_plugin.validation import check

TABLE = pathlib.Path(__file__).parents[4] / "host-shim" / "arguments" / "tests"
DEFINITIONS = json.loads((TABLE / "definitions.json").read_text(encoding="utf-8"))
ROWS = [row for row in json.loads((TABLE / "cases.json").read_text("utf-8")) if "name" in row]


def prepared(row: dict[str, Any], given: Any) -> Any:
    schema = {
        "type": "object",
        "properties": {"v": row["schema"]},
        "required": ["v"],
        "additionalProperties": False,
        "$defs": DEFINITIONS,
    }
    arguments = coerce(schema, {"v": given})
    check(schema, arguments)
    return arguments["v"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["name"]))
def test_argument(row: dict[str, Any]) -> None:
    value = json.loads(row["given"])
    if "passed" in row:
        expected = json.loads(row["passed"])
        assert prepared(row, value) == expected
        assert prepared(row, expected) == expected
        return
    with pytest.raises(ConversionError) as caught:
        prepared(row, value)
    assert {"field": caught.value.field, "expected": caught.value.expected} == row["refused"]
