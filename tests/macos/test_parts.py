"""What `script/build-macos-parts` links for Apple silicon, looked at without running it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from conftest import PARTS, ROOT
from mach_o import AD_HOC, Library

SHIM, ENGINE = "libosaurus_shim.dylib", "libosaurus_python_engine.dylib"
# The shim has the two of a plugin; the others are for Node, whose addon it is, too.
ENTRIES = {
    SHIM: {
        "_osaurus_plugin_entry",
        "_osaurus_plugin_entry_v2",
        "_napi_register_module_v1",
        "_osaurus_bridge_node_v1",
    },
    ENGINE: {"_osaurus_engine_entry"},
}
# Of Rust's standard library and the linker, none of ours: zig has no list of what to export.
NOT_OURS = {"_rust_eh_personality", "__mh_dylib_header", "___dso_handle"}
STANDARD_LIBRARY = re.compile(r"__R\w*(3std|4core|5alloc)\w*")
# Where this machine has what is compiled: the parts were linked here.
PLACES = {Path.home(), ROOT, Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))}


@pytest.fixture(params=[SHIM, ENGINE])
def part(request: pytest.FixtureRequest) -> tuple[str, Library]:
    return request.param, Library(PARTS / request.param)


def test_it_exports_its_entries_and_nothing_else_of_ours(part: tuple[str, Library]) -> None:
    name, library = part
    others = library.exports - ENTRIES[name] - NOT_OURS
    assert ENTRIES[name] <= library.exports
    assert {other for other in others if not STANDARD_LIBRARY.fullmatch(other)} == set()


def test_it_needs_libsystem_alone(part: tuple[str, Library]) -> None:
    assert part[1].dependencies == ["/usr/lib/libSystem.B.dylib"]


def test_python_is_looked_up_in_the_process(part: tuple[str, Library]) -> None:
    name, library = part
    python = {symbol for symbol in library.imports if symbol.lstrip("_").startswith("Py")}
    assert bool(python) == (name == ENGINE), python


def test_it_runs_from_macos_13_on(part: tuple[str, Library]) -> None:
    assert part[1].minimum_system[:2] == (13, 0)


def test_no_path_of_the_machine_that_built_it_is_in_it(part: tuple[str, Library]) -> None:
    name, library = part
    assert library.install_name == f"@rpath/{name}"
    assert [place for place in PLACES if f"{place}/".encode() in library.bytes] == []


def test_its_signature_is_ad_hoc_and_every_page_has_its_hash(part: tuple[str, Library]) -> None:
    check_signature(part[1])


def test_a_changed_byte_is_a_wrong_page(tmp_path: Path) -> None:
    changed = bytearray((PARTS / ENGINE).read_bytes())
    changed[5 * 4096 + 7] ^= 1
    copy = tmp_path / ENGINE
    copy.write_bytes(changed)
    assert Library(copy).signature().wrong_pages == [5]


def check_signature(library: Library) -> None:
    """Also of packed plugins: the kernel ends a process that touches a page with another hash."""
    signature = library.signature()
    assert signature.flags & AD_HOC
    assert signature.wrong_pages == []
    assert signature.page_size == 4096
    last = library.segments[-1]
    assert last[0] == "__LINKEDIT"
    assert last[3] + last[4] == len(library.bytes) == signature.end


def test_panics_unwind_and_threads_have_variables(part: tuple[str, Library]) -> None:
    _, library = part
    assert len(library.section("__TEXT", "__unwind_info")) > 1000
    assert library.section("__TEXT", "__gcc_except_tab")
    assert {"__Unwind_RaiseException", "__Unwind_Resume"} <= library.imports
    assert library.section("__DATA", "__thread_vars")
    assert {"__tlv_bootstrap", "__tlv_atexit"} <= library.imports


def test_nothing_runs_while_it_is_loaded(part: tuple[str, Library]) -> None:
    _, library = part
    assert library.section("__DATA", "__mod_init_func") == b""
    assert library.section("__DATA_CONST", "__mod_init_func") == b""
    assert library.section("__TEXT", "__init_offsets") == b""


@pytest.fixture
def program() -> Library:
    """Linking it takes too long for every run of the tests: script/build-macos-program does it."""
    file = PARTS / "osaurus-bridge"
    if not file.is_file():
        pytest.skip("no program for macOS here. to make one: script/build-macos-program")
    return Library(file)


FRAMEWORKS = "/System/Library/Frameworks"
# The keychain and SQLCipher's cryptography; C's conversion of strings, which zig asks for.
NEEDED = {
    "/usr/lib/libSystem.B.dylib",
    "/usr/lib/libiconv.2.dylib",
    "/usr/lib/libcharset.1.dylib",
    f"{FRAMEWORKS}/Security.framework/Versions/A/Security",
    f"{FRAMEWORKS}/CoreFoundation.framework/Versions/A/CoreFoundation",
}


def test_the_program_needs_the_system_alone_and_names_no_path_of_its_builder(
    program: Library,
) -> None:
    # dyld refuses a library that is named twice.
    assert len(program.dependencies) == len(set(program.dependencies))
    assert set(program.dependencies) <= NEEDED
    assert {"_SecRandomCopyBytes", "_CCKeyDerivationPBKDF"} <= program.imports
    assert program.minimum_system[:2] == (13, 0)
    assert [place for place in PLACES if f"{place}/".encode() in program.bytes] == []
    check_signature(program)


def test_the_payloads_segment_is_the_last_before_the_tables() -> None:
    library = Library(PARTS / SHIM)
    names = [segment[0] for segment in library.segments]
    assert names[-2:] == ["__OSRPAY", "__LINKEDIT"]
    # As the kernel maps them: one after the other, in whole pages of 16 KiB.
    for one, following in zip(library.segments, library.segments[1:], strict=False):
        assert one[1] % 0x4000 == 0
        assert one[1] + one[2] <= following[1]
