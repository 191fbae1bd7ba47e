"""What pip and uv call to install this project. The work is done by the SDK beside this file."""

import sys
from pathlib import Path

sys.path[:0] = [str(wheel) for wheel in Path(__file__).parent.glob("osaurus_plugin-*.whl")]

from osaurus_plugin.project_install import build_editable, build_wheel  # noqa: E402

__all__ = ["build_editable", "build_wheel"]
