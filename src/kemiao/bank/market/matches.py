"""Matches as this home has them, and whether they stand: one falls when its offer does, when somebody lets it go, or when its bid is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kemiao.bank.lending.applications import Application, applications
from kemiao.bank.world import World

FALLEN = "market_fallen"
MATCH = "market_match"


@dataclass(frozen=True, slots=True)
class Match:
    """until: the last day on which it is held open. fallen: why it stands no longer, "" while it does. seq: of its event."""

    id: str
    call: str
    request: str
    company: str
    mandate: str
    cover: str | None
    guarantor: str | None
    amount_fen: int
    covered_fen: int
    rate_ppm: int
    months: int
    until: str
    seq: int
    at: str
    fallen: str


def matches(world: World, call: str | None = None, until: int | None = None) -> Iterator[Match]:
    """Of a call or of all, in the order in which they were made. until: as it stood at that event of the log."""
    gone = {
        str(event.ref): str(event.public["why"])
        for event in world.log.events(FALLEN)
        if until is None or event.seq <= until
    }
    for event in world.log.events(MATCH, ref=call):
        if until is not None and event.seq > until:
            break
        said = event.public
        yield Match(
            said["match"], str(event.ref), said["request"], said["company"], said["mandate"], said["cover"], said["guarantor"],
            said["amount_fen"], said["covered_fen"], said["rate_ppm"], said["months"], said["until"], event.seq, event.at,
            gone.get(said["match"], ""),
        )  # fmt: skip


def standing(world: World, call: str | None = None, until: int | None = None) -> Iterator[Match]:
    """Those that did not fall."""
    return (match for match in matches(world, call, until) if not match.fallen)


def lent_on(world: World, companies: set[str]) -> dict[str, Application]:
    """By match: the application that it became. An application opened again is the bank's own, and no match's any more."""
    found = {}
    for company in sorted(companies):
        for application in applications(world, company):
            first = application.steps[0].public["asked"].get("match")
            if first is not None:
                found[str(first)] = application
    return found


def fell_by(world: World, match: Match, application: Application | None, own: bool) -> str:
    """Why a match of a call has fallen by now: offer_declined, offer_withdrawn, offer_lapsed, not_offered; "" where it has not.

    own: whether the mandate is of this home. What other funders do with their matches is not seen here: they or their companies
    say so (kemiao market release), or take their bid back on the chain.
    """
    day = world.clock.today()
    if application is None:
        return "not_offered" if own and match.until < day.isoformat() else ""
    if application.asked.get("match") != match.id:
        return "offer_lapsed"  # opened again, at the bank's own terms
    word = application.word(day)
    if word == "applied" and match.until < day.isoformat():
        return "not_offered"
    return f"offer_{word}" if word in ("declined", "withdrawn", "lapsed") else ""
