"""due-diligence: who stands behind a company, whether it is on a list, how risky it is. Before its first loan, and again in time.

due_diligence (subject: company): public {risk, until, owners (how many), hits (how many), lists, cleared, by, …}; names of people,
shares and what was hit are sealed under the company's key.
"""

from __future__ import annotations

import csv
import hashlib
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.lending.applications import Effort, lending_policy
from kemiao.bank.lending.clearance import Clearance, clear
from kemiao.bank.permits import permit, receipt
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Outage, Refusal
from kemiao.facts.permit import Permit

KIND = "due_diligence"
RISKS = ("low", "medium", "high")
LIST_BYTES = 64 * 1024 * 1024
OWNERS_MAX, TEXT_MAX = 50, 200
_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Owner:
    """A natural person. share_ppm: held or controlled, directly and indirectly."""

    name: str
    share_ppm: int
    id_number: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """lists: files of names or codes, one a row (first column), to screen against. cleared: why a hit is another of that name."""

    company: str
    owners: tuple[Owner, ...]
    risk: str
    lists: tuple[Path, ...] = ()
    cleared: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """hits: [{list, what}] as they were found; passed: no hit, or all cleared by a person with a reason."""

    seq: int
    risk: str
    until: date
    hits: tuple[dict[str, str], ...]
    passed: bool


def due_diligence(world: World, asked: Look, effort: Effort) -> Looked | Refusal:
    rules = lending_policy(world)
    if isinstance(rules, Refusal):
        return rules
    refused = _unfit(asked, rules["owners"]["named_from_ppm"])
    if refused is not None:
        return refused
    read = _listed(world, asked.company)
    hits, lists = [*read[0]], []
    for path in asked.lists:
        found = _screened(path, asked)
        if isinstance(found, Refusal):
            return found
        hits += found[0]
        lists.append({"file": path.name, "sha256": found[1]})
    passed = not hits or asked.cleared is not None
    clearance = None
    if effort.account is not None:
        bound = {"company": asked.company, "risk": asked.risk, "hits": len(hits), "cleared": digest("cleared", asked.cleared), "owners": digest("owners", [[owner.name, owner.share_ppm, owner.id_number] for owner in asked.owners])}  # fmt: skip
        grave = asked.risk == "high" or (bool(hits) and asked.cleared is not None)
        cleared = clear(world, effort.account, "due_diligence_high" if grave else "due_diligence", 0, bound)
        if isinstance(cleared, Refusal):
            return cleared
        clearance = cleared
    until = world.clock.today() + timedelta(days=rules["due_diligence_days"][asked.risk])
    seq = _append(world, asked, effort, rules, read[1], hits, lists, until, clearance)
    return Looked(seq, asked.risk, until, tuple(hits), passed)


def standing(world: World, company: str) -> Event | Refusal:
    """The look that still holds today. Refuses NO_DUE_DILIGENCE, DUE_DILIGENCE_LAPSED, SCREENING_HIT."""
    return _holds(world, company, world.log.last(KIND, subject=company))


def holding(world: World, companies: Collection[str]) -> frozenset[str]:
    """Those of many whose look still holds today."""
    newest = {str(event.subject): event for event in world.log.among(KIND, "subject", companies)}
    return frozenset(company for company, event in newest.items() if not isinstance(_holds(world, company, event), Refusal))  # fmt: skip


def _holds(world: World, company: str, event: Event | None) -> Event | Refusal:
    hint_zh, hint_en = f"kemiao due-diligence {company} --owner 姓名=比例 --risk low|medium|high", f"kemiao due-diligence {company} --owner NAME=SHARE --risk low|medium|high"  # fmt: skip
    if event is None:
        return Refusal.at("NO_DUE_DILIGENCE", f"首笔贷款之前须做客户尽职调查:{hint_zh}", f"customer due diligence comes before the first loan: {hint_en}", company=company)  # fmt: skip
    if date.fromisoformat(event.public["until"]) < world.clock.today():
        return Refusal.at("DUE_DILIGENCE_LAPSED", f"尽职调查已于 {event.public['until']} 到期:{hint_zh}", f"the due diligence held until {event.public['until']}: {hint_en}", company=company)  # fmt: skip
    if event.public["hits"] and not event.public["cleared"]:
        return Refusal.at("SCREENING_HIT", "名单筛查有命中,尚未排除:--cleared 理由", "the screening hit a list and nobody has cleared it: --cleared REASON", company=company)  # fmt: skip
    return event


