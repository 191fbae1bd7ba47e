"""The page, and the route that it calls. Needs pytest."""

import json
import re
from pathlib import Path

from osaurus_plugin.testing import TestHost

WEB = Path(__file__).parents[1] / "web"


def test_the_page_gets_the_greetings(any_host: TestHost) -> None:
    any_host.call("greet", name="Ada")
    response = any_host.request("GET", "/api/greetings")
    assert response["status"] == 200
    assert json.loads(response["body"]) == [{"name": "Ada", "times": 1}]


def test_the_page_has_its_files() -> None:
    page = (WEB / "index.html").read_text(encoding="utf-8")
    for name in re.findall(r'(?:href|src)="/plugins/{{id}}/ui/([^"]+)"', page):
        assert (WEB / name).is_file(), name
