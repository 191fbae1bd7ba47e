import importlib
import importlib.metadata

import helper
import puredep
from osaurus_plugin import Plugin

plugin = Plugin(id="dev.test.second", name="second", description="A second plugin with the same names.")


@plugin.tool
def names() -> dict:
    """Says which modules it got."""
    return {
        "helper": helper.NAME,
        "puredep": puredep.VERSION,
        "by_name": importlib.import_module("puredep").VERSION,
        "metadata": importlib.metadata.version("puredep"),
        "main": importlib.import_module("main").__name__,
    }