def _unfit(asked: Look, named_from_ppm: int) -> Refusal | None:
    if asked.risk not in RISKS:
        return Refusal.at("NO_SUCH_RISK", "风险等级须为 low、medium、high", "the risk class is low, medium or high", risk=asked.risk)  # fmt: skip
    if not 1 <= len(asked.owners) <= OWNERS_MAX:
        return Refusal("OWNER_NEEDED", f"请写明受益所有人:--owner 姓名=比例(持股或控制达 {named_from_ppm // 10_000}% 的自然人;没有时写实际控制人或高级管理人员=0)", f"name the beneficial owners: --owner NAME=SHARE (who holds or controls {named_from_ppm // 10_000}% or more; where nobody does, who manages, with =0)")  # fmt: skip
    names = [_plain(owner.name) for owner in asked.owners]
    if not all(names) or len(set(names)) != len(names) or any(len(name) > TEXT_MAX for name in names):
        return Refusal("OWNER_UNFIT", "受益所有人的姓名不能为空或重复", "owners are named, each once")
    if (
        any(not 0 <= owner.share_ppm <= _PPM for owner in asked.owners)
        or sum(owner.share_ppm for owner in asked.owners) > _PPM
    ):
        return Refusal("SHARES_UNFIT", "比例合计不能超过 100%", "shares are at most 100% together")
    if asked.cleared is not None and not 1 <= len(asked.cleared.strip()) <= TEXT_MAX:
        return Refusal("REASON_NEEDED", "排除命中须写理由", "clearing a hit needs a reason")
    return None


def _listed(world: World, company: str) -> tuple[list[dict[str, str]], Permit | None]:
    """The company's standing entries in the imported lists; nothing was imported: none is known, which `register_read` says."""
    given = permit(world, [company], "credit_review", ["dishonest_listing"])
    if "dishonest_listing" not in given.tables:
        return [], None
    _, tables = world.log.snapshot()
    day = world.clock.today()
    with world.lake.open(given, tables, day, day) as facts:
        rows = facts.sql("SELECT kind, listed_on, removed_on FROM dishonest_listing ORDER BY ALL").to_pylist()
    rows = [row for row in rows if row["removed_on"] is None or row["removed_on"] > day]
    return [{"list": "dishonest_listing", "what": f"{row['kind']} {row['listed_on']}"} for row in rows], given


def _screened(path: Path, asked: Look) -> tuple[list[dict[str, str]], str] | Refusal:
    """Hits of a list: whole names or codes, not pieces of them. And the digest of the file."""
    try:
        if path.stat().st_size > LIST_BYTES:
            return Refusal.at("FILE_TOO_LARGE", "名单文件过大", "the list is too large", file=path)
        content = path.read_bytes()
    except FileNotFoundError:
        return Refusal.at("NO_SUCH_FILE", "没有这个文件", "there is no such file", file=path)
    except OSError as error:
        raise Outage("LIST_UNREADABLE", f"名单无法读取:{error.strerror}", f"the list can't be read: {error.strerror}", {"file": path}) from error  # fmt: skip
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            return Refusal.at("NOT_TEXT", "名单须为 UTF-8 或 GB18030 文本", "the list is text in UTF-8 or GB18030", file=path)  # fmt: skip
    wanted = {_plain(owner.name): owner.name for owner in asked.owners}
    wanted |= {_plain(owner.id_number): owner.name for owner in asked.owners if owner.id_number}
    wanted[_plain(asked.company.partition(":")[2])] = asked.company
    hits = []
    for number, row in enumerate(csv.reader(text.splitlines()), start=1):
        found = wanted.get(_plain(row[0])) if row else None
        if found is not None:
            hits.append({"list": f"{path.name}:{number}", "what": found})
    return hits, hashlib.sha256(content).hexdigest()


def _append(
    world: World, asked: Look, effort: Effort, rules: Any, given: Permit | None, hits: Sequence[dict[str, str]],
    lists: Sequence[dict[str, str]], until: date, clearance: Clearance | None,
) -> int:  # fmt: skip
    account = effort.account
    minutes = effort.minutes if effort.minutes is not None else (rules["minutes"].get(KIND, 0) if account else 0)
    private = {
        "owners": [{"name": owner.name, "share_ppm": owner.share_ppm, "id_number": owner.id_number} for owner in asked.owners],
        "hits": list(hits), "cleared": asked.cleared, "note": asked.note,
    }  # fmt: skip
    public = {
        "risk": asked.risk, "until": until.isoformat(), "owners": len(asked.owners), "hits": len(hits), "lists": list(lists),
        "register_read": given is not None, "cleared": asked.cleared is not None, "by": account.account if account else None,
        "minutes": minutes, "machine_ms": effort.machine_ms(),
    }  # fmt: skip
    with world.log.write() as tx:
        if given is not None:
            receipt(tx, given)
        if clearance is not None:
            clearance.use(tx)
        return tx.append(KIND, asked.company, f"dd-{digest(KIND, [asked.company, until.isoformat()])[:16]}", public, private)  # fmt: skip


def _plain(text: str | None) -> str:
    return "".join(unicodedata.normalize("NFKC", text or "").split()).casefold()
