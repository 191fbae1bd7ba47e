"""`pip install .` of a plugin's project: what pip reads from it, and that it brings the SDK."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src"
PROJECT = """
[build-system]
requires = []
build-backend = "osaurus_plugin.project_install"
backend-path = ["{sdk}"]

[project]
name = "My.notes"
version = "1.2.0"
requires-python = ">=3.10"
dependencies = [{dependencies}]

[project.optional-dependencies]
test = ["pytest>=8", "tomli; python_version < '3.11'"]

[tool.osaurus]
entry = "notes:plugin"
source = "code"
"""


def project(folder: Path, sdk: str, dependencies: str = '"osaurus-plugin>=0.1"') -> Path:
    """A plugin's project that carries the SDK at `sdk`."""
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "notes.py").write_text("import osaurus_plugin\n")
    settings = PROJECT.format(sdk=sdk, dependencies=dependencies)
    (folder / "pyproject.toml").write_text(settings)
    return folder


def sdk_wheel(folder: Path) -> Path:
    """The SDK as pip takes it, named as in a new project."""
    wheel = folder / "osaurus_plugin-0.1.0-py3-none-any.whl"
    info = "osaurus_plugin-0.1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as files:
        for path in (SOURCE / "osaurus_plugin").glob("*.py"):
            files.write(path, f"osaurus_plugin/{path.name}")
        head = "Metadata-Version: 2.1\nName: osaurus-plugin\nVersion: 0.1.0\n"
        files.writestr(f"{info}/METADATA", head)
        kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        files.writestr(f"{info}/WHEEL", kind)
        files.writestr(f"{info}/RECORD", "")
    return wheel


def metadata_with(sdk: Path, folder: Path) -> list[str]:
    """The metadata that the backend gives when it is imported from `sdk`."""
    script = "from osaurus_plugin import project_install as b; print(b.build_wheel('.'))"
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(sdk)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "My_notes-1.2.0-py3-none-any.whl"
    with zipfile.ZipFile(folder / run.stdout.strip()) as wheel:
        return wheel.read("My_notes-1.2.0.dist-info/METADATA").decode().splitlines()


def test_extras_keep_their_markers_and_the_sdk_is_the_one_in_use(tmp_path: Path) -> None:
    wheel = sdk_wheel(tmp_path)
    folder = project(tmp_path / "p", "../unused", '"httpx>=0.27", "Osaurus_Plugin>=0.1"')
    assert metadata_with(wheel, folder)[3:] == [
        "Requires-Python: >=3.10",
        "Requires-Dist: httpx>=0.27",
        f"Requires-Dist: osaurus-plugin @ {wheel.as_uri()}",
        "Provides-Extra: test",
        "Requires-Dist: pytest>=8 ; extra == 'test'",
        "Requires-Dist: tomli ; (python_version < '3.11') and extra == 'test'",
    ]
    assert "Requires-Dist: Osaurus_Plugin>=0.1" in metadata_with(SOURCE, folder)


def test_pip_installs_a_project_and_its_sdk_without_an_index(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", "vendor/osaurus_plugin-0.1.0-py3-none-any.whl")
    (folder / "vendor").mkdir()
    sdk_wheel(folder / "vendor")
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-build-isolation", "--quiet"]
    subprocess.run([*pip, "--target", str(installed), str(folder)], check=True)
    script = (
        f"import site; site.addsitedir({str(installed)!r}); import notes; print(notes.__file__)"
    )
    run = [sys.executable, "-I", "-c", script]
    origin = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
    assert Path(origin) == folder / "code" / "notes.py"
