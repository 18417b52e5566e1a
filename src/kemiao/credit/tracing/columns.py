"""What is followed and what is found: payments, disbursements, outcomes. Amounts are whole fen, days are days since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.columns import BoolArray, IntArray

METHODS = ("fifo", "proportional")
"""先进先出: what came first goes first. 按比例: each payment takes the same share of all that the account holds."""

OUTCOMES = {
    "purpose": ("用于约定用途", "reached the purpose"),
    "property": ("流入房地产", "property"),
    "securities": ("流入证券理财", "securities"),
    "lending": ("流入借贷", "lending, or paid to lenders"),
    "related": ("流入关联方", "related parties"),
    "round_trip": ("回流借款人", "round trip to the borrower"),
    "untraced": ("未追踪到", "untraced"),
    "cash": ("尚在账上", "still cash"),
}
REASONS: dict[str, tuple[str, str, str]] = {  # reason → outcome, and what is said of it
    "for_purpose": ("purpose", "付给约定用途的对手方", "paid to whom the purpose names"),
    "property": ("property", "房地产类对手方", "a counterparty in property"),
    "securities": ("securities", "证券理财类对手方", "a counterparty in securities"),
    "lending": ("lending", "借贷类对手方", "a lender or a borrower"),
    "related": ("related", "同一控制的企业或个人", "a company or person under the same control"),
    "round_trip": ("round_trip", "经他人账户回到借款人", "back to the borrower through others"),
    "left": ("untraced", "付往本行看不到的账户", "left for accounts that the bank does not see"),
    "other_use": ("untraced", "用途可辨,但不是约定的用途", "a use that is known, but not the one agreed"),
    "beyond_hops": ("untraced", "超过追踪层数", "beyond the hops that are followed"),
    "too_small": ("untraced", "分拆过小,不再追踪", "split too small to follow"),
    "own_elsewhere": ("untraced", "转到借款人在他处的账户", "moved to the borrower's account elsewhere"),
    "not_seen": ("untraced", "放款未在可见账户中入账", "the disbursement is in no account that the bank sees"),
    "cash_own": ("cash", "仍在借款人账户", "with the borrower"),
    "cash_others": ("cash", "在他人账户,尚未动用", "with others, not spent yet"),
}  # fmt: skip
REASON = {name: place for place, name in enumerate(REASONS)}
PLAIN, REACHED, RELATED = range(3)  # what is known of money while it is followed on
HOPS_MAX = 15  # a lot's key has four bits for them

Int32s = npt.NDArray[np.int32]
Int8s = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Payments:
    """Columns of one length, by day, then account, then the account's own order. amount: inflow above zero.

    account: 0 … accounts − 1. party: the counterparty, 0 … parties − 1, or −1 where nobody knows it. kind: what the words
    say it is, a place in TracingRules.kinds. owner: account → party. opening: account → balance before its first row, 0 where
    unknown. group: party → its group of related parties.
    """

    day: Int32s
    account: Int32s
    amount: IntArray
    party: Int32s
    kind: Int8s
    owner: Int32s
    opening: IntArray
    group: Int32s


@dataclass(frozen=True, slots=True)
class Disbursements:
    """Columns of one length. row: of the payment that brought the money into an account, or −1 where none is seen.

    borrower, payee: parties; payee −1 where the loan names none. purpose: a place in TracingRules.purposes. reached: the
    money was paid to the named payee by the bank itself. supplier: sorted borrower × parties + party of who sold to whom.
    """

    row: IntArray
    amount: IntArray
    day: Int32s
    borrower: Int32s
    payee: Int32s
    purpose: Int32s
    reached: BoolArray
    supplier: IntArray


FLOWS = pa.schema([
    ("disbursement", pa.int32()), ("row", pa.int64()), ("hop", pa.int8()), ("state", pa.int8()), ("amount_fen", pa.int64()),
    ("reason", pa.int8()),  # where it ended, or −1 where it is followed on
    ("into", pa.int32()),  # the account that it went to, or −1
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Traced:
    """fen: method → disbursements × REASONS, each row adding up to the disbursement. flows: method → FLOWS, where kept.

    pairs: payment → the row that is its other side, or −1. short: payments that took more than their account was known to hold.
    """

    fen: dict[str, IntArray]
    flows: dict[str, Any]
    pairs: IntArray
    short: int
