"""participant create, list, rotate, suspend: who we are on a chain, and who the others are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kemiao.bank.chain_side import SharedChain, chain_of
from kemiao.bank.last_known import node_is_away
from kemiao.bank.own_keys import current_keys
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.keys import parse_company
from kemiao.base.refusal import Outage, Refusal
from kemiao.base.signing import SUITES, new_seed, signer_from_seed
from kemiao.chain import views
from kemiao.chain.entry import is_participant_id
from kemiao.chain.genesis import PURPOSES, ROLES, is_name, key_card, make_card
from kemiao.chain.keyring import KeyFile, KeyStore
from kemiao.chain.node import Accepted
from kemiao.chain.rules.participants import added_key_bytes
from kemiao.chain.sealed import Cost, sync_folder

Passphrase = Callable[[], str]
# Name of a key's file → what it is for. The key that changes keys lies apart, so that it can be kept elsewhere.
KEY_FILES = {"keys": ("keys",), "entries": ("consent", "entries"), "node": ("node",)}
_LEAST = 8  # digits of a key's id, as the list of participants shows them


@dataclass(frozen=True, slots=True)
class Create:
    participant: str
    name: str
    roles: tuple[str, ...]
    company: str | None = None
    suite: str = "ed25519"


@dataclass(frozen=True, slots=True)
class Created:
    participant: str
    card: Path
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Rotate:
    """compromised_since: milliseconds since 1970, UTC; what the old key signed from then on no longer counts. key: the id of the
    old key or its first digits, a retired one too; None for the one that is in use for the purpose."""

    purpose: str = "entries"
    compromised_since: int | None = None
    suite: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Rotated:
    """added, file: None where a key was disowned that was retired before: nothing replaces it. purposes: of the old key."""

    retired: str
    added: str | None
    file: Path | None
    purposes: tuple[str, ...]
    accepted: Accepted


@dataclass(frozen=True, slots=True)
class Listing:
    """behind: the node that we follow did not answer; this is what our replica knows."""

    participants: tuple[dict[str, Any], ...]
    size: int
    behind: bool


def create(world: World, asked: Create, passphrase: Passphrase, cost: Cost | None = None) -> Created | Refusal:
    """Keys and card of an identity, whole or not at all; needs no chain."""
    refused = _unfit(asked)
    if refused is not None:
        return refused
    folder = world.home.keys
    if folder.exists() and any(folder.iterdir()):
        return Refusal.at("IDENTITY_EXISTS", "本目录已有身份", "this home has an identity already", folder=folder)
    typed = passphrase()
    building = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    try:
        shutil.rmtree(building, ignore_errors=True)  # left by a process of the same number that was killed
        card = _write_identity(KeyStore(building), asked, typed, world.random_bytes, cost)
        if folder.exists():
            folder.rmdir()
        building.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise Outage(
            "KEYS_UNWRITABLE", f"密钥文件无法写入:{error.strerror}", f"the key files can't be written: {error.strerror}", {"folder": folder}
        ) from error  # fmt: skip
    finally:
        shutil.rmtree(building, ignore_errors=True)
    with world.log.write() as tx:
        tx.append("identity_created", ref=asked.participant, public={"card": digest("card", card)})
    files = tuple(folder / f"{asked.participant}.{name}.key" for name in KEY_FILES)
    return Created(asked.participant, folder / f"{asked.participant}.card.json", files)


def list_participants(world: World) -> Listing:
    chain = chain_of(world)
    behind, node = node_is_away(chain), chain.node
    found: list[dict[str, Any]] = []
    for key, value in views.every(node, "participant/"):
        name = key.removeprefix("participant/")
        found.append({"id": name, **value, "record": views.record(node, name), "me": name == chain.me})
    return Listing(tuple(found), node.size(), behind)


def rotate(world: World, asked: Rotate, passphrase: Passphrase, cost: Cost | None = None) -> Rotated | Refusal:
    """A new key for the old one's purposes. Its file lies beside the old one until the chain has accepted it. A key that is retired
    already is disowned only, from a time on, or from an earlier time than before."""
    if asked.purpose not in PURPOSES or asked.suite not in (None, *SUITES):
        return Refusal.at(
            "NO_SUCH_PURPOSE",
            "没有这种用途或算法",
            "there is no such purpose or suite",
            purpose=asked.purpose,
            suite=asked.suite,
        )
    chain, store = chain_of(world), KeyStore(world.home.keys)
    with store.exclusive():
        chain.refresh()
        chain.finish()
        settle(chain, store)
        known = None if asked.key is None else _own_key(chain, asked.key)
        if isinstance(known, Refusal):
            return known
        if known is not None and known[1]["until"] is not None:
            return _disown(chain, *known, asked)
        old = _in_use(chain, store, asked.purpose, None if known is None else known[0])
        if isinstance(old, Refusal):
            return old
        path = _new_key(world, store, old, asked.suite or old.suite, passphrase, cost)
        made = store.unlock(store.at(path), passphrase())
        card = key_card(made, old.purposes)
        proof = made.sign(added_key_bytes(chain.chain, chain.me, card)).hex()
        body = {"retire": old.key, "add": {**card, "proof": proof}, "distrusted_from": asked.compromised_since}
        answer = chain.act("key.rotate", body=body)  # where this raises, the entry may still come in: the file stays
        if isinstance(answer, Refusal):
            store.drop_next(path)
            return answer
        chain.refresh()
        settle(chain, store)
    return Rotated(old.key, made.key_id, old.path, old.purposes, answer)


def settle(chain: SharedChain, store: KeyStore) -> list[Path]:
    """Finishes what a process that died between the chain's answer and the renaming has left."""
    return store.settle({key for purpose in PURPOSES for key in current_keys(chain.node, chain.me, purpose)})


