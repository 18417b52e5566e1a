"""The examination behind `kemiao doctor`: machine, packages, fonts, home, log, lake, policy, law."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kemiao.base.refusal import Outage, Refused

_PACKAGES = ("duckdb", "deltalake", "ibis", "pyarrow", "sqlalchemy", "alembic", "nacl", "sqlglot", "sklearn", "highspy", "typst", "justmytype_intl_cjk", "python_calamine", "openpyxl", "pandera", "starlette", "uvicorn", "numba", "chinese_calendar", "defusedxml")  # fmt: skip
_ROOM_BYTES = 2 * 10**9


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    state: Literal["good", "look", "bad"]
    zh: str
    en: str


def examine(home: Path) -> list[Finding]:
    return [*_machine(home), *_home(home)]


def _machine(home: Path) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding(
        "python", "good" if fits else "bad", f"{version}(须为 3.11 至 3.13)", f"{version} (3.11 to 3.13 is needed)"
    )
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        yield Finding("packages", "bad", f"缺少 {names}:make setup", f"{names} missing: make setup")
    else:
        yield Finding("packages", "good", f"{len(_PACKAGES)} 个依赖齐备", f"all {len(_PACKAGES)} are here")
    yield _sm2()
    place = next((folder for folder in (home, *home.resolve().parents) if folder.exists()), Path("/"))
    free = shutil.disk_usage(place).free
    state: Literal["good", "look"] = "good" if free > _ROOM_BYTES else "look"
    yield Finding("disk", state, f"{place} 可用 {free / 10**9:.1f} GB", f"{free / 10**9:.1f} GB free at {place}")


def _sm2() -> Finding:
    """Needed only where somebody on a chain signs with SM2; without it such signatures can't be checked."""
    from kemiao.base.signing.libcrypto import libcrypto

    try:
        libcrypto()
    except Outage as outage:
        return Finding("SM2", "look", outage.as_refusal().text("zh"), outage.as_refusal().text("en"))
    return Finding("SM2", "good", "系统的 libcrypto 可用", "by the system's libcrypto")


def _home(home: Path) -> Iterator[Finding]:
    from kemiao.app.world import clock_of
    from kemiao.bank.home import open_home
    from kemiao.bank.world import open_world

    try:
        opened = open_home(home)
        with open_world(home, clock_of(opened), os.urandom) as world:
            writable = os.access(home, os.W_OK)
            yield Finding(
                "home",
                "good" if writable else "bad",
                f"{home}" + ("" if writable else ":不可写"),
                f"{home}" + ("" if writable else ": not writable"),
            )
            yield from _inside(world)
    except Refused as refused:
        state: Literal["look", "bad"] = "look" if refused.refusal.code == "NO_HOME" else "bad"
        yield Finding("home", state, refused.refusal.text("zh"), refused.refusal.text("en"))
    except Outage as outage:
        yield Finding("home", "bad", outage.as_refusal().text("zh"), outage.as_refusal().text("en"))


def _inside(world) -> Iterator[Finding]:
    from kemiao.bank.rulebook import grounds
    from kemiao.law.lpr import lpr_on

    today = world.clock.today()
    if world.home.today is not None:
        yield Finding("clock", "look", f"固定在 {today}(研究或演示)", f"stands still at {today} (a study or a demo)")
    if world.home.database is not None:
        shown = world.home.database.shown
        yield Finding("database", "good", f"事件日志在 {shown}", f"the event log is in {shown}")
    broken = world.log.broken_link()
    yield Finding("event log", "bad" if broken else "good", f"第 {broken} 条起摘要不符:日志被改动" if broken else "摘要链完整",
                  f"altered: the digests break at event {broken}" if broken else "every digest follows from the one before")  # fmt: skip
    _, snapshot = world.log.snapshot()
    ahead = sorted(table for table, version in world.lake.versions().items() if version > snapshot.get(table, -1))
    yield Finding("lake", "look" if ahead else "good", f"{', '.join(ahead)} 有未提交的行,下次写入时清除" if ahead else f"{len(snapshot)} 张表",
                  f"{', '.join(ahead)} ahead of the last snapshot: the next writer restores them" if ahead else f"{len(snapshot)} tables")  # fmt: skip
    yield _chain(world)
    yield from _lending(world, today)
    try:
        base = grounds(world, today)
        yield Finding(
            "policy",
            "good",
            f"{len(base.book.rules)} 条规则,模型 {base.book.card.name}",
            f"{len(base.book.rules)} rules, model {base.book.card.name}",
        )
    except Refused as refused:
        yield Finding("policy", "bad", refused.refusal.text("zh"), refused.refusal.text("en"))
    rates = lpr_on(world.law, today)
    stale = getattr(rates, "stale", True)
    until = getattr(rates, "observed_until", "?")
    yield Finding(
        "LPR",
        "look" if stale else "good",
        f"观察到 {until}" + (":kemiao law load lpr FILE" if stale else ""),
        f"observed until {until}" + (": kemiao law load lpr FILE" if stale else ""),
    )


def _lending(world, today) -> Iterator[Finding]:
    """Policies and products of lending, the books' last closed day, and how far holidays are published."""
    from kemiao.bank.lending.day import last_closed
    from kemiao.bank.lending.policies import unfit
    from kemiao.bank.lending.standing import calendar

    wrong = unfit(world, today)
    yield Finding(
        "lending", "bad" if wrong else "good",
        wrong[0].text("zh") if wrong else "放贷政策与产品可读", wrong[0].text("en") if wrong else "policies of lending and products read well",
    )  # fmt: skip
    closed = last_closed(world)
    if closed is not None:
        day = closed.public["day"]
        behind = day < today.isoformat()
        yield Finding("books", "look" if behind else "good", f"已结到 {day}" + (":kemiao eod" if behind else ""), f"closed up to {day}" + (": kemiao eod" if behind else ""))  # fmt: skip
    until = calendar().known_until
    late = today.year >= until.year
    yield Finding(
        "holidays", "look" if late else "good",
        f"节假日已知到 {until};其后只认周末", f"holidays are known until {until}; after that weekends only",
    )  # fmt: skip


def _chain(world) -> Finding:
    """Whether the shared chain's file is whole and the key files are closed to others."""
    from kemiao.bank.outbox import waiting
    from kemiao.chain.keyring import KeyStore

    try:
        if world.chain is None:
            return Finding("chain", "good", "没有加入共享链", "this home is on no shared chain")
        KeyStore(world.home.keys).files()
        size, waits, me = world.chain.node.size(), waiting(world), world.chain.me
    except (Refused, Outage) as error:
        said = error.refusal if isinstance(error, Refused) else error.as_refusal()
        return Finding("chain", "bad", said.text("zh"), said.text("en"))
    return Finding(
        "chain",
        "look" if waits else "good",
        f"{me},{size} 条" + (f",{waits} 条待提交:kemiao chain submit" if waits else ""),
        f"{me}, {size} entries" + (f", {waits} wait: kemiao chain submit" if waits else ""),
    )
