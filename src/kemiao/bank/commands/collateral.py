"""collateral register, search, transfer, release, renew, history, proof, due: security on the shared chain.

Identifiers are blinded here, under the consortium's key: what a thing is never leaves this home in clear.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kemiao.bank.chain_side import SharedChain, chain_of
from kemiao.bank.event_log import Draft
from kemiao.bank.intents import EntryDraft
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Outage, Refusal, Refused
from kemiao.chain import collateral_views as views
from kemiao.chain.blinding import Blinded, blinded
from kemiao.chain.rules.rights import Seen, seen

if TYPE_CHECKING:
    from kemiao.chain.node import Accepted

CONTRACT_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Thing:
    """kind and parts as chain.blinding.PARTS names them, as they were typed."""

    kind: str
    parts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Registration:
    """where: file and row that it comes from, columns: part → header there; by both a refusal is placed. contract: a file whose
    salted digest goes to the chain. delivered_on: given for purchase money only."""

    thing: Thing
    right: str
    debtor: str
    claim_fen: int
    until: date
    contract_on: date | None = None
    pledged_fen: int | None = None
    delivered_on: date | None = None
    behind: tuple[str, ...] = ()
    contract: Path | None = None
    where: tuple[tuple[str, str], ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registered:
    """right: as collateral_views shows it. near: what may be the same thing. odd_check_digit: of a patent's number."""

    right: Mapping[str, Any]
    notes: tuple[Mapping[str, Any], ...]
    odd_check_digit: bool


@dataclass(frozen=True, slots=True)
class Found:
    """rights: in the order of payment where a thing was asked for, else as registered. near: rights over near-duplicates."""

    entry: str
    rights: tuple[Mapping[str, Any], ...]
    near: tuple[Mapping[str, Any], ...]


def register(world: World, asked: Sequence[Registration]) -> list[Registered | Refusal]:
    """One answer for each, in their order; a refused one stops none of the others."""
    chain = chain_of(world)
    chain.refresh()
    key = chain.blinding_key()
    things = [blinded(key, each.thing.kind, each.thing.parts) for each in asked]
    fit = [place for place, thing in enumerate(things) if isinstance(thing, Blinded)]
    commitments = _commitments(world, [asked[place] for place in fit])
    drafts = []
    for place, commitment in zip(fit, commitments, strict=True):
        each, thing = asked[place], things[place]
        if isinstance(thing, Blinded):
            drafts.append(
                EntryDraft("right.register", each.debtor, body=_body(world, each, thing), commitment=commitment)
            )
    results = dict(zip(fit, chain.act_many(drafts) if drafts else [], strict=True))
    day = chain.today()
    return [_registered(chain, thing, results.get(place), asked[place], day) for place, thing in enumerate(things)]


def search(world: World, thing: Thing | None, debtor: str | None, reason: str | None) -> Found | Refusal:
    """Leaves a receipt on the chain first: without it nothing is shown."""
    chain = chain_of(world)
    made = None if thing is None else blinded(chain.blinding_key(), thing.kind, thing.parts)
    if isinstance(made, Refusal):
        return made
    body = {"asset": None if made is None else made.place(), "debtor": debtor, "reason": reason}
    done = chain.act("right.search", subject=debtor, body=body)
    if isinstance(done, Refusal):
        return done
    day, node = chain.today(), chain.node
    if made is None:
        standing = [each for each in views.of_debtor(node, str(debtor), day) if each.stands]
        return Found(done.id, tuple(views.rank_of(node, each, day) for each in standing), ())
    near = views.near(node, made.kind, made.id, made.variants, day)
    return Found(done.id, tuple(views.over_thing(node, made.place(), debtor, day)), tuple(near))


