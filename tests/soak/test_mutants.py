"""Law and money under mutation: nine of ten sampled mutants must be noticed; the survivors are printed."""

from __future__ import annotations

import pytest
from mutants import sample, survives

AREAS = {
    "money": (["kemiao/base/money.py", "kemiao/base/columns.py", "kemiao/base/rates.py", "kemiao/base/keys.py", "kemiao/base/dates.py"], ["base"]),
    "law": (["kemiao/law/sme_size.py", "kemiao/law/tech_sme.py", "kemiao/law/working_capital.py", "kemiao/law/capital_standardised.py", "kemiao/law/capital_irb.py", "kemiao/law/lpr.py", "kemiao/law/exact.py", "kemiao/law/truth.py"], ["law"]),
    "limit and price": (["kemiao/credit/limit.py", "kemiao/credit/pricing.py", "kemiao/credit/decision/rules.py", "kemiao/credit/decision/authority.py"], ["credit/test_limit.py", "credit/test_pricing.py", "credit/decision"]),
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
