"""A plugin's pyproject.toml: what the manifest takes from it, with the file's line in errors. Used
by `manifest.py` and `_build.py`."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)
_ID = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)+")
_CLAUSE = re.compile(r"(===|~=|==|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?\s*")


class ProjectError(Exception):
    """The project's settings cannot work; the message names the file, the line and the fix."""


class Project:
    """The settings that a plugin's manifest takes from its project."""

    def __init__(self, path: str, settings: dict[str, Any], text: str = "") -> None:
        self.path = path
        self._text = text
        self._project = self._table(settings, "project")
        self._osaurus = self._table(self._table(settings, "tool"), "osaurus")

    @classmethod
    def read(cls, path: str, settings: dict[str, Any]) -> Project:
        """`settings` is the file's content: not every Python can read TOML."""
        try:
            with open(path, encoding="utf-8") as file:
                return cls(path, settings, file.read())
        except OSError as error:
            raise ProjectError(f"{path}: cannot be read ({error.strerror})") from None

    def _table(self, parent: dict[str, Any], name: str) -> dict[str, Any]:
        table = parent.get(name, {})
        if not isinstance(table, dict):
            raise ProjectError(f"{self.path}: [{name}] must be a table, not {table!r}")
        return table

    def at(self, key: str) -> str:
        """`FILE:LINE` of a key, or of the file when the key is not there."""
        for number, line in enumerate(self._text.splitlines(), 1):
            if re.match(rf"\s*{re.escape(key)}\s*=", line):
                return f"{self.path}:{number}"
        return self.path

    def agree(self, what: str, declared: str | None, configured: str | None) -> str | None:
        """The value that Plugin(...) and the project agree on."""
        if declared and configured and declared != configured:
            raise ProjectError(
                f"{self.at(what)}: {what} is {configured!r} here and {declared!r} in Plugin(...); "
                "remove one of them"
            )
        return configured or declared

    # --- values -----------------------------------------------------------------------------

    def _text_value(self, table: dict[str, Any], key: str) -> str | None:
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            raise ProjectError(f"{self.at(key)}: {key} must be a string, not {value!r}")
        return value

    @property
    def id(self) -> str | None:
        return self._text_value(self._osaurus, "id")

    @property
    def entry(self) -> str:
        entry = self._text_value(self._osaurus, "entry")
        if entry is None:
            raise ProjectError(
                f'{self.path}: entry is missing; write entry = "module:plugin" under [tool.osaurus]'
            )
        return entry

    @property
    def version(self) -> str | None:
        return self._text_value(self._project, "version")

    @property
    def description(self) -> str | None:
        return self._text_value(self._project, "description")

    @property
    def display_name(self) -> str | None:
        return self._text_value(self._project, "name")

    @property
    def license(self) -> str | None:
        value = self._project.get("license")
        return value.get("text") if isinstance(value, dict) else value

    @property
    def authors(self) -> list[str]:
        names = []
        for one in self._project.get("authors") or []:
            name, email = one.get("name"), one.get("email")
            names.append(f"{name} <{email}>" if name and email else name or email)
        return [one for one in names if one]

    @property
    def readme(self) -> str | None:
        value = self._project.get("readme")
        return value.get("file") if isinstance(value, dict) else value

    @property
    def urls(self) -> dict[str, str]:
        return dict(self._project.get("urls") or {})

    def source_folder(self) -> str:
        """The folder that the entry module is in."""
        folder = os.path.dirname(os.path.abspath(self.path))
        source = self._text_value(self._osaurus, "source") or "."
        path = os.path.normpath(os.path.join(folder, source))
        if not os.path.isdir(path):
            raise ProjectError(f"{self.at('source')}: source = {source!r} is not a folder")
        return path

    def check_python(self) -> None:
        """Raises when this interpreter is not one that the project wants."""
        condition = self._text_value(self._project, "requires-python")
        if condition and not satisfies(sys.version_info[:3], condition, self.at("requires-python")):
            have = ".".join(map(str, sys.version_info[:3]))
            raise ProjectError(
                f"{self.at('requires-python')}: the project wants Python {condition}, and "
                f"{sys.executable} is {have}; choose another interpreter with `python` under "
                "[tool.osaurus], or widen requires-python"
            )


def parse_toml(path: str, text: str) -> dict[str, Any]:
    """TOML with what there is: the standard library from 3.11 on, or tomli."""
    for name in ("tomllib", "tomli", "pip._vendor.tomli"):
        try:
            reader = __import__(name, fromlist=["loads"])
        except ImportError:
            continue
        try:
            document: dict[str, Any] = reader.loads(text)
        except ValueError as error:
            raise ProjectError(f"{path}: {error}") from None
        return document
    raise ProjectError(
        f"{path}: Python {sys.version_info[0]}.{sys.version_info[1]} has no TOML reader; use "
        "Python 3.11 or later, install tomli, or pass the settings as JSON (--settings-json)"
    )


def satisfies(version: tuple[int, ...], specifier: str, at: str) -> bool:
    """Whether a Python version fits a requires-python specifier."""
    return all(_fits(version, clause.strip(), at) for clause in specifier.split(",") if clause)


def _fits(version: tuple[int, ...], clause: str, at: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise ProjectError(
            f"{at}: {clause!r} is not a version condition; write for example requires-python = "
            '">=3.10"'
        )
    operator, text, wildcard = match.groups()
    numbers = tuple(int(part) for part in text.split("."))
    size = len(numbers) if wildcard else max(len(numbers), len(version))
    have = (version + (0,) * size)[:size]
    want = (numbers + (0,) * size)[:size]
    if operator == "~=":
        return have >= want and version[: len(numbers) - 1] == numbers[:-1]
    return {
        "==": have == want,
        "===": have == want,
        "!=": have != want,
        "<=": have <= want,
        ">=": have >= want,
        "<": have < want,
        ">": have > want,
    }[operator]


def check_id(value: object, project: Project) -> None:
    """The plugin id is the name of its install folder."""
    at = project.at("id")
    if not value:
        raise ProjectError(
            f'{project.path}: the plugin has no id; write id = "dev.example.notes" under '
            "[tool.osaurus]"
        )
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ProjectError(
            f"{at}: the id {value!r} must be lower-case words with dots, such as dev.example.notes"
        )


def check_version(value: object, project: Project) -> None:
    """The version names a folder and a release: strict semantic versioning."""
    if not value:
        raise ProjectError(
            f'{project.path}: the plugin has no version; write version = "1.0.0" under [project]'
        )
    if not isinstance(value, str) or not _SEMVER.fullmatch(value):
        raise ProjectError(
            f"{project.at('version')}: the version {value!r} is not of the form 1.2.3 "
            "(or 1.2.3-beta.1); Osaurus takes strict semantic versions only"
        )


def is_plain_version(text: str, parts: tuple[int, ...]) -> bool:
    """Whether a string is numbers with dots, of an allowed count."""
    numbers = text.split(".")
    return len(numbers) in parts and all(one.isascii() and one.isdigit() for one in numbers)
