"""The tables of facts. A table enters with its first source; the glossary of RULES.md names the columns."""

from __future__ import annotations

from dataclasses import replace

from kemiao.facts.schema import Column, Table

INDUSTRIES = (
    "agri", "industry", "construction", "wholesale", "retail", "transport", "warehousing", "postal", "hotel", "catering",
    "telecom", "software", "real_estate", "property_mgmt", "leasing_business", "other",
)  # fmt: skip  # the 16 industries of the size standard, law/tables/sme_size.toml


def company(zh: str = "企业", en: str = "company") -> Column:
    return Column("company", "company", zh, en, required=True)


def fen(name: str, zh: str, en: str, *, required: bool = False, low: int | None = None) -> Column:
    return Column(name, "fen", zh, en, required=required, low=low)


def count(name: str, zh: str, en: str, *, required: bool = False) -> Column:
    return Column(name, "count", zh, en, required=required, low=0)


def day(name: str, zh: str, en: str, *, required: bool = False) -> Column:
    return Column(name, "day", zh, en, required=required)


def choice(name: str, zh: str, en: str, *choices: str, required: bool = False) -> Column:
    return Column(name, "choice", zh, en, required=required, choices=choices)


def text(name: str, zh: str, en: str, *, required: bool = False) -> Column:
    return Column(name, "text", zh, en, required=required)


def flag(name: str, zh: str, en: str) -> Column:
    return Column(name, "flag", zh, en)


def later(*columns: Column) -> tuple[Column, ...]:
    """Columns that a table gained after the first release; never required, and last in their table."""
    return tuple(replace(column, later=True) for column in columns)


COMPANY = Table(
    "company", "企业登记", "company register", "registered_on", ("company",),
    (
        company(),
        text("name", "企业名称", "name"),
        choice("industry", "行业(划型)", "industry of the size standard", *INDUSTRIES),
        text("region", "地区", "region"),
        day("registered_on", "成立日期", "registered on"),
        fen("registered_capital_fen", "注册资本", "registered capital", low=0),
        Column("legal_representative", "text", "法定代表人", "legal representative", protection="personal"),
        choice("status", "登记状态", "register status", "active", "closed", "revoked"),
    ),
)  # fmt: skip

OUTCOME = Table(
    "outcome", "履约结果", "outcome", "observed_on", ("company", "loan_no", "observed_on"),
    (
        company(),
        text("loan_no", "借据号", "loan number"),
        day("observed_on", "观察日", "observed on"),
        Column("defaulted", "flag", "是否违约", "defaulted"),
        text("external_grade", "外部评级", "external grade"),  # rests on the outcome: never a feature
    ),
)  # fmt: skip

INVOICE = Table(
    "invoice", "发票", "invoice", "issued_on", ("invoice_no",),
    (
        text("invoice_no", "发票号码", "invoice number", required=True),
        Column("seller", "company", "销方", "seller", required=True),
        Column("buyer", "company", "购方", "buyer", required=True),
        day("issued_on", "开票日期", "issued on", required=True),
        fen("amount_fen", "金额", "amount without tax", required=True),
        fen("tax_fen", "税额", "tax"),
        fen("total_fen", "价税合计", "amount with tax"),
        choice("status", "发票状态", "status", "normal", "void", required=True),
        Column("red_letter", "flag", "是否红字", "red letter", required=True),  # negative amounts: reverses an earlier invoice
    ),
    subjects=("seller", "buyer"),
)  # fmt: skip

CONTRACT_ORDER = Table(
    "contract_order", "订单合同", "orders", "signed_on", ("company", "order_no"),
    (
        company(),
        text("order_no", "订单号", "order number", required=True),
        text("customer", "客户", "customer", required=True),
        day("signed_on", "签订日期", "signed on", required=True),
        day("due_on", "交付日期", "due on"),
        fen("amount_fen", "金额", "amount", required=True, low=0),
        choice("status", "状态", "status", "open", "delivered", "cancelled", required=True),
    ),
)  # fmt: skip

