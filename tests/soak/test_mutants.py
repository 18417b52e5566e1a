"""Law, money and the chain under mutation: nine of ten sampled mutants must be noticed; the survivors are printed."""

from __future__ import annotations

import pytest
from mutants import sample, survives

AREAS = {
    "money": (["kemiao/base/money.py", "kemiao/base/columns.py", "kemiao/base/rates.py", "kemiao/base/keys.py", "kemiao/base/dates.py"], ["base"]),
    "law": (["kemiao/law/sme_size.py", "kemiao/law/tech_sme.py", "kemiao/law/working_capital.py", "kemiao/law/capital_standardised.py", "kemiao/law/capital_irb.py", "kemiao/law/lpr.py", "kemiao/law/exact.py", "kemiao/law/truth.py"], ["law"]),
    "limit and price": (["kemiao/credit/limit.py", "kemiao/credit/pricing.py", "kemiao/credit/decision/rules.py", "kemiao/credit/decision/authority.py"], ["credit/test_limit.py", "credit/test_pricing.py", "credit/decision"]),
    "chain entries": (["kemiao/chain/entry.py", "kemiao/base/strict_json.py", "kemiao/base/tree.py", "kemiao/chain/checkpoint.py", "kemiao/chain/receipt.py", "kemiao/chain/genesis.py"], ["chain/test_entry.py", "chain/test_genesis.py", "chain/test_checkpoint.py", "chain/test_receipt.py", "base/test_strict_json.py", "base/test_tree.py"]),
    "chain rules": (["kemiao/chain/rules/apply.py", "kemiao/chain/rules/participants.py", "kemiao/chain/rules/consents.py", "kemiao/chain/rules/standing.py", "kemiao/chain/rules/readings.py", "kemiao/chain/rules/bodies.py", "kemiao/chain/views.py", "kemiao/chain/rules/attestations.py", "kemiao/chain/rules/lineage.py"], ["chain/test_participants.py", "chain/test_consents.py", "chain/test_attestations.py", "chain/test_lineage.py", "chain/test_chain_views.py", "chain/test_entry.py"]),
    "chain proofs": (["kemiao/chain/proof.py", "kemiao/chain/proof_checking.py", "kemiao/chain/key_history.py"], ["chain/test_proof.py", "verifier/test_keys.py"]),
    "collateral": (["kemiao/law/priority.py", "kemiao/chain/blinding.py", "kemiao/chain/rules/collateral.py"], ["law/test_priority.py", "chain/test_blinding.py", "chain/test_collateral.py"]),
    "sealed calls": (["kemiao/chain/rules/market.py", "kemiao/chain/rules/calls.py"], ["chain/test_market_rules.py"]),
    "parcels": (["kemiao/chain/sealing.py", "kemiao/chain/mailbox.py"], ["chain/test_market_parcels.py"]),
    "servicing": (["kemiao/credit/servicing/allocation.py", "kemiao/credit/servicing/money.py", "kemiao/credit/servicing/days.py", "kemiao/credit/servicing/dues.py", "kemiao/credit/servicing/changes.py", "kemiao/credit/servicing/funders.py", "kemiao/credit/servicing/payoff.py"], ["credit/servicing"]),
    "books": (["kemiao/credit/books/post.py", "kemiao/credit/books/correct.py", "kemiao/credit/books/chart.py", "kemiao/credit/books/reconcile.py"], ["credit/books", "bank/lending/test_day.py"]),
    "quality": (["kemiao/credit/quality/impairment.py", "kemiao/credit/quality/expected.py", "kemiao/credit/quality/provisions.py", "kemiao/credit/quality/bound.py"], ["credit/quality"]),
    "law of lending": (["kemiao/law/five_class.py", "kemiao/law/rising.py", "kemiao/law/expected_loss.py", "kemiao/law/loan_terms.py", "kemiao/law/green_loan.py", "kemiao/law/complaint.py", "kemiao/law/months.py"], ["law"]),
    "contracts": (["kemiao/credit/contracts/dates.py", "kemiao/credit/contracts/day_counts.py", "kemiao/credit/contracts/interest.py", "kemiao/credit/contracts/annuity.py", "kemiao/credit/contracts/schedule_kernel.py", "kemiao/credit/contracts/apr.py"], ["credit/contracts", "credit/products"]),
    "people": (["kemiao/bank/lending/clearance.py", "kemiao/bank/lending/people.py", "kemiao/bank/lending/organisation.py", "kemiao/bank/lending/message_rules.py"], ["bank/test_people.py", "bank/test_override.py"]),
}  # fmt: skip


@pytest.mark.soak
@pytest.mark.parametrize("area", AREAS)
def test_mutants_are_noticed(area: str, tmp_path) -> None:
    modules, tests = AREAS[area]
    drawn = sample(modules, 40, seed=1)
    survivors = [mutant for mutant in drawn if survives(mutant, tests, tmp_path)]
    for mutant in survivors:
        print(f"survived: {mutant.module}:{mutant.line} {mutant.change}")
    print(f"{area}: {len(drawn) - len(survivors)} of {len(drawn)} mutants noticed")
    assert len(survivors) * 10 <= len(drawn)