def change(world: World, act: str, right: str, **more: object) -> Mapping[str, Any] | Refusal:
    """act: transfer (to), release (amount_fen or None), renew (until). The right as it stands afterwards."""
    chain = chain_of(world)
    chain.refresh()
    day = chain.today()
    now = find(chain, right, day)
    if isinstance(now, Refusal):
        return now
    done = chain.act(f"right.{act}", subject=now.value["debtor"], body={"right": now.id, **more})
    if isinstance(done, Refusal):
        return done
    return {**views.rank_of(chain.node, _there(chain, now.id, day), day), "entry": done.id}


def history(world: World, right: str | None, thing: Thing | None) -> list[Mapping[str, Any]] | Refusal:
    """Of one right, or of all that a thing ever had: each with its acts, and the searches of the thing. As far as this home knows."""
    chain = chain_of(world)
    day, node = chain.today(), chain.node
    if right is not None:
        now = find(chain, right, day)
        if isinstance(now, Refusal):
            return now
        rights = [now]
    else:
        made = blinded(chain.blinding_key(), thing.kind, thing.parts) if thing is not None else None
        if not isinstance(made, Blinded):
            return made or Refusal("WHICH_RIGHT", "请给出权利或担保物", "name the right or the thing")
        rights = views.ever_over(node, made.place(), day)
    return [
        {
            **views.rank_of(node, each, day),
            "acts": views.history(node, each),
            "searches": views.searches(node, place=each.value["place"]),
        }
        for each in rights
    ]


def searched(world: World, debtor: str) -> list[Mapping[str, Any]]:
    """Who searched for a company's collateral, as far as this home knows."""
    chain = chain_of(world)
    return list(views.searches(chain.node, debtor=debtor))


def due(world: World, days: int | None) -> list[Mapping[str, Any]] | Refusal:
    """Our registrations, as far as this home knows, that lapse within days (the bank's choice where none are given), the first to
    lapse first."""
    chain = chain_of(world)
    today = date.fromisoformat(chain.today())
    chosen = world.policy.on(world.clock.today()).get("law_choices", {}).get("priority", {}).get("warning_days") if days is None else days  # fmt: skip
    if chosen is None:
        return Refusal.at("POLICY_NOT_IN_FORCE", "law_choices.toml 没有 [priority] warning_days:请用 --days", "law_choices.toml has no [priority] warning_days: use --days", on=world.clock.today())  # fmt: skip
    last = (today + timedelta(days=chosen)).isoformat()
    held = views.of_holder(chain.node, chain.me, today.isoformat())
    near = sorted((each for each in held if each.stands and each.until <= last), key=lambda each: (each.until, each.id))
    return [
        {**views.shown(chain.node, each, None), "days_left": (date.fromisoformat(each.until) - today).days}
        for each in near
    ]


def proof(world: World, debtor: str, out: Path) -> list[Mapping[str, Any]] | Refusal:
    """A folder of proof files: of each registration on a company, and of what its holders did with it since."""
    from kemiao.bank.commands.prove import Prove, prove

    chain = chain_of(world)
    chain.refresh()
    day, node = chain.today(), chain.node
    rights = views.of_debtor(node, debtor, day)
    if not rights:
        return Refusal.at("NOTHING_REGISTERED", "链上没有以其为债务人的登记", "nothing is registered on the company", debtor=debtor)  # fmt: skip
    files: list[tuple[str, bytes]] = []
    listed: list[Mapping[str, Any]] = []
    for place, right in enumerate(rights, start=1):
        names = []
        for number, act in enumerate(views.history(node, right)):
            made = prove(world, Prove(act["entry"]))
            if isinstance(made, Refusal):
                return made
            names.append(f"{place:04d}-{number:02d}-{act['act']}.json")
            files.append((names[-1], made.content))
        listed.append({**views.rank_of(node, right, day), "files": names})
    _write(out, files)
    return listed


def find(chain: SharedChain, right: str, day: str) -> Seen | Refusal:
    """By its id, or by the beginning of it (8 digits or more)."""
    from kemiao.bank.commands.prove import find as find_entry

    exact = seen(chain.node, right, day)
    if exact is not None:
        return exact
    record = find_entry(chain, right)
    found = None if isinstance(record, Refusal) else seen(chain.node, record.id, day)
    if found is None:
        return record if isinstance(record, Refusal) and record.code == "AMBIGUOUS_ID" else _no_right(right)
    return found