BANK_TRANSACTION = Table(
    "bank_transaction", "银行流水", "bank transactions", "booked_on", ("company", "account", "transaction_no"),
    (
        company(),
        text("account", "账户", "account", required=True),  # last four digits or a hash: never the whole number
        text("transaction_no", "流水号", "transaction number", required=True),
        day("booked_on", "记账日期", "booked on", required=True),
        fen("amount_fen", "发生额(收为正)", "amount, inflow above zero", required=True),
        fen("balance_fen", "余额", "balance after"),
        Column("counterparty_name", "text", "对方户名", "counterparty", protection="personal"),
        Column("summary", "text", "摘要", "summary", protection="text"),
    ),
)  # fmt: skip

_AVERAGED = (
    ("inventory", "存货", "inventory"),
    ("receivable", "应收账款", "accounts receivable"),
    ("payable", "应付账款", "accounts payable"),
    ("prepayment", "预付账款", "prepayments"),
    ("advance", "预收账款", "advances from customers"),
)

FINANCIAL_STATEMENT = Table(
    "financial_statement", "财务报表", "financial statements", "period_end", ("company", "period_end", "months"),
    (
        company(),
        day("period_end", "报表截止日", "period end", required=True),
        Column("months", "count", "月数", "months covered", required=True, low=1),
        Column("audited", "flag", "是否审计", "audited"),
        fen("revenue_fen", "营业收入", "revenue", low=0),
        fen("cost_of_sales_fen", "营业成本", "cost of sales", low=0),
        fen("total_cost_fen", "成本费用总额", "total cost and expense", low=0),
        fen("net_profit_fen", "净利润", "net profit"),
        fen("operating_cash_flow_fen", "经营活动现金流净额", "operating cash flow"),
        fen("total_assets_fen", "资产总额", "total assets", low=0),
        fen("total_liabilities_fen", "负债总额", "total liabilities", low=0),
        fen("cash_fen", "货币资金", "cash", low=0),
        fen("short_debt_fen", "短期借款", "short-term borrowing", low=0),
        *(fen(f"{name}_opening_fen", f"{zh}期初", f"{en}, opening", low=0) for name, zh, en in _AVERAGED),
        *(fen(f"{name}_closing_fen", f"{zh}期末", f"{en}, closing", low=0) for name, zh, en in _AVERAGED),
    ),
)  # fmt: skip

TAX_FILING = Table(
    "tax_filing", "纳税申报", "tax filings", "period_end", ("company", "tax_kind", "period_end"),
    (
        company(),
        choice("tax_kind", "税种", "tax", "vat", "income", required=True),
        day("period_end", "税款所属期止", "period end", required=True),
        day("filed_on", "申报日期", "filed on"),
        fen("sales_fen", "申报销售额", "declared sales", low=0),
        fen("tax_due_fen", "应纳税额", "tax due"),
        fen("tax_paid_fen", "已缴税额", "tax paid"),
        fen("arrears_fen", "欠税", "arrears", low=0),
        choice("tax_credit_grade", "纳税信用等级", "tax credit grade", "A", "B", "M", "C", "D"),
    ),
)  # fmt: skip

PAYROLL = Table(
    "payroll", "代发工资", "payroll", "month_end", ("company", "month_end"),
    (company(), day("month_end", "工资月份", "month end", required=True), count("people", "人数", "people", required=True),
     fen("total_fen", "工资总额", "total pay", required=True, low=0), day("paid_on", "发放日期", "paid on")),
)  # fmt: skip

UTILITY = Table(
    "utility", "水电", "utilities", "month_end", ("company", "kind", "month_end"),
    (company(), choice("kind", "种类", "kind", "electricity", "water", "gas", required=True),
     day("month_end", "用量月份", "month end", required=True), count("quantity", "用量(度或立方米)", "quantity (kWh or m³)", required=True),
     fen("amount_fen", "金额", "amount", low=0), day("paid_on", "缴费日期", "paid on")),
)  # fmt: skip

QUALIFICATION = Table(
    "qualification", "资质", "qualifications", "granted_on", ("company", "kind", "certificate_no"),
    (company(), choice("kind", "资质", "kind", "high_tech_enterprise", "tech_sme", "innovative_sme", "specialized_sme", "little_giant", "rd_institution", "national_award", "standard_lead", required=True),
     text("certificate_no", "证书编号", "certificate number", required=True), day("granted_on", "发证日期", "granted on", required=True), day("expires_on", "有效期至", "expires on")),
)  # fmt: skip

