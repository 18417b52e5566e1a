"""What a command is given: clock, lake, event log, vault, law, policy, chain, randomness. `open_world` is reality."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kemiao.bank.chain_side import Passphrase, SharedChain, open_chain
from kemiao.bank.event_log import EventLog
from kemiao.bank.home import Home, open_home
from kemiao.bank.policy import Policy, read_policy
from kemiao.base.clock import Clock
from kemiao.base.tables import DatedTable, read_all_packaged, read_table
from kemiao.data.lake import Lake
from kemiao.data.vault import Vault


@dataclass(frozen=True, slots=True)
class World:
    home: Home
    clock: Clock
    log: EventLog
    lake: Lake
    vault: Vault
    law: Mapping[str, DatedTable]
    policy: Policy
    random_bytes: Callable[[int], bytes]
    chain: SharedChain | None = None
    """Our side of the shared chain; None where this home takes no part in one. bank.chain_side.chain_of refuses then."""
    read_once: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """What follows from law and policy alone, which stand still while a World is open: see bank.rulebook."""


@contextmanager
def open_world(
    root: Path, clock: Clock, random_bytes: Callable[[int], bytes], passphrase: Passphrase | None = None
) -> Iterator[World]:
    """The installation at `root`. Refuses as open_home does. passphrase: of the key files, asked for when one is used."""
    home = open_home(root)
    vault = Vault(home.vault, random_bytes)
    log, lake = EventLog(home, clock, vault, random_bytes), Lake(home.lake)
    chain = open_chain(home, log, clock, random_bytes, passphrase)
    try:
        yield World(home, clock, log, lake, vault, _law(home), read_policy(home.policy), random_bytes, chain)
    finally:
        if chain is not None:
            chain.close()
        lake.close()
        log.close()


def _law(home: Home) -> dict[str, DatedTable]:
    """The packaged tables, and behind them the rows that this home has loaded; what its head says wins."""
    tables = read_all_packaged("kemiao.law.tables")
    for path in sorted(home.law.glob("*.toml")):
        loaded = read_table(path)
        packaged = tables.get(path.stem, DatedTable(path.stem, {}, ()))
        tables[path.stem] = DatedTable(path.stem, {**packaged.head, **loaded.head}, (*packaged.rows, *loaded.rows))
    return tables
