"""chain start: a new chain of those whose cards are here, with this home as its first node."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kemiao.bank.chain_link import NODE_FILE
from kemiao.bank.chain_side import SETTINGS, ChainSettings, write_settings
from kemiao.bank.own_keys import BLINDING_FILE
from kemiao.bank.world import World
from kemiao.base.canonical import canonical_bytes
from kemiao.base.clock import epoch_ms
from kemiao.base.refusal import Outage, Refusal
from kemiao.base.signing import Signer
from kemiao.chain.blinding import key_check
from kemiao.chain.genesis import chain_id, check_genesis, is_name, make_genesis
from kemiao.chain.keyring import KeyStore, read_card
from kemiao.chain.sealed import Cost, seal_secret, write_new
from kemiao.chain.sqlite_node import SqliteNode

GENESIS_FILE = "genesis.json"


@dataclass(frozen=True, slots=True)
class Start:
    """cards: files; our own may be among them. searches_per_day: in the register of collateral, of one participant."""

    cards: tuple[Path, ...]
    name: str
    searches_per_day: int = 500


@dataclass(frozen=True, slots=True)
class Started:
    chain: str
    me: str
    participants: tuple[str, ...]
    folder: Path


def start_chain(
    world: World, asked: Start, passphrase: Callable[[], str], cost: Cost | None = None
) -> Started | Refusal:
    """The settings are written last: without them there is no chain here, and what a crash left is cleared away."""
    if world.chain is not None:
        return Refusal.at(
            "CHAIN_EXISTS", "本目录已加入一条链", "this home takes part in a chain already", chain=world.chain.chain
        )
    if not is_name(asked.name):
        return Refusal.at(
            "NOT_A_NAME", "名称为 1 至 100 个字符,首尾不空", "a name is 1 to 100 characters without blanks around it"
        )
    store = KeyStore(world.home.keys)
    me = _own_card(store)
    if isinstance(me, Refusal):
        return me
    cards = _all_cards(me, [read_card(path) for path in asked.cards])
    typed = passphrase()
    signer = _node_signer(store, me, typed)
    if isinstance(signer, Refusal):
        return signer
    blinding = world.random_bytes(32)
    parameters = {"searches_per_day": asked.searches_per_day, "blinding_check": key_check(blinding)}
    genesis = make_genesis(asked.name, cards, parameters, epoch_ms(world.clock.now()))
    refused = check_genesis(genesis)
    if refused is not None:
        return refused
    own, folder = chain_id(genesis), world.home.chain
    with world.home.exclusive():
        if (folder / SETTINGS).exists():
            return Refusal.at(
                "CHAIN_EXISTS", "本目录已加入一条链", "this home takes part in a chain already", folder=folder
            )
        empty_folder(folder)
        write_new(folder / GENESIS_FILE, canonical_bytes(genesis))
        seal_secret(
            folder / BLINDING_FILE, blinding, typed, {"what": "blinding key", "chain": own}, world.random_bytes, cost
        )
        SqliteNode.create(folder / NODE_FILE, genesis, world.clock, signer).close()
        write_settings(world.home, ChainSettings(str(me["id"]), own, "node"))
    with world.log.write() as tx:
        tx.append("chain_started", ref=own, public={"participants": [card["id"] for card in genesis["cards"]]})
    return Started(own, str(me["id"]), tuple(card["id"] for card in genesis["cards"]), folder)


def _own_card(store: KeyStore) -> Mapping[str, Any] | Refusal:
    cards = store.own_cards()
    if len(cards) == 1:
        return cards[0]
    return Refusal.at(
        "NO_IDENTITY", "本目录没有(唯一的)身份,请先 kemiao participant create",
        "this home has no (single) identity: kemiao participant create makes one", folder=store.folder,
    )  # fmt: skip


def _all_cards(me: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Ours once, also where it was named; anything else that is given twice check_genesis refuses."""
    return [me, *(card for card in others if card != me)]


def _node_signer(store: KeyStore, me: Mapping[str, Any], passphrase: str) -> Signer | Refusal:
    file = store.find({key["key"] for key in me["keys"] if "node" in key["purposes"]})
    if file is None:
        return Refusal.at("NO_KEY", "没有用途为 node 的可用密钥", "there is no key for node here", folder=store.folder)
    return store.unlock(file, passphrase)


def empty_folder(folder: Path) -> None:
    """Of what a start or a join left that did not come to its end. Raises Outage."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise Outage(
            "HOME_UNWRITABLE", f"数据目录无法写入:{error.strerror}", f"the home can't be written: {error.strerror}", {"folder": folder}
        ) from error  # fmt: skip
