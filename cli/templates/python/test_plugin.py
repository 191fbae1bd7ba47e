"""Runs the plugin in a unit test: no library, no Osaurus, the real database. Needs pytest."""

from main import plugin
from osaurus_plugin.testing import TestHost


def test_greetings_are_counted() -> None:
    host = TestHost(plugin)
    assert host.call("greet", name="Ada") == {"text": "Hello Ada. (greeting number 1)"}
    assert host.call("greet", name="Ada", excited=True) == {
        "text": "Hello Ada! (greeting number 2)"
    }
