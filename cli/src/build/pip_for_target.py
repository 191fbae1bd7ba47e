"""pip for another machine: the markers of requirements are answered as they would be there.

`--platform` chooses wheels, but pip goes on asking this machine about `sys_platform` and the like.
"""

import json
import sys

there = json.loads(sys.argv.pop(1))

from pip._internal.cli.main import main  # noqa: E402
from pip._vendor.packaging import markers  # noqa: E402

here = markers.default_environment
markers.default_environment = lambda: {**here(), **there}
sys.exit(main(sys.argv[1:]))