def suspend(world: World, *, suspended: bool) -> Accepted | Refusal:
    """Ourselves: nobody suspends another alone."""
    return chain_of(world).act("participant.suspend", body={"suspended": suspended})


def _unfit(asked: Create) -> Refusal | None:
    if not is_participant_id(asked.participant):
        return Refusal.at(
            "NOT_A_PARTICIPANT_ID", "参与方编号为 2 至 40 个小写字母、数字、点、连字符",
            "a participant's id is 2 to 40 small letters, digits, dots and hyphens", participant=asked.participant,
        )  # fmt: skip
    if not is_name(asked.name):
        return Refusal.at(
            "NOT_A_NAME", "名称为 1 至 100 个字符,首尾不空", "a name is 1 to 100 characters without blanks around it"
        )
    unknown = next((role for role in asked.roles if role not in ROLES), None)
    if unknown is not None or not asked.roles:
        return Refusal.at(
            "NO_SUCH_ROLE", f"角色为 {'、'.join(ROLES)}", f"a role is one of {', '.join(ROLES)}", role=unknown
        )
    if asked.company is not None and parse_company(asked.company) != asked.company:
        read = parse_company(asked.company)
        return (
            read
            if isinstance(read, Refusal)
            else Refusal.at("NOT_A_COMPANY_KEY", f"应写作 {read}", f"is written {read}")
        )
    if "company" in asked.roles and asked.company is None:
        return Refusal("COMPANY_MISSING", "角色 company 须给出企业编号", "the role company needs the company's key")
    if asked.suite not in SUITES:
        return Refusal.at(
            "NO_SUCH_SUITE",
            f"签名算法为 {'、'.join(SUITES)}",
            f"a suite is one of {', '.join(SUITES)}",
            suite=asked.suite,
        )
    return None


