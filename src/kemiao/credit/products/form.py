"""The form of a product file: every section and key, what is expected there, and how it reads to a person.

One table for all who need it: the reader that checks a file, the sheet in plain language, and the template of a new product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kemiao.base.money import FEN_MAX
from kemiao.credit.limit import CEILINGS
from kemiao.credit.servicing.columns import BUSINESS_DAYS, COMPONENTS, DAY_COUNTS, REPAYMENTS

Kind = Literal["text", "flag", "fen", "ppm", "count", "choice", "words", "order"]
SECURITIES = ("none", "receivables", "property", "equipment", "cash", "intellectual_property", "guarantee")
PURPOSES: Mapping[str, tuple[str, str]] = {
    "raw_materials": ("采购原材料", "raw materials"), "wages": ("发放工资", "wages"), "rent": ("支付租金", "rent"), "taxes": ("缴纳税款", "taxes"),
    "research": ("研发", "research and development"), "orders": ("履行订单", "filling orders"), "services": ("采购服务", "services"),
    "equipment": ("购置设备", "equipment"), "plant": ("建设改造厂房", "plant and its refitting"), "green_project": ("绿色项目", "a green project"),
    "renewal": ("续贷", "renewal"),
}  # fmt: skip
_RATES = ("fixed", "lpr_1y", "lpr_5y", "lpr")  # lpr: the one-year rate up to five years, the other beyond
_LAW = ("working_capital", "fixed_asset")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section: kind, its words, its bounds (both included) or choices, and what a new product starts with."""

    kind: Kind
    zh: str
    en: str
    start: object
    low: int = 0
    high: int = FEN_MAX
    choices: tuple[str, ...] = ()

    def expected(self, lang: str) -> str:
        """What a value must be, for messages."""
        zh = lang == "zh"
        match self.kind:
            case "text":
                return "文字,不可为空" if zh else "text, not empty"
            case "flag":
                return "true 或 false" if zh else "true or false"
            case "choice":
                return f"{' | '.join(self.choices)} 之一" if zh else f"one of {' | '.join(self.choices)}"
            case "words":
                of = f"({' | '.join(self.choices)})" if self.choices else ""
                return f"文字列表{of}" if zh else f"a list of words{of and ' ' + of}"
            case "order":
                return f"{','.join(COMPONENTS)} 各一次" if zh else f"{','.join(COMPONENTS)}, each once"
        unit = {"fen": ("分", "fen"), "ppm": ("ppm", "ppm"), "count": ("", "")}[self.kind][0 if zh else 1]
        return f"整数{unit and f'({unit})'},{self.low} 至 {self.high}" if zh else f"a whole number{unit and f' ({unit})'} from {self.low} to {self.high}"  # fmt: skip


def _text(zh: str, en: str, start: str) -> Key:
    return Key("text", zh, en, start)


def _fen(zh: str, en: str, start: int, low: int = 0) -> Key:
    return Key("fen", zh, en, start, low)


def _ppm(zh: str, en: str, start: int, high: int = 1_000_000, low: int = 0) -> Key:
    return Key("ppm", zh, en, start, low, high)


def _count(zh: str, en: str, start: int, high: int, low: int = 0) -> Key:
    return Key("count", zh, en, start, low, high)


def _choice(zh: str, en: str, choices: tuple[str, ...], start: str) -> Key:
    return Key("choice", zh, en, start, choices=choices)


