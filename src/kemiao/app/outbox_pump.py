"""Submits what waits for the chain soon after it was written, beside the requests: whoever wrote it, the command line too."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from kemiao.app.passphrase import IN_ENVIRONMENT, IN_FILE
from kemiao.base.refusal import Outage, Refused

if TYPE_CHECKING:
    from kemiao.portal.application import Portal

_LOOK_SECONDS, _AGAIN_SECONDS, _LONGEST_SECONDS = 0.2, 1.0, 60.0


class Pump:
    """A thread. Without a passphrase at hand nothing is submitted, as at the end of a command."""

    def __init__(self, portal: Portal) -> None:
        self._portal, self._over = portal, threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        if os.environ.get(IN_FILE) or os.environ.get(IN_ENVIRONMENT):
            self._thread.start()
            self._portal.submits = (
                self._thread.is_alive
            )  # a broken invariant ends it, and nothing more goes to the chain

    def stop(self) -> None:
        """What is being submitted is finished."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        done, wait, told, again = -1, _LOOK_SECONDS, "", _AGAIN_SECONDS
        while not self._over.wait(wait):
            wait = _LOOK_SECONDS
            try:
                end = self._portal.log_end.end()
                if end is None or end == done:
                    continue
                left = self._flushed()
                done, told, again = end, "", _AGAIN_SECONDS
                if left:  # what waits on, for our standing on the chain: looked at again, later each time
                    done, wait = -1, _LONGEST_SECONDS
            except (Refused, Outage) as stopped:
                said = stopped.refusal if isinstance(stopped, Refused) else stopped.as_refusal()
                if said.code != told:
                    sys.stderr.write(f"not on the chain yet: {said.code}\n")
                told, wait, again = said.code, again, min(_LONGEST_SECONDS, 2 * again)

    def _flushed(self) -> int:
        from kemiao.bank.outbox import flush

        with self._portal.worlds.world() as world:
            if world.chain is None or not world.log.outbox_end():
                return 0
            return flush(world).waiting
