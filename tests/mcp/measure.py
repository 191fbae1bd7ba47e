"""The median time of a call by the official client over stdio, in microseconds:
measure.py COUNT TOOL ARGUMENTS COMMAND...
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main(count: int, tool: str, arguments: str, command: list[str]) -> None:
    server = StdioServerParameters(command=command[0], args=command[1:])
    times = []
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        for turn in range(count + 20):
            start = time.perf_counter()
            answer = await session.call_tool(tool, json.loads(arguments))
            assert not answer.isError, answer
            if turn >= 20:
                times.append(time.perf_counter() - start)
    print(round(sorted(times)[count // 2] * 1e6))


asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]))
