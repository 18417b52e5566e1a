"""Contents of papers as a bank would have them: one company that is referred, one that is declined, and a batch."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from kemiao.papers.content import (
    BatchContent,
    BatchRow,
    Candidate,
    Change,
    Contribution,
    Counterparties,
    Counterparty,
    Finding,
    Grade,
    Measure,
    MeasureGroup,
    Model,
    Monthly,
    Point,
    Price,
    PricePart,
    Rating,
    ReportContent,
    Series,
    Source,
    Text,
    Unknown,
)

SCALE = tuple(
    Grade(name, low, high)
    for name, low, high in (
        ("AAA", 0, 1_000),
        ("AA", 1_000, 2_500),
        ("A", 2_500, 6_000),
        ("BBB", 6_000, 12_000),
        ("BB", 12_000, 25_000),
        ("B", 25_000, 50_000),
        ("CCC", 50_000, 100_000),
        ("CC", 100_000, 200_000),
        ("C", 200_000, 400_000),
        ("D", 400_000, 1_000_001),
    )
)
MONTHS = tuple(date(2022 + (6 + k) // 12, (6 + k) % 12 + 1, 1) for k in range(24))
SALES = tuple(None if k < 3 else (180 + 9 * k + 60 * (k % 4) - 260 * (k == 15)) * 10**6 for k in range(24))
PURCHASES = tuple(None if k < 3 else (110 + 6 * k + 30 * (k % 3)) * 10**6 for k in range(24))
LABELS = {"未知": "unknown", "无": "none", "[3000万, 5000万)": "[30m, 50m)"}
DIGEST = "9f2c6d1be05b7a4c3d8e1f60a7b2c9d4e5f60718293a4b5c6d7e8f9012a3b4c5"


def _measure(name: str, zh: str, en: str, value: object, unit: str, *sources: int) -> Measure:
    return Measure(name, Text(zh, en), value, unit, sources)  # type: ignore[arg-type]


def _contribution(
    zh: str, en: str, value: object, unit: str, label: str, points: int, best: int, *sources: int
) -> Contribution:
    return Contribution(Text(zh, en), value, unit, Text(label, LABELS.get(label, label)), points, best, sources)  # type: ignore[arg-type]


CONTRIBUTIONS = (
    _contribution(
        "近 12 个月开票销售额", "Invoiced sales, last 12 months", 3_842_150_000, "fen", "[3000万, 5000万)", 48, 60, 1
    ),
    _contribution("销售额同比增长", "Growth of sales over a year", 182_400, "ppm", "[10%, 20%)", 32, 40, 1),
    _contribution("月销售额波动", "Volatility of monthly sales", 612_000, "ppm", "≥ 60%", -18, 25, 1),
    _contribution("最大客户占比", "Share of the largest customer", 534_000, "ppm", "[50%, 70%)", -24, 30, 1),
    _contribution("作废发票占比", "Share of void invoices", 21_000, "ppm", "< 3%", 15, 15, 1),
    _contribution("红字发票占比", "Share of red letters", 8_000, "ppm", "< 1%", 12, 12, 1),
    _contribution("欠税", "Tax arrears", 0, "fen", "无", 20, 20, 2),
    _contribution("日均存款余额", "Mean daily balance", None, "fen", "未知", -6, 35),
    _contribution("参保人数变化", "Change of insured people", 4, "people", "≥ 0", 10, 14, 4),
    _contribution("有效发明专利", "Inventions in force", 7, "count", "[5, 10)", 18, 24, 5),
    _contribution("研发费用占收入比", "Research expense over revenue", 91_000, "ppm", "[6%, 10%)", 16, 22, 6),
)
POINTS = 480 + sum(each.points for each in CONTRIBUTIONS)

REPORT = ReportContent(
    company="uscc:91320594MA1X0K3T4P",
    name="苏州微纳精工智能装备科技有限公司",
    profile=(
        _measure("industry", "行业(划型)", "Industry", "工业", "text", 3),
        _measure("region", "地区", "Region", "江苏苏州", "text", 3),
        _measure("registered_on", "成立日期", "Registered on", date(2016, 4, 18), "day", 3),
        _measure("registered_capital_fen", "注册资本", "Registered capital", 2_000_000_000, "fen", 3),
        _measure("staff_total", "职工总数", "Staff", 86, "people", 4),
        _measure("high_tech", "高新技术企业", "High-tech certificate", True, "flag", 7),
        _measure("status", "登记状态", "Status", "存续", "text", 3),
    ),
    prepared_on=date(2024, 7, 1),
    as_of=date(2024, 6, 30),
    law_on=date(2024, 7, 1),
    decision="refer",
    decision_id="D-20240701-000183",
    decided_at="2024-07-01T09:30:12+08:00",
    grade="BBB",
    pd_ppm=11_400,
    limit_fen=612_500_000,
    rate_ppm=47_350,
    authority=Text("支行科技金融部负责人(单户 1,000 万元以内)", "Head of technology finance, branch (up to CNY 10 m)"),
    model=Model("expert-2024", "expert", DIGEST),
    reasons=(
        Point("CUSTOMER_CONCENTRATED", Text("最大客户占近 12 个月销售额 53.4%,超过政策的 50%,转人工审查", "The largest customer makes 53.4% of sales of the last 12 months, above policy's 50%: referred to a person"), ruled=True),
        Point("SALES_VOLATILE", Text("月销售额变异系数 61.2%,回款节奏不稳", "Monthly sales vary by 61.2%: collections are uneven")),
        Point("LOANS_UNKNOWN", Text("他行贷款未知,额度按未含他行贷款测算,须先查征信", "Loans elsewhere are unknown; the limit assumes nothing about them and a credit report comes first")),
    ),
    conditions=(
        Point("CREDIT_REPORT", Text("查询企业征信,确认他行流动资金贷款余额;余额计入需求测算后重定额度", "Obtain the credit report and confirm loans elsewhere; the limit is then worked out again")),
        Point("BANK_STATEMENT", Text("提供近 12 个月主要结算账户流水", "Statements of the main account for 12 months")),
        Point("PAYMENT_CONTROL", Text("单笔支付超过 1,000 万元的,采用受托支付", "Single payments above CNY 10 m are paid to the payee by the bank")),
    ),
    unknowns=(
        Unknown((Text("账户余额", "Account balance"), Text("近12月流入", "Inflow, 12 months"), Text("现金可支撑天数", "Days of cash")), Text("近 12 个月全部账户银行流水", "Bank statements of all accounts for the last 12 months"), -60_000_000, 95_000_000),
        Unknown((Text("存货期初", "Inventory, opening"), Text("存货期末", "Inventory, closing")), Text("最近两个年度财务报表", "Financial statements of the last two years"), 0, 240_000_000),
        Unknown((Text("他行贷款余额", "Loans with other lenders"),), Text("企业征信报告", "Credit report of the company"), None, None, Text("按查得余额扣减", "what is found is deducted")),
        Unknown((Text("股权质押比例", "Pledged shares"),), Text("股东名册与股权出质登记", "Register of shareholders and of share pledges"), None, None),
    ),
    portrait=(
        MeasureGroup(Text("收入与增长", "Revenue and growth"), (
            _measure("sales_12m_fen", "近 12 个月开票销售额", "Invoiced sales, last 12 months", 3_842_150_000, "fen", 1),
            _measure("growth_ppm", "同比增长", "Growth over a year", 182_400, "ppm", 1),
            _measure("cv_ppm", "月销售额波动(变异系数)", "Volatility of monthly sales", 612_000, "ppm", 1),
            _measure("active_months", "有销售的月份", "Months with sales", 21, "months", 1),
        )),
        MeasureGroup(Text("客户与供应商", "Customers and suppliers"), (
            _measure("customers", "客户数", "Customers", 37, "companies", 1),
            _measure("top_customer_ppm", "最大客户占比", "Share of the largest customer", 534_000, "ppm", 1),
            _measure("suppliers", "供应商数", "Suppliers", 64, "companies", 1),
        )),
        MeasureGroup(Text("税务、现金与人员", "Tax, cash and people"), (
            _measure("tax_grade", "纳税信用等级", "Tax credit grade", "A", "text", 2),
            _measure("arrears_fen", "欠税", "Arrears", 0, "fen", 2),
            _measure("balance_fen", "日均存款余额", "Mean daily balance", None, "fen"),
            _measure("insured", "参保人数", "Insured people", 83, "people", 4),
        )),
        MeasureGroup(Text("研发与专利", "Research and patents"), (
            _measure("rd_ppm", "研发费用占收入比", "Research expense over revenue", 91_000, "ppm", 6),
            _measure("inventions", "有效发明专利", "Inventions in force", 7, "count", 5),
            _measure("software", "软件著作权", "Software copyrights", 12, "count", 5),
        )),
    ),
    monthly=(
        Monthly(Text("月度开票:销售与采购", "Invoices by month: sales and purchases"), Text("无数据", "no data"), "fen", MONTHS, (
            Series(Text("销售", "sales"), SALES), Series(Text("采购", "purchases"), PURCHASES)), (1,)),
        Monthly(Text("代发工资人数", "People on the payroll"), Text("无数据", "no data"), "count", MONTHS[-12:], (
            Series(Text("人数", "people"), (78, 78, 79, 80, 80, 82, 83, 83, 84, 84, 86, 86)),), (4,)),
    ),
    counterparties=(
        Counterparties(Text("前五大客户(近 12 个月)", "Largest customers, last 12 months"), tuple(
            Counterparty(key, share * 38_421, share * 10_000) for key, share in (("uscc:91310000607282598Q", 53), ("uscc:91320500MA1MC0XX4L", 14), ("foreign:ACME Precision GmbH & Co. KG", 9), ("uscc:9132059434618888X2", 6), ("uscc:91320594598608888R", 4))), (1,)),
        Counterparties(Text("前五大供应商(近 12 个月)", "Largest suppliers, last 12 months"), tuple(
            Counterparty(f"uscc:9132050{k}MA1MC0XX4L", share * 22_100, share * 10_000) for k, share in enumerate((22, 18, 11, 9, 8))), (1,)),
    ),
    findings=(
        Finding(Text("中小企业划型", "Company size"), Text("小型企业", "small"), "corroborated"),
        Finding(Text("科技型中小企业评价", "Technology SME"), Text("符合(评分 78)", "passes (score 78)"), "text"),
        Finding(Text("流动资金需求测算", "Working-capital need"), None, "corroborated", (Text("存货", "inventory"), Text("应付账款", "payables"))),
        Finding(Text("资本风险权重", "Risk weight"), Text("75%(监管零售)", "75% (regulatory retail)"), "recalled"),
    ),
    rating=Rating(480, POINTS, CONTRIBUTIONS, SCALE),
    candidates=(
        Candidate("working_capital", Text("流动资金需求(公式法)", "Working-capital need, by formula"), None, (Text("存货", "inventory"), Text("应付账款", "payables"))),
        Candidate("turnover", Text("按营业收入比例", "By turnover"), 768_430_000),
        Candidate("repayment", Text("偿债能力", "Capacity to repay"), 612_500_000),
        Candidate("exposure", Text("单户敞口上限", "Cap on one exposure"), 1_000_000_000),
        Candidate("policy", Text("普惠小微单户上限", "Cap of inclusive small loans"), 1_000_000_000),
    ),
    binding="repayment",
    price=Price(
        (
            PricePart(Text("资金成本", "cost of funds"), 18_000),
            PricePart(Text("运营成本", "operating cost"), 9_000),
            PricePart(Text("预期损失", "expected loss"), 4_560),
            PricePart(Text("资本占用", "capital charge"), 7_790),
            PricePart(Text("目标利润", "margin"), 8_000),
        ),
        30_000, 120_000, 47_350, 47_350, 34_500, date(2025, 8, 20), True,
    ),
    adverse=None,
    changes=(
        Change(Text("信用等级", "Grade"), "BB", "BBB", "text"),
        Change(Text("授信额度", "Limit"), 500_000_000, 612_500_000, "fen"),
        Change(Text("最大客户占比", "Share of the largest customer"), 601_000, 534_000, "ppm"),
    ),
    bases=("consent:授权书-2024-0183.pdf", "office:税收征管法第五十四条"),
    assumed=("etax_invoices", "park_payroll"),
    snapshot=57,
    rows_differ=False,
    sources=(
        Source(1, Text("发票", "invoices"), "etax_invoices", 3, ("全量发票查询导出结果-2022.xlsx", "全量发票查询导出结果-2023-2024.xlsx"), 4_182, "consent:授权书-2024-0183.pdf", True, date(2022, 10, 2), date(2024, 6, 28)),
        Source(2, Text("纳税申报", "tax filings"), "park_tax", 4, ("tax_filings.csv",), 48, "office:税收征管法第五十四条", False, date(2022, 7, 31), date(2024, 5, 31)),
        Source(3, Text("企业登记", "company register"), "park_register", 1, ("register.csv",), 1, "office:企业信息公示暂行条例", False, date(2016, 4, 18), date(2016, 4, 18)),
        Source(4, Text("代发工资", "payroll"), "park_payroll", 5, ("payroll.xlsx",), 24, "consent:授权书-2024-0183.pdf", True, date(2022, 7, 31), date(2024, 6, 30)),
        Source(5, Text("知识产权", "intellectual property"), "park_patents", 6, ("patents.csv",), 19, "office:专利公告", False, date(2017, 3, 2), date(2024, 2, 20)),
        Source(6, Text("研发费用", "research expense"), "park_research", 7, ("rd.csv",), 3, "consent:授权书-2024-0183.pdf", False, date(2021, 12, 31), date(2023, 12, 31)),
        Source(7, Text("资质", "qualifications"), "park_qualifications", 8, ("qualifications.csv",), 2, "office:公示名单", False, date(2022, 11, 4), date(2023, 6, 30)),
    ),
    digests=(
        (Text("决策摘要", "digest of the decision"), DIGEST),
        (Text("输入摘要", "digest of the inputs"), DIGEST[::-1]),
    ),
)  # fmt: skip

DECLINED = replace(
    REPORT,
    company="cumcm:E124",
    name=None,
    decision="decline",
    grade="CC",
    pd_ppm=163_000,
    limit_fen=0,
    rate_ppm=None,
    binding=None,
    candidates=(),
    price=Price((), None, None, None, None, 34_500, date(2025, 8, 20), False),
    adverse=Text(
        "您的授信申请未获同意。\n主要原因:近 12 个月销售额下降超过 40%。\n如对所用数据有异议,可提出更正;也可要求人工复核本决定。",
        "Your application was declined.\nMain reason: sales of the last 12 months fell by more than 40%.\nYou may have wrong data corrected, and you may ask a person to review this decision.",
    ),
    changes=(),
    assumed=(),
)

INDUSTRIES = (
    Text("工业", "industry"),
    Text("软件和信息技术服务业", "software"),
    Text("其他未列明行业", "other"),
    Text("批发业", "wholesale"),
    None,
)


def _batch_row(k: int) -> BatchRow:
    step = (k * 7919) % 100
    decision = "approve" if step < 48 else "refer" if step < 78 else "decline"
    grade = SCALE[min(9, step // 10)]
    industry = INDUSTRIES[(k * 31) % 5]
    reasons = {
        "approve": (Point("WITHIN_AUTHORITY", Text("各项规则均通过,在权限之内", "All rules pass, within authority")),),
        "refer": (
            Point("CUSTOMER_CONCENTRATED", Text("最大客户占比超过政策", "The largest customer is above policy")),
        ),
        "decline": (
            Point("SALES_FALLING", Text("销售额大幅下降", "Sales fell sharply")),
            Point("GRADE_TOO_LOW", Text("等级低于准入", "The grade is below the threshold")),
        ),
    }[decision]
    return BatchRow(
        f"cumcm:E{k}",
        None if k % 3 else f"园区第{k}号精密仪器与自动化装备研究开发有限责任公司",
        industry,
        decision,  # type: ignore[arg-type]
        grade.name,
        (grade.low_ppm + min(grade.high_ppm, 500_000)) // 2,
        0 if decision == "decline" else (50 + step * 7) * 10**6,
        None if decision == "decline" else 40_000 + step * 700,
        f"D-{k:06d}",
        reasons,
        (Text("企业征信报告", "credit report"),)
        + ((Text("近 12 个月全部账户银行流水", "bank statements"),) if k % 2 else ()),
    )


BATCH = BatchContent(
    date(2024, 7, 1),
    (date(2024, 6, 30),),
    (date(2024, 7, 1),),
    (Model("expert-2024", "expert", DIGEST),),
    ("consent:授权书汇总.pdf", "anonymised"),
    ("etax_invoices",),
    SCALE,
    tuple(_batch_row(k) for k in range(1, 301)),
    2,
    ((Text("决策清单摘要", "digest of the decisions"), DIGEST),),
)
