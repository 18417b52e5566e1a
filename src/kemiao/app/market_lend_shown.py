"""How matches are told, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kemiao.app.door import Door

if TYPE_CHECKING:
    from datetime import date

    from kemiao.bank.commands.market_lend import Lent
    from kemiao.bank.commands.market_reoffer import Reoffered
    from kemiao.bank.lending.applications import Application
    from kemiao.bank.market.matches import Match

FALLEN = {
    "": ("有效", "stands"), "not_offered": ("到期未要约", "no offer in time"), "released": ("已放弃", "let go"), "bid_withdrawn": ("标书已撤回", "bid taken back"),
    "offer_declined": ("评估未通过", "declined"), "offer_withdrawn": ("申请已撤回", "application withdrawn"), "offer_lapsed": ("要约已过期", "offer lapsed"),
}  # fmt: skip


def match_json(match: Match, application: Application | None, day: date) -> dict[str, Any]:
    own = {name: value for name, value in asdict(match).items() if name not in ("id", "seq")}
    return {
        "match": match.id, **own, "application": application.id if application else None,
        "state": application.word(day) if application else None,
    }  # fmt: skip


def lent_json(lent: Lent, day: date) -> dict[str, Any]:
    return match_json(lent.match, lent.application, day) | {"refused": lent.refusal.as_json() if lent.refusal else None}


def show_matches(door: Door, known: Sequence[Match], begun: Mapping[str, Application], day: date) -> None:
    _table(door, [(match, begun.get(match.id)) for match in known], day)


def show_lent(door: Door, made: Sequence[Lent], day: date) -> None:
    """What is in the way of a match stands in a line of its own below the table, which is wide enough without."""
    _table(door, [(each.match, each.application) for each in made], day)
    for each in made:
        if each.refusal is not None:
            door.text(f"{each.match.id}  {each.refusal.code}  {each.refusal.text(door.lang)}")


def reoffered_json(done: Reoffered) -> dict[str, Any]:
    return {
        "call": done.call.id, "fallen": [{"match": match.id, "company": match.company, "why": why} for match, why in done.fallen],
        "made": list(done.made), "left_fen": done.left_fen,
    }  # fmt: skip


def show_reoffered(door: Door, done: Reoffered) -> None:
    from kemiao.base.money import short_text
    from kemiao.base.rates import percent_text

    word, lang = door.word, door.lang
    for match, why in done.fallen:
        door.text(f"{match.id}  {match.company} → {match.mandate}  {short_text(match.amount_fen, lang)}  {word(*FALLEN[why])}")  # fmt: skip
    titles = [word(*pair) for pair in (("撮合", "match"), ("企业", "company"), ("资金方", "mandate"), ("金额", "amount"), ("利率", "rate"), ("至", "until"))]  # fmt: skip
    door.table(word("候补成交", "for those who waited"), titles, [
        [each["match"], each["company"], each["mandate"], short_text(each["amount_fen"], lang), percent_text(each["rate_ppm"]), each["until"]]
        for each in done.made
    ], ("没有可以续配的", "nobody who waits fits what is left"))  # fmt: skip
    door.text(word(f"尚余资金 {short_text(done.left_fen)}", f"{short_text(done.left_fen, 'en')} yuan are left"))


def _table(door: Door, rows: Sequence[tuple[Match, Application | None]], day: date) -> None:
    from kemiao.bank.lending.applications import WORDS
    from kemiao.base.money import short_text
    from kemiao.base.rates import percent_text

    word, lang = door.word, door.lang
    titles = [
        word(*pair) for pair in (
            ("撮合", "match"), ("企业", "company"), ("资金方", "mandate"), ("担保", "cover"), ("金额", "amount"), ("月", "months"), ("利率", "rate"),
            ("至", "until"), ("状态", "state"), ("申请", "application"),
        )
    ]  # fmt: skip
    door.table("", titles, [
        [
            match.id, match.company, match.mandate, match.cover or "", short_text(match.amount_fen, lang), match.months, percent_text(match.rate_ppm),
            match.until, word(*(WORDS[application.word(day)] if application and not match.fallen else FALLEN[match.fallen])),
            application.id if application else "",
        ]
        for match, application in rows
    ], ("没有撮合", "there are no matches"))  # fmt: skip
