"""Prints what Python sees in _generated.py, as JSON, for a comparison with the spec."""

import importlib.util
import inspect
import json
import sys
import typing

definition = importlib.util.spec_from_file_location("_generated", sys.argv[1])
module = importlib.util.module_from_spec(definition)
sys.modules["_generated"] = module
definition.loader.exec_module(module)

records = {}
for name, value in vars(module).items():
    if hasattr(value, "__required_keys__"):
        typing.get_type_hints(value)
        records[name] = {
            "required": sorted(value.__required_keys__),
            "optional": sorted(value.__optional_keys__),
        }

facts = []


def sample(parameter):
    return 1 if parameter.annotation == "int" else "text"


class Blocking(module.HostCalls):
    def _call(self, slot, args):
        facts.append([slot.name.lower(), len(args)])
        return "answer"

    def _stream(self, slot, args, on_chunk):
        return self._call(slot, args)


class Awaitable(module.AsyncHostCalls):
    async def _acall(self, slot, args):
        facts.append(["async " + slot.name.lower(), len(args)])
        return "answer"

    async def _astream(self, slot, args, on_chunk):
        return await self._acall(slot, args)


def finish(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("the call waited for something")


results = {}
for name, method in inspect.getmembers(Blocking(), inspect.ismethod):
    if not name.startswith("_"):
        arguments = [sample(p) for p in inspect.signature(method).parameters.values()]
        results[name] = [method(*arguments), finish(getattr(Awaitable(), name)(*arguments))]

optional = sorted(
    f"{name}.{parameter.name}"
    for name in results
    for parameter in inspect.signature(getattr(module.HostCalls, name)).parameters.values()
    if parameter.default is None
)
groups = [module.LogLevel, module.TaskEventType]
print(
    json.dumps(
        {
            "records": records,
            "slots": {slot.name.lower(): int(slot) for slot in module.HostSlot},
            "since": {slot.name.lower(): n for slot, n in module.SLOT_SINCE.items()},
            "groups": [{m.name.lower(): int(m) for m in group} for group in groups],
            "errors": sorted(module.ERROR_HINTS),
            "error_literal": sorted(typing.get_args(module.ErrorCode)),
            "calls": facts,
            "results": results,
            "optional": optional,
        }
    )
)
