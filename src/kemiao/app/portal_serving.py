"""The server of `kemiao serve`: the machine's clocks, randomness and signals are its, and nobody's below."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kemiao.app.door import Door
from kemiao.base.refusal import Refusal

if TYPE_CHECKING:
    from kemiao.bank.world import World
    from kemiao.base.clock import Clock
    from kemiao.chain.listening import Listening
    from kemiao.portal.application import Portal


_LOOK_SECONDS = 0.25
IN_FOLDER = "KEMIAO_PAGES"  # pages that were built elsewhere, for who works on them


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def portal_of(door: Door, tls: bool = False, pages: Path | None = None) -> Iterator[Portal]:
    """The portal of a home, opened; closed with the block."""
    from kemiao.app.passphrase import passphrase_of
    from kemiao.app.world import clock_of
    from kemiao.bank.access_log import FILE as ACCESS_FILE
    from kemiao.bank.access_log import AccessLog
    from kemiao.bank.home import open_home
    from kemiao.bank.log_end import LogEnd
    from kemiao.bank.world import open_world
    from kemiao.portal.application import Portal
    from kemiao.portal.knowing import Knowing
    from kemiao.portal.pages import BUILT
    from kemiao.portal.sessions import FILE as PORTAL_FILE
    from kemiao.portal.sessions import Sessions
    from kemiao.portal.sign_in import LocalSignIn, limits_of
    from kemiao.portal.worlds import Worlds

    home = open_home(door.home)
    passphrase = passphrase_of(door)

    @contextmanager
    def open_() -> Iterator[World]:
        with open_world(door.home, clock_of(open_home(door.home)), os.urandom, passphrase) as world:
            yield world

    stamp = Stamp(door.home)
    worlds, log_end = Worlds(open_, stamp), LogEnd(home)
    sessions = Sessions(home.root / PORTAL_FILE, now_ms, os.urandom, stamp.kept(limits_of(worlds)))
    access_log = AccessLog(home.root / ACCESS_FILE, now_ms)
    try:
        yield Portal(
            worlds,
            Knowing(log_end, stamp.with_vault, stamp.today, sessions.look),
            LocalSignIn(worlds, sessions, now_ms),
            sessions,
            access_log,
            os.urandom,
            now_ms,
            stamp.today,
            log_end,
            home.root,
            pages or Path(os.environ.get(IN_FOLDER) or BUILT),
            tls,
        )
    finally:
        access_log.close()
        log_end.close()
        sessions.close()
        worlds.close()


LIMITS = {
    "connections": 4096,
    "of_one": 1200,
    "fast": True,
}  # a page holds a connection to listen by; many may come through one address


def serve(
    door: Door, host: str, port: int, certificate: Path | None, key: Path | None, workers: int = 1, log: bool = True
) -> Refusal | None:
    """Until SIGTERM or SIGINT. Other commands of this home may read and write meanwhile."""
    if workers > 1:
        from kemiao.app.portal_workers import serve_many

        return serve_many(door, host, port, certificate, key, workers, log)
    from kemiao.app.outbox_pump import Pump
    from kemiao.app.portal_warming import Warming
    from kemiao.chain.listening import Limits, Listening
    from kemiao.portal.application import application

    more_files()
    with portal_of(door, tls=certificate is not None) as portal:
        portal.log = line if log else None
        listening = Listening(application(portal), host, port, certificate, key, Limits(**LIMITS))
        pump, warming = Pump(portal), Warming(portal)
        stop_on_signals(portal, listening)
        pump.start()
        warming.start()
        try:
            listening.run(lambda: _ready(door, listening.address))
        finally:
            pump.stop()
            warming.wait()
    door.say("门户已停止", "the portal has stopped")
    return None


def stop_on_signals(portal: Portal, listening: Listening) -> None:
    def stop(*_: object) -> None:
        portal.changes.stopping = True  # pages that listen are let go of: they come again
        listening.stop()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)


def line(text: str) -> None:
    sys.stderr.write(text + "\n")


def more_files() -> None:
    """Each listener is an open file: as many as this machine lets a process have."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Stamp:
    """Changes when law, policy or settings of the home do; today: the day by these settings. Both are looked at four times a second."""

    def __init__(self, root: Path) -> None:
        self._root, self._until, self._found, self._whole = root, 0.0, (), ()
        self._clock: tuple[object, Clock] | None = None
        self._day: date | None = None

    def __call__(self) -> tuple[Any, ...]:
        now = time.monotonic()
        if now >= self._until:
            found, self._until, self._day = _stamp(self._root), now + _LOOK_SECONDS, None
            if found != self._found:  # else the same object: those are compared fast
                self._found = found
            stands = (self._root / "vault.db").stat()
            self._whole = (self._found, stands.st_mtime_ns, stands.st_size)
        return self._found

    def with_vault(self) -> tuple[Any, ...]:
        """Changes when its keys do, too."""
        self()
        return self._whole

    def kept(self, ask: Callable[[], Any]) -> Callable[[], Any]:
        """What follows from law, policy, settings and the day alone: asked for when these have changed."""
        found: tuple[object, date, Any] | None = None

        def answer() -> Any:
            nonlocal found
            now, day = self(), self.today()
            if found is None or found[0] is not now or found[1] != day:
                found = (now, day, ask())
            return found[2]

        return answer

    def today(self) -> date:
        stamp, day = self(), self._day
        if day is None:
            if self._clock is None or self._clock[0] is not stamp:
                from kemiao.app.world import clock_of
                from kemiao.bank.home import open_home

                self._clock = (stamp, clock_of(open_home(self._root)))
            self._day = day = self._clock[1].today()
        return day


def _stamp(root: Path) -> tuple[Any, ...]:
    """Changes when law, policy or settings of the home do."""
    files = (
        root / "kemiao.toml",
        *(root / "policy").rglob("*.toml"),
        *(root / "law").glob("*.toml"),
        root / "chain" / "chain.toml",
    )
    return tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(files) if path.exists())


def _ready(door: Door, address: str) -> None:
    if door.as_json:
        door.document({"address": address})
    else:
        door.text(address)
    sys.stdout.flush()
    door.say(f"门户就绪,Ctrl-C 结束:{address}", f"the portal is ready, Ctrl-C ends it: {address}")
