"""What the first who asks would otherwise wait for is made ready beside the requests, as soon as a process starts."""

from __future__ import annotations

import gc
import sys
import threading
from typing import TYPE_CHECKING

from kemiao.base.refusal import Outage, Refused

if TYPE_CHECKING:
    from kemiao.portal.application import Portal


class Warming:
    """A thread. `over` once there is nothing left to wait for, or once it can't be: then whoever asks is told why."""

    def __init__(self, portal: Portal, *, assessing: bool = True, listing: bool = True) -> None:
        self._portal, self._assessing, self._listing = portal, assessing, listing
        self.over = threading.Event()
        portal.warm = self.over.is_set
        self._thread = threading.Thread(target=self._run, name="warming", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        """Before the portal is closed: worlds are on loan until it is over."""
        self._thread.join()

    def _run(self) -> None:
        from kemiao.bank.application_index import ApplicationIndex
        from kemiao.bank.commands.warm import warm
        from kemiao.bank.company_index import CompanyIndex
        from kemiao.bank.newest_decisions import NewestDecisions

        try:
            with self._portal.worlds.world() as world:
                if self._assessing:
                    warm(world)
                if self._listing:
                    self._portal.kept.view(CompanyIndex).follow(world)
                    self._portal.kept.view(ApplicationIndex).all(world)
                    self._portal.kept.view(NewestDecisions).all(world)
        except (Refused, Outage) as stopped:
            said = stopped.refusal if isinstance(stopped, Refused) else stopped.as_refusal()
            sys.stderr.write(f"not made ready: {said.code}\n")
        finally:
            gc.collect()
            gc.freeze()  # else every full collection walks through all that was made ready, and no answer leaves for a third of a second
            self.over.set()