def _named(chain: SharedChain, right: str) -> str:
    """The whole id, also of its beginning; as it is where no right begins so: the rules say what is wrong with it."""
    found = find(chain, right.strip().lower(), chain.today())
    return right if isinstance(found, Refusal) else found.id


def _no_right(right: str) -> Refusal:
    return Refusal.at("NO_SUCH_RIGHT", "没有这项权利", "there is no such right", right=right)


def _there(chain: SharedChain, right: str, day: str) -> Seen:
    found = seen(chain.node, right, day)
    if found is None:
        raise Refused(_no_right(right))
    return found


def _body(world: World, asked: Registration, thing: Blinded) -> dict[str, Any]:
    return {
        "asset": thing.as_json(), "right": asked.right, "debtor": asked.debtor, "claim_fen": asked.claim_fen,
        "total_fen": thing.total_fen, "pledged_fen": asked.pledged_fen,
        "contract_on": None if asked.contract_on is None else asked.contract_on.isoformat(), "until": asked.until.isoformat(),
        "purchase_money": None if asked.delivered_on is None else {"delivered_on": asked.delivered_on.isoformat()},
        "behind": sorted({_named(chain_of(world), right) for right in asked.behind}),
    }  # fmt: skip


def _commitments(world: World, asked: Sequence[Registration]) -> list[str | None]:
    """Salted digests of the contracts; the salt and the digest of each file stay here, sealed under its debtor's key."""
    drafts = [
        Draft("collateral_contract", each.debtor, None, {}, {"file": each.contract.name, "sha256": _digest(each.contract)})
        for each in asked if each.contract is not None
    ]  # fmt: skip
    if not drafts:
        return [None] * len(asked)
    with world.log.write() as tx:
        made = iter([commitment for _, commitment in tx.append_committed(drafts)])
    return [None if each.contract is None else next(made) for each in asked]


def _digest(path: Path) -> str:
    if not path.is_file():
        raise Refused(Refusal.at("NO_SUCH_FILE", "没有这个文件", "there is no such file", file=path))
    if path.stat().st_size > CONTRACT_BYTES:
        raise Refused(Refusal.at("FILE_TOO_LARGE", "合同文件过大", "the file of the contract is too large", file=path))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _registered(
    chain: SharedChain, thing: Blinded | Refusal, result: Accepted | Refusal | None, asked: Registration, day: str
) -> Registered | Refusal:
    if isinstance(thing, Refusal):
        return _placed(thing, asked)
    if result is None:
        raise BrokenInvariant(f"nothing was answered of {asked.where}")
    if isinstance(result, Refusal):
        return _placed(result, asked)
    right = views.rank_of(chain.node, _there(chain, result.id, day), day)
    return Registered(right, tuple(result.notes), thing.odd_check_digit)


def _placed(refusal: Refusal, asked: Registration) -> Refusal:
    """As the owner of the file counts: file, row and the header of the column at fault."""
    if not asked.where:
        return refusal
    found = tuple(("column", asked.columns.get(value, value)) if name == "part" else (name, value) for name, value in refusal.where)  # fmt: skip
    return Refusal(refusal.code, refusal.zh, refusal.en, (*asked.where, *found))


def _write(out: Path, files: Sequence[tuple[str, bytes]]) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refused(Refusal.at("NOT_EMPTY", "该处已有文件:请给出新的或空的目录", "something is there already: name a new or an empty folder", out=out))  # fmt: skip
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files:
            (out / name).write_bytes(content)
    except OSError as error:
        raise Outage("NOT_WRITTEN", f"无法写入:{error.strerror}", f"can't be written: {error.strerror}", {"out": out}) from error  # fmt: skip