def _write_identity(
    store: KeyStore, asked: Create, passphrase: str, random_bytes: Callable[[int], bytes], cost: Cost | None
) -> dict[str, Any]:
    keys: list[tuple[Any, Iterable[str]]] = []
    for name, purposes in KEY_FILES.items():
        seed = new_seed(asked.suite, random_bytes)
        store.save(asked.participant, name, asked.suite, seed, purposes, passphrase, random_bytes, cost=cost)
        keys.append((signer_from_seed(asked.suite, seed), purposes))
    card = make_card(asked.participant, asked.name, asked.roles, asked.company, keys)
    store.write_card(card)
    return card


def _own_key(chain: SharedChain, typed: str) -> tuple[str, dict[str, Any]] | Refusal:
    """A key that we have or had, by its id or the beginning of it."""
    wanted = typed.strip().lower()
    keys: dict[str, dict[str, Any]] = (chain.node.get(f"participant/{chain.me}") or {}).get("keys", {})
    if len(wanted) < _LEAST or set(wanted) - set("0123456789abcdef"):
        return Refusal.at("NOT_AN_ID", f"密钥编号是 32 位十六进制数,或其至少 {_LEAST} 位的开头", f"a key's id is 32 hex digits, or at least the first {_LEAST}", key=typed[:40])  # fmt: skip
    found = [name for name in keys if name.startswith(wanted)]
    if not found:
        return Refusal.at("NO_SUCH_KEY", "本方没有这把密钥:kemiao participant list", "we have and had no such key: kemiao participant list", key=wanted[:40])  # fmt: skip
    if len(found) > 1:
        return Refusal.at("AMBIGUOUS_ID", "不止一把密钥这样开头,请多给几位", "more than one key begins so: give more digits", key=wanted)  # fmt: skip
    return found[0], keys[found[0]]


def _disown(chain: SharedChain, key: str, about: dict[str, Any], asked: Rotate) -> Rotated | Refusal:
    """Of a retired key only since when it was in wrong hands can still be said."""
    before = about["distrusted_from"]
    if asked.compromised_since is None or asked.suite is not None:
        return Refusal.at("KEY_RETIRED", "密钥已停用,不再更换;只能用 --compromised-since 声明自何时起失信", "the key is retired and is not replaced again; only --compromised-since can still be said of it", key=key)  # fmt: skip
    if before is not None and asked.compromised_since >= before:
        return Refusal.at("KEY_RETIRED", "密钥已自更早(或同一)时间起失信,失信起点只能提前", "the key is distrusted from as early already; the time can be moved back only", key=key)  # fmt: skip
    answer = chain.act("key.rotate", body={"retire": key, "add": None, "distrusted_from": asked.compromised_since})
    return answer if isinstance(answer, Refusal) else Rotated(key, None, None, tuple(about["purposes"]), answer)


def _in_use(chain: SharedChain, store: KeyStore, purpose: str, key: str | None) -> KeyFile | Refusal:
    known: Sequence[str] = current_keys(chain.node, chain.me, purpose) if key is None else [key]
    file = store.find(known)
    if file is not None:
        return file
    if key is not None:
        return Refusal.at("NO_KEY", "这里没有这把密钥的文件", "the file of this key is not here", key=key, folder=store.folder)  # fmt: skip
    return Refusal.at("NO_KEY", f"没有用途为 {purpose} 的可用密钥", f"there is no key for {purpose} here", folder=store.folder)  # fmt: skip


def _new_key(
    world: World, store: KeyStore, old: KeyFile, suite: str, passphrase: Passphrase, cost: Cost | None
) -> Path:
    """Sealed beside the old one, on disk before the chain is asked. One that was left there and never submitted goes."""
    typed = passphrase()
    store.unlock(old, typed)  # a mistyped passphrase must not become the new key's
    store.drop_next(old.path.with_suffix(".next"))
    seed = new_seed(suite, world.random_bytes)
    return store.save(
        old.participant, old.name, suite, seed, old.purposes, typed, world.random_bytes, to_come=True, cost=cost
    )
