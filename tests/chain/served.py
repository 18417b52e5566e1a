"""A real server on a loopback port, in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from chain.actors import cast
from kemiao.base.signing import Signer
from kemiao.chain.http_node import HttpNode
from kemiao.chain.listening import Listening
from kemiao.chain.node import Node
from kemiao.chain.serving import application

_clients: list[HttpNode] = []


class Machine:
    """The machine's clock; ahead by `seconds`."""

    def __init__(self, seconds: int = 0) -> None:
        self.seconds = seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.seconds, UTC)

    def today(self) -> date:
        return self.now().date()


@contextmanager
def served(
    node: Node,
    certificate: Path | None = None,
    key: Path | None = None,
    expected: type[BaseException] | None = None,
    port: int = 0,
) -> Iterator[Listening]:
    """expected: what ends the server."""
    app = application(node, lambda: time.time_ns() // 1_000_000, getattr(node, "mailbox", None))
    listening = Listening(app, "127.0.0.1", port, certificate, key)
    ready = threading.Event()
    ended_by: list[BaseException] = []

    def run() -> None:
        try:
            listening.run(ready.set)
        except BaseException as error:  # noqa: BLE001 - it is looked at below
            ended_by.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    if not ready.wait(20):
        raise TimeoutError("the server did not start")
    try:
        yield listening
    finally:
        listening.stop()
        thread.join(20)
        if thread.is_alive():
            raise TimeoutError("the server did not stop")
    if [type(error) for error in ended_by] != ([] if expected is None else [expected]):
        raise AssertionError(f"the server ended by {ended_by}")


def client(
    address: str, participant: str = "bank-b", signer: Signer | None = None, clock: Machine | None = None,
    ca: Path | None = None, suite: str = "ed25519",
) -> HttpNode:  # fmt: skip
    from os import urandom

    from chain.actors import chain

    key = signer or cast(suite)[participant].signers["entries"]
    made = HttpNode(address, chain(suite), participant, key, clock or Machine(), urandom, ca)
    _clients.append(made)
    return made


def close_clients() -> None:
    while _clients:
        _clients.pop().close()