INTELLECTUAL_PROPERTY = Table(
    "intellectual_property", "知识产权", "intellectual property", "filed_on", ("company", "number"),
    (company(), text("number", "申请号或登记号", "number", required=True),
     choice("kind", "类型", "kind", "invention", "utility_model", "design", "software_copyright", "ic_layout", "plant_variety", required=True),
     text("title", "名称", "title"), day("filed_on", "申请日", "filed on"), day("granted_on", "授权日", "granted on"),
     choice("status", "状态", "status", "pending", "in_force", "lapsed", required=True), Column("transferred_in", "flag", "受让取得", "bought from another owner"),
     *later(
         # what the office publishes of a right
         count("claims", "权利要求数", "claims"),
         count("forward_citations", "被引用次数", "times cited by later patents"),
         count("family_size", "同族数", "size of the patent family"),
         text("ipc", "IPC分类号", "IPC classes"),  # as printed, the main one first: G06N 3/08; G06F 17/16
         count("inventors", "发明人数", "inventors"),
         day("fees_paid_until", "年费缴至", "fees paid until"),
         flag("disputed", "无效宣告或权属争议中", "invalidation or ownership pending"),
         flag("survived", "经无效或诉讼维持有效", "upheld after invalidation or litigation"),
         flag("pledged", "已质押", "pledged"),
         flag("licensed", "已许可他人", "licensed to others"),
         day("transferred_on", "受让日", "bought on"),
         flag("pct", "PCT国际申请", "PCT application"),
         # what only its owner can say
         flag("main_business", "与主营业务相关", "tied to the main business"),
         count("inventors_employed", "在职发明人数", "inventors still employed"),
         fen("licence_income_fen", "年许可收入", "licence income a year", low=0),
         fen("product_income_fen", "专利产品年收入", "income a year from products that use it", low=0),
         count("alternatives", "可替代方案数", "competing alternatives"),
         day("economic_until", "经济寿命至", "economic life ends"),
         fen("direct_cost_fen", "直接研发成本", "direct cost of development", low=0),
         fen("indirect_cost_fen", "间接研发成本", "indirect cost of development", low=0),
     )),
)  # fmt: skip

RESEARCH_EXPENSE = Table(
    "research_expense", "研发费用", "research expense", "year_end", ("company", "year_end"),
    (company(), day("year_end", "年度", "year end", required=True), fen("amount_fen", "研发费用", "research expense", required=True, low=0),
     fen("deduction_fen", "加计扣除额", "super-deduction", low=0),
     *later(fen("relief_fen", "加计扣除所得税减免额", "tax relief by super-deduction", low=0))),
)  # fmt: skip

STAFF = Table(
    "staff", "人员", "staff", "counted_on", ("company", "counted_on"),
    (company(), day("counted_on", "统计日", "counted on", required=True), count("total", "职工总数", "total staff", required=True),
     count("tech", "科技人员", "technology staff"), count("postgraduate", "研究生以上", "postgraduates"), count("insured", "参保人数", "insured"),
     *later(count("graduates_hired", "当年吸纳应届毕业生数", "graduates hired in the year"))),
)  # fmt: skip

SHAREHOLDING = Table(
    "shareholding", "股权", "shareholding", "since", ("company", "holder", "since"),
    (company(), Column("holder", "company", "股东", "holder", required=True), choice("holder_kind", "股东类型", "holder kind", "person", "company", "fund", "state", required=True),
     day("since", "取得日期", "since", required=True), Column("share_ppm", "ppm", "持股比例", "share", required=True, low=0), Column("pledged_ppm", "ppm", "已质押比例", "of it pledged", low=0)),
)  # fmt: skip

COURT_CASE = Table(
    "court_case", "涉诉", "court cases", "filed_on", ("company", "case_no"),
    (company(), text("case_no", "案号", "case number", required=True), choice("role", "身份", "role", "plaintiff", "defendant", "enforced", required=True),
     day("filed_on", "立案日期", "filed on", required=True), fen("amount_fen", "标的额", "amount", low=0), choice("status", "状态", "status", "open", "closed", required=True)),
)  # fmt: skip

