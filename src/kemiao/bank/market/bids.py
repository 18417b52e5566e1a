"""Our own bids: made of postings, kept before the chain hears of them, made again from the same postings to be revealed.

Of a bid the log keeps which postings it has (each row sealed under its own subject), what was left of them, and its nonce. So a
company that is erased is erased out of the bids too; a bid that has one that was erased since can't be revealed any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.market.documents import ROWS_MOST, bid, commitment
from kemiao.bank.market.postings import SIDES, Posting
from kemiao.bank.market.reading import read_rows
from kemiao.bank.market.terms import Terms
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

_LEFT = {"mandates": ("budget", "budget_fen"), "covers": ("capacity", "capacity_fen")}


@dataclass(frozen=True, slots=True)
class OwnBid:
    """postings: (id, number of its event). left_fen: by posting, where matches took a part of it. standing: it takes part in the
    next calls too."""

    call: str
    commitment: str
    postings: tuple[tuple[str, int], ...]
    left_fen: Mapping[str, int]
    standing: bool
    nonce: str
    seq: int


def own_bids(world: World, call: str | None = None) -> list[OwnBid]:
    """In the order in which they were made."""
    events = list(world.log.events("market_bid", ref=call))
    return [_own(event, private) for event, private in zip(events, world.log.privates(events), strict=True)]


def _own(event: Event, private: Mapping[str, Any] | None) -> OwnBid:
    public = event.public
    return OwnBid(
        str(event.ref), public["commitment"], tuple((own, seq) for own, seq in public["postings"]), public["left_fen"], public["standing"],
        private["nonce"] if private else "", event.seq,
    )  # fmt: skip


def left_of(side_postings: Sequence[Posting], terms: Terms) -> dict[str, int] | Refusal:
    """What is left of mandates and covers that earlier matches took from."""
    left: dict[str, int] = {}
    for side, (_, column) in _LEFT.items():
        some = [each for each in side_postings if each.side == side and each.used_fen]
        read = read_rows(side, [each.row or {} for each in some], terms)  # type: ignore[arg-type]
        if read.faults:
            return read.faults[0][1]
        whole = dict(zip(read.value.id, getattr(read.value, column).tolist(), strict=True))
        left |= {each.id: max(0, whole[each.id] - each.used_fen) for each in some}
    return left


def document(call: str, bidder: str, chosen: Sequence[Posting], left_fen: Mapping[str, int], standing: bool, nonce: str) -> dict[str, Any] | Refusal:  # fmt: skip
    """Refuses POSTING_ERASED."""
    rows: dict[str, list[dict[str, str]]] = {side: [] for side in SIDES}
    for each in chosen:
        if each.row is None:
            return Refusal.at("POSTING_ERASED", "挂牌的企业资料已删除,标书无法再生成", "a posting was erased: the bid can't be made again", posting=each.id)  # fmt: skip
        row = dict(each.row)
        if each.id in left_fen:
            typed, column = _LEFT[each.side]
            row.pop(typed, None)
            row[column] = str(left_fen[each.id])
        rows[each.side].append(row)
    return bid(call, bidder, rows, standing, nonce)


def again(world: World, own: OwnBid, bidder: str, known: Mapping[int, Posting]) -> dict[str, Any] | Refusal:
    """The document of a bid that was made before. known: postings by event, ended ones too."""
    made = document(own.call, bidder, [known[seq] for _, seq in own.postings], own.left_fen, own.standing, own.nonce)
    if isinstance(made, Refusal):
        return made
    if commitment(made) != own.commitment:
        return Refusal.at("POSTING_ERASED", "标书无法再生成", "the bid can't be made again", commitment=own.commitment)
    return made


def chunks(chosen: Sequence[Posting]) -> Iterator[Sequence[Posting]]:
    for start in range(0, len(chosen), ROWS_MOST):
        yield chosen[start : start + ROWS_MOST]
