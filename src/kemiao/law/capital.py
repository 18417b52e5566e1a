"""Capital on a loan to a company (商业银行资本管理办法): both approaches over one table, each as far as its inputs are there."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from kemiao.base.columns import PPM
from kemiao.base.refusal import Refusal
from kemiao.base.tables import CONFIDENCES
from kemiao.law import capital_irb, capital_standardised
from kemiao.law.columns import Cases, answer, names_at, names_where
from kemiao.law.in_force import by_id, rows_in_force
from kemiao.law.rule import Input, Law, Output, Rule
from kemiao.law.sme_size import SIZE_WORDS


def capital(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """Standardised: row, risk_weight_ppm, rwa_fen, capital_fen, `missing`. IRB: columns irb_*, `irb_missing`.

    risk_weight_high_ppm is the largest weight still possible, for callers that must reckon with something. Amounts are
    rounded half up to a fen, shares to a ppm. Source: law/tables/capital_standardised.toml, capital_irb.toml.
    """
    weights = rows_in_force(law, "capital_standardised", on, capital_standardised.NEEDED)
    if isinstance(weights, Refusal):
        return weights
    parameters = rows_in_force(law, "capital_irb", on, capital_irb.NEEDED)
    if isinstance(parameters, Refusal):
        return parameters
    given = Cases(cases)
    pd_ppm = given.ppm("pd_ppm", 0, PPM)
    by_weight = capital_standardised.standardised(given, weights, pd_ppm)
    by_rating = capital_irb.irb(given, parameters, by_id(weights, "default"), pd_ppm)
    judged = given.judged
    irb_missing = {
        item.name: by_rating.missing[item.name] & judged for item in RULE.inputs if item.name in by_rating.missing
    }
    outputs = {
        "row": by_weight.row,
        "risk_weight_ppm": by_weight.risk_weight_ppm,
        "risk_weight_high_ppm": by_weight.risk_weight_high_ppm,
        "rwa_fen": by_weight.rwa_fen,
        "capital_fen": by_weight.capital_fen,
        **by_rating.columns,
        "irb_missing": names_where(irb_missing, given.rows),
        "irb_confidence": names_at(by_rating.confidence, CONFIDENCES, judged),
    }
    return answer(RULE, given, on, outputs, by_weight.missing, by_weight.confidence)


_COLLATERAL = {
    "none": ("无", "信用"), "cash": ("现金", "保证金", "存单", "cash deposit"), "receivables": ("应收账款",), "property": ("房地产", "房产"),
    "equipment": ("设备", "存货", "stock"), "intellectual_property": ("知识产权", "ip"),
}  # fmt: skip
_IRB_OUTPUTS = (
    ("irb_pd_ppm", "ppm", "违约概率(不低于下限)", "PD after the floor"),
    ("irb_lgd_ppm", "ppm", "违约损失率", "LGD"),
    ("irb_r_ppm", "ppm", "相关性 R", "correlation R"),
    ("irb_b_ppm", "ppm", "期限调整 b", "maturity adjustment b"),
    ("irb_maturity_factor_ppm", "ppm", "期限因子", "maturity factor"),
    ("irb_k_ppm", "ppm", "资本要求 K", "capital requirement K"),
    ("irb_risk_weight_ppm", "ppm", "风险权重", "risk weight"),
    ("irb_rwa_fen", "fen", "风险加权资产", "risk-weighted assets"),
    ("irb_el_fen", "fen", "预期损失", "expected loss"),
)

RULE = Rule(
    "capital", "资本要求", "capital requirement", "商业银行资本管理办法, 国家金融监督管理总局令2023年第4号",
    (
        Input("size_class", "choice", "企业规模", "size of the enterprise (rule sme_size)", ("size", "规模", "划型"), choices=SIZE_WORDS),
        Input("exposure_fen", "fen", "对企业或集团的风险暴露", "exposure to the enterprise or its group", ("exposure", "风险暴露", "敞口"), "yuan"),
        Input("bank_exposure_fen", "fen", "本行信用风险暴露总额", "total credit exposure of the bank", ("bank exposure", "bank total exposure", "total exposure"), "yuan"),
        Input("turnover_mean_fen", "fen", "近三年年均营业收入", "mean annual turnover of three years", ("turnover", "mean turnover", "年均营业收入", "S@ten_million"), "yuan"),
        Input("defaulted", "flag", "已违约", "defaulted", ("default", "违约", "是否违约")),
        Input("overdue_days", "count", "逾期天数", "days past due", ("overdue", "days past due")),
        Input("balance_fen", "fen", "账面余额", "book balance", ("balance", "book balance", "余额"), "yuan"),
        Input("provision_fen", "fen", "减值准备", "specific provision", ("provision", "准备"), "yuan"),
        Input("housing_secured", "flag", "以居住用房抵押且还款不依赖其现金流", "secured by housing, repayment not dependent on its income", ("housing",)),
        Input("pd_ppm", "ppm", "违约概率", "probability of default", ("pd",), "fraction"),
        Input("lgd_ppm", "ppm", "违约损失率", "loss given default", ("lgd",), "fraction"),
        Input("ead_fen", "fen", "违约风险暴露", "exposure at default", ("ead", "E"), "yuan"),
        Input("maturity_years_ppm", "ppm", "有效期限(年)", "effective maturity in years", ("maturity", "M", "期限", "有效期限"), "fraction"),
        Input("best_estimate_loss_ppm", "ppm", "最优预期损失率(违约时)", "best-estimate expected loss (in default)", ("beel", "best estimate loss"), "fraction"),
        Input("lgd_unsecured_ppm", "ppm", "无抵质押部分的违约损失率(空则按法规)", "LGD of the unsecured part (null: the supervisory one)", ("lgd_u", "lgd unsecured"), "fraction", elected=True),
        Input("subordinated", "flag", "次级债权", "subordinated", ("次级",)),
        Input("collateral", "choice", "抵质押品种类", "kind of collateral", ("抵质押品", "押品"), choices=_COLLATERAL),
        Input("collateral_value_fen", "fen", "抵质押品价值", "value of the collateral", ("C", "collateral value", "押品价值"), "yuan"),
        Input("approach", "choice", "内评法(初级法则期限固定)", "IRB approach (foundation fixes the maturity)", ("方法",), choices={"foundation": ("初级法",), "advanced": ("高级法",)}, elected=True),
        Input("retail_pool", "flag", "按零售资产池管理", "managed as a retail pool", ("retail", "零售"), elected=True),
    ),
    (
        Output("row", "choice", "权重法行", "row of the standardised approach"),
        Output("risk_weight_ppm", "ppm", "风险权重", "risk weight"),
        Output("risk_weight_high_ppm", "ppm", "可能的最高风险权重", "largest risk weight still possible"),
        Output("rwa_fen", "fen", "风险加权资产", "risk-weighted assets"),
        Output("capital_fen", "fen", "最低资本", "capital at the minimum total ratio"),
        *(Output(name, "fen" if kind == "fen" else "ppm", f"{zh}(内评法)", f"{en} (IRB)") for name, kind, zh, en in _IRB_OUTPUTS),
        Output("irb_missing", "names", "内评法缺少的数据", "missing for IRB"),
        Output("irb_confidence", "choice", "内评法依据的可信度", "confidence of the IRB rows"),
    ),
    ("capital_standardised", "capital_irb"), capital,
)  # fmt: skip
