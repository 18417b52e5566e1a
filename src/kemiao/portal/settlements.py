"""Clearings that were made again to be shown: the last few, since each takes a while. Nobody is shown one whose book can't be read any more."""

from __future__ import annotations

import threading
from collections import OrderedDict

from kemiao.bank.market.book import Settled
from kemiao.bank.market.calls import named
from kemiao.bank.market.kept import kept_book, settled_call
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

_MOST = 4


class Settlements:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Settled] = OrderedDict()

    def of(self, world: World, call: str) -> Settled | Refusal:
        """Refuses what settled_call does. The book is read each time: a company that was erased since takes it away."""
        found = named(world, call)
        book = found if isinstance(found, Refusal) else kept_book(world, found.id)
        if isinstance(found, Refusal) or isinstance(book, Refusal):
            return found if isinstance(found, Refusal) else book  # type: ignore[return-value]
        event = world.log.last("market_clearing", ref=found.id)
        key = f"{world.home.root}\0{event.digest if event else ''}"
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
            made = settled_call(world, found.id)  # under the lock: two who ask at once have one clearing
            if not isinstance(made, Refusal):
                self._made[key] = made
                while len(self._made) > _MOST:
                    self._made.popitem(last=False)
        return made
