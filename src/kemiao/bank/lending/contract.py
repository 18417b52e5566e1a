"""A loan contract as a document: what both sides hold, and of which the chain has a digest. Canonical JSON; a random nonce makes
the digest say nothing of amounts that could be guessed. The words that people read are made from it, in both languages.

loan_contract (subject: company, ref: application/round): public {digest}, private: the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import digest_bytes
from kemiao.base.money import yuan_text
from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal
from kemiao.base.strict_json import parse_strict
from kemiao.credit.products.form import PURPOSES
from kemiao.credit.products.sheet import SECURITY_WORDS
from kemiao.credit.servicing.columns import LOANS

KIND = "loan_contract"
FORM = "kemiao-contract/1"
FILE_BYTES = 1_000_000
NONCE_BYTES = 32
_DEPTH = 8
_FIELDS = {"form", "chain", "entry", "contract"}
_TEXTS = ("application", "bank", "company", "loan", "nonce", "on", "until")
_NEEDED = ("amount_fen", "starts_on", "matures_on", "repayment", "rate_ppm", "rate_kind")
_TOLD = frozenset({
    *_NEEDED, "spread_ppm", "reset_months", "fee_fen", "early_fee_ppm", "overdue_markup_ppm", "diverted_markup_ppm", "grace_days", "security",
    "purpose", "entrusted", "company",
})  # fmt: skip
"""Terms that have words of their own; every other is told by its name, so that nothing is signed unseen."""
_DOCUMENT = {"application", "bank", "company", "loan", "nonce", "offer", "on", "round", "terms", "until"}


@dataclass(frozen=True, slots=True)
class ContractFile:
    """What the bank hands to the company. document: the contract; entry: where it is proposed on the chain."""

    chain: str
    entry: str
    document: Mapping[str, Any]


def commitment(document: Mapping[str, Any]) -> str:
    return digest_bytes("contract", canonical_bytes(dict(document)))


def file_bytes(made: ContractFile) -> bytes:
    return canonical_bytes({"form": FORM, "chain": made.chain, "entry": made.entry, "contract": dict(made.document)})


def read_file(content: bytes) -> ContractFile | Refusal:
    """Refuses NOT_A_CONTRACT and what base.strict_json refuses. Whether it is the proposed one, the chain says."""
    if len(content) > FILE_BYTES:
        return Refusal("FILE_TOO_LARGE", "合同文件过大", "the contract's file is too large")
    value = parse_strict(content.rstrip(b"\n"), depth=_DEPTH)
    if isinstance(value, Refusal):
        return value
    fits = isinstance(value, dict) and value.keys() == _FIELDS and value["form"] == FORM
    if not fits or not isinstance(value["contract"], dict) or value["contract"].keys() != _DOCUMENT:
        return Refusal("NOT_A_CONTRACT", f"不是待签合同({FORM})", f"is no contract to be signed ({FORM})")
    texts = [value["chain"], value["entry"], *(value["contract"][name] for name in _TEXTS)]
    if not all(isinstance(each, str) for each in texts) or not _can_be_told(value["contract"]):
        return Refusal("NOT_A_CONTRACT", f"不是待签合同({FORM})", f"is no contract to be signed ({FORM})")
    return ContractFile(value["chain"], value["entry"], value["contract"])


def _can_be_told(document: Mapping[str, Any]) -> bool:
    """Whether its words can be made: terms are columns of LOANS of their kinds, conditions and covenants have words."""
    terms, offer = document["terms"], document["offer"]
    if not isinstance(terms, dict) or not isinstance(offer, dict) or not terms.keys() <= set(LOANS.names):
        return False
    if not all(name in terms for name in _NEEDED) or type(offer.get("apr_ppm")) not in (int, type(None)):
        return False
    numbers = [value for name, value in terms.items() if name.endswith(("_fen", "_ppm", "_days", "_months"))]
    if not all(type(value) is int for value in numbers) or str(terms["repayment"]) not in _REPAYMENT or str(terms["rate_kind"]) not in _RATE:  # fmt: skip
        return False
    named = [offer.get("conditions"), offer.get("covenants")]
    return all(isinstance(some, list) and all(isinstance(each, dict) and isinstance(each.get("zh"), str) and isinstance(each.get("en"), str) for each in some) for some in named)  # fmt: skip


_REPAYMENT = {
    "bullet": ("到期一次还本付息", "all at the end"), "interest_first": ("先息后本", "interest first, principal at the end"),
    "equal_principal": ("等额本金", "equal principal"), "equal_installment": ("等额本息", "equal instalments"),
    "revolving": ("随借随还", "draw and repay at any time"),
}  # fmt: skip
_RATE = {
    "fixed": ("固定", "fixed"),
    "lpr_1y": ("一年期 LPR", "one-year LPR"),
    "lpr_5y": ("五年期以上 LPR", "five-year LPR"),
}


_OTHERS = {
    "first_due_on": ("首次还款日", "first due on"), "every_months": ("每隔几个月还款", "months between payments"), "month_end": ("按月末还款", "due on a month's last day"),
    "business_day": ("还款日遇节假日", "a due day that is a holiday"), "day_count": ("计息基础", "days of a year, for interest"), "floor_ppm": ("利率下限", "rate not below"),
    "cap_ppm": ("利率上限", "rate not above"), "first_reset_on": ("首次重定价日", "first reset on"), "compound": ("拖欠的利息计收复利", "interest on interest past due"),
    "allocation": ("还款抵扣顺序", "what a payment pays first"), "guarantor": ("保证人", "guarantor"), "guaranteed_ppm": ("保证人承担损失的比例", "share of a loss borne by the guarantor"),
    "pool_ppm": ("风险补偿资金承担损失的比例", "share of a loss borne by the risk compensation pool"), "security_value_fen": ("担保物价值(元)", "value of the security, yuan"),
    "renews": ("所续的贷款", "renews the loan"), "vat_ppm": ("利息和费用所含增值税", "value added tax within interest and fees"), "signed_on": ("合同拟定日", "drawn up on"),
    "product": ("产品", "product"), "unit": ("经办机构", "unit"), "manager": ("客户经理", "customer manager"), "origin": ("合同来源", "origin"), "decision": ("所依据的评估", "rests on the decision"),
    "grade": ("评估等级", "grade when decided"), "pd_ppm": ("评估的一年违约概率", "probability of default when decided"), "lgd_ppm": ("评估的违约损失率", "loss given default when decided"),
    "industry": ("行业", "industry"), "size_class": ("企业规模", "size"), "technology": ("科技类别", "technology category"),
}  # fmt: skip
"""Names of what has no line of its own above, in the order in which they are told; one that is not here is told by its column."""
_VALUES = {
    **PURPOSES, **SECURITY_WORDS, "fee": ("费用", "fees"), "penalty": ("罚息", "penalty"), "interest": ("利息", "interest"), "principal": ("本金", "principal"),
    "following": ("顺延到下一个工作日", "moved to the next working day"), "modified_following": ("顺延到下一个工作日,不跨月", "moved to the next working day, within the month"),
    "preceding": ("提前到上一个工作日", "moved to the working day before"), "modified_preceding": ("提前到上一个工作日,不跨月", "moved to the working day before, within the month"), "A360": ("实际天数/360", "actual days over 360"),
    "A365": ("实际天数/365", "actual days over 365"), "30E360": ("每月 30 天/360", "30 days a month over 360"), "signed": ("本合同", "this contract"), "imported": ("迁入", "brought in"),
    "micro": ("微型", "micro"), "small": ("小型", "small"), "medium": ("中型", "medium"), "large": ("大型", "large"), "industry": ("工业", "industry"),
    "software": ("软件和信息技术服务业", "software and information technology"), "high_tech_enterprise": ("高新技术企业", "high-tech enterprise"),
    "tech_sme": ("科技型中小企业", "technology SME"), "specialized_sme": ("专精特新中小企业", "specialised SME"),
    "innovative_sme": ("创新型中小企业", "innovative SME"), "little_giant": ("专精特新“小巨人”企业", "little giant"),
}  # fmt: skip


def _word(value: object, at: int) -> str:
    """A code in words; what a person wrote stays as it is."""
    said = str(value)
    return _VALUES[said][at] if said in _VALUES else said


def _said(name: str, value: object, at: int) -> str:
    if isinstance(value, bool):
        return (("是", "否"), ("yes", "no"))[at][not value]
    if isinstance(value, int) and name.endswith("_ppm"):
        return percent_text(value, 4 if name == "pd_ppm" else 2)
    if isinstance(value, int) and name.endswith("_fen"):
        return yuan_text(value)
    if name == "allocation":
        names = {"compound": ("复利", "compound interest")}
        parts = [names[each][at] if each in names else _word(each, at) for each in str(value).split(",")]
        return ("、", ", ")[at].join(parts)
    if name == "business_day" and value == "none":
        return ("不顺延", "not moved")[at]
    return "—" if value is None else _word(value, at)


def text(document: Mapping[str, Any], lang: str) -> str:
    """The contract in plain words: nothing that binds is left out, what is not agreed is not mentioned."""
    terms, offer = document["terms"], document["offer"]
    at = 0 if lang == "zh" else 1
    rows: list[tuple[tuple[str, str], str]] = [
        (("贷款人", "lender"), document["bank"]), (("借款人", "borrower"), document["company"]), (("合同编号", "loan"), document["loan"]),
        (("金额(元)", "amount, yuan"), yuan_text(terms["amount_fen"])), (("期限", "term"), f"{terms['starts_on']} – {terms['matures_on']}"),
        (("还款方式", "repayment"), _REPAYMENT[str(terms["repayment"])][at]), (("年利率", "rate a year"), _rate(terms, at)),
        (("年化综合成本(含全部费用)", "annual percentage rate with all fees"), "—" if offer.get("apr_ppm") is None else percent_text(offer["apr_ppm"], 4)),
        (("费用(元)", "fees, yuan"), yuan_text(terms.get("fee_fen") or 0)), (("提前还款违约金", "fee on early repayment"), percent_text(terms.get("early_fee_ppm") or 0)),
        (("逾期加收", "added when past due, of the rate"), percent_text(terms.get("overdue_markup_ppm") or 0)),
        (("挪用加收", "added when put to another use"), percent_text(terms.get("diverted_markup_ppm") or 0)),
        (("宽限期(天)", "days of grace"), str(terms.get("grace_days") or 0)), (("担保", "security"), _word(terms.get("security") or "none", at)),
        (("用途", "purpose"), _word(terms.get("purpose"), at)), (("付款方式", "paid"), (("受托支付", "to the named payee") if terms.get("entrusted") else ("自主支付", "to the borrower"))[at]),
    ]  # fmt: skip
    for each in offer.get("conditions", ()):
        rows.append((("放款前须落实", "before money is paid"), each["zh" if at == 0 else "en"]))
    for each in offer.get("covenants", ()):
        rows.append((("约定", "agreed"), each["zh" if at == 0 else "en"]))
    others = set(terms) - _TOLD
    for name in (*(name for name in _OTHERS if name in others), *sorted(others - _OTHERS.keys())):
        rows.append((_OTHERS.get(name, (f"其他条款 {name}", f"also: {name}")), _said(name, terms[name], at)))
    rows.append((("须在此日前签署", "to be signed by"), document["until"]))
    colon = ":" if at == 0 else ": "
    return "\n".join(f"{words[at]}{colon}{value}" for words, value in rows) + "\n"


def _rate(terms: Mapping[str, Any], at: int) -> str:
    rate = percent_text(terms["rate_ppm"], 4)
    if terms["rate_kind"] == "fixed":
        return f"{rate}({_RATE['fixed'][0]})" if at == 0 else f"{rate} (fixed)"
    spread = (terms.get("spread_ppm") or 0) // 100
    name, months = _RATE[terms["rate_kind"]][at], terms.get("reset_months") or 0
    if at == 0:
        return f"{rate}({name} {'加' if spread >= 0 else '减'} {abs(spread)} 基点,{f'每 {months} 个月重定价' if months else '期内不变'})"
    return f"{rate} ({name} {'plus' if spread >= 0 else 'less'} {abs(spread)} bp, {f'reset every {months} months' if months else 'not reset'})"  # fmt: skip
