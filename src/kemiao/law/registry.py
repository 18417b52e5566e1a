"""All rules by name, and the words for why a row is refused."""

from __future__ import annotations

from collections.abc import Mapping

from kemiao.law import (
    capital,
    complaint,
    expected_loss,
    five_class,
    green_loan,
    loan_terms,
    lpr,
    priority_cases,
    rising,
    sme_size,
    tech_sme,
    working_capital,
)
from kemiao.law.rule import Rule

RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        *(module.RULE for module in (sme_size, tech_sme, working_capital, capital, lpr, priority_cases, five_class)),
        rising.RESTRUCTURED,
        rising.UPGRADE,
        expected_loss.RULE,
        complaint.RULE,
        loan_terms.RULE,
        green_loan.RULE,
    )
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
    "CLOSED_BEFORE_RECEIVED": ("答复早于收到投诉", "the answer is earlier than the complaint"),
    "PART_ABOVE_WHOLE": ("部分大于整体", "a part is above its whole"),
    "WEIGHTS_ABOVE_ONE": ("情景权重之和超过 100%", "the weights of the scenarios are above 100 % together"),
    "RETAIL_ABOVE_CEILING": ("零售资产池的暴露超过上限", "the exposure is above the ceiling of the retail pool"),
    "NOTHING_TURNS_OVER": (
        "销售收入或营业成本为零,无法计算周转",
        "sales or cost of sales are zero: nothing turns over",
    ),
    "RESULT_TOO_LARGE": ("结果超出合理范围", "the result is beyond what an amount may be"),
    "NOT_AN_INSTANT": ("登记时刻不是日期或时刻", "the instant of registration is neither a day nor an instant"),
    "TWO_PRICES": ("同一担保物的价款不一致", "the rows of one thing have different prices"),
    "ANOTHER_ROW_REFUSED": ("同一担保物的另一行未能判断", "another row of the same thing was refused"),
    "KINDS_DO_NOT_MEET": (
        "应收账款与有形物的权利不会并存",
        "rights over a receivable and over a movable are not over one thing",
    ),
    "NOT_FOR_A_PRICE": ("该种权利不担保标的物的价款", "a right of this kind does not secure the price of the thing"),
    "NOTICE_BEFORE_CONTRACT": ("通知早于合同", "the notice is earlier than the contract"),
    "HOUR_NEEDED": (
        "同一天有几项登记或交付,须写明时刻",
        "several were registered or delivered on one day: their hours are needed",
    ),
    "LAW_NOT_IN_FORCE": ("该日没有生效的规则", "no rows are in force on the day"),
}
