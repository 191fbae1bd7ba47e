"""Settings that the host asks the user for: config fields, secrets, and where web files are.

Plain descriptions that become parts of the manifest; each checks itself where it is written.
"""

from __future__ import annotations

from .errors import DeclarationError
from .keywords import checked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal

    Auth = Literal["none", "verify", "owner"]
    Options = Sequence[str | tuple[str, str]] | Mapping[str, str]

AUTH = ("none", "verify", "owner")


def check_auth(what: str, auth: object) -> None:
    """Raises unless the host knows the name: it refuses the whole manifest otherwise."""
    if auth not in AUTH:
        raise DeclarationError(f'{what}: auth={auth!r} is not one of "none", "verify", "owner"')


def _without_none(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


class Field:
    """A setting. Use one of the classes below."""

    type = ""
    __slots__ = ("fields", "key")

    def __init__(self, key: str, label: str, **fields: Any) -> None:
        if not isinstance(key, str) or not key.strip():
            raise DeclarationError(f"a setting needs a key, not {key!r}")
        if not isinstance(label, str) or not label.strip():
            raise DeclarationError(f"the setting {key!r} needs a label that people can read")
        self.key = key
        self.fields = _without_none(key=key, type=self.type, label=label, **fields)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key!r})"

    def manifest(self) -> dict[str, Any]:
        """As the manifest has it."""
        return dict(self.fields)


def _validation(**rules: Any) -> dict[str, Any] | None:
    return (
        _without_none(**{name: value for name, value in rules.items() if value is not False})
        or None
    )


class Text(Field):
    """A string of one line."""

    type = "text"
    __slots__ = ()

    @checked
    def __init__(
        self,
        key: str,
        label: str,
        *,
        default: str | None = None,
        placeholder: str | None = None,
        required: bool = False,
        pattern: str | None = None,
        pattern_hint: str | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
    ) -> None:
        rules = _validation(
            required=required,
            pattern=pattern,
            pattern_hint=pattern_hint,
            min_length=min_length,
            max_length=max_length,
        )
        super().__init__(key, label, default=default, placeholder=placeholder, validation=rules)


class Password(Text):
    """A string that is not shown: the manifest's `secret` field."""

    type = "secret"
    __slots__ = ()


class Toggle(Field):
    """On or off; read it with `config.get_bool`."""

    type = "toggle"
    __slots__ = ()

    @checked
    def __init__(self, key: str, label: str, *, default: bool | None = None) -> None:
        super().__init__(key, label, default=default)


class Number(Field):
    """A number; read it with `config.get_number`. A whole default arrives as one: "5"."""

    type = "number"
    __slots__ = ()

    def as_typed(self, value: str) -> str:
        """A value from the host, which writes the default 5 as "5.0"."""
        default = self.fields.get("default")
        if type(default) is not int:
            return value
        try:
            return str(default) if float(value) == default else value
        except ValueError:
            return value

    @checked
    def __init__(
        self,
        key: str,
        label: str,
        *,
        default: float | None = None,
        placeholder: str | None = None,
        required: bool = False,
        minimum: float | None = None,
        maximum: float | None = None,
    ) -> None:
        rules = _validation(required=required, min=minimum, max=maximum)
        super().__init__(key, label, default=default, placeholder=placeholder, validation=rules)


def _options(key: str, options: Options) -> list[dict[str, str]]:
    pairs = list(getattr(options, "items", options.__iter__)())
    choices = [(one, one) if isinstance(one, str) else one for one in pairs]
    if not choices or any(len(one) != 2 for one in choices):
        raise DeclarationError(
            f"the setting {key!r} needs options: strings, or (value, label) pairs"
        )
    return [{"value": value, "label": label} for value, label in choices]


class Select(Field):
    """One of several values."""

    type = "select"
    __slots__ = ()

    @checked
    def __init__(
        self,
        key: str,
        label: str,
        options: Options,
        *,
        default: str | None = None,
        required: bool = False,
    ) -> None:
        options_ = _options(key, options)
        values = [one["value"] for one in options_]
        if default is not None and default not in values:
            raise DeclarationError(
                f"the setting {key!r} has the default {default!r}, which is not one of {values}"
            )
        rules = _validation(required=required)
        super().__init__(key, label, options=options_, default=default, validation=rules)


class MultiSelect(Field):
    """Several of several values; the stored string is a JSON array."""

    type = "multiselect"
    __slots__ = ()

    @checked
    def __init__(
        self, key: str, label: str, options: Options, *, default: Sequence[str] | None = None
    ) -> None:
        values = None if default is None else list(default)
        super().__init__(key, label, options=_options(key, options), default=values)


class Readonly(Field):
    """A string for the user to read or copy. The host fills in `{{plugin_url}}`, `{{config.KEY}}`
    and so on."""

    type = "readonly"
    __slots__ = ()

    @checked
    def __init__(
        self, key: str, label: str, *, value_template: str | None = None, copyable: bool = False
    ) -> None:
        super().__init__(key, label, value_template=value_template, copyable=copyable or None)


class Status(Field):
    """Connected or not, with buttons. Connected while the setting `connected_when` has a value."""

    type = "status"
    __slots__ = ()

    @checked
    def __init__(
        self,
        key: str,
        label: str,
        *,
        connected_when: str | None = None,
        connect_route: str | None = None,
        connect_type: str | None = None,
        clear_keys: Sequence[str] | None = None,
    ) -> None:
        connect = _without_none(type=connect_type, url_route=connect_route) or None
        disconnect = None if clear_keys is None else {"clear_keys": list(clear_keys)}
        super().__init__(
            key,
            label,
            connected_when=connected_when,
            connect_action=connect,
            disconnect_action=disconnect,
        )


class ConfigField:
    """All kinds of fields under one name.

    >>> field = ConfigField.select("size", "Size", ["small", "large"], default="small")
    >>> field.key
    'size'
    """

    text = Text
    secret = Password
    toggle = Toggle
    number = Number
    select = Select
    multiselect = MultiSelect
    readonly = Readonly
    status = Status


class Web:
    """Static files that the host serves under `mount`."""

    __slots__ = ("fields", "mount")

    def __init__(
        self,
        static_dir: str,
        entry: str,
        mount: str,
        auth: Auth,
        api_mount: str | None,
        tunnel_exposed: bool,
    ) -> None:
        check_auth("plugin.web", auth)
        for name, value in (("static_dir", static_dir), ("entry", entry), ("mount", mount)):
            if not isinstance(value, str) or not value.strip():
                raise DeclarationError(f"plugin.web: {name} must be a string, not {value!r}")
        self.mount = normalised_mount(mount)
        self.fields = _without_none(
            static_dir=static_dir, entry=entry, mount=mount, auth=auth, api_mount=api_mount
        )
        if tunnel_exposed:
            self.fields["tunnel_exposed"] = True


def normalised_mount(mount: str) -> str:
    """With a leading and without a trailing slash, as the host compares it."""
    path = mount.strip()
    path = path if path.startswith("/") else f"/{path}"
    return path.rstrip("/") or "/"


def covers(mount: str, path: str) -> bool:
    """Whether static files under a mount hide a route."""
    path = path if path.startswith("/") else f"/{path}"
    return mount == "/" or path == mount or path.startswith(mount + "/")
