"""Listeners of a portal, in a process of their own: `python -m kemiao.app.bench_portal_listen` reads what to do as JSON, says `ready` when
all listen, and at the end of its input answers when the first and the last of them heard of each change (the machine's monotonic clock)."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any


async def _listen(told: dict[str, Any], number: int, ready: list[int], heard: dict[int, list[float]]) -> None:
    headers = told["headers"][number % len(told["headers"])]
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", told["port"])
        writer.write(f"GET /api/v1/events HTTP/1.1\r\nhost: bench\r\n{headers}\r\n".encode())
        try:
            while line := await reader.readline():
                if line.startswith(b"event: ready"):
                    ready.append(number)
                elif line.startswith(b"data: ["):
                    at = time.monotonic()
                    for each in json.loads(line[6:]):
                        heard.setdefault(each["seq"], []).append(at)
        finally:
            writer.close()  # the stream is over after its time: again, as a browser does


async def listen(told: dict[str, Any]) -> None:
    ready: list[int] = []
    heard: dict[int, list[float]] = {}
    tasks = []
    for number in range(told["listeners"]):
        tasks.append(asyncio.create_task(_listen(told, number, ready, heard)))
        if number % 50 == 49:
            await asyncio.sleep(0.1)
    while len(set(ready)) < told["listeners"]:
        await asyncio.sleep(0.05)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    sys.stdout.write(json.dumps({seq: [len(at), min(at), max(at)] for seq, at in heard.items()}) + "\n")


if __name__ == "__main__":
    import uvloop

    from kemiao.app.portal_serving import more_files

    more_files()
    uvloop.run(listen(json.loads(sys.stdin.readline())))