DISHONEST_LISTING = Table(
    "dishonest_listing", "失信与异常名录", "dishonest and abnormal lists", "listed_on", ("company", "kind", "listed_on"),
    (company(), choice("kind", "名录", "list", "dishonest_enforced_person", "abnormal_operation", "serious_dishonesty", required=True),
     day("listed_on", "列入日期", "listed on", required=True), day("removed_on", "移出日期", "removed on")),
)  # fmt: skip

OWN_LOAN = Table(
    "own_loan", "本行贷款", "loans with this bank", "drawn_on", ("company", "loan_no"),
    (company(), text("loan_no", "借据号", "loan number", required=True), day("drawn_on", "发放日期", "drawn on", required=True), day("due_on", "到期日", "due on", required=True),
     fen("principal_fen", "贷款金额", "principal", required=True, low=0), fen("balance_fen", "余额", "balance", required=True, low=0), Column("rate_ppm", "ppm", "年利率", "rate a year", low=0),
     count("overdue_days", "逾期天数", "days past due")),
)  # fmt: skip

EXTERNAL_LOAN = Table(
    "external_loan", "他行贷款", "loans with other lenders", "reported_on", ("company", "lender", "loan_no", "reported_on"),
    (company(), text("lender", "机构", "lender", required=True), text("loan_no", "账户编号", "loan number", required=True), day("reported_on", "报告日期", "reported on", required=True),
     day("due_on", "到期日", "due on"), fen("balance_fen", "余额", "balance", required=True, low=0), count("overdue_days", "逾期天数", "days past due")),
)  # fmt: skip

TECHNOLOGY_CONTRACT = Table(
    "technology_contract", "技术合同", "technology contracts", "registered_on", ("company", "contract_no"),
    (company(), text("contract_no", "合同登记编号", "registration number", required=True), day("registered_on", "登记日期", "registered on", required=True),
     choice("kind", "合同类别", "kind", "development", "transfer", "licence", "consulting", "service"), fen("amount_fen", "成交额", "amount", low=0)),
)  # fmt: skip

INNOVATION_TITLE = Table(
    "innovation_title", "科技平台、奖励与项目", "R&D platforms, awards and projects", "granted_on", ("company", "kind", "reference"),
    (company(), choice("kind", "类别", "kind", "rd_platform", "award", "project", required=True),
     text("reference", "编号", "reference number", required=True), text("title", "名称", "title"),
     choice("level", "级别", "level", "national", "provincial", "municipal", required=True),
     day("granted_on", "认定日期", "granted on", required=True), day("ends_on", "有效期至", "ends on"), fen("amount_fen", "资助金额", "funding", low=0)),
)  # fmt: skip

VENTURE_INVESTMENT = Table(
    "venture_investment", "风险投资", "venture investment", "received_on", ("company", "received_on", "round"),
    (company(), day("received_on", "到账日期", "received on", required=True), text("round", "轮次", "round", required=True),
     text("investor", "投资方", "investor"), fen("amount_fen", "投资金额", "amount", low=0)),
)  # fmt: skip

HIGH_TECH_INCOME = Table(
    "high_tech_income", "高新技术产品(服务)收入", "high-tech product and service income", "year_end", ("company", "year_end"),
    (company(), day("year_end", "年度", "year end", required=True), fen("amount_fen", "高新技术产品(服务)收入", "income", required=True, low=0)),
)  # fmt: skip

TABLES = {table.name: table for table in (
    COMPANY, OUTCOME, INVOICE, CONTRACT_ORDER, BANK_TRANSACTION, FINANCIAL_STATEMENT, TAX_FILING, PAYROLL, UTILITY, QUALIFICATION,
    INTELLECTUAL_PROPERTY, RESEARCH_EXPENSE, STAFF, SHAREHOLDING, COURT_CASE, DISHONEST_LISTING, OWN_LOAN, EXTERNAL_LOAN,
    TECHNOLOGY_CONTRACT, INNOVATION_TITLE, VENTURE_INVESTMENT, HIGH_TECH_INCOME,
)}  # fmt: skip
