"""Runs the plugin in this process, and its built library in the reference host where
osaurus-bridge is on the PATH. Needs pytest."""

from osaurus_plugin.testing import TestHost


def test_greetings_are_counted(any_host: TestHost) -> None:
    assert any_host.call("greet", name="Ada") == {"text": "Hello Ada. (greeting number 1)"}
    assert any_host.call("greet", name="Ada", excited=True) == {
        "text": "Hello Ada! (greeting number 2)"
    }
    assert any_host.logs[-1].fields == {"name": "Ada", "times": 2}


def test_a_greeting_needs_a_name(host: TestHost) -> None:
    assert host.envelope("greet")["field"] == "name"
