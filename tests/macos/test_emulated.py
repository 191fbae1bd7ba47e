"""The code of packed plugins for macOS, run by the emulator up to a tool's answer."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import sys
from pathlib import Path

import pytest
from emulator.libpython import LAYOUTS, LibPython
from emulator.memory import EmulationError
from emulator.plugin import Process, process
from mach_o import Library
from test_parts import check_signature

# What an interpreter of this machine needs to run: its installation and the system's libraries.
SYSTEM = [
    Path(path) for path in ("/usr", "/lib", "/lib64", "/bin", "/etc", "/dev", "/proc", "/nix")
]


def real(program: str) -> Path:
    path = shutil.which(program)
    assert path, f"{program} is missing. try: script/setup"
    return Path(os.path.realpath(path))


def python() -> Path:
    """The interpreter that these tests run on, without its virtual environment."""
    return Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}").resolve()


def node() -> Path:
    path = os.environ.get("OSAURUS_BRIDGE_NODE")
    return Path(os.path.realpath(path)) if path else real("node")


# Before they are started, interpreters are asked for their processor.
FOR_APPLE = """#!/bin/sh
for word do
  shift
  case "$word" in *{asked}*) word={first}"$word" ;; esac
  set -- "$@" "$word"
done
exec {program} "$@"
"""
PYTHON_FOR_APPLE = "import os; os.uname = lambda: type('uname', (), {'machine': 'arm64'})\n"
NODE_FOR_APPLE = "Object.defineProperty(process, 'arch', { value: 'arm64' });"


def for_apple(program: Path, folder: Path, asked: str, first: str) -> Path:
    """The interpreter of this machine, which says that it is for Apple silicon."""
    wrapper = folder / program.name
    words = {"asked": asked, "first": shlex.quote(first), "program": shlex.quote(str(program))}
    wrapper.write_text(FOR_APPLE.format(**words))
    wrapper.chmod(0o755)
    return wrapper


def python_for_apple(folder: Path) -> Path:
    return for_apple(python(), folder, "uname", PYTHON_FOR_APPLE)


def node_for_apple(folder: Path) -> Path:
    return for_apple(node(), folder, "process.arch", NODE_FOR_APPLE)


@pytest.fixture(params=["python", "typescript"])
def hello(request: pytest.FixtureRequest) -> Path:
    library = request.getfixturevalue(f"{request.param}_hello")
    assert isinstance(library, Path)
    return library


def test_a_packed_plugin_carries_its_payload_and_has_right_hashes(hello: Path) -> None:
    library = Library(hello)
    assert b"greet" in library.section("__OSRPAY", "__payload")
    check_signature(library)


def test_two_lives_without_a_host_and_one_with_show_one_manifest_and_leave_nothing(
    hello: Path,
) -> None:
    manifests, kept = [], []
    with process(hello) as one:
        for with_host in (False, False, True):
            with one.instance(with_host) as instance:
                manifests.append(instance.manifest())
            assert one.system.machine.alive() == []
            kept.append(one.system.memory.pieces)
        assert one.system.machine.host_reads == set(), "the host's table is read while loading"
        assert one.system.exit_handlers == []
        assert one.host.calls == []
    assert manifests[0]["plugin_id"] == "dev.example.hello"
    assert manifests[0]["capabilities"]["tools"][0]["id"] == "greet"
    assert manifests[1] == manifests[2] == manifests[0]
    assert kept[1] == kept[2] == kept[0], "a life keeps memory"


def test_a_machine_without_an_interpreter_is_told_what_was_looked_for(hello: Path) -> None:
    with process(hello) as one, one.instance() as instance:
        answer = instance.invoke("greet", {"name": "Ada"})
        assert (answer["ok"], answer["kind"]) == (False, "unavailable")
        assert "/opt/homebrew" in answer["message"]
        assert one.system.spawned == []
        assert one.system.machine.most_stack < 256 << 10, "half of a dispatch thread's stack"


def test_arguments_are_checked_before_anything_is_started(hello: Path) -> None:
    with process(hello) as one, one.instance() as instance:
        answer = instance.invoke("greet", {"name": 1})
        assert (answer["kind"], answer["field"]) == ("invalid_args", "name")
        assert one.system.opened == []


def greeted_in_a_worker(library: Path, interpreter: Path, actual: Path, variable: str) -> Process:
    """Calls the tool in two lives, and gives the process back as it is then."""
    env = {variable: str(interpreter), "OSAURUS_BRIDGE_MODE": "worker"}
    with process(library, [*SYSTEM, interpreter.parent, actual.parents[1]], env) as one:
        for number in (1, 2):
            with one.instance() as instance:
                answer = instance.invoke("greet", {"name": "Ada"})
                assert answer["ok"], (answer, one.host.logged)
                assert f"Hello Ada. (greeting number {number})" in str(answer["result"])
            one.system.machine.settle(lambda: not one.system.machine.alive())
        assert one.system.state.children == set(), "a child outlives its plugin"
        assert one.system.broken_pipes == [], "SIGPIPE would end the host"
        assert one.system.state.noisy == set(), "a socket of the plugin's could raise SIGPIPE"
        return one


def test_a_python_worker_greets(python_hello: Path, tmp_path: Path) -> None:
    program = python_for_apple(tmp_path)
    one = greeted_in_a_worker(python_hello, program, python(), "OSAURUS_BRIDGE_PYTHON")
    assert one.host.calls.count("db_query") == 2


def test_a_node_worker_greets(typescript_hello: Path, tmp_path: Path) -> None:
    program = node_for_apple(tmp_path)
    one = greeted_in_a_worker(typescript_hello, program, node(), "OSAURUS_BRIDGE_NODE")
    assert one.host.calls


def test_whatever_happens_to_a_worker_costs_one_call(rough: Path, tmp_path: Path) -> None:
    program = python_for_apple(tmp_path)
    env = {"OSAURUS_BRIDGE_PYTHON": str(program), "OSAURUS_BRIDGE_MODE": "worker"}
    visible = [*SYSTEM, tmp_path, python().parents[1]]
    with process(rough, visible, env) as one, one.instance() as instance:
        assert instance.invoke("waits", {})["ok"]
        for tool, kind, says in (
            ("loops", "timeout", "0.5 s"),
            ("deaf", "timeout", "0.5 s"),
            ("killed", "execution_error", "signal 9"),
            ("leaves", "execution_error", "exit code 3"),
        ):
            answer = instance.invoke(tool, {})
            assert (answer["ok"], answer["kind"]) == (False, kind), answer
            assert says in answer["message"], answer
            assert instance.invoke("waits", {})["ok"], f"after {tool}"
        assert "last words" in "\n".join(one.host.logged)
        assert "x" * 300_000 in str(instance.invoke("big", {})["result"])
        assert one.system.broken_pipes == []


# Runs the probe's code in this machine's Python as if it were a framework build on Apple silicon.
FRAMEWORK_PYTHON = """#!{python}
import os, platform, sys, sysconfig
folder = {folder!r}
variables = {{
    "PYTHONFRAMEWORKPREFIX": folder,
    "LDLIBRARY": "Python",
    "INSTSONAME": "Python",
    "LIBDIR": folder,
    "MULTIARCH": "darwin",
}}
sysconfig.get_config_vars()
real = sysconfig.get_config_var
sysconfig.get_config_var = lambda name: variables.get(name, real(name))
sys.platform, platform.machine = "darwin", lambda: "arm64"
os.uname = lambda: type("uname", (), {{"machine": "arm64"}})
platform.system = lambda: "Darwin"
sys.version_info = ({minor_version}, *sys.version_info[3:])
exec(compile(sys.argv[sys.argv.index("-c") + 1], "probe", "exec"))
"""


def framework_python(folder: Path, minor: int) -> Path:
    program = folder / "bin" / f"python3.{minor}"
    program.parent.mkdir(parents=True)
    (folder / "Python").touch()
    source = FRAMEWORK_PYTHON.format(
        python=python(), folder=str(folder), minor_version=f"3, {minor}, 1"
    )
    program.write_text(source)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.mark.parametrize("minor", LAYOUTS)
def test_embedded_python_is_started_as_cpython_wants_it_and_the_engine_is_loaded(
    embedded_hello: Path, minor: int, tmp_path: Path
) -> None:
    program = framework_python(tmp_path, minor)
    env = {"OSAURUS_BRIDGE_PYTHON": str(program)}
    with process(embedded_hello, [*SYSTEM, tmp_path, python().parents[1]], env) as one:
        library = LibPython(one.system, f"3.{minor}.1", tmp_path / "Python")
        library.install()
        with (
            pytest.raises(EmulationError, match="is not in this libpython"),
            one.instance() as instance,
        ):
            print(instance.invoke("greet", {"name": "Ada"}), one.host.logged)
        start, layout = library.start, library.layout
        assert (start.utf8_mode, start.site_import) == (1, 0)
        assert (start.program, start.program_offset) == (str(program), layout.program_name)
        # As CPython gives its own threads on macOS: 512 KiB are too little for it.
        assert (start.thread, start.stack) == ("osaurus-python-main", 16 << 20)
        loaded = one.system.machine.images[-1]
        assert "_osaurus_engine_entry" in loaded.exports, loaded.path
        assert library.looked_up, "the engine never asked for Python"
