"""libSystem in Python, a module per kind of function. Importing this registers all of them."""

from . import children as children
from . import files as files
from . import folders as folders
from . import loader as loader
from . import memory as memory
from . import process as process
from . import sockets as sockets
from . import threads as threads
