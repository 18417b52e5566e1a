"""book_flag: raises or clears a flag of a company, which the classification reads from that day on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from kemiao.bank.lending.flags import FLAG, standing_flags
from kemiao.bank.lending.loan_store import loans
from kemiao.bank.lending.people import account_of
from kemiao.bank.world import World
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Refusal
from kemiao.credit.quality.columns import FLAG_WORDS

_REASON_MAX = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """all_banks_fen, overdue_90_fen: of other_bank_npl, what the credit report says; both or neither."""

    company: str
    flag: str
    raised: bool
    reason: str
    account: str | None
    all_banks_fen: int | None = None
    overdue_90_fen: int | None = None


def book_flag(world: World, asked: Request) -> dict[str, Any] | Refusal:
    """One event; the same again appends nothing. Refuses NO_SUCH_FLAG, NO_SUCH_BORROWER, FLAG_NOT_RAISED, PART_ABOVE_WHOLE,
    REASON_NEEDED and what people.account_of refuses."""
    bad = _unfit(asked)
    if bad is not None:
        return bad
    account = account_of(world, asked.account)
    if isinstance(account, Refusal):
        return account
    known = loans(world)
    if not pc.any(pc.equal(known["company"], asked.company)).as_py():
        return Refusal.at("NO_SUCH_BORROWER", "该企业在本行没有贷款", "the company has no loan with this bank", company=asked.company)  # fmt: skip
    day = world.clock.today()
    amounts = {name: value for name, value in (("all_banks_fen", asked.all_banks_fen), ("overdue_90_fen", asked.overdue_90_fen)) if value is not None}  # fmt: skip
    public: Mapping[str, Any] = {"flag": asked.flag, "raised": asked.raised, "on": day.isoformat(), "by": account.account, **amounts}  # fmt: skip
    with world.log.write() as tx:
        stands = [row for row in standing_flags(world, day, asked.company) if row["flag"] == asked.flag]
        if not asked.raised and not stands:
            return Refusal.at("FLAG_NOT_RAISED", "该标记没有挂起,无需解除", "that flag is not raised: there is nothing to clear", company=asked.company, flag=asked.flag)  # fmt: skip
        again = asked.raised and bool(stands) and all(stands[0][name] == amounts.get(name) for name in ("all_banks_fen", "overdue_90_fen"))  # fmt: skip
        if not again:
            tx.append(FLAG, asked.company, asked.flag, public, {"reason": asked.reason.strip()})
    return {"company": asked.company, **public, "again": again}


def _unfit(asked: Request) -> Refusal | None:
    if asked.flag not in FLAG_WORDS:
        known = ", ".join(FLAG_WORDS)
        return Refusal.at("NO_SUCH_FLAG", f"没有标记“{asked.flag}”,有:{known}", f"there is no flag {asked.flag!r}; there are {known}", flag=asked.flag)  # fmt: skip
    if not asked.reason.strip() or len(asked.reason) > _REASON_MAX:
        return Refusal.at("REASON_NEEDED", f"请写明理由(至多 {_REASON_MAX} 字)", f"a reason is needed (at most {_REASON_MAX} characters)", flag=asked.flag)  # fmt: skip
    part, whole = asked.overdue_90_fen, asked.all_banks_fen
    if part is None and whole is None:
        return None
    if asked.flag != "other_bank_npl" or not asked.raised:
        return Refusal.at("AMOUNTS_NOT_OF_THIS_FLAG", "只有挂起 other_bank_npl 时才有金额", "amounts belong to raising other_bank_npl only", flag=asked.flag)  # fmt: skip
    if part is None or whole is None or not 0 <= part <= whole or whole > FEN_MAX:
        return Refusal.at("PART_ABOVE_WHOLE", "须同时给出全部债务与其中逾期金额,且后者不大于前者", "all debts and the overdue part of them are both needed, the part not above the whole", flag=asked.flag)  # fmt: skip
    return None
