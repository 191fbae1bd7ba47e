"""Plugins for the tests of this folder: hello projects, packed for macOS by the program itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PARTS = TARGET / "release/parts/macos-arm64"  # script/build-macos-parts
PLUGIN_ID = "dev.example.hello"


def run(folder: Path, *command: str | Path) -> None:
    """Runs a program that must succeed."""
    environment = {**os.environ, "OSAURUS_BRIDGE_PARTS": str(PARTS.parent)}
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def packed(language: str, folder: Path, main: str | None = None, *settings: str) -> Path:
    """A new project, with another `main.py` where one is given, built for macOS."""
    program, out = TARGET / "debug/osaurus-bridge", folder / "out"
    run(folder, program, "new", "hello", "--lang", language, "--id", PLUGIN_ID)
    if main:
        (folder / "hello/main.py").write_text(main)
    if language == "typescript":
        run(folder / "hello", "npm", "install", "--no-audit", "--no-fund", "--loglevel=error")
    run(folder, program, "build", "hello", "--target", "macos-arm64", "--out", out, *settings)
    return out / f"{PLUGIN_ID}.dylib"


@pytest.fixture(scope="session")
def python_hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed("python", tmp_path_factory.mktemp("python"))


@pytest.fixture(scope="session")
def embedded_hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("embedded")
    return packed("python", folder, None, "--mode", "embedded")


@pytest.fixture(scope="session")
def typescript_hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed("typescript", tmp_path_factory.mktemp("typescript"))


# Everything that a handler can do to its worker.
ROUGH = '''
import asyncio
import os

from osaurus_plugin import Plugin

plugin = Plugin(name="Rough", description="Treats its worker badly.")


@plugin.tool(timeout=0.5)
def loops() -> str:
    """Never ends."""
    while True:
        pass


@plugin.tool(timeout=0.5)
def deaf() -> str:
    """Never ends, whatever is raised in it."""
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


@plugin.tool
def killed() -> str:
    """Is ended by a signal."""
    print("last words", flush=True)
    os.kill(os.getpid(), 9)
    return ""


@plugin.tool
def leaves() -> str:
    """Ends its process."""
    os._exit(3)


@plugin.tool
def big() -> str:
    """More than a socket has room for."""
    return "x" * 300_000


@plugin.tool
async def waits() -> str:
    """Awaits something."""
    await asyncio.sleep(0)
    return "awake"
'''


@pytest.fixture(scope="session")
def rough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed("python", tmp_path_factory.mktemp("rough"), ROUGH)
