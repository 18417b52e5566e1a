"""Offers of a company side by side: those of its applications, and what the market matched and the bank has still to offer."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from kemiao.portal.door import Asking, CompanyKey, router
from kemiao.portal.routes.applications import ApplicationBrief, OfferShown, brief, offer_of

routes = router("offers")


class OpenOffer(BaseModel):
    application: ApplicationBrief
    offer: OfferShown


class Matched(BaseModel):
    """A match of the market that has become no offer yet; it is held open until a day."""

    match: str
    call: str
    mandate: str
    amount_fen: int
    months: int
    rate_ppm: int
    covered_fen: int
    until: str


class Offers(BaseModel):
    day: date
    offers: list[OpenOffer]
    matched: list[Matched]


@routes.get("/companies/{company}/offers")
def offers(asked: Asking, company: CompanyKey) -> Offers:
    """Offers that can be accepted today, the cheapest first."""
    from kemiao.bank.lending.applications import applications
    from kemiao.bank.market.matches import standing

    with asked.world() as world:
        day = world.clock.today()
        known = list(applications(world, company))
        found = [(each, offer_of(world, each)) for each in known if each.word(day) == "offered"]
        begun = {each.steps[0].public["asked"].get("match") for each in known}
        open_ones = [OpenOffer(application=brief(world, each), offer=offer) for each, offer in found if offer is not None]  # fmt: skip
        matched = [
            Matched(match=each.id, call=each.call, mandate=each.mandate, amount_fen=each.amount_fen, months=each.months, rate_ppm=each.rate_ppm, covered_fen=each.covered_fen, until=each.until)
            for each in standing(world)
            if each.company == company and each.id not in begun and each.until >= day.isoformat()
        ]  # fmt: skip
    open_ones.sort(
        key=lambda one: (one.offer.costs.apr_ppm is None, one.offer.costs.apr_ppm or 0, one.application.application)
    )
    return Offers(day=day, offers=open_ones, matched=matched)
