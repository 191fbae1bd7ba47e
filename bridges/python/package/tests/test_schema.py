"""Schemas from annotations and docstrings, and the values that handlers get."""

from __future__ import annotations

import datetime
import enum
import pathlib
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NewType, Optional, TypedDict, Union

import pytest

from osaurus_plugin import Arg, Context, DeclarationError, Plugin
from osaurus_plugin.testing import TestHost


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Point:
    """A place.

    Args:
        x: Across.
    """

    x: int
    y: float = 0.5
    tags: set[str] = field(default_factory=set)


@dataclass
class Tree:
    name: str
    children: list[Tree] = field(default_factory=list)


class Base(TypedDict):
    name: str


class Person(Base, total=False):
    born: datetime.date


UserId = NewType("UserId", int)


def shape_of(annotation: Any) -> dict[str, Any]:
    plugin = Plugin()

    def f(x: Any) -> None:
        "F."

    f.__annotations__["x"] = annotation
    plugin.tool(f)
    parameters = plugin.tools["f"].parameters
    schema = parameters["properties"]["x"]
    return {**schema, **({"$defs": parameters["$defs"]} if "$defs" in parameters else {})}


TEXT, INT = {"type": "string"}, {"type": "integer"}
INT_OR_NULL = {"type": "integer", "nullable": True}


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (str, TEXT),
        (int, INT),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None, {"enum": [None], "nullable": True}),
        (Any, {}),
        (UserId, INT),
        (Optional[int], INT_OR_NULL),  # noqa: UP045
        (int | None, INT_OR_NULL),
        (Union[int, str], {"anyOf": [INT, TEXT]}),  # noqa: UP007
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal[1, "b", None], {"enum": [1, "b", None], "nullable": True}),
        (Color, {"type": "string", "enum": ["red", "blue"]}),
        (Level, {"type": "integer", "enum": [1, 2]}),
        (list, {"type": "array"}),
        (list[int], {"type": "array", "items": INT}),
        (Sequence[str], {"type": "array", "items": TEXT}),
        (set[str], {"type": "array", "items": TEXT, "uniqueItems": True}),
        (tuple[int, ...], {"type": "array", "items": INT}),
        (
            tuple[int, str],
            {"type": "array", "prefixItems": [INT, TEXT], "minItems": 2, "maxItems": 2},
        ),
        (dict, {"type": "object"}),
        (dict[str, int], {"type": "object", "additionalProperties": INT}),
        (Mapping[str, Any], {"type": "object"}),
        (datetime.datetime, {"type": "string", "format": "date-time"}),
        (uuid.UUID, {"type": "string", "format": "uuid"}),
        (pathlib.Path, TEXT),
        (
            Annotated[int, Arg("How many", minimum=1)],
            {**INT, "minimum": 1, "description": "How many"},
        ),
        (Annotated[str, "Who"], {**TEXT, "description": "Who"}),
        (Annotated[list[str], Arg(max_length=3)], {"type": "array", "items": TEXT, "maxItems": 3}),
        (
            Annotated[int | None, Arg("N", maximum=9)],
            {**INT_OR_NULL, "maximum": 9, "description": "N"},
        ),
        (
            Point,
            {
                "type": "object",
                "properties": {
                    "x": {**INT, "description": "Across."},
                    "y": {"type": "number", "default": 0.5},
                    "tags": {"type": "array", "items": TEXT, "uniqueItems": True},
                },
                "required": ["x"],
                "additionalProperties": False,
            },
        ),
        (
            Person,
            {
                "type": "object",
                "properties": {"name": TEXT, "born": {"type": "string", "format": "date"}},
                "required": ["name"],
                "additionalProperties": False,
            },
        ),
    ],
    ids=str,
)
def test_annotation_becomes_schema(annotation: Any, schema: dict[str, Any]) -> None:
    assert shape_of(annotation) == schema