SECTIONS: Mapping[str, Mapping[str, Key]] = {
    "product": {
        "zh": _text("名称", "its name in Chinese", "新产品"),
        "en": _text("英文名称", "its name in English", "New product"),
        "about_zh": _text("一句话说明", "what it is, in Chinese", "用途和特点,一两句话"),
        "about_en": _text("英文说明", "what it is, in English", "What it is for, in a sentence or two"),
        "law_kind": _choice("法规上的贷款种类", "kind of loan in the law", _LAW, "working_capital"),
        "purposes": Key("words", "可用于", "what the money may be used for", ["raw_materials", "wages"], choices=tuple(PURPOSES)),
        "refused_words": Key("words", "用途中出现即不受理的词", "words in a stated purpose that are refused", ["炒股", "买房"]),
        "green": Key("flag", "绿色贷款(须归入绿色目录)", "a green loan: falls under a heading of the catalogue", False),
        "renewal": Key("flag", "无还本续贷", "renews a loan without repayment", False),
    },
    "amount": {
        "min_fen": _fen("最低金额", "smallest amount", 10_000_000, 1),
        "max_fen": _fen("最高金额", "largest amount", 500_000_000, 1),
        "step_fen": _fen("金额取整到", "amounts are whole steps of", 1_000_000, 1),
        "ceilings": Key("words", "受哪些额度上限约束", "which ceilings of the assessment bind it", list(CEILINGS), choices=CEILINGS),
        "of_limit_ppm": _ppm("不超过上述额度的", "at most this share of them", 1_000_000, 10_000_000),
    },
    "tenor": {
        "min_months": _count("最短月数", "shortest, in months", 1, 360, 1),
        "max_months": _count("最长月数", "longest, in months", 12, 360, 1),
        "start_months": _count("未指定时的月数", "months where none are named", 12, 360, 1),
        "long_cycle_days": _count("现金周期达到多少天算经营周期长", "a cash cycle from this many days on counts as long", 180, 3_650, 1),
    },
    "rate": {
        "kind": _choice("利率方式", "kind of rate", _RATES, "lpr_1y"),
        "add_ppm": _ppm("在定价之上加减", "added to the price", 0, 200_000, -200_000),
        "step_ppm": _ppm("利率取整(向上)", "rates are whole steps of, rounded up", 500, 10_000, 1),
        "floor_ppm": _ppm("利率下限", "floor of the rate", 25_000),
        "cap_ppm": _ppm("利率上限", "cap of the rate", 150_000),
        "reset_months": _count("多少个月重定价一次(0 不重定)", "months between resets (0: never)", 12, 360),
        "overdue_markup_ppm": _ppm("逾期加收", "added when past due, of the rate", 500_000, 2_000_000),
        "diverted_markup_ppm": _ppm("挪用加收", "added when put to another use, of the rate", 1_000_000, 2_000_000),
        "compound": Key("flag", "欠息计收复利", "interest on unpaid interest", True),
        "day_count": _choice("计息基准", "day count", DAY_COUNTS, "A360"),
    },
    "schedule": {
        "repayment": _choice("还款方式", "repayment", REPAYMENTS, "equal_installment"),
        "every_months": _count("每几个月一期(到期一次还为 0)", "months between dues (0 where all is due at the end)", 1, 12),
        "due_day": _count("每期还款日(0 为起息日的对应日)", "day of the month of a due (0: that of the start)", 0, 28),
        "month_end": Key("flag", "月末起息则每期在月末", "a start at a month's end keeps dues at month ends", False),
        "business_day": _choice("遇节假日", "a due on a holiday is paid", BUSINESS_DAYS, "following"),
        "grace_days": _count("宽限期天数", "days of grace", 0, 90),
        "allocation": Key("order", "还款冲账顺序", "order in which a payment is allocated", ",".join(COMPONENTS)),
        "early_fee_ppm": _ppm("提前还款违约金", "fee on principal that is repaid early", 0, 100_000),
    },
    "security": {
        "kind": _choice("担保", "security", SECURITIES, "none"),
        "loan_to_value_ppm": _ppm("抵质押率", "loan to value", 0),
        "lgd_ppm": _ppm("违约损失率(未计保证与资金池)", "loss given default, before guarantor and pool", 450_000),
        "guaranteed_ppm": _ppm("保证人分担", "share of a loss that the guarantor bears", 0),
        "pool_ppm": _ppm("风险补偿资金池分担", "share of a loss that the compensation pool bears", 0),
        "register_zh": _text("登记", "how it is registered, in Chinese", "无需登记"),
        "register_en": _text("登记(英文)", "how it is registered", "nothing to register"),
    },
    "accounting": {
        # Only what the books do: a product that says something else is refused, not booked in silence as this.
        "measured_at": _choice("计量", "measured at", ("amortised_cost",), "amortised_cost"),
        "vat_ppm": _ppm("利息与费用含增值税(0 为免税)", "VAT within interest and fees (0: exempt)", 60_000, 200_000),
        "fee_income": _choice("手续费计入损益", "fees become income", ("at_once",), "at_once"),
        "reported_as": Key("words", "统计归类", "reported as", ["technology"], choices=("technology", "green", "inclusive", "intellectual_property", "renewal")),
    },
    "authority": {
        "automatic_max_fen": _fen("无需人工审批的最高金额(0 为都要人工)", "largest amount that needs no person (0: all do)", 0),
        "automatic_grades": Key("words", "无需人工审批的等级", "grades that need no person", []),
        "entrusted_always": Key("flag", "一律受托支付", "always paid to the named payee", False),
    },
}  # fmt: skip

FEE: Mapping[str, Key] = {
    "code": _text("代码", "code", "VALUATION"),
    "zh": _text("名称", "name in Chinese", "评估费"),
    "en": _text("英文名称", "name in English", "valuation"),
    "once_ppm": _ppm("一次性,占金额", "once, of the amount", 0, 100_000),
    "yearly_ppm": _ppm("每年,占金额", "a year, of the amount", 0, 100_000),
    "fixed_fen": _fen("固定金额", "a fixed amount", 0),
    "paid_to": _choice("收取方", "paid to", ("bank", "guarantor", "appraiser", "registry"), "appraiser"),
    "borne_by": _choice("承担方", "borne by", ("borrower", "bank"), "bank"),
}
COVENANT: Mapping[str, Key] = {
    "code": _text("代码", "code", "SETTLE_HERE"),
    "zh": _text("约定", "what is agreed, in Chinese", "主要回款进入本行账户"),
    "en": _text("约定(英文)", "what is agreed", "the main receipts come in through this bank"),
}
DOCUMENT: Mapping[str, Key] = {
    "code": _text("代码", "code", "ARTICLES"),
    "zh": _text("资料", "paper, in Chinese", "营业执照与公司章程"),
    "en": _text("资料(英文)", "paper", "business licence and articles"),
    "at": _choice("何时提供", "wanted at", ("application", "signing", "drawdown"), "application"),
}
LISTS: Mapping[str, Mapping[str, Key]] = {"fee": FEE, "covenant": COVENANT, "document": DOCUMENT}
