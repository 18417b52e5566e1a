"""What the home itself knows of a request for a product: how the loan stands that is to be renewed, what the patents carry."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from kemiao.bank.commands import patents
from kemiao.bank.lending.loan_store import loan
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.products.product import Product
from kemiao.credit.products.terms import Facts


def known(world: World, company: str, own: Product | None, facts: Facts, months: int | None, day: date, as_of: date | None = None) -> Facts | Refusal:  # fmt: skip
    """facts, completed. own: the product where one is meant; only then patents are read, under a permit and with a receipt, and
    only where no appraised value was given. as_of: of the patents' facts. Refuses LOAN_OF_ANOTHER, NO_SUCH_LOAN."""
    if facts.renews is not None:
        found = _renewed(world, company, facts, day)
        if isinstance(found, Refusal):
            return found
        facts = found
    if own is None or own.security.kind != "intellectual_property" or facts.security_value_fen is not None:
        return facts
    valued = patents.patents(world, patents.Request(company, as_of, months or own.tenor.start_months))
    if isinstance(valued, Refusal):
        return facts if valued.code in ("NO_PATENTS", "NOTHING_IMPORTED") else valued
    return replace(facts, security_lends_fen=valued["pledge_fen"])


def _renewed(world: World, company: str, facts: Facts, day: date) -> Facts | Refusal:
    from kemiao.bank.lending.standing import states  # compiles when it is first used: only where it is needed

    row = loan(world, str(facts.renews))
    if isinstance(row, Refusal):
        return row
    if row["company"] != company:
        return Refusal.at("LOAN_OF_ANOTHER", "所续的贷款不是这家企业的", "the loan that is to be renewed is another company's", loan=facts.renews, company=company)  # fmt: skip
    (stands,) = states(world, day, own=str(facts.renews)).to_pylist()
    return replace(facts, renews_fen=stands["principal_fen"], renews_past_due_days=stands["past_due_days"], renews_extended=stands["extended"])  # fmt: skip