def test_recursive_class_becomes_a_reference() -> None:
    schema = shape_of(Tree)
    assert schema["$ref"] == "#/$defs/Tree"
    assert schema["$defs"]["Tree"]["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}


def test_arguments_arrive_as_annotated(plugin: Plugin) -> None:
    values: list[Any] = []

    @plugin.tool
    def take(
        ctx: Context,
        point: Point,
        tree: Tree,
        color: Color,
        pair: tuple[int, Color],
        numbers: set[int],
        when: datetime.datetime,
        either: Point | str,
        by_name: dict[str, Color],
        ratio: float,
        count: int = 3,
        maybe: Color | None = None,
        person: Person | None = None,
    ) -> None:
        """Take."""
        values.extend(
            [point, tree, color, pair, numbers, when, either, by_name, ratio, count, maybe]
        )
        values.append(person)

    host = TestHost(plugin)
    host.call(
        "take",
        point={"x": 1.0, "tags": ["a"]},
        tree={"name": "a", "children": [{"name": "b"}]},
        color="red",
        pair=[1, "blue"],
        numbers=[1, 2],
        when="2026-01-02T03:04:05Z",
        either={"x": 2},
        by_name={"k": "red"},
        ratio=2,
        maybe="blue",
        person={"name": "Ada", "born": "1815-12-10"},
    )
    utc = datetime.timezone.utc
    assert values == [
        Point(1, 0.5, {"a"}),
        Tree("a", [Tree("b")]),
        Color.RED,
        (1, Color.BLUE),
        {1, 2},
        datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=utc),
        Point(2),
        {"k": Color.RED},
        2.0,
        3,
        Color.BLUE,
        {"name": "Ada", "born": datetime.date(1815, 12, 10)},
    ]
    assert type(values[0].x) is int
    assert type(values[8]) is float


@pytest.mark.parametrize(
    ("arguments", "field", "expected"),
    [
        ({"point": {"x": "one"}}, "point.x", "an integer"),
        ({"point": {"x": 1, "z": 2}}, "point.z", "only arguments that the tool has"),
        ({}, "point", "a value: it is required"),
        ({"point": {"x": 1}, "colors": ["red", "green"]}, "colors[1]", 'one of "red", "blue"'),
        ({"point": {"x": 1}, "when": "tomorrow"}, "when", "a date-time"),
        ({"point": {"x": 1}, "other": 1}, "other", "only arguments that the tool has"),
    ],
)
def test_wrong_argument_names_its_place(
    plugin: Plugin, arguments: dict[str, Any], field: str, expected: str
) -> None:
    @plugin.tool
    def take(
        point: Point, colors: list[Color] | None = None, when: datetime.datetime | None = None
    ) -> None:
        """Take."""

    envelope = TestHost(plugin).envelope("take", **arguments)
    if field == "when":  # the format passes the schema and fails where the value is made
        expected = "a date-time"
    assert envelope["kind"] == "invalid_args"
    assert envelope["field"] == field
    assert envelope["expected"] == expected


class Opaque:
    pass


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        (complex, "complex cannot be written as JSON"),
        (bytes, "bytes cannot be written as JSON"),
        (Opaque, "Opaque cannot be written as JSON"),
        (list[Opaque], "parameter 'x'[]: the type Opaque"),
        (dict[float, str], "dict[float, str] has keys that are not strings"),
        ("Nowhere", "'Nowhere' cannot be evaluated"),
        (Literal[b"x"], "has values that are not JSON"),
    ],
    ids=str,
)
def test_a_type_that_json_cannot_carry_raises_where_the_tool_is(annotation: Any, says: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        shape_of(annotation)
    text = str(caught.value)
    assert says in text
    assert "tool 'f', parameter 'x'" in text
    assert __file__ in text
    assert any(advice in text for advice in ("dataclass", "module level", "; take "))


def test_a_parameter_without_a_type_raises(plugin: Plugin) -> None:
    with pytest.raises(DeclarationError, match="parameter 'x' has no type: annotate it"):

        @plugin.tool
        def f(x) -> None:  # type: ignore[no-untyped-def]
            """F."""


def test_types_of_the_declaring_function_are_found(plugin: Plugin) -> None:
    @dataclass
    class Local:
        n: int

    @plugin.tool
    def f(x: Local) -> int:
        """F."""
        return x.n

    assert TestHost(plugin).call("f", x={"n": 4}) == 4


@pytest.mark.skipif(sys.version_info < (3, 12), reason="new in 3.12")
def test_type_statement(plugin: Plugin) -> None:
    space: dict[str, Any] = {}
    exec("type Names = list[str]", space)
    assert shape_of(space["Names"]) == {"type": "array", "items": TEXT}


GOOGLE = """Does a thing.

    With a second paragraph,
    on two lines.

    Args:
        name (str): Who it is,
            on two lines.
        count: How many: at most 3.

    Returns:
        Nothing: really.
    """
NUMPY = """Does a thing.

    With a second paragraph,
    on two lines.

    Parameters
    ----------
    name : str
        Who it is,
        on two lines.
    count : int, optional
        How many: at most 3.

    Returns
    -------
    None
    """
REST = """Does a thing.

    With a second paragraph,
    on two lines.

    :param str name: Who it is,
        on two lines.
    :param count: How many: at most 3.
    :returns: nothing
    """


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, REST], ids=["google", "numpy", "rest"])
def test_docstring_styles(plugin: Plugin, text: str) -> None:
    def f(name: str, count: int = 1) -> None: ...

    f.__doc__ = text
    plugin.tool(f)
    tool = plugin.tools["f"]
    assert tool.description == "Does a thing.\n\nWith a second paragraph, on two lines."
    properties = tool.parameters["properties"]
    assert properties["name"]["description"] == "Who it is, on two lines."
    assert properties["count"] == {
        "type": "integer",
        "description": "How many: at most 3.",
        "default": 1,
    }


