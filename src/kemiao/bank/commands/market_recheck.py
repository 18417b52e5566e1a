"""market recheck: a call that was cleared in this home, computed again from what was kept of it, and held against what was written down
and published. An auditor of the chain does it from its own copies and needs nobody's word: market replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kemiao.bank.commands.market_clear_call import published_digest, result_body
from kemiao.bank.market.book import Settled, book_digest, settle
from kemiao.bank.market.calls import Call, named
from kemiao.bank.market.documents import sheets_root
from kemiao.bank.market.kept import kept_book
from kemiao.bank.market.matches import matches
from kemiao.bank.market.sheets import sheets
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.matching.result import document_digest


@dataclass(frozen=True, slots=True)
class Finding:
    """what: book, result, published, sheets, seed, matches, chain_…; then and now are digests or numbers, as text."""

    what: str
    then: str
    now: str

    @property
    def holds(self) -> bool:
        return self.then == self.now


@dataclass(frozen=True, slots=True)
class Rechecked:
    """code: the version of the program that cleared it."""

    call: Call
    findings: tuple[Finding, ...]
    code: str

    @property
    def identical(self) -> bool:
        return all(finding.holds for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        return {
            "call": self.call.id, "number": self.call.number, "identical": self.identical, "code": self.code,
            "findings": [{"what": each.what, "then": each.then, "now": each.now, "holds": each.holds} for each in self.findings],
        }  # fmt: skip


def recheck(world: World, text: str | None) -> Rechecked | Refusal:
    """Refuses NO_SUCH_CALL, NOT_CLEARED_HERE, CALL_ERASED, and what clearing it refuses."""
    if world.chain is not None:
        world.chain.refresh()
    call = named(world, text)
    if isinstance(call, Refusal):
        return call
    book = kept_book(world, call.id)
    if isinstance(book, Refusal):
        return book
    event = world.log.last("market_clearing", ref=call.id)
    if event is None:
        raise BrokenInvariant(f"the call {call.id} has a book and no clearing")
    settled = settle(book)
    if isinstance(settled, Refusal):
        return settled
    said, all_sheets = event.public, sheets(book, settled)
    now = {
        "book": book_digest(book), "result": document_digest(settled.document), "published": published_digest(settled.document),
        "sheets": sheets_root(all_sheets), "seed": settled.cleared.market.seed,
    }  # fmt: skip
    findings = [Finding(name, str(said[name]), value) for name, value in now.items()]
    findings += _of_matches(world, call, settled)
    if call.result is not None and not call.is_local and world.chain is not None:
        from kemiao.chain.rules import calls as rules

        state = rules.call_of(world.chain.node, call.id) or {"bids": 0}
        body = result_body(call, rules.call_root(world.chain.node, call.id), state["bids"], book, settled, all_sheets)
        of_chain = ("root", "seed", "result", "published", "sheets", "cleared")
        findings += [Finding(f"chain_{name}", str(call.result[name]), str(body[name])) for name in of_chain]
    return Rechecked(call, tuple(findings), str(said["code"]))


def _of_matches(world: World, call: Call, settled: Settled) -> list[Finding]:
    """The matches of the clearing as they were written down, before anything was offered again."""
    ended = world.log.last("market_cleared", ref=call.id)
    if ended is None:
        return []
    counts = settled.document[settled.document["cleared"]]["matches"]
    now = sorted([row["request"], row["mandate"], row["cover"] or "", row["amount_fen"], row["rate_ppm"]] for row in counts)  # fmt: skip
    made = (match for match in matches(world, call.id) if match.seq <= ended.seq)
    then = sorted([match.request, match.mandate, match.cover or "", match.amount_fen, match.rate_ppm] for match in made)
    return [Finding("matches", digest("market_recheck", then), digest("market_recheck", now))]
