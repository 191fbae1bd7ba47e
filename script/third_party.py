#!/usr/bin/env python3
"""Writes the licence notices of what is shipped, from the lock files and the packages.

THIRD-PARTY.txt goes with the program, host-shim/THIRD-PARTY.txt into every plugin.
With --check nothing is written; the exit code says whether both are up to date.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TARGETS = (
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
)
NOTICES = {
    "THIRD-PARTY.txt": ("osaurus-bridge", "osaurus-shim", "osaurus-python-engine"),
    "host-shim/THIRD-PARTY.txt": ("osaurus-shim", "osaurus-python-engine"),
}
HEAD = """\
Written by script/third_party.py. Do not edit.

{name} contains the software listed here, under the licences printed here. The Rust standard
library, by the Rust Project Developers, is part of it too, under the MIT License.
"""
OPENSSL = """
On Linux it contains libcrypto of OpenSSL, copyright The OpenSSL Project Authors, under the Apache
License 2.0, which is printed below.
"""
FILES = re.compile(r"(licen[cs]e|copying|notice|unlicense)", re.IGNORECASE)
MIT = "Permission is hereby granted, free of charge"
COPYRIGHT = re.compile(r"\s*((portions )?copyright\b|\(c\)|©|all rights reserved)", re.IGNORECASE)


def metadata() -> dict[str, Any]:
    """All packages of the workspace and who depends on whom, on the targets that are shipped."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    for target in TARGETS:
        command += ["--filter-platform", target]
    run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    metadata: dict[str, Any] = json.loads(run.stdout)
    return metadata


def shipped(data: dict[str, Any], roots: tuple[str, ...]) -> list[dict[str, Any]]:
    """The packages from registries whose code is in what these crates are built into."""
    packages = {package["id"]: package for package in data["packages"]}
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    waiting = [
        one["id"] for one in data["packages"] if one["source"] is None and one["name"] in roots
    ]
    reached: set[str] = set()
    while waiting:
        one = waiting.pop()
        if one in reached or is_macro(packages[one]):
            continue
        reached.add(one)
        for dependency in nodes[one]["deps"]:
            # Of this project's own crates: for tests alone.
            if packages[dependency["pkg"]]["name"] in optional_of(packages[one]):
                continue
            kinds = {kind["kind"] for kind in dependency["dep_kinds"]}
            # Packages of C sources are built by a build script, and linked.
            if None in kinds or packages[dependency["pkg"]]["name"].endswith("-src"):
                waiting.append(dependency["pkg"])
    dependencies = [packages[one] for one in reached if packages[one]["source"]]
    return sorted(dependencies, key=lambda package: (package["name"], package["version"]))


def optional_of(package: dict[str, Any]) -> set[str]:
    """What one of this project's crates has by choice; of others it is said who chose it."""
    dependencies = package["dependencies"] if package["source"] is None else []
    return {one["name"] for one in dependencies if one["optional"]}


def is_macro(package: dict[str, Any]) -> bool:
    """A macro's code runs in the compiler and is not shipped."""
    return any("proc-macro" in target["kind"] for target in package["targets"])


def licences_of(package: dict[str, Any]) -> list[str]:
    """The licences to pass on: of a choice the MIT License, else the shortest."""
    folder = Path(package["manifest_path"]).parent
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and FILES.match(path.name)]
    licences = [path.read_text(encoding="utf-8", errors="replace") for path in files]
    expression = package["license"] or ""
    if "MIT" in re.split(r"\s+OR\s+|/", expression):
        licences = [text for text in licences if MIT in text][:1] or [own_mit(package)]
    elif " OR " in expression and " AND " not in expression:
        licences = sorted(licences, key=len)[:1]
    if not licences:
        raise SystemExit(f"error: {package['name']} ({expression}) comes without a licence text")
    return licences


def own_mit(package: dict[str, Any]) -> str:
    """For packages that name the MIT License without printing it."""
    authors = ", ".join(package["authors"]) or f"the authors of {package['name']}"
    body = (ROOT / "LICENSE").read_text(encoding="utf-8").partition(MIT)
    return f"Copyright (c) {authors}\n\n{body[1]}{body[2]}"


def split(text: str) -> tuple[list[str], str]:
    """Copyright lines, and what is the same for many packages."""
    lines = [line.rstrip() for line in text.replace("\f", "").splitlines()]
    if MIT not in text:
        return [], "\n".join(lines).strip()
    start = next(number for number, line in enumerate(lines) if MIT in line)
    # In one that prints several licences, the MIT License ends where the next begins.
    copyrights = [line.strip() for line in lines[:start] if COPYRIGHT.match(line)]
    return copyrights, "\n".join(lines[start:]).strip()


def notice(is_program: bool, packages: list[dict[str, Any]]) -> str:
    """One notice: each text once, with the packages that it is for."""
    name = "The program osaurus-bridge" if is_program else "This plugin's library"
    owners: dict[str, list[str]] = defaultdict(list)
    printed: dict[str, str] = {}
    for package in packages:
        for text in licences_of(package):
            copyrights, body = split(text)
            key = re.sub(r"\W+", " ", body).lower()
            printed.setdefault(key, body)
            line = "; ".join([f"{package['name']} {package['version']}", *copyrights])
            owners[key].append(line)
    parts = [HEAD.format(name=name) + (OPENSSL if is_program else "")]
    for key in sorted(owners, key=lambda one: (-len(owners[one]), owners[one])):
        rule = "-" * 80
        parts.append("\n".join([rule, *owners[key], rule, "", printed[key], ""]))
    return "\n".join(parts)


def main() -> int:
    """Writes or checks both."""
    data = metadata()
    stale = []
    for path, roots in NOTICES.items():
        text = notice("osaurus-bridge" in roots, shipped(data, roots))
        file = ROOT / path
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            stale.append(path)
            if "--check" not in sys.argv[1:]:
                file.write_text(text, encoding="utf-8")
    if "--check" in sys.argv[1:] and stale:
        print(
            f"error: out of date: {', '.join(stale)}\n  try: script/third_party.py", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
