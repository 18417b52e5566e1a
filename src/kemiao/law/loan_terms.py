"""Terms of loans and payment control (贷款期限与支付管理): how long a loan may run, and when the bank pays the named payee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, Ints
from kemiao.base.refusal import Refusal
from kemiao.base.tables import Row, weakest
from kemiao.law.columns import Cases, answer, weight_of
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.rule import Input, Law, Output, Rule
from kemiao.law.sme_size import CLASSES, SIZE_WORDS
from kemiao.law.truth import Truth

TERM_ROWS = {"working_capital": "L1", "fixed_asset": "L2", "personal_business": "L3", "personal_consumer": "L4"}

KINDS = tuple(TERM_ROWS)
_ROWS = tuple(f"L{number}" for number in range(1, 12))


@dataclass(frozen=True, slots=True)
class LoanLaw:
    """What stands on a day for one kind of loan. confidence: of the weakest row.

    months_max_long_cycle: where the operating cycle is long, else as months_max. longer_by: who may allow more, or None.
    prohibited: uses that the law forbids, by code, zh, en.
    """

    kind: str
    months_max: int
    months_max_long_cycle: int
    longer_by: str | None
    entrusted_above_fen: int | None
    inclusive_line_max_fen: int
    prohibited: tuple[tuple[str, str, str], ...]
    confidence: str

    def longest_months(self, long_cycle: bool) -> int:
        return self.months_max_long_cycle if long_cycle else self.months_max


def loan_law(law: Law, kind: str, on: date) -> LoanLaw | Refusal:
    """The rows of a kind (TERM_ROWS) in force on a day. Refuses LAW_NOT_IN_FORCE."""
    own = TERM_ROWS[kind]
    rows = rows_in_force(law, "loan_terms", on, (own, "L5", "L8", "L10"))
    if isinstance(rows, Refusal):
        return rows
    term, payment, uses, inclusive = (by_id(rows, name) for name in (own, "L5", "L8", "L10"))
    months = number(term, "months_max")
    return LoanLaw(
        kind, months,
        number(term, "months_max_long_cycle") if "months_max_long_cycle" in term.cells else months,
        str(term.cells["longer_by"]) if "longer_by" in term.cells else None,
        number(payment, "entrusted_above_fen") if kind in _words(payment, "kinds") else None,
        number(inclusive, "inclusive_line_max_fen"),
        tuple(zip(*(_words(uses, name) for name in ("uses", "uses_zh", "uses_en")), strict=True)) if kind in _words(uses, "kinds") else (),
        weakest([row.confidence for row in (term, payment, uses, inclusive)]),
    )  # fmt: skip


def _words(row: Row, cell: str) -> tuple[str, ...]:
    value = row.cells[cell]
    if not isinstance(value, list):
        raise TypeError(f"{cell} of {row.source} is {value!r}, not a list")
    return tuple(str(item) for item in value)


def loan_terms(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """One row a case; null where a fact that decides is unknown (named in `missing`), or where the rule is not for its kind.

    within_term: months against L1–L4. head_office: longer, and head office may allow it. entrusted_payment: the bank must pay the
    named payee (L5; of personal loans whatever L6 and L7 don't leave to the borrower). Source: law/tables/loan_terms.toml.
    """
    rows = rows_in_force(law, "loan_terms", on, _ROWS)
    if isinstance(rows, Refusal):
        return rows
    given, row_of = Cases(cases), {name: by_id(rows, name) for name in _ROWS}
    kind, months, payment = given.choice("loan_kind", KINDS), given.count("months"), given.amount("payment_fen")
    long_cycle, named = given.flag("long_cycle"), given.flag("payee_named")
    size, line = given.choice("size_class", CLASSES), given.amount("credit_line_fen")
    internet, bullet = given.flag("internet"), given.flag("bullet")
    use = given.choice("use", _words(row_of["L8"], "uses"))

    def of(*kinds: str) -> BoolArray:
        """Rows of these kinds, the kind known."""
        return kind.known & np.isin(kind.index, [KINDS.index(name) for name in kinds])

    terms = [row_of[TERM_ROWS[name]] for name in KINDS]
    at = np.maximum(kind.index, 0)
    short, longer = (np.array([number(term, cell if cell in term.cells else "months_max") for term in terms], np.int64)[at] for cell in ("months_max", "months_max_long_cycle"))  # fmt: skip
    cycle_decides = kind.known & (short != longer)
    most = Ints(np.where(long_cycle.sure, longer, short), kind.known & ~(cycle_decides & long_cycle.undecided))
    # With the cycle unknown what is within the shorter term is within both, what is above the longer above both.
    within = Truth(
        kind.known & months.known & (months.values <= np.where(long_cycle.sure, longer, short)),
        ~kind.known | ~months.known | (months.values <= np.where(long_cycle.possible, longer, short)),
    )
    by_head_office = kind.known & np.array(["longer_by" in term.cells for term in terms])[at]
    above = ~Truth.at_most(payment, number(row_of["L5"], "entrusted_above_fen"))
    entrusted = above & named
    own = {"L6": ~named & Truth.at_most(payment, number(row_of["L6"], "self_payment_max_fen")), "L7": Truth.at_most(payment, number(row_of["L7"], "self_payment_max_fen"))}  # fmt: skip
    for name, allowed in own.items():
        here = of(*_words(row_of[name], "kinds"))
        entrusted = Truth(np.where(here, (~allowed).sure, entrusted.sure), np.where(here, (~allowed).possible, entrusted.possible))  # fmt: skip
    of_l8 = of(*_words(row_of["L8"], "kinds"))
    small = Truth.where_known(np.isin(size.index, [CLASSES.index(name) for name in _words(row_of["L10"], "size_classes")]), size.known)  # fmt: skip
    inclusive = small & Truth.at_most(line, number(row_of["L10"], "inclusive_line_max_fen"))
    of_l9 = of(*_words(row_of["L9"], "kinds"))
    online = of(*_words(row_of["L11"], "kinds")) & internet.sure
    little = Truth.at_most(line, number(row_of["L11"], "internet_line_max_fen")) & (~bullet | Truth.at_most(months, number(row_of["L11"], "internet_bullet_months_max")))  # fmt: skip
    outputs = {
        "months_max": most, "within_term": within.arrow(kind.known), "head_office": (~within).arrow(by_head_office),
        "entrusted_payment": entrusted.arrow(kind.known), "self_payment": (~entrusted).arrow(kind.known),
        "use_prohibited": pa.array(use.known, pa.bool_(), mask=~of_l8 | ~use.known), "other_ways": small.arrow(of_l9),
        "inclusive": inclusive.arrow(np.ones(given.rows, bool)), "internet_within": little.arrow(online),
    }  # fmt: skip
    pays = kind.known & entrusted.undecided
    missing = {
        "loan_kind": ~kind.known,
        "months": kind.known & ~months.known | online & little.undecided & bullet.possible & ~months.known,
        "long_cycle": cycle_decides & long_cycle.undecided,
        "payment_fen": pays & ~payment.known, "payee_named": pays & named.undecided & ~of(*_words(row_of["L7"], "kinds")),
        "size_class": (inclusive.undecided | of_l9) & ~size.known,
        "credit_line_fen": (inclusive.undecided | online & little.undecided) & ~line.known,
        "internet": of(*_words(row_of["L11"], "kinds")) & internet.undecided, "bullet": online & little.undecided & bullet.undecided,
    }  # fmt: skip
    worst = max(weight_of(row.confidence) for row in row_of.values())
    return answer(RULE, given, on, outputs, missing, np.full(given.rows, worst, np.int64))


_KIND_WORDS = {
    "working_capital": ("流动资金贷款", "流动资金", "流贷"), "fixed_asset": ("固定资产贷款", "固定资产", "固贷"),
    "personal_business": ("个人经营贷款", "个人经营性贷款", "个人经营"), "personal_consumer": ("个人消费贷款", "个人消费"),
}  # fmt: skip
_USE_WORDS = {"dividends": ("股东分红", "分红"), "equity": ("股权投资", "股权"), "fixed_assets": ("固定资产",), "financial_assets": ("金融资产", "证券", "理财")}  # fmt: skip

RULE = Rule(
    "loan_terms", "贷款期限与支付管理", "terms of loans and payment control", "国家金融监督管理总局令2024年第1号、第2号、第3号",
    (
        Input("loan_kind", "choice", "贷款种类", "kind of loan", ("kind", "贷款品种"), choices=_KIND_WORDS),
        Input("months", "count", "期限(月)", "months", ("期限", "月数", "term", "term_months", "tenor")),
        Input("long_cycle", "flag", "经营周期长", "long operating cycle", ("long_cash_cycle", "现金周期长")),
        Input("payment_fen", "fen", "单笔支付(或每次提款)金额", "a single payment, or draw", ("payment", "支付金额", "单笔金额", "amount"), "yuan"),
        Input("payee_named", "flag", "收款人明确", "the payee is named", ("收款人固定", "payee_fixed")),
        Input("use", "choice", "用途(仅法规禁止者)", "the use, where it is one that the law names", ("purpose", "用途"), choices=_USE_WORDS, elected=True),
        Input("size_class", "choice", "规模", "size", ("size", "企业规模"), choices=SIZE_WORDS),
        Input("credit_line_fen", "fen", "单户授信总额", "credit line of the borrower", ("credit_line", "授信额度", "授信总额"), "yuan"),
        Input("internet", "flag", "互联网贷款", "an internet loan", ("互联网",)),
        Input("bullet", "flag", "一次性还本", "principal at the end at once", ("到期一次性还本",)),
    ),
    (
        Output("months_max", "count", "最长月数", "longest, in months"),
        Output("within_term", "flag", "期限合规", "within the term"),
        Output("head_office", "flag", "须总行审批", "longer: head office must approve"),
        Output("entrusted_payment", "flag", "须受托支付", "the bank must pay the payee"),
        Output("self_payment", "flag", "可自主支付", "the borrower may pay"),
        Output("use_prohibited", "flag", "禁止的用途", "a prohibited use"),
        Output("other_ways", "flag", "需求可用公式以外的方法判断", "the need may be judged by other ways than the formula"),
        Output("inclusive", "flag", "普惠型小微企业贷款", "an inclusive small-and-micro loan"),
        Output("internet_within", "flag", "互联网消费贷款限额期限合规", "an internet loan within amount and term"),
    ),
    ("loan_terms",), loan_terms,
)  # fmt: skip
