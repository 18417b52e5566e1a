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
