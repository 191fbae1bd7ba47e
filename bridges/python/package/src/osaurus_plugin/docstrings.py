"""Reads a docstring in Google, NumPy or reST style: the text before the sections, and what it
says of each argument. Knows nothing of types."""

from __future__ import annotations

_ARGUMENT_SECTIONS = frozenset(
    (
        "args",
        "arguments",
        "parameters",
        "params",
        "keyword args",
        "keyword arguments",
        "other parameters",
    )
)
_SECTIONS = _ARGUMENT_SECTIONS | frozenset(
    (
        "returns",
        "return",
        "yields",
        "yield",
        "raises",
        "raise",
        "example",
        "examples",
        "note",
        "notes",
        "warning",
        "warnings",
        "see also",
        "references",
        "attributes",
        "todo",
    )
)


# Sections that say something about the tool and not about its code.
_FOR_MODELS = frozenset(("note", "notes", "warning", "warnings"))


def clean(text: str) -> list[str]:
    """Lines without the indentation that the source gives them."""
    lines = text.expandtabs().strip("\n").splitlines()
    rest = [line for line in lines[1:] if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in rest), default=0)
    return [lines[0].strip(), *(line[margin:].rstrip() for line in lines[1:])] if lines else []


def parse(text: str | None) -> tuple[str, dict[str, str]]:
    """(description, {argument: description}) of a docstring."""
    lines = clean(text or "")
    description: list[str] = []
    arguments: dict[str, str] = {}
    index, seen_section = 0, False
    while index < len(lines):
        section, skip = _heading(lines, index)
        if section:
            body, index = _body(lines, index + skip, numpy=skip == 2)
            seen_section = True
            if section in _ARGUMENT_SECTIONS:
                arguments.update(_numpy(body) if skip == 2 else _google(body))
            elif section in _FOR_MODELS:
                description += ["", f"{section.capitalize()}: {_join(body)}"]
        elif lines[index].startswith(":"):
            field, index = _field_of_rest(lines, index)
            seen_section = True
            if field is not None:
                arguments[field[0]] = field[1]
        else:
            if not seen_section:
                description.append(lines[index])
            index += 1
    return _join(description, paragraphs=True), arguments


def _heading(lines: list[str], index: int) -> tuple[str, int]:
    """(section, lines of its heading), or ("", 0)."""
    line = lines[index]
    underlined = index + 1 < len(lines) and len(lines[index + 1]) >= 3
    if underlined and not lines[index + 1].strip("-") and line.strip().lower() in _SECTIONS:
        return line.strip().lower(), 2
    if line.endswith(":") and not line.startswith(" ") and line[:-1].lower() in _SECTIONS:
        return line[:-1].lower(), 1
    return "", 0


def _body(lines: list[str], start: int, *, numpy: bool) -> tuple[list[str], int]:
    end = start
    while end < len(lines) and not _heading(lines, end)[0]:
        flush = lines[end] and not lines[end].startswith(" ")
        if flush and not numpy:
            break
        end += 1
    return lines[start:end], end


def _name(text: str) -> str:
    return text.strip().lstrip("*").strip("`").strip()


def _google(body: list[str]) -> dict[str, str]:
    """`name (type): text`, with deeper lines that go on."""
    sections: dict[str, str] = {}
    margin = min((len(line) - len(line.lstrip()) for line in body if line), default=0)
    name, parts = "", []
    for line in [*body, " " * margin + "\0:"]:
        entry = len(line) - len(line.lstrip()) == margin and ":" in line
        if not entry:
            parts.append(line)
            continue
        if name:
            sections[name] = _join(parts)
        head, text = _split_entry(line)
        name, parts = _name(head.partition("(")[0]), [text]
    return {name: text for name, text in sections.items() if name and text}


def _split_entry(line: str) -> tuple[str, str]:
    """Splits at the first colon that is not inside brackets: `name (dict[str: int]): text`."""
    depth = 0
    for index, char in enumerate(line):
        depth += (char in "([{") - (char in ")]}")
        if char == ":" and depth <= 0:
            return line[:index], line[index + 1 :]
    return line, ""


def _numpy(body: list[str]) -> dict[str, str]:
    """`name : type` and deeper lines of text."""
    descriptions: dict[str, str] = {}
    names: list[str] = []
    for line in body:
        if line and not line.startswith(" "):
            names = [_name(one) for one in line.partition(":")[0].split(",")]
        else:
            for name in names:
                descriptions[name] = f"{descriptions.get(name, '')}\n{line}"
    joined = {name: _join(text.split("\n")) for name, text in descriptions.items()}
    return {name: text for name, text in joined.items() if name and text}


def _field_of_rest(lines: list[str], index: int) -> tuple[tuple[str, str] | None, int]:
    """`:param type name: text` and deeper lines; other fields are skipped."""
    head, _, text = lines[index][1:].partition(":")
    end = index + 1
    while end < len(lines) and lines[end].startswith(" "):
        end += 1
    words = head.split()
    if len(words) < 2 or words[0] not in ("param", "parameter", "arg", "argument", "key"):
        return None, end
    return (_name(words[-1]), _join([text, *lines[index + 1 : end]])), end


def _join(lines: list[str], *, paragraphs: bool = False) -> str:
    """One line, or one line per paragraph with list items kept apart."""
    result: list[str] = []
    fresh = True
    for line in lines:
        text = line.strip()
        if not text:
            fresh = True
            continue
        item = paragraphs and (text[:2] in ("- ", "* ") or line.startswith("    "))
        if result and not item and not (fresh and paragraphs):
            result[-1] += " " + text
        else:
            result.append(("\n" if fresh and result else "") + text)
        fresh = False
    return "\n".join(result)