def test_pydantic_models_in_and_out(plugin: Plugin) -> None:
    pydantic = pytest.importorskip("pydantic")

    class Street(pydantic.BaseModel):  # type: ignore[name-defined,misc]
        name: str
        number: int = pydantic.Field(ge=1, description="On the door")

    class Address(pydantic.BaseModel):  # type: ignore[name-defined,misc]
        street: Street
        since: datetime.date

    @plugin.tool
    def move(to: Address, floor: Annotated[int, pydantic.Field(le=9)] = 0) -> Address:  # type: ignore[valid-type]
        """Move."""
        assert isinstance(to, Address)
        return to

    properties = plugin.tools["move"].parameters["properties"]
    assert "$ref" not in str(properties)
    assert properties["to"]["properties"]["street"]["properties"]["number"]["minimum"] == 1
    assert properties["floor"] == {"type": "integer", "maximum": 9, "default": 0}
    host = TestHost(plugin)
    moved = host.call("move", to={"street": {"name": "Elm", "number": 3}, "since": "2026-01-01"})
    assert moved == {"street": {"name": "Elm", "number": 3}, "since": "2026-01-01"}
    wrong = host.envelope("move", to={"street": {"name": "Elm", "number": 3}, "since": "soon"})
    assert (wrong["kind"], wrong["field"]) == ("invalid_args", "to.since")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="pydantic.v1 has no support for 3.14")
def test_a_model_of_pydantic_1_is_refused_in_a_sentence(plugin: Plugin) -> None:
    v1 = pytest.importorskip("pydantic.v1")

    class Old(v1.BaseModel):  # type: ignore[name-defined,misc]
        n: int

    with pytest.raises(DeclarationError, match="Old is a model of pydantic 1, which is not"):

        @plugin.tool
        def f(x: list[Old]) -> None:
            """F."""

    with pytest.raises(DeclarationError, match="its Field is pydantic 1's, which is not supported"):

        @plugin.tool
        def g(x: int = v1.Field(default=1)) -> None:
            """G."""


def refusal_or_failure(plugin: Plugin, function: Any, value: Any) -> str:
    try:
        plugin.tool(function)
    except DeclarationError as error:
        return str(error)
    return str(TestHost(plugin).envelope("f", x=value)["message"])


@pytest.mark.parametrize(
    ("annotation", "value", "says"),
    [
        ("Decimal", "0.5", "x: Input should be less than or equal to 0.4"),
        ("Callable[[], int]", 1, "pydantic cannot describe its parameters in JSON Schema"),
        ("list['Missing']", 1, "Missing"),
    ],
)
def test_what_pydantic_refuses_is_said_where_it_is_declared(
    plugin: Plugin, annotation: str, value: Any, says: str
) -> None:
    pytest.importorskip("pydantic")
    source = f"""
from __future__ import annotations
from collections.abc import Callable
from decimal import Decimal
from pydantic import BaseModel, Field

def f(x: {annotation} = Field(le=0.4)) -> None:
    'F.'
"""
    space: dict[str, Any] = {}
    exec(source.replace(" = Field(le=0.4)", "") if annotation[0] != "D" else source, space)
    assert says in refusal_or_failure(plugin, space["f"], value)


def test_a_docstring_that_describes_a_stranger_is_a_warning(plugin: Plugin) -> None:
    @plugin.tool
    def find(ctx: Context, query: str) -> None:
        """Finds.

        Args:
            ctx: The context.
            qery: What to find.
        """

    assert len(plugin.warnings) == 1
    assert "which is not a parameter; did you mean 'query'?" in plugin.warnings[0]
    assert plugin.warnings[0].startswith("test_schema.py:")
