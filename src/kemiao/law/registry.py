"""All rules by name, and the words for why a row is refused."""

from __future__ import annotations

from collections.abc import Mapping

from kemiao.law import capital, lpr, sme_size, tech_sme, working_capital
from kemiao.law.rule import Rule

RULES: Mapping[str, Rule] = {
    module.RULE.name: module.RULE for module in (sme_size, tech_sme, working_capital, capital, lpr)
}

REFUSED: Mapping[str, tuple[str, str]] = {
    "NEGATIVE": ("人数或金额小于零", "a count or an amount is below zero"),
    "AMOUNT_TOO_LARGE": ("金额超过一千亿元", "an amount is above 100 billion yuan"),
    "COUNT_TOO_LARGE": ("数量过大", "a count is too large"),
    "OUT_OF_RANGE": ("比率超出可能的范围", "a rate is outside of what it can be"),
    "UNKNOWN_CHOICE": ("不在可选值之内", "a value is none of the choices"),
    "TECH_STAFF_ABOVE_TOTAL": ("科技人员多于职工总数", "technology staff are more than the total staff"),
    "DEFAULT_CONTRADICTED": (
        "是否违约的说法互相矛盾(标记、逾期天数、违约概率)",
        "flag, days past due and PD disagree on whether it is in default",
    ),
    "PROVISION_ABOVE_BALANCE": ("减值准备大于余额", "the provision is above the balance"),
    "RETAIL_ABOVE_CEILING": ("零售资产池的暴露超过上限", "the exposure is above the ceiling of the retail pool"),
    "NOTHING_TURNS_OVER": (
        "销售收入或营业成本为零,无法计算周转",
        "sales or cost of sales are zero: nothing turns over",
    ),
    "RESULT_TOO_LARGE": ("结果超出合理范围", "the result is beyond what an amount may be"),
    "LAW_NOT_IN_FORCE": ("该日没有生效的规则", "no rows are in force on the day"),
}
