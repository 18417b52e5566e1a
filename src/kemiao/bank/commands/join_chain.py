"""chain invite, chain join: a participant that the genesis names gets what it needs to follow a node, and takes part."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kemiao.bank.chain_link import CERTIFICATE_FILE, NODE_FILE
from kemiao.bank.chain_side import SETTINGS, ChainSettings, chain_of, write_settings
from kemiao.bank.commands.start_chain import GENESIS_FILE, empty_folder
from kemiao.bank.own_keys import BLINDING_FILE
from kemiao.bank.world import World
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal, Refused
from kemiao.base.signing import Signer
from kemiao.chain import invitation
from kemiao.chain.blinding import key_check
from kemiao.chain.following import Progress, Replica
from kemiao.chain.http_node import HttpNode
from kemiao.chain.invitation import CERTIFICATE_LENGTH, INVITATION_BYTES, Invitation
from kemiao.chain.keyring import KeyStore
from kemiao.chain.sealed import Cost, open_secret, seal_secret, write_new
from kemiao.chain.sqlite_node import SqliteNode

Passphrase = Callable[[], str]
SHORTEST_SHARED = 12  # characters: whoever gets hold of the invitation may guess as often as it likes
_SHARED = "blinding key, shared"


@dataclass(frozen=True, slots=True)
class Invite:
    """address: of the node; None where this home follows one itself. certificate: a PEM file. with_blinding_key: sealed under the
    shared passphrase."""

    out: Path
    address: str | None
    certificate: Path | None = None
    with_blinding_key: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """participant: who we are. chain: the id that was told by another way, where it was."""

    file: Path
    participant: str
    chain: str | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    chain: str
    name: str
    me: str
    by: str
    size: int
    participants: tuple[str, ...]
    blinding_key: bool


def invite(world: World, asked: Invite, shared: Passphrase, cost: Cost | None = None) -> Invitation | Refusal:
    chain = chain_of(world)
    address = asked.address or chain.settings.node
    if address is None:
        return Refusal("ADDRESS_MISSING", "请用 --address 给出节点地址", "give the node's address with --address")
    certificate = None if asked.certificate is None else _text_of(asked.certificate)
    signer = chain.signer("entries")
    HttpNode(
        address, chain.chain, chain.me, signer, world.clock, world.random_bytes, asked.certificate
    )  # refuses what is none
    genesis = json.loads(chain.node.records(0, 1)[0].envelope)
    blinding = None
    if asked.with_blinding_key:
        typed = shared()
        if len(typed) < SHORTEST_SHARED:
            return Refusal("PASSPHRASE_TOO_SHORT", f"共用口令至少 {SHORTEST_SHARED} 个字符", f"a shared passphrase has at least {SHORTEST_SHARED} characters")  # fmt: skip
        blinding = _sealed_to_share(world, chain.blinding_key(), typed, cost)
    made = invitation.write(genesis, address, certificate, blinding, chain.me, signer)
    write_new(asked.out, made.content())
    return made


def join(
    world: World, asked: Join, own: Passphrase, shared: Passphrase, progress: Progress, cost: Cost | None = None
) -> Joined | Refusal:  # fmt: skip
    """The settings are written last: what a crash, or a node that was away, left is cleared away by the next try."""
    invited = _opened(asked)
    if isinstance(invited, Refusal):
        return invited
    card = next((card for card in invited.genesis["cards"] if card["id"] == asked.participant), None)
    if card is None:
        return Refusal.at(
            "NOT_IN_THE_GENESIS", "创世记录中没有这个参与方", "the genesis does not name this participant", participant=asked.participant
        )  # fmt: skip
    store = KeyStore(world.home.keys)
    if card not in store.own_cards():
        return Refusal.at(
            "NOT_OUR_KEYS", "创世记录中的密钥不是本目录的密钥", "the keys in the genesis are not those of this home", participant=asked.participant
        )  # fmt: skip
    file = store.find({key["key"] for key in card["keys"] if "entries" in key["purposes"]})
    if file is None:
        return Refusal.at(
            "NO_KEY", "没有用途为 entries 的可用密钥", "there is no key for entries here", folder=store.folder
        )
    typed = own()
    signer = store.unlock(file, typed)
    with world.home.exclusive():
        if (world.home.chain / SETTINGS).exists():
            return Refusal.at("CHAIN_EXISTS", "本目录已加入一条链", "this home takes part in a chain already", folder=world.home.chain)  # fmt: skip
        joined = _take_part(world, asked.participant, invited, signer, typed, shared, progress, cost)
    if not isinstance(joined, Refusal):
        with world.log.write() as tx:  # takes the home's lock itself
            tx.append("chain_joined", ref=joined.chain, public={"participant": joined.me, "node": invited.address, "by": joined.by})  # fmt: skip
    return joined


def _opened(asked: Join) -> Invitation | Refusal:
    try:
        with asked.file.open("rb") as file:
            content = file.read(INVITATION_BYTES + 1)
    except OSError as error:
        return Refusal.at(
            "NO_SUCH_FILE", f"读不出:{error.strerror}", f"can't be read: {error.strerror}", file=asked.file
        )
    invited = invitation.read(content)
    if isinstance(invited, Refusal) or asked.chain in (None, invited.chain):
        return invited
    return Refusal.at(
        "OTHER_CHAIN", f"邀请属于链 {invited.chain}", f"the invitation is for the chain {invited.chain}", wanted=asked.chain
    )  # fmt: skip


def _take_part(
    world: World, me: str, invited: Invitation, signer: Signer, own: str, shared: Passphrase, progress: Progress, cost: Cost | None
) -> Joined | Refusal:  # fmt: skip
    folder = world.home.chain
    empty_folder(folder)
    write_new(folder / GENESIS_FILE, canonical_bytes(invited.genesis))
    certificate = None
    if invited.certificate is not None:
        certificate = folder / CERTIFICATE_FILE
        write_new(certificate, invited.certificate.encode())
    if invited.blinding is not None:
        refused = _keep_blinding_key(world, invited, own, shared(), cost)
        if refused is not None:
            return refused
    replica = SqliteNode.create(folder / NODE_FILE, invited.genesis, world.clock)
    try:
        node = HttpNode(invited.address, invited.chain, me, signer, world.clock, world.random_bytes, certificate)
        synced = Replica(folder, replica, node).sync(progress)
        node.close()
        if isinstance(synced, Refusal):
            return synced
        refused = invitation.check(invited, replica)
        if refused is not None:
            return refused
    finally:
        replica.close()
    write_settings(world.home, ChainSettings(me, invited.chain, "follow", invited.address))
    names = tuple(card["id"] for card in invited.genesis["cards"])
    return Joined(
        invited.chain, invited.genesis["name"], me, invited.by, synced.size, names, invited.blinding is not None
    )  # fmt: skip


# -- the blinding key, from one home to another


def _sealed_to_share(world: World, key: bytes, shared: str, cost: Cost | None) -> Mapping[str, Any]:
    """The form of a sealed file, without leaving the file: it travels inside the invitation."""
    path = world.home.chain / f".shared.{os.getpid()}"
    path.unlink(missing_ok=True)
    try:
        seal_secret(path, key, shared, {"what": _SHARED, "chain": chain_of(world).chain}, world.random_bytes, cost)
        sealed: Mapping[str, Any] = json.loads(path.read_bytes())
        return sealed
    finally:
        path.unlink(missing_ok=True)


def _keep_blinding_key(world: World, invited: Invitation, own: str, shared: str, cost: Cost | None) -> Refusal | None:
    folder, wanted = world.home.chain, invited.genesis["parameters"]["blinding_check"]
    path = folder / f".shared.{os.getpid()}"
    try:
        write_new(path, canonical_bytes(invited.blinding))
        key, about = open_secret(path, shared)
    finally:
        path.unlink(missing_ok=True)
    if about != {"what": _SHARED, "chain": invited.chain} or key_check(key) != wanted:
        return Refusal.at(
            "OTHER_BLINDING_KEY", "邀请中的盲化密钥不是这条链的", "the blinding key in the invitation is not this chain's", chain=invited.chain
        )  # fmt: skip
    seal_secret(
        folder / BLINDING_FILE, key, own, {"what": "blinding key", "chain": invited.chain}, world.random_bytes, cost
    )
    return None


def _text_of(path: Path) -> str:
    try:
        with path.open("r", encoding="ascii") as file:
            text = file.read(CERTIFICATE_LENGTH)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(
            Refusal.at("BAD_CERTIFICATE", "证书读不出", "the certificate can't be read", file=path)
        ) from error
    if "PRIVATE KEY" in text:
        raise Refused(
            Refusal.at("CERTIFICATE_WITH_KEY", "文件中有私钥,不能随邀请发出", "there is a private key in the file: it must not go along", file=path)
        )  # fmt: skip
    return text
