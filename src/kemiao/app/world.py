"""Builds the World of a command: the machine's clock and randomness enter here and nowhere below."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from kemiao.app.door import Door
from kemiao.base.clock import Clock, FixedClock
from kemiao.base.refusal import Outage, Refused

if TYPE_CHECKING:
    from kemiao.bank.world import World


class MachineClock:
    """The machine's own clock, in its own zone."""

    def now(self) -> datetime:
        return datetime.now(UTC).astimezone()

    def today(self):
        return self.now().date()


def clock_of(home) -> Clock:
    """The machine's clock, or the day at which the home's settings stand still."""
    if home.today is None:
        return MachineClock()
    return FixedClock(datetime.combine(home.today, time(9), tzinfo=UTC))


@contextmanager
def open_world(door: Door, *, create: bool = False, passphrase: Callable[[], str] | None = None) -> Iterator[World]:
    """`with open_world(door) as world:` With `create`, a missing home is made first, and the user is told. passphrase: of the
    key files, where the command itself needs it too: else it is asked for when the first key is used."""
    from kemiao.app.passphrase import passphrase_of
    from kemiao.bank.home import create_home, open_home
    from kemiao.bank.world import open_world as open_reality

    if create and not (door.home / "kemiao.toml").exists():
        try:
            create_home(door.home, os.urandom)
        except (Refused, Outage):
            if not (door.home / "kemiao.toml").exists():  # else another process has made it meanwhile
                raise
        door.say(f"已新建数据目录 {door.home}", f"made a new home at {door.home}")
    home = open_home(door.home)
    with open_reality(door.home, clock_of(home), os.urandom, passphrase or passphrase_of(door)) as world:
        if world.chain is None:
            yield world
            return
        from kemiao.app.chain_end import end

        before = world.log.outbox_end()
        yield world
        end(door, world, before)


@contextmanager
def world_if_any(door: Door, *, needed: bool) -> Iterator[World | None]:
    """For what can be done without a home too, under the policy that the package brings."""
    if not needed and not (door.home / "kemiao.toml").exists():
        yield None
        return
    with open_world(door) as world:
        yield world


def day_of(world: World | None) -> date:
    """The home's day; without a home the machine's."""
    return world.clock.today() if world else MachineClock().today()
