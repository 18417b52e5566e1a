"""What a posting is about, in words for statements."""

from __future__ import annotations

KIND_WORDS = {
    "opening": ("期初余额", "opening balance"), "disburse": ("放款", "paid out"), "repay": ("还款", "repayment"), "fee": ("费用", "fee"),
    "accrue": ("计提", "accrued"), "settle": ("以多付款抵还", "paid from what was kept"), "restructure": ("重组", "restructured"),
    "renew": ("续贷转出", "moved to the renewing loan"), "renewed": ("续贷转入", "taken over by renewal"), "sell": ("转让", "sold"),
    "buy_back": ("回购", "bought back"), "write_off": ("核销", "written off"), "recover": ("核销后收回", "recovered"),
    "refund": ("退款", "refund"), "suspend": ("转表外", "moved off balance"), "resume": ("转回表内", "moved back on balance"),
    "provide": ("减值准备", "loss allowance"),
}  # fmt: skip
COMPONENT_WORDS = {
    "fee": ("费用", "fee"), "penalty": ("罚息", "penalty interest"), "compound": ("复利", "compound interest"), "interest": ("利息", "interest"),
    "principal": ("本金", "principal"), "kept": ("多付款", "kept for the borrower"), "price": ("价款", "price"), "forgiven": ("减免", "forgiven"),
    "stage1": ("第一阶段", "stage 1"), "stage2": ("第二阶段", "stage 2"), "stage3": ("第三阶段", "stage 3"),
}  # fmt: skip


def words(kind: str, component: str | None, lang: str) -> str:
    """`还款 · 本金`, `repayment · principal`; a word that nobody gave stays as it is."""
    if kind == component:
        component = None
    said = [KIND_WORDS.get(kind, (kind, kind)), *([COMPONENT_WORDS.get(component, (component, component))] if component else [])]  # fmt: skip
    return " · ".join(pair[0 if lang == "zh" else 1] for pair in said)
