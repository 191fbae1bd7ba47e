#!/usr/bin/env python3
"""Says what DocC would warn of in the Swift package: symbols without documentation, and links and
parameters that do not exist.

Usage: script/check_swift_docs.py FOLDER, with what the compiler's -emit-symbol-graph wrote there.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MODULES = ["OsaurusPlugin", "OsaurusPluginTesting", "OsaurusPluginTesting@OsaurusPlugin"]
CATALOGUE = "bridges/swift/Sources/OsaurusPlugin/OsaurusPlugin.docc/OsaurusPlugin.md"
LINK = re.compile(r"``([^`\s]+)``")
PARAMETER = re.compile(r"^(?:- Parameter (\w+):|  - (\w+):)")

Symbol = dict[str, Any]


def name(symbol: Symbol) -> str:
    return "/".join(symbol["pathComponents"])


def comment(symbol: Symbol) -> list[str]:
    return [line["text"] for line in symbol.get("docComment", {}).get("lines", [])]


def is_written(symbol: Symbol) -> bool:
    """Not made by the compiler, such as `!=` of Equatable, which is documented in Swift."""
    return "::SYNTHESIZED::" not in symbol["identifier"]["precise"] and "location" in symbol


def unknown_links(text: str, known: set[str]) -> Iterator[str]:
    for link in LINK.findall(text):
        # A link may leave out the parameters and the types around it.
        if not any(path == link or path.split("(")[0].endswith(link) for path in known):
            yield f"a link to {link}, which does not exist"


def unknown_parameters(symbol: Symbol) -> Iterator[str]:
    signature = symbol.get("functionSignature", {}).get("parameters", [])
    parameters = {one.get(key) for one in signature for key in ("name", "internalName")}
    for line in comment(symbol):
        match = PARAMETER.match(line)
        if match and (match[1] or match[2]) not in parameters:
            yield f"parameter {match[1] or match[2]} is documented, but not taken"


def problems(symbol: Symbol, known: set[str]) -> Iterator[str]:
    if not is_written(symbol):
        return
    if not comment(symbol):
        yield "no documentation"
    yield from unknown_links("\n".join(comment(symbol)), known)
    yield from unknown_parameters(symbol)


def main() -> int:
    folder = Path(sys.argv[1])
    graphs = [json.loads((folder / f"{module}.symbols.json").read_text()) for module in MODULES]
    symbols: list[Symbol] = [symbol for graph in graphs for symbol in graph["symbols"]]
    names = {name(symbol) for symbol in symbols} | {"OsaurusPlugin"}
    messages = [f"{name(symbol)}: {text}" for symbol in symbols for text in problems(symbol, names)]
    messages += [
        f"{CATALOGUE}: {text}" for text in unknown_links(Path(CATALOGUE).read_text(), names)
    ]
    for text in sorted(messages):
        print(f"error: {text}", file=sys.stderr)
    print(f"{len(symbols)} public Swift symbols, {len(messages)} problems in their documentation")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
