"""What it takes to pay a loan off on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kemiao.base.money import share_fen


@dataclass(frozen=True, slots=True)
class Payoff:
    """Parts less kept_fen are total_fen; kept_fen: the borrower's money at the bank already, as far as it is used for this.
    early_fee_fen: of principal not due."""

    principal_fen: int
    interest_fen: int
    penalty_fen: int
    compound_fen: int
    fee_fen: int
    early_fee_fen: int
    kept_fen: int
    total_fen: int


def payoff(state: Mapping[str, Any], early_fee_ppm: int) -> Payoff:
    """state: a row of STATES at the end of the day of payment, with that day's dues and without the payment.

    Received on that day, total_fen settles the loan; what the bank keeps for the borrower already is deducted. Of a loan that
    was written off: what of the claim is still open.
    """
    if state["status"] == "written_off":
        open_fen = state["written_off_fen"] - state["recovered_fen"]
        return Payoff(open_fen, 0, 0, 0, 0, 0, 0, open_fen)
    early = share_fen(state["principal_fen"] - state["principal_due_fen"], early_fee_ppm)
    interest = state["interest_fen"] + state["interest_due_fen"]
    owed = state["principal_fen"] + interest + state["penalty_fen"] + state["compound_fen"] + state["fee_fen"] + early
    kept = min(state["kept_fen"], owed)
    return Payoff(
        state["principal_fen"], interest, state["penalty_fen"], state["compound_fen"], state["fee_fen"], early, kept, owed - kept
    )  # fmt: skip
