"""A host: the table of the newest ABI version, logs, settings, and a database in memory.

The layout of the tables is the one that the ABI's frozen files have.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .functions import I32, Function, Text, describe
from .machine import HOST
from .system import System

ROOT = Path(__file__).resolve().parents[3]
ABI: dict[str, Any] = json.loads((ROOT / "abi-spec/frozen/v6.json").read_text())
# Not at the start of a page, so that a read before the table shows too.
TABLE = HOST + 128


class Host:
    """The table, and what the plugin did through it."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.calls: list[str] = []
        self.logged: list[str] = []
        self.settings: dict[str, str] = {}
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        self._write_table()

    def _write_table(self) -> None:
        for member in ABI["host"]["members"]:
            place = TABLE + member["offset"]
            if member["name"] == "version":
                self.system.memory.set_int32(place, ABI["abi_version"])
            else:
                self.system.memory.set_word(place, self._slot(member["name"]))

    def _slot(self, name: str) -> int:
        symbol = f"host {name}"
        body = self._bodies().get(name)
        self.system.functions[symbol] = describe(name, body) if body else self._answers_null(name)
        return self.system.machine.stub(symbol)

    def _answers_null(self, name: str) -> Function:
        def body(_system: System) -> int:
            self.calls.append(name)
            return 0

        return describe(name, body)

    def _bodies(self) -> dict[str, Callable[..., int | None]]:
        """The slots that do something."""

        def log(_system: System, level: I32, message: Text) -> None:
            self.logged.append(f"{level} {message}")

        def log_structured(_system: System, level: I32, message: Text, _payload: int) -> None:
            self.logged.append(f"{level} {message}")

        def free_string(system: System, text: int) -> None:
            if text:
                system.memory.free(text)

        def db_exec(_system: System, sql: Text, parameters: int) -> int:
            return self._answer({"changes": self._run("db_exec", sql, parameters).rowcount})

        def db_query(_system: System, sql: Text, parameters: int) -> int:
            rows = self._run("db_query", sql, parameters)
            columns = [column[0] for column in rows.description]
            return self._answer({"columns": columns, "rows": rows.fetchall()})

        def config_get(system: System, key: Text) -> int:
            value = self.settings.get(key)
            return 0 if value is None else system.memory.new_text(value)

        def config_set(_system: System, key: Text, value: Text) -> None:
            self.calls.append("config_set")
            self.settings[key] = value

        bodies = (log, log_structured, free_string, db_exec, db_query, config_get, config_set)
        return {body.__name__: body for body in bodies}

    def _run(self, slot: str, sql: str, parameters: int) -> sqlite3.Cursor:
        self.calls.append(slot)
        values = json.loads(self.system.memory.text(parameters) or "[]") if parameters else []
        return self._database.execute(sql, values or [])

    def _answer(self, value: object) -> int:
        return self.system.memory.new_text(json.dumps(value))
