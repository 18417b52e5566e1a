"""Whether the ledger says of each loan what servicing says: postings summed by loan and account, against states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kemiao.base.columns import IntArray, Ints


@dataclass(frozen=True, slots=True)
class Difference:
    loan: str
    account: str
    ledger_fen: int
    servicing_fen: int


def expected(states: pa.Table) -> dict[str, IntArray]:
    """account → what its balance is to be, debit above zero, a row a loan. Funders' parts are rounded by component, as servicing does."""

    def fen(name: str) -> IntArray:
        return Ints.of(states[name]).values

    sold_ppm = Ints.of(states["sold_ppm"])
    parts = {"interest": fen("interest_fen") + fen("interest_due_fen"), "penalty": fen("penalty_fen"), "compound": fen("compound_fen")}  # fmt: skip
    sold = {name: Ints.of(pa.array(amount)).share(sold_ppm).values for name, amount in parts.items()}
    own = {name: amount - sold[name] for name, amount in parts.items()}
    suspended = fen("off_balance_fen") != 0
    late = own["penalty"] + own["compound"]
    return {
        "principal": fen("principal_fen") - fen("sold_principal_fen"),
        "interest_receivable": np.where(suspended, 0, own["interest"]),
        "penalty_receivable": np.where(suspended, 0, late),
        "fee_receivable": fen("fee_fen"),
        "kept": -fen("kept_fen"),
        "memo_interest": np.where(suspended, own["interest"] + late, 0),
        "memo_sold": fen("sold_principal_fen") + sold["interest"] + sold["penalty"] + sold["compound"],
        "memo_written_off": fen("written_off_fen") - fen("recovered_fen"),
    }  # fmt: skip


def differences(states: pa.Table, ledger: dict[str, IntArray], most: int = 100) -> list[Difference]:
    """ledger: account → balance, a row a loan of states. At most so many, by account then loan."""
    found: list[Difference] = []
    zero = np.zeros(states.num_rows, np.int64)
    for account, right in expected(states).items():
        stands = ledger.get(account, zero)
        wrong = np.flatnonzero(stands != right)
        for place in wrong[: most - len(found)]:
            found.append(Difference(states["loan"][int(place)].as_py(), account, int(stands[place]), int(right[place])))
    return found
