"""Puts the program into the wheel, where script/build-wheels names a prefix that has it.

Without the two variables the wheel is the SDK alone, for every platform: what new projects carry.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PREFIX = "OSAURUS_BRIDGE_PREFIX"
PLATFORM = "OSAURUS_BRIDGE_PLATFORM"


class ProgramHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatch calls it for each wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """The files of the prefix land in the environment's `bin` and `lib`."""
        if PREFIX not in os.environ:
            return
        prefix = Path(os.environ[PREFIX])
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{os.environ[PLATFORM]}"
        program = "osaurus-bridge"
        build_data["shared_scripts"] = {str(prefix / "bin" / program): program}
        build_data["shared_data"] = {str(prefix / "lib"): "lib"}
