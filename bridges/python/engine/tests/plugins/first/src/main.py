"""Every trick that a script may play on the engine, one tool each."""

import asyncio
import builtins
import concurrent.futures
import dataclasses
import gettext
import importlib
import importlib.metadata
import importlib.util
import logging
import logging.config
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from unittest import mock

import helper
import puredep
from inner.deep import LOADED
from osaurus_plugin import AsyncContext, Context, Plugin

plugin = Plugin(id="dev.test.first", name="first", description="A plugin for tests.")


@dataclasses.dataclass
class Note:
    text: str


def square(n: int) -> int:
    return n * n


def where_am_i(_: int) -> str:
    return f"{helper.NAME} in {multiprocessing.current_process().name.split('-')[0]}"


@plugin.tool
def echo(text: str, count: int = 1) -> dict:
    """Repeats a string."""
    return {"text": text, "count": count}


@plugin.tool
def names() -> dict:
    """Says which modules it got."""
    return {
        "main": __name__,
        "is_known": sys.modules["helper"] is helper,
        "by_name": importlib.import_module("puredep").VERSION,
        "metadata": importlib.metadata.version("puredep"),
        "deep": LOADED,
        "pickled": pickle.loads(pickle.dumps(Note("x"))).text,
        "missing": importlib.util.find_spec("no_such_module") is None,
        "utf8": [sys.getfilesystemencoding(), str(sys.flags.utf8_mode), str(sys.flags.isolated)],
        "site": [p for p in sys.path if "site-packages" in p or "dist-packages" in p],
        "loads": helper.count(),
    }


@plugin.tool
def plain() -> dict:
    """What only an interpreter of one's own can do."""
    gettext.install("x")
    builtins.shout = str.upper
    with mock.patch("builtins.open", mock.mock_open(read_data="patched")):
        with open("/nowhere") as file:
            patched = file.read()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        lazy = pool.submit(importlib.import_module, "inner.lazy").result().NAME
    logging.config.dictConfig({
        "version": 1,
        "handlers": {"mine": {"class": "helper.Handler"}},
        "loggers": {"mine": {"handlers": ["mine"], "level": "INFO"}},
    })
    logging.getLogger("mine").info("kept")
    return {"text": _("hello"), "builtin": shout("a"), "patched": patched, "lazy": lazy, "kept": helper.KEPT}


@plugin.tool
def config(ctx: Context, key: str) -> dict:
    """Reads a config value."""
    return {"value": ctx.config.get(key)}


@plugin.tool(threads=True)
def config_threads(ctx: Context, key: str) -> dict:
    """Reads a config value from a thread of its own."""
    values = []
    thread = threading.Thread(target=lambda: values.append(ctx.config.get(key)))
    thread.start()
    thread.join()
    return {"value": values[0], "thread": threading.current_thread().name}


@plugin.tool
async def config_async(ctx: AsyncContext, key: str) -> dict:
    """Reads a config value on the loop."""
    values = await asyncio.gather(*(ctx.config.get(key) for _ in range(3)))
    return {"values": values}


@plugin.tool
def bad_result(kind: str) -> dict:
    """Returns what JSON cannot hold."""
    value = {"surrogate": "a\ud800", "nan": float("nan"), "key": {3: 4}, "object": object()}[kind]
    return {"items": [0, 1, 2, value]}


@plugin.tool
def leave(how: str) -> dict:
    """Tries to leave."""
    if how == "exit":
        sys.exit(3)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "recursion":
        return leave(how)
    if how == "cancelled":
        raise asyncio.CancelledError
    exit(4)


@plugin.tool
async def leave_async(how: str) -> dict:
    """Tries to leave the loop."""
    if how == "exit":
        sys.exit(3)
    if how == "child":
        asyncio.get_running_loop().create_task(_exit_soon())
        await asyncio.sleep(0.05)
        return {"still": "here"}
    if how == "stop":
        asyncio.get_running_loop().stop()
        await asyncio.sleep(0.01)
        return {"still": "here"}
    raise KeyboardInterrupt


@plugin.tool
async def echo_async(text: str) -> dict:
    """Repeats a string, on the loop."""
    return {"text": text}


async def _exit_soon() -> None:
    sys.exit(5)


@plugin.tool
def spin() -> dict:
    """Never ends."""
    while True:
        pass


@plugin.tool(threads=True)
def spin_threads() -> dict:
    """Never ends, elsewhere."""
    while True:
        pass


@plugin.tool
async def sleep_async() -> dict:
    """Sleeps forever and yields."""
    await asyncio.sleep(1000)
    return {}


@plugin.tool
async def spin_async() -> dict:
    """Never yields."""
    while True:
        pass


@plugin.tool
def speak() -> dict:
    """Says something in every way."""
    print("printed", "twice", end="")
    print()
    sys.stderr.write("to stderr\n")
    sys.stdout.buffer.write(b"as bytes\n")
    sys.stdout.flush()
    logging.getLogger(__name__).warning("logged")
    warnings.warn("a warning", stacklevel=1)
    try:
        _fail_in_thread()
    except ValueError as error:
        # What Thread.run does with an error, on this thread: the test's host has no log for other threads.
        args = (type(error), error, error.__traceback__, threading.current_thread())
        threading.excepthook(threading.ExceptHookArgs(args))
    _Unraisable()
    return {}


class _Unraisable:
    def __del__(self) -> None:
        raise ValueError("in __del__")


def _fail_in_thread() -> None:
    raise ValueError("in a thread")


@plugin.tool
def processes() -> dict:
    """Starts child processes in every way."""
    answers = {"executable": os.path.basename(os.path.realpath(sys.executable))}
    run = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True, check=True)
    answers["subprocess"] = run.stdout.strip()
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            answers[method] = [pool.map(square, [3])[0], pool.map(where_am_i, [0])[0].split()[0]]
    return answers


@plugin.tool
def libraries() -> dict:
    """Imports compiled parts of the standard library."""
    import ctypes
    import decimal
    import sqlite3
    import ssl

    assert ctypes.sizeof(ctypes.c_int) == 4
    rows = sqlite3.connect(":memory:").execute("select 6 * 7").fetchall()
    return {"decimal": str(decimal.Decimal("0.1") + decimal.Decimal("0.2")), "sqlite": rows[0][0], "ssl": bool(ssl.OPENSSL_VERSION)}


@plugin.tool
def handler() -> dict:
    """Tries to take a signal."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError as error:
        return {"refused": str(error)}
    return {"refused": ""}


@plugin.tool
def big(number: int, size: int) -> dict:
    """Large numbers and strings."""
    return {"number": number + 1, "text": "x" * size}


@plugin.tool
def nap(seconds: float) -> dict:
    """Sleeps."""
    time.sleep(seconds)
    return {}
