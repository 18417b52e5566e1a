"""What the figures of the book are called."""

from __future__ import annotations

from typing import Any

from kemiao.credit.products.sheet import REPAYMENT_WORDS, SECURITY_WORDS
from kemiao.law.sme_size import INDUSTRY_WORDS

CLASS_WORDS = {
    "normal": ("正常", "normal"), "special_mention": ("关注", "special mention"), "substandard": ("次级", "substandard"),
    "doubtful": ("可疑", "doubtful"), "loss": ("损失", "loss"),
}  # fmt: skip
BUCKET_WORDS = {
    "current": ("未逾期", "current"), "1-30": ("逾期1–30天", "1–30 days"), "31-60": ("逾期31–60天", "31–60 days"),
    "61-90": ("逾期61–90天", "61–90 days"), "91+": ("逾期91天以上", "91 days and more"), "written_off": ("已核销", "written off"), "settled": ("已结清", "settled"),
}  # fmt: skip
FIELD_WORDS = {
    "key": ("类别", "category"), "loans": ("笔数", "loans"), "borrowers": ("户数", "borrowers"), "balance_fen": ("余额(元)", "balance, yuan"),
    "undrawn_fen": ("未用额度(元)", "undrawn, yuan"), "ead_fen": ("违约风险暴露(元)", "exposure at default, yuan"), "ecl_fen": ("减值准备(元)", "allowance, yuan"),
    "rwa_fen": ("风险加权资产(元)", "risk-weighted assets, yuan"), "capital_fen": ("资本占用(元)", "capital, yuan"), "nonperforming_fen": ("不良余额(元)", "non-performing, yuan"),
    "npl_ratio_ppm": ("不良率", "NPL ratio"), "allowance_ratio_ppm": ("拨贷比", "allowance ÷ balance"), "share_ppm": ("占比", "share"), "coverage_ppm": ("拨备覆盖率", "coverage"),
    "raroc_ppm": ("RAROC", "RAROC"), "written_off_loans": ("已核销笔数", "loans written off"), "loan": ("贷款", "loan"), "company": ("企业", "company"), "group": ("集团", "group"),
    "status": ("状态", "status"), "class": ("五级分类", "class"), "class_reasons": ("依据", "because of"), "stage": ("阶段", "stage"), "past_due_days": ("逾期天数", "days past due"),
    "rate_ppm": ("利率", "rate"), "pd_ppm": ("违约概率", "PD"), "lgd_ppm": ("违约损失率", "LGD"), "eir_ppm": ("实际利率", "effective rate"), "risk_weight_ppm": ("风险权重", "risk weight"),
    "product": ("产品", "product"), "industry": ("行业", "industry"), "size_class": ("规模", "size"), "technology": ("技术类别", "technology category"), "starts_on": ("起息日", "starts on"),
    "matures_on": ("到期日", "matures on"), "exposure_fen": ("敞口(元)", "exposure, yuan"), "limit_fen": ("限额(元)", "limit, yuan"), "above": ("超限", "above the limit"),
    "what": ("核对", "check"), "field": ("项目", "figure"), "sum": ("合计", "sum"), "total": ("总数", "total"), "difference": ("差额", "difference"),
    "line_max_fen": ("单户授信上限(元)", "credit line at most, yuan"), "size_classes": ("企业规模", "sizes"), "confidence": ("规则可信度", "confidence of the rule"),
    "mean_rate_ppm": ("加权平均利率", "mean rate"), "new_loans": ("本年新发放笔数", "new loans this year"), "new_amount_fen": ("本年新发放金额(元)", "new loans this year, yuan"),
    "new_mean_rate_ppm": ("本年新发放加权平均利率", "mean rate of new loans"), "code": ("未统计", "not counted"), "zh": ("原因", "why"), "en": ("原因", "why"),
}  # fmt: skip
PART_WORDS = {
    "opening": ("期初", "opening"), "new": ("新增", "new"), "to_stage1": ("转入阶段一", "to stage 1"), "to_stage2": ("转入阶段二", "to stage 2"),
    "to_stage3": ("转入阶段三", "to stage 3"), "settled": ("结清转出", "settled"), "written_off": ("核销", "written off"), "remeasured": ("重新计量及余额变动", "remeasured, balances moved"),
    "closing": ("期末", "closing"),
}  # fmt: skip
SHEET_WORDS = {
    "by_class": ("五级分类", "classes"), "by_stage": ("阶段", "stages"), "past_due": ("逾期", "past due"), "by_industry": ("行业", "industries"), "by_size": ("企业规模", "sizes"),
    "by_technology": ("技术类别", "technology categories"), "by_repayment": ("还款方式", "repayment"), "by_security": ("担保方式", "security"), "by_unit": ("机构", "units"),
}  # fmt: skip
CHECK_WORDS = {
    **SHEET_WORDS, "movement_of_balance": ("余额变动表期末", "closing of the movement of balances"),
    "movement_of_allowance": ("减值准备变动表期末", "closing of the movement of allowances"), "balance_adds_up": ("余额变动表平衡(1 为是)", "the movement of balances adds up (1: it does)"),
    "allowance_adds_up": ("减值准备变动表平衡(1 为是)", "the movement of allowances adds up (1: it does)"), "loan_rows": ("贷款明细行数", "rows of the sheet of loans"),
    "loan_rows_not_normal": ("贷款明细行数(仅非正常类)", "rows of the sheet of loans (not normal)"), "digest": ("摘要", "digest"),
}  # fmt: skip
KEY_WORDS: dict[Any, tuple[str, str]] = {
    **CLASS_WORDS, **BUCKET_WORDS, **{name: (words[0], name.replace("_", " ")) for name, words in INDUSTRY_WORDS.items()}, **REPAYMENT_WORDS, **SECURITY_WORDS, "agreed": ("已签未放", "agreed"), "active": ("存续", "active"), "high_tech_enterprise": ("高新技术企业", "high-tech enterprise"), "specialized_sme": ("专精特新中小企业", "specialised SME"), "tech_sme": ("科技型中小企业", "technology SME"), "innovative_sme": ("创新型中小企业", "innovative SME"), "little_giant": ("专精特新“小巨人”企业", "little giant"), 1: ("阶段一", "stage 1"), 2: ("阶段二", "stage 2"), 3: ("阶段三", "stage 3"), "micro": ("微型", "micro"), "small": ("小型", "small"), "medium": ("中型", "medium"),
    "large": ("大型", "large"), None: ("未知", "unknown"),
}  # fmt: skip
