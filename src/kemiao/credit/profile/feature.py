"""The form of a feature: the question that a credit officer asks, its unit, its window, and what would answer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["fen", "ppm", "count", "days", "months", "flag", "text", "day"]
Window = Literal["newest", "12m", "12m/12m", "3m", "3m/3m", "6m/6m", "24m", "36m", "history"]

WINDOWS: dict[Window, tuple[str, str]] = {
    "newest": ("最新一期", "the newest on record"),
    "12m": ("最近 12 个整月", "the last 12 whole months"),
    "12m/12m": ("最近 12 个整月对此前 12 个整月", "the last 12 whole months against the 12 before"),
    "3m": ("最近 3 个整月", "the last 3 whole months"),
    "3m/3m": ("最近 3 个整月对上年同期", "the last 3 whole months against the same months a year earlier"),
    "6m/6m": ("最近 6 个整月对上年同期", "the last 6 whole months against the same months a year earlier"),
    "24m": ("最近 24 个整月", "the last 24 whole months"),
    "36m": ("最近 36 个整月", "the last 36 whole months"),
    "history": ("全部记录", "all that is on record"),
}
UNITS: dict[Unit, tuple[str, str]] = {
    "fen": ("分", "fen"),
    "ppm": ("百万分之一", "parts per million"),
    "count": ("个", "count"),
    "days": ("天", "days"),
    "months": ("月", "months"),
    "flag": ("是否", "yes or no"),
    "text": ("文字", "text"),
    "day": ("日期", "date"),
}

# The paper that fills a table of facts: what to ask the company for.
PAPERS: dict[str, tuple[str, str]] = {
    "company": ("营业执照或企业登记信息", "business licence or register extract"),
    "invoice": ("近 36 个月开具与取得的发票明细", "invoices issued and received in the last 36 months"),
    "contract_order": ("在手订单与近 24 个月合同台账", "open orders and contracts of the last 24 months"),
    "bank_transaction": ("近 12 个月全部账户银行流水", "bank statements of all accounts for the last 12 months"),
    "financial_statement": ("最近三个年度财务报表", "financial statements of the last three years"),
    "tax_filing": ("近 24 个月增值税纳税申报表及完税证明", "VAT filings of the last 24 months with proof of payment"),
    "payroll": ("近 24 个月工资发放表", "payroll of the last 24 months"),
    "utility": ("近 24 个月电费单", "electricity bills of the last 24 months"),
    "qualification": ("有效资质证书", "certificates in force"),
    "intellectual_property": ("知识产权清单与登记簿副本", "list of intellectual property with register extracts"),
    "research_expense": (
        "最近三个年度研发费用辅助账或加计扣除申报表",
        "research expense ledgers of the last three years",
    ),
    "staff": ("职工与科技人员名册、社保缴费记录", "staff roll with social-insurance records"),
    "shareholding": ("股东名册与股权出质登记", "register of shareholders and of share pledges"),
    "court_case": ("涉诉查询结果", "court search"),
    "dishonest_listing": ("失信与经营异常名录查询结果", "search of the dishonest and abnormal lists"),
    "own_loan": ("本行信贷台账", "this bank's loan ledger"),
    "external_loan": ("企业征信报告", "credit report of the company"),
    "technology_contract": ("技术合同认定登记证明", "registrations of technology contracts"),
    "innovation_title": ("研发平台、科技奖励与科技计划项目的批文", "notices of R&D platforms, awards and projects"),
    "venture_investment": ("增资协议与到账凭证", "investment agreements with proof of payment"),
    "high_tech_income": ("高新技术产品(服务)收入专项报告", "the special report of high-tech income"),
}


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of a company's row. Null is unknown; `paper_*` is then what would settle it.

    tables: the facts it is computed from. leak: sees the days between the last invoice and `as_of`. Where an outcome has no
    date (the file simply ends after a default) such a feature knows the answer: fitting drops it or shows it apart.
    """

    name: str
    group: str
    zh: str
    en: str
    question_zh: str
    question_en: str
    unit: Unit
    window: Window
    tables: tuple[str, ...]
    leak: bool = False

    @property
    def paper_zh(self) -> str:
        return ";".join(PAPERS[table][0] for table in self.tables)

    @property
    def paper_en(self) -> str:
        return "; ".join(PAPERS[table][1] for table in self.tables)
