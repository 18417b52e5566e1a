"""market lend: the matches of a call that are ours to fund become applications and offers, at what the call agreed and no longer than it holds.

The offer is the bank's own act: its assessment, its product's terms, its authority and four eyes, as for any other. A match that does not get
through is told with the reason; it falls when its days are over or the offer is declined, and the waiting list comes next.
"""

from __future__ import annotations

from dataclasses import dataclass

from kemiao.bank.commands.apply import Agreed, Apply, apply
from kemiao.bank.commands.offer import Offer, offer
from kemiao.bank.lending.applications import Application, Effort, application
from kemiao.bank.market.book import qualified
from kemiao.bank.market.calls import named
from kemiao.bank.market.kept import kept_book
from kemiao.bank.market.matches import Match, fell_by, lent_on, standing
from kemiao.bank.market.postings import postings
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.law.lpr import lpr_on


@dataclass(frozen=True, slots=True)
class Lend:
    """match: only this one. product, purpose: where neither mandate nor request names one."""

    call: str | None = None
    match: str | None = None
    product: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Lent:
    """refusal: why there is no offer yet; the application stands where it stands, and the same command goes on from there."""

    match: Match
    application: Application | None
    refusal: Refusal | None


def lend(world: World, asked: Lend, effort: Effort) -> list[Lent] | Refusal:
    """One refused match stops none of the others. Refuses NO_SUCH_CALL, NO_SUCH_MATCH, and what the law's LPR refuses."""
    call = named(world, asked.call)
    if isinstance(call, Refusal):
        return call
    mandates = {each.id: each for each in postings(world, ended=True) if each.side == "mandates"}
    ours = [match for match in standing(world, call.id) if match.mandate in mandates]
    if asked.match is not None:
        ours = [match for match in ours if match.id == asked.match.strip()]
        if not ours:
            return Refusal.at("NO_SUCH_MATCH", "没有这笔由本机构出资的有效撮合:kemiao market matches", "no match of this id stands that this home funds: kemiao market matches", match=asked.match)  # fmt: skip
    rates = lpr_on(world.law, call.day)
    if isinstance(rates, Refusal):
        return rates
    begun = lent_on(world, {match.company for match in ours})
    purposes = _purposes(world, call.id)
    made = []
    for match in ours:
        own = begun.get(match.id)
        fallen = fell_by(world, match, own, own=True)
        if fallen:
            made.append(Lent(match, own, Refusal.at("MATCH_FALLEN", "这笔撮合已失效:kemiao market reoffer", "the match has fallen: kemiao market reoffer", match=match.id, why=fallen)))  # fmt: skip
            continue
        if own is None:
            product = asked.product or (mandates[match.mandate].row or {}).get("product")
            if not product:
                made.append(Lent(match, None, Refusal.at("PRODUCT_NOT_NAMED", "挂牌没有写产品:用 --product(kemiao product list)", "the mandate names no product: --product (kemiao product list)", mandate=match.mandate)))  # fmt: skip
                continue
            purpose = purposes.get(match.request) or asked.purpose or ""
            agreed = Agreed(match.id, match.rate_ppm - rates.one_year_ppm, match.until)
            done = apply(world, Apply(match.company, product, match.amount_fen, match.months, purpose, guarantor=match.guarantor, agreed=agreed), effort)  # fmt: skip
            if isinstance(done, Refusal):
                made.append(Lent(match, None, done))
                continue
            own = done.application
        made.append(_offered(world, match, own, effort))
    return made


def _offered(world: World, match: Match, own: Application, effort: Effort) -> Lent:
    if own.word(world.clock.today()) != "applied":
        return Lent(match, own, None)  # offered before
    done = offer(world, Offer(own.id), effort)
    now = application(world, own.id)
    return Lent(match, own if isinstance(now, Refusal) else now, done if isinstance(done, Refusal) else None)


def _purposes(world: World, call: str) -> dict[str, str]:
    """By request, as it was posted to a call that was cleared here. A funder elsewhere learns it from the company."""
    book = kept_book(world, call)
    if isinstance(book, Refusal):
        return {}  # then --purpose says it, or PURPOSE_NEEDED asks for it
    rows = ((bid, row) for bid in book["bids"] for row in bid["document"]["rows"]["requests"])
    return {qualified(book["operator"], bid["bidder"], row["request"]): row.get("purpose", "") for bid, row in rows}
