"""Fixtures for all tests."""

from __future__ import annotations

import pytest

from osaurus_plugin import Plugin


@pytest.fixture
def plugin() -> Plugin:
    return Plugin(id="dev.example.test", name="Test", version="1.0.0")
