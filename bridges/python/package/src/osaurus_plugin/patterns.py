"""Which regular expressions mean the same in Python and in JSON Schema, whose dialect is
JavaScript's. The host and the shim check arguments by them, Python only in unit tests.
"""

from __future__ import annotations

# What follows a backslash, and what to write instead.
_ESCAPES = {
    "A": "the start of a string is ^ there",
    "Z": "the end of a string is $ there",
    "z": "the end of a string is $ there",
    "G": "leave it out",
    "a": r"write \x07",
    "N": r"write the character itself, or \uXXXX",
    "U": r"write the character itself, or \uXXXX",
    "R": r"write (?:\r\n|\n|\r)",
    "h": r"write [ \t]",
    "K": "leave it out",
    "X": "write a dot",
    "Q": "escape each character",
    "p": "write the characters, as in [A-Za-z]",
    "P": "write the characters, as in [^A-Za-z]",
}
# What follows `(?`, and what to write instead.
_GROUPS = {
    "P<": "write (...), a group without a name",
    "P=": r"write \1",
    "P>": "repeat the group",
    "#": "leave the comment out",
    ">": "write (?:...)",
    "(": "write both cases, with |",
    "<": "",  # a look-behind assertion, or a name: see below
}
_FLAGS = frozenset("aiLmsux-")


def problem(pattern: object) -> str | None:
    """Why a pattern cannot be used, and what to write instead; None if it can."""
    if not isinstance(pattern, str):
        return f"a pattern is a str, not {type(pattern).__name__}"
    construct = _unportable_part(pattern)
    if construct is not None:
        what, instead = construct
        return f"JSON Schema's regular expressions have no {what}: {instead}"
    import re

    try:
        re.compile(pattern)
    except re.error as error:
        return f"it is not a regular expression: {error}"
    return None


def _unportable_part(pattern: str) -> tuple[str, str] | None:
    """The first part that is not of the common dialect: (part, what to write instead)."""
    index, in_set = 0, False
    while index < len(pattern):
        char, rest = pattern[index], pattern[index + 1 :]
        if char == "\\":
            if rest[:1] in _ESCAPES:
                return f"\\{rest[0]}", _ESCAPES[rest[0]]
            index += 2
            continue
        if in_set:
            if char == "[" and rest[:1] == ":":
                return "[:name:]", "write the characters, as in [A-Za-z]"
            in_set = char != "]"
        elif char == "[":
            in_set = True
            index += len(rest[:2]) if rest[:2] == "^]" else rest[:1] == "]"
        elif char == "(" and rest[:1] == "?":
            construct = _group(rest[1:])
            if construct is not None:
                return construct
        elif char in "*+?}" and rest[:1] == "+":
            return f"{char}+", f"write {char}"
        index += 1
    return None


def _group(rest: str) -> tuple[str, str] | None:
    """What is wrong with the group that `(?` opens."""
    for start, instead in _GROUPS.items():
        if rest.startswith(start) and instead:
            return f"(?{start}", instead
    if rest[:1] == "<" and rest[1:2] not in ("=", "!"):
        return "(?<name>", "write (...), a group without a name"
    if rest[:1] in _FLAGS:
        flag = rest[: rest.find(")") + 1] or rest[:1]
        return f"(?{flag}", "write what is meant, as in [Aa]"
    return None
