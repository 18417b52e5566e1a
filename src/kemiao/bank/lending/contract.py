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
        (("宽限期(天)", "days of grace"), str(terms.get("grace_days") or 0)), (("担保", "security"), str(terms.get("security") or "none")),
        (("用途", "purpose"), str(terms.get("purpose"))), (("付款方式", "paid"), (("受托支付", "to the named payee") if terms.get("entrusted") else ("自主支付", "to the borrower"))[at]),
    ]  # fmt: skip
    for each in offer.get("conditions", ()):
        rows.append((("放款前须落实", "before money is paid"), each["zh" if at == 0 else "en"]))
    for each in offer.get("covenants", ()):
        rows.append((("约定", "agreed"), each["zh" if at == 0 else "en"]))
    for name in sorted(set(terms) - _TOLD):
        rows.append(((f"其他条款 {name}", f"also: {name}"), str(terms[name])))
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
