"""Notes that are found by what they mean: a plugin for Osaurus.

`tools.py` and `events.py` hold the handlers, `store.py` the database, `page.py` the page.
"""

from . import events as events
from . import tools as tools
from ._plugin import plugin

__all__ = ["plugin"]
