"""The build backend of plugin projects: with it `pip install .` brings what tests and type
checkers need. Named in pyproject.toml, called by pip and uv. A plugin is handed out as a library,
never as a wheel, so what is installed is its dependencies and the way to its source folder."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ._project import Project, ProjectError, parse_toml

_SDK = "osaurus-plugin"
_WHEEL = "Wheel-Version: 1.0\nGenerator: osaurus-plugin\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Makes the project in the current folder installable; returns the wheel's file name."""
    path = os.path.abspath("pyproject.toml")
    settings = parse_toml(path, Path(path).read_text(encoding="utf-8"))
    project = Project(path, settings)
    name, version = project.display_name, project.version
    if not name or not version:
        raise ProjectError(f"{path}: [project] must have a name and a version")
    stem = f"{re.sub('[-_.]+', '_', name)}-{version.replace('-', '_')}"
    info = f"{stem}.dist-info"
    _write(
        Path(wheel_directory, f"{stem}-py3-none-any.whl"),
        f"{info}/RECORD",
        {
            f"{stem.replace('-', '_')}.pth": f"{project.source_folder()}\n",
            f"{info}/METADATA": "\n".join(_metadata(name, version, settings["project"])) + "\n",
            f"{info}/WHEEL": _WHEEL,
        },
    )
    return f"{stem}-py3-none-any.whl"


build_editable = build_wheel


def _metadata(name: str, version: str, table: dict[str, Any]) -> Iterator[str]:
    yield from ("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}")
    if "requires-python" in table:
        yield f"Requires-Python: {table['requires-python']}"
    for one in table.get("dependencies", []):
        yield f"Requires-Dist: {_with_own_wheel(one)}"
    for extra, wanted in table.get("optional-dependencies", {}).items():
        yield f"Provides-Extra: {extra}"
        for one in wanted:
            requirement, _, marker = one.partition(";")
            condition = f"({marker.strip()}) and " if marker else ""
            yield f"Requires-Dist: {_with_own_wheel(requirement)} ; {condition}extra == '{extra}'"


def _with_own_wheel(requirement: str) -> str:
    """The SDK comes from the wheel that this runs from, where it is one in the project."""
    wheel = Path(__file__).parent.parent
    plain = re.fullmatch(r"\s*([A-Za-z0-9._-]+?)\s*([<>=!~].*)?", requirement)
    is_sdk = plain is not None and re.sub("[-_.]+", "-", plain[1]).lower() == _SDK
    return f"{_SDK} @ {wheel.as_uri()}" if is_sdk and wheel.suffix == ".whl" else requirement


def _write(path: Path, record: str, files: dict[str, str]) -> None:
    lines = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, text in files.items():
            content = text.encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            lines.append(f"{name},sha256={digest.decode()},{len(content)}")
            wheel.writestr(name, content)
        wheel.writestr(record, "\n".join([*lines, f"{record},,", ""]))
