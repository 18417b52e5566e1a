"""Clears a market from files of postings: reads, decides; nothing is appended, and no home is needed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from kemiao.bank.commands.plan import rows_of
from kemiao.bank.market.terms import NAMES, Terms, terms_of
from kemiao.bank.packaged_policy import policy_of
from kemiao.bank.policy import freeze
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.allocate import elasticity
from kemiao.credit.allocate.terms import policy_from
from kemiao.credit.matching.clearing import Cleared, clear
from kemiao.credit.matching.market import Market
from kemiao.credit.matching.options import churn_of_grades
from kemiao.credit.matching.result import Sources, document
from kemiao.credit.matching.tables import Read, no_covers, read_covers, read_mandates, read_requests, with_unreadable
from kemiao.data.readers import Fault

BYTES_MAX = 1 << 28  # of one file: a posting is a few hundred bytes, a market a few hundred thousand of them


@dataclass(frozen=True, slots=True)
class Files:
    """What was typed. seed: hex, None: made of the files. clears, policy, churn: in the place of the home's own."""

    requests: Path
    mandates: Path
    covers: Path | None
    day: date
    seed: str | None = None
    clears: str | None = None
    policy: Path | None = None
    churn: Path | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A market as it was read, its terms, and by side (requests, mandates, covers) what could not be read."""

    market: Market
    terms: Terms
    digests: Mapping[str, str]
    header: Mapping[str, Sequence[str]]
    reads: Mapping[str, Read[Any]]

    @property
    def sources(self) -> Sources:
        faults = tuple(fault for read in self.reads.values() for fault in read.faults)
        return Sources(self.digests, self.terms.pd_ppm, faults)


@dataclass(frozen=True, slots=True)
class FilesCleared:
    posted: Posted
    cleared: Cleared
    document: Mapping[str, Any]


def clear_files(world: World | None, files: Files) -> FilesCleared | Refusal:
    """Refuses files that can't be read, a side of which no row could be, and numbers that can't be counted."""
    posted = read(world, files)
    if isinstance(posted, Refusal):
        return posted
    cleared = clear(posted.market, posted.terms.rules, posted.terms.churn)
    if isinstance(cleared, Refusal):
        return cleared
    return FilesCleared(posted, cleared, document(cleared, posted.sources))


def read(world: World | None, files: Files) -> Posted | Refusal:
    """The postings and the policy of the day. Raises Refused from the parts that it reads."""
    terms = terms_for(world, files)
    if isinstance(terms, Refusal):
        return terms
    paths = {"requests": files.requests, "mandates": files.mandates}
    if files.covers is not None:
        paths["covers"] = files.covers
    names = {side: path.name for side, path in paths.items()}
    digests = {side: _digest(path) for side, path in paths.items()}
    lines: dict[str, list[Fault]] = {side: [] for side in paths}  # that are no rows at all
    rows = {side: rows_of(path, lines[side]) for side, path in paths.items()}
    grades, rules = terms.grades, terms.rules
    reads: dict[str, Read[Any]] = {
        "requests": read_requests(*rows["requests"], names["requests"], grades, terms.pd_ppm, rules),
        "mandates": read_mandates(*rows["mandates"], names["mandates"], grades, rules),
    }
    if "covers" in rows:
        reads["covers"] = read_covers(*rows["covers"], names["covers"], grades, rules)
    for side, unread in lines.items():
        odd = [(line.row, line.code, [cell or "" for cell in line.cells]) for line in unread]
        made = reads[side] = with_unreadable(reads[side], names[side], odd)
        if made.faults and not len(made.value):
            first = made.faults[0]
            if "row" not in dict(first.where):  # the header: its own words say all
                return first
            return Refusal.at(
                "NO_ROW_READ", f"没有一行可用;第一处:{first.text('zh')}", f"not one row could be read; the first: {first.text('en')}",
                file=names[side],
            )  # fmt: skip
    seed = files.seed or digest("market_seed", {"inputs": digests, "day": files.day.isoformat()})
    covers = reads["covers"].value if "covers" in reads else no_covers()
    market = Market(reads["requests"].value, reads["mandates"].value, covers, grades, files.day, seed)
    return Posted(market, terms, digests, {side: tuple(header) for side, (header, _) in rows.items()}, reads)


def terms_for(world: World | None, files: Files) -> Terms | Refusal:
    """The operator's terms: the home's policies of its day, without one those of the package; files in their place where given."""
    policies: dict[str, Any] = {}
    for name in NAMES:
        policy = _file(files.policy) if name == "market" and files.policy is not None else policy_of(world, name)
        if isinstance(policy, Refusal):
            return policy
        policies[name] = freeze(policy)
    terms = terms_of(policies)
    if isinstance(terms, Refusal):
        return terms
    if files.clears is not None:
        terms = replace(terms, rules=replace(terms.rules, clears=files.clears))  # type: ignore[arg-type]
    return terms if files.churn is None else _with_churn(terms, files.churn, policy_of(world, "plan"))


def _with_churn(terms: Terms, path: Path, plan: Mapping[str, Any] | Refusal) -> Terms | Refusal:
    policy = plan if isinstance(plan, Refusal) else policy_from(plan)
    if isinstance(policy, Refusal):
        return policy
    table = elasticity.from_rows(*rows_of(path), path.name, policy.churn_class.values())
    rows = table if isinstance(table, Refusal) else churn_of_grades(table, policy.churn_class, terms.grades)
    return rows if isinstance(rows, Refusal) else replace(terms, churn=rows, rules=replace(terms.rules, churn=True))


def _file(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(_bytes(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(
            Refusal.at("NOT_TOML", f"不是合法的 TOML:{error}", f"is not valid TOML: {error}", file=path.name)
        ) from error


def _digest(path: Path) -> str:
    return sha256(_bytes(path)).hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(BYTES_MAX + 1)
    except OSError as error:
        raise Refused(
            Refusal.at("FILE_NOT_READ", f"无法读取:{error.strerror}", f"can't be read: {error.strerror}", file=path)
        ) from error
    if len(content) > BYTES_MAX:
        raise Refused(
            Refusal.at("FILE_TOO_LARGE", f"文件超过 {BYTES_MAX >> 20} MB", f"the file is above {BYTES_MAX >> 20} MB", file=path.name)
        )  # fmt: skip
    return content
