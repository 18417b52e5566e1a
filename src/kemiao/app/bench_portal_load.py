"""Load on a portal, from a process of its own: `python -m kemiao.app.bench_portal_load` reads what to do as JSON and answers what it saw."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from typing import Any


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, headers: str
) -> tuple[int, float]:
    began = time.perf_counter()
    writer.write(f"GET {path} HTTP/1.1\r\nhost: bench\r\n{headers}\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    at = lower.index(b"content-length:")
    await reader.readexactly(int(lower[at + 15 : lower.index(b"\r\n", at)]))
    return int(head[9:12]), time.perf_counter() - began


async def _user(told: dict[str, Any], number: int, until: float, seen: Counter[int], took: list[float]) -> None:
    """every: seconds from one request to the next; 0 asks as fast as it is answered."""
    chosen, every = random.Random(number), told["every"]  # noqa: S311 - load, not secrets
    headers = told["headers"][number % len(told["headers"])]
    reader, writer = await asyncio.open_connection("127.0.0.1", told["port"])
    next_at = time.perf_counter() + chosen.random() * every
    while next_at < until:
        await asyncio.sleep(max(0.0, next_at - time.perf_counter()))
        status, seconds = await _ask(reader, writer, chosen.choice(told["paths"]), headers)
        seen[status] += 1
        took.append(seconds)
        next_at = max(next_at + every, time.perf_counter()) if every else time.perf_counter()
    writer.close()


async def load(told: dict[str, Any]) -> dict[str, Any]:
    seen: Counter[int] = Counter()
    took: list[float] = []
    began = time.perf_counter()
    async with asyncio.TaskGroup() as users:
        for number in range(told["users"]):
            users.create_task(_user(told, number, began + told["seconds"], seen, took))
    seconds = time.perf_counter() - began
    took.sort()
    return {
        "per_second": round(len(took) / seconds), "p50_ms": round(1000 * took[len(took) // 2], 1), "p99_ms": round(1000 * took[int(0.99 * len(took))], 1),
        "statuses": {str(status): count for status, count in seen.items()},
    }  # fmt: skip


if __name__ == "__main__":
    import uvloop

    sys.stdout.write(json.dumps(uvloop.run(load(json.loads(sys.stdin.readline())))) + "\n")
