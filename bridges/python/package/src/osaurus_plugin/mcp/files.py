"""Pictures and other files that an MCP server sends, on the disk: in a folder that the user alone
can read. A process keeps so many; what it leaves is removed by a later one, after a day.

Used by `content.py`; nothing is known of the protocol here.
"""

from __future__ import annotations

import os
from collections import deque
from threading import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "osaurus-mcp-"
_KEPT_SECONDS = 24 * 60 * 60
_MOST_FILES = 200
_MOST_BYTES = 256 << 20
_EXTENSIONS = {
    "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "audio/wav": ".wav", "audio/mpeg": ".mp3", "audio/ogg": ".ogg", "application/pdf": ".pdf",
}  # fmt: skip


class Files:
    """The folder of this process, made with its first file."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._folder: str | None = None
        self._stored: deque[tuple[str, int]] = deque()
        self._bytes = 0

    def store(self, content: bytes, mime_type: str) -> str:
        """Writes a file and returns its path. The oldest ones give way."""
        from tempfile import mkdtemp, mkstemp

        with self._lock:
            if self._folder is None or not os.path.isdir(self._folder):
                remove_old()
                self._folder = mkdtemp(prefix=_PREFIX)
            descriptor, path = mkstemp(_EXTENSIONS.get(mime_type, ".bin"), dir=self._folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            self._stored.append((path, len(content)))
            self._bytes += len(content)
            self._make_room()
        return path

    def _make_room(self) -> None:
        """The newest file stays, however large it is."""
        while len(self._stored) > 1 and (
            len(self._stored) > _MOST_FILES or self._bytes > _MOST_BYTES
        ):
            path, size = self._stored.popleft()
            self._bytes -= size
            if os.path.exists(path):
                os.unlink(path)


def remove_old() -> None:
    """Removes what other processes left more than a day ago."""
    from shutil import rmtree

    for folder in _left_folders():
        rmtree(folder, ignore_errors=True)


def _left_folders() -> Iterator[str]:
    from tempfile import gettempdir
    from time import time

    oldest = time() - _KEPT_SECONDS
    with os.scandir(gettempdir()) as entries:
        for entry in entries:
            if not entry.name.startswith(_PREFIX) or not entry.is_dir(follow_symlinks=False):
                continue
            about = entry.stat(follow_symlinks=False)
            if about.st_uid == os.getuid() and about.st_mtime < oldest:
                yield entry.path
