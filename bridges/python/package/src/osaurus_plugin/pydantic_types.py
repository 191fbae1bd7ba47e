"""Parameters of a tool whose author uses pydantic: pydantic reads every annotation of it, checks
and converts the values. Its JSON Schemas are brought to the form that the host understands.

Imported by `parameters.py` for such tools only; needs the plugin's own pydantic, version 2.
"""

from __future__ import annotations

import json
import warnings
from typing import Any, get_type_hints

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from .annotations import is_of_pydantic, is_of_pydantic_1
from .errors import ConversionError, DeclarationError
from .host_form import Definitions
from .signature import NO_DEFAULT, Namespace, Parameter, Signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .shapes import Schema

_MAX_ERRORS = 3


class PydanticParameter:
    """One parameter: the name by which the model knows it, its schema, validator and default."""

    __slots__ = ("adapter", "alias", "default", "exact", "name", "required", "schema")

    def __init__(self, parameter: Parameter, annotation: Any, names: Namespace) -> None:
        self.name = parameter.name
        info = _field(annotation, parameter.default)
        self.alias = _alias(info) or parameter.name
        self.required = info.is_required()
        self.default: Callable[[], Any] | None = None
        if not self.required and not _is_plain(parameter.default):
            self.default = lambda: info.get_default(call_default_factory=True)
        if isinstance(parameter.default, FieldInfo):
            annotation = _annotated(annotation, parameter.default)
        self.adapter = _adapter(annotation, names)
        # Numbers with all their digits reach a Decimal as Python objects only.
        self.exact = "'decimal'" in repr(self.adapter.core_schema)
        self.schema: Schema = {}

    def convert(self, value: Any) -> Any:
        """The value as the annotation has it. Raises `ConversionError`."""
        try:
            if self.exact:
                return self.adapter.validate_python(value)
            return self.adapter.validate_json(json.dumps(value))
        except ValueError as error:
            raise _converted(error, value) from None


def parameters(
    what: str, signature: Signature, where: tuple[str, int]
) -> tuple[list[PydanticParameter], dict[str, Schema]]:
    """All parameters of a tool with their schemas, and the definitions that these refer to."""
    hints = _hints(what, signature, where)
    parameters = [
        _parameter(what, one, hints[one.name], signature.namespace, where)
        for one in signature.parameters
    ]
    try:
        schemas, shared = TypeAdapter.json_schemas(
            [(one.name, "validation", one.adapter) for one in parameters],
            schema_generator=_Generator,
        )
    except Exception as error:
        raise DeclarationError(
            f"{what}: pydantic cannot describe its parameters in JSON Schema: {_first_line(error)}",
            *where,
        ) from None
    defs = Definitions(shared.get("$defs", {}))
    for one in parameters:
        one.schema = defs.expanded(schemas[one.name, "validation"])
    return parameters, defs.kept


def _parameter(
    what: str, parameter: Parameter, annotation: Any, names: Namespace, where: tuple[str, int]
) -> PydanticParameter:
    at = f"{what}, parameter {parameter.name!r}"
    if is_of_pydantic_1(parameter.default) and is_of_pydantic(parameter.default):
        raise DeclarationError(
            f"{at}: its Field is pydantic 1's, which is not supported; import it from pydantic 2",
            *where,
        )
    try:
        return PydanticParameter(parameter, annotation, names)
    except RecursionError:
        raise DeclarationError(
            f"{at}: pydantic cannot read a type that contains itself by its name; declare it with "
            "`type Name = ...` or typing_extensions.TypeAliasType",
            *where,
        ) from None
    except Exception as error:
        raise DeclarationError(
            f"{at}: pydantic refuses the annotation: {_first_line(error)}", *where
        ) from None


def _hints(what: str, signature: Signature, where: tuple[str, int]) -> dict[str, Any]:
    """Annotations with the strings in them evaluated where they were written."""

    class Written:
        pass

    Written.__annotations__ = {one.name: one.annotation for one in signature.parameters}
    names = signature.namespace
    try:
        return get_type_hints(Written, names.globals, names.locals, include_extras=True)
    except RecursionError:
        return Written.__annotations__
    except Exception as error:
        raise DeclarationError(
            f"{what}: an annotation cannot be evaluated ({type(error).__name__}: {error}); define "
            "the type before the tool, at module level",
            *where,
        ) from None


def _first_line(error: BaseException) -> str:
    text = str(error).strip().partition("\n")[0]
    return text if text else type(error).__name__


def _adapter(annotation: Any, names: Namespace) -> TypeAdapter[Any]:
    """pydantic looks for names in the frame that calls it, so that frame has the author's names.
    It warns that it does nothing with an alias there; that is done by `parameters.py`."""
    frame = {**names.globals, **names.locals, "_make": TypeAdapter, "_annotation": annotation}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*alias' attribute")
        adapter: TypeAdapter[Any] = eval("_make(_annotation)", {}, frame)
    return adapter


def _field(annotation: Any, default: Any) -> FieldInfo:
    if default is NO_DEFAULT:
        return FieldInfo.from_annotation(annotation)
    return FieldInfo.from_annotated_attribute(annotation, default)


def _annotated(annotation: Any, info: FieldInfo) -> Any:
    from typing import Annotated

    return Annotated[annotation, info]


def _is_plain(default: Any) -> bool:
    """Whether Python itself gives the function its default."""
    return default is not NO_DEFAULT and not isinstance(default, FieldInfo)


def _alias(info: FieldInfo) -> str | None:
    for alias in (info.validation_alias, info.alias):
        choices = getattr(alias, "choices", None)
        for one in choices or (alias,):
            if isinstance(one, str):
                return one
    return None


# --- errors ------------------------------------------------------------------------------------


def _converted(error: ValueError, value: Any) -> ConversionError:
    listed: list[Any] = getattr(error, "errors", list)()
    if not listed:
        return ConversionError(str(error), "", "a valid value")
    problems = [
        (_place(one["loc"], value, one["type"]), _own_message(one["msg"])) for one in listed
    ]
    text = "; ".join(
        message if index == 0 or not place else f"{place}: {message}"
        for index, (place, message) in enumerate(problems[:_MAX_ERRORS])
    )
    return ConversionError(text, problems[0][0], _expected(problems[0][1]))


def _own_message(message: str) -> str:
    """Without what pydantic puts before the text of a validator's own error."""
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, ")


def _expected(message: str) -> str:
    """`a valid integer` of `Input should be a valid integer, unable to parse string`."""
    expectation = message.partition(" should be ")[2] or message.partition(" should ")[2]
    return expectation.partition(", ")[0] if expectation else "a valid value"


def _place(loc: tuple[Any, ...], value: Any, kind: str) -> str:
    """Where in the value an error is. pydantic also names the arms of unions; they are left out."""
    place, here, exists = "", value, True
    for part in loc:
        if isinstance(part, int) and isinstance(here, list) and part < len(here):
            place, here = f"{place}[{part}]", here[part]
        elif isinstance(here, dict) and part in here:
            place, here = (f"{place}.{part}" if place else str(part)), here[part]
        else:
            exists = False
    if not exists and kind == "missing" and isinstance(here, dict):
        place = f"{place}.{loc[-1]}" if place else str(loc[-1])
    return place


# --- JSON Schema -------------------------------------------------------------------------------


class _Generator(GenerateJsonSchema):
    """Without the titles that only repeat names; a model that asks for it stays open."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: Any) -> Any:
        form = super().model_schema(schema)
        if schema["cls"].model_config.get("extra") == "ignore":
            form.setdefault("additionalProperties", True)
        return form
