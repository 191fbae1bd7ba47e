"""Fixtures for the tests of a plugin. A project loads them by one line in its `tests/conftest.py`:
`pytest_plugins = ["osaurus_plugin.pytest_plugin"]`.

- `plugin`: the plugin that `entry` in `[tool.osaurus]` of pyproject.toml names.
- `host`: a fresh `TestHost` with it: the plugin in this process, no library, no Osaurus.
- `built_host`: the built library in the reference host. `osaurus-bridge` builds it once per run.
- `any_host`: a test that takes it runs with each of the two.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ._runtime import load_plugin
from .built_host import BuiltHost
from .plugin import Plugin
from .testing import TestHost

PROGRAM = "OSAURUS_BRIDGE"


@pytest.fixture(scope="session")
def plugin(pytestconfig: pytest.Config) -> Plugin:
    """The project's plugin."""
    return load_plugin(_setting(pytestconfig, "entry"))


@pytest.fixture
def host(plugin: Plugin) -> Iterator[TestHost]:
    """A host for the plugin in this process."""
    host = TestHost(plugin)
    yield host
    host.unload()


@pytest.fixture(scope="session")
def built_library(pytestconfig: pytest.Config) -> Path:
    """The plugin's library, built now. Skips the test where osaurus-bridge is not installed."""
    import os
    import shutil

    program = os.environ.get(PROGRAM) or "osaurus-bridge"
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not on the PATH")
    root = pytestconfig.rootpath
    done = subprocess.run([program, "build"], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"osaurus-bridge build failed:\n{done.stdout}{done.stderr}", pytrace=False)
    suffix = "dylib" if sys.platform == "darwin" else "so"
    return root / "dist" / f"{_setting(pytestconfig, 'id')}.{suffix}"


@pytest.fixture
def built_host(built_library: Path) -> Iterator[BuiltHost]:
    """The built library in the reference host."""
    with BuiltHost(built_library) as host:
        yield host


@pytest.fixture(params=["plugin", "library"])
def any_host(request: pytest.FixtureRequest) -> TestHost | BuiltHost:
    """The plugin in this process, then its library in the reference host."""
    name = "host" if request.param == "plugin" else "built_host"
    either: TestHost | BuiltHost = request.getfixturevalue(name)
    return either


def _setting(config: pytest.Config, key: str) -> str:
    file = config.rootpath / "pyproject.toml"
    table = _toml(file).get("tool", {}).get("osaurus", {}) if file.is_file() else {}
    value = table.get(key)
    if not isinstance(value, str):
        raise pytest.UsageError(f"{file}: [tool.osaurus] has no {key}; the fixtures need it")
    return value


def _toml(file: Path) -> dict[str, Any]:
    # Python 3.10 has none, and pytest brings one there.
    name = "tomllib" if sys.version_info >= (3, 11) else "tomli"
    table: dict[str, Any] = import_module(name).loads(file.read_text("utf-8"))
    return table
