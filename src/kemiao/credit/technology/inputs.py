"""What the technology grade reads: one row a company as of a day, null where unknown.

Where the profile has the same feature it is the profile's. A company without a row in a table is unknown there, unless the
table's source was asked about every company (`silent_means_none`). Windows and weights are policy `patent_value`, [row].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.dates import add_months
from kemiao.base.refusal import Refusal
from kemiao.credit.profile.catalogue import COLUMNS as PROFILE_COLUMNS
from kemiao.credit.profile.catalogue import TABLES as PROFILE_TABLES
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import ANNUAL_MONTHS
from kemiao.credit.technology.patent_value import KINDS, PatentRules, patent_value

Sql = Callable[[str], pa.Table]
"""A query over `subjects`, `profile` and all tables of facts by their names; what the reader may not see is there, and empty.

`profile` has company and PROFILE_READ: the profile's row of each subject, on the same day and with the same silence.
"""

_OWN_TABLES = ("technology_contract", "innovation_title", "venture_investment", "high_tech_income")
TABLES: tuple[str, ...] = tuple(dict.fromkeys((*PROFILE_TABLES, *_OWN_TABLES)))
_FROM_PROFILE = (
    "industry", "age_months", "revenue_fen", "revenue_growth_ppm", "rd_expense_fen", "rd_growth_ppm", "rd_to_revenue_ppm",
    "tech_staff_ppm", "postgraduate_ppm", "months_to_first_invention", "dishonest_listings",
)  # fmt: skip
PROFILE_READ = (
    *_FROM_PROFILE, "rd_institution_on", "total_assets_fen", "total_liabilities_fen", "net_profit_fen", "staff_tech",
)  # fmt: skip
_IP = ("intellectual_property",)


def _own(
    name: str, zh: str, en: str, question_zh: str, question_en: str, unit: str, window: str, *tables: str
) -> Feature:
    return Feature(name, "technology", zh, en, question_zh, question_en, unit, window, tables)  # type: ignore[arg-type]


_OWN = (
    _own("revenue_growth_2y_ppm", "近两年年均营业收入增长", "growth of revenue a year over two years", "两年里每年平均增长多少?", "How much did it grow a year over two years?", "ppm", "24m", "financial_statement"),
    _own("invention_applications", "主营业务相关发明申请量", "invention applications tied to the main business", "围绕主业申请过几项发明?", "How many inventions for its main business has it filed?", "count", "history", *_IP),
    _own("pct_applications", "主营业务相关 PCT 申请量", "PCT applications tied to the main business", "提交过几项国际申请?", "How many international applications has it filed?", "count", "history", *_IP),
    _own("technology_contracts_fen", "技术合同成交额", "technology contracts", "一年卖出多少技术?", "How much technology did it sell in a year?", "fen", "12m", "technology_contract"),
    _own("high_tech_income_fen", "高新技术产品(服务)收入", "high-tech product and service income", "高新技术产品卖了多少?", "How much of its income is high-tech?", "fen", "newest", "high_tech_income"),
    _own("rd_relief_fen", "加计扣除所得税减免额", "tax relief by R&D super-deduction", "研发少交了多少税?", "How much tax did its research save?", "fen", "newest", "research_expense"),
    _own("return_on_equity_ppm", "净资产利润率", "net profit to equity", "净资产能赚多少?", "What does its equity earn?", "ppm", "newest", "financial_statement"),
    _own("graduates_hired", "吸纳应届毕业生人数", "graduates hired", "招了多少应届毕业生?", "How many graduates did it hire?", "count", "newest", "staff"),
    _own("rd_platforms", "省级及以上研发平台数", "provincial or higher R&D platforms", "有几个省级以上平台?", "How many provincial or national platforms does it have?", "count", "newest", "innovation_title", "qualification"),
    _own("provincial_awards", "省级及以上科技奖励数", "provincial or higher awards", "得过几项省级以上奖励?", "How many provincial or national awards has it won?", "count", "history", "innovation_title"),
    _own("provincial_projects", "省级及以上科技计划项目数", "provincial or higher projects", "承担过几个省级以上项目?", "How many provincial or national projects has it had?", "count", "history", "innovation_title"),
    _own("venture_investment_fen", "获得风险投资金额", "venture investment received", "近年拿到多少风险投资?", "How much venture capital has it received?", "fen", "36m", "venture_investment"),
    _own("patent_value_index", "有效专利价值指数合计(千分点)", "sum of the value indexes of patents in force, milli-points", "有效专利合计值多少分?", "What are its patents in force worth together?", "count", "newest", *_IP),
    _own("rights_weighted_milli", "有效知识产权折算数(千分)", "rights in force, weighted, thousandths", "折算后有多少有效知识产权?", "How many rights are in force, weighted?", "count", "newest", *_IP),
    _own("rights_weighted_growth_ppm", "三年折算数增长", "growth of the weighted rights over three years", "三年里增加了多少?", "How much have they grown in three years?", "ppm", "36m", *_IP),
    _own("years_with_invention_5", "近五年有发明申请的年数", "years of the last five with an invention application", "五年里有几年申请发明?", "In how many of the last five years did it file an invention?", "count", "history", *_IP),
    _own("years_with_rd_5", "近五年有研发费用的年数", "years of the last five with research expense", "五年里有几年做研发?", "In how many of the last five years did it spend on research?", "count", "history", "research_expense"),
    _own("high_tech_income_ppm", "高新收入占比", "high-tech income to sales", "高新收入占多少?", "Which share of its sales is high-tech?", "ppm", "newest", "high_tech_income", "financial_statement"),
    _own("bought_before_application", "申请前突击受让的专利数", "patents bought shortly before the application", "有没有为贷款买专利?", "How many patents did it buy shortly before the application?", "count", "newest", *_IP),
    _own("fees_unpaid", "欠缴年费的有效专利数", "patents in force with fees unpaid", "年费缴了吗?", "How many of its patents in force have fees unpaid?", "count", "newest", *_IP),
    _own("rd_without_staff", "有研发费用而无科技人员", "research expense without technology staff", "研发费用有人做吗?", "Does it claim research expense without anybody to do it?", "flag", "newest", "research_expense", "staff"),
)  # fmt: skip
TECHNOLOGY_COLUMNS: dict[str, Feature] = {
    **{name: PROFILE_COLUMNS[name] for name in _FROM_PROFILE},
    **{each.name: each for each in _OWN},
}


@dataclass(frozen=True, slots=True)
class RowRules:
    """How the row counts: policy `patent_value`, [row] and [rights_milli]."""

    bought_months: int
    contract_months: int
    investment_months: int
    title_months: int
    unknown_is_main_business: bool
    rights_milli: Mapping[str, int]


def row_rules(policy: Mapping[str, Any]) -> RowRules | Refusal:
    try:
        row, rights = policy["row"], policy["rights_milli"]
        return RowRules(
            int(row["bought_months"]), int(row["contract_months"]), int(row["investment_months"]), int(row["title_months"]),
            bool(row["unknown_is_main_business"]), {kind: int(milli) for kind, milli in rights.items()},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Refusal.at("BAD_POLICY", f"技术行政策读不懂:{error}", f"the policy of the technology row can't be read: {error}", file=policy.get("_file", "patent_value.toml"))  # fmt: skip


def technology_rows(
    sql: Sql, as_of: date, silent_means_none: frozenset[str], rules: RowRules, patents: PatentRules
) -> pa.Table:
    """company and TECHNOLOGY_COLUMNS, by company. silent_means_none: the tables whose source was asked about everybody; a
    reader who may not see a table leaves it out of them, and it is then unknown."""
    rows = sql(technology_sql(as_of, silent_means_none, rules))
    summed = _patent_values(patents_in_force(sql, as_of), patents, as_of)
    none = "intellectual_property" in silent_means_none
    seen = set(sql("SELECT DISTINCT company FROM intellectual_property")["company"].to_pylist())
    index = [summed.get(company, 0 if none or company in seen else None) for company in rows["company"].to_pylist()]
    rows = rows.append_column("patent_value_index", pa.array(index, pa.int64()))
    return rows.select(["company", *TECHNOLOGY_COLUMNS])


def patents_in_force(sql: Sql, as_of: date) -> pa.Table:
    """Rows of facts.intellectual_property, patents of every company asked for, by company and number."""
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    return sql(
        f"SELECT * FROM intellectual_property WHERE kind IN ({kinds}) AND status = 'in_force' "  # noqa: S608 - our own text
        f"AND (filed_on IS NULL OR filed_on <= {_day(as_of)}) AND company IN (SELECT company FROM subjects) ORDER BY company, number"
    )


def _patent_values(rows: pa.Table, rules: PatentRules, as_of: date) -> dict[str, int | None]:
    """company → sum of the known indexes, milli-points; unknown where a company has patents and no index at all."""
    index = patent_value(rows, rules, as_of).index_milli
    found: dict[str, int | None] = {}
    for company, value, known in zip(rows["company"].to_pylist(), index.values.tolist(), np.asarray(index.known).tolist(), strict=True):  # fmt: skip
        if known:
            found[company] = (found.get(company) or 0) + value
        else:
            found.setdefault(company, None)
    return found


def technology_sql(as_of: date, silent_means_none: frozenset[str], rules: RowRules) -> str:
    """All of the row but the patent value index, as one DuckDB query over `subjects`, `profile` and the tables of facts."""
    day = _day(as_of)

    def ago(months: int) -> str:
        return _day(add_months(as_of, -months))

    def counted(column: str, table: str, look: str) -> str:
        """A number of a look; of a company without a row in a source that was asked about everybody, 0."""
        return f"CASE WHEN {look}.company IS NULL THEN {'0' if table in silent_means_none else 'NULL'} ELSE {look}.{column} END AS {column}"

    tied = "coalesce(main_business, true)" if rules.unknown_is_main_business else "coalesce(main_business, false)"
    said = "TRUE" if rules.unknown_is_main_business else "main_business IS NOT NULL"
    weight = " ".join(f"WHEN '{kind}' THEN {milli}" for kind, milli in sorted(rules.rights_milli.items()))
    own_invention = "kind = 'invention' AND NOT coalesce(transferred_in, transferred_on IS NOT NULL)"
    years = ", ".join(
        f"count(*) FILTER ({own_invention} AND filed_on > {ago(12 * (year + 1))} AND filed_on <= {ago(12 * year)}) > 0 AS y{year}"
        for year in range(5)
    )
    patent = "status = 'in_force' AND kind IN ('invention', 'utility_model', 'design')"
    bought = f"({patent} AND (transferred_in OR transferred_on IS NOT NULL))"
    high = "level IN ('national', 'provincial')"
    return f"""
    WITH ip AS (
        SELECT * REPLACE (coalesce(transferred_in, CASE WHEN transferred_on IS NOT NULL THEN true END) AS transferred_in),
               CASE kind {weight} ELSE 0 END AS milli
        FROM intellectual_property WHERE filed_on IS NULL OR filed_on <= {day}),
    rights AS (
        SELECT company,
            CASE WHEN inventions = 0 OR inventions_said > 0 THEN inventions_tied END AS invention_applications,
            CASE WHEN own = 0 OR pct_said > 0 THEN pct_tied END AS pct_applications,
            rights_weighted_milli,
            CASE WHEN earlier > 0 THEN ((rights_weighted_milli - earlier) * 1000000 // earlier)::BIGINT END AS rights_weighted_growth_ppm,
            (y0::INT + y1::INT + y2::INT + y3::INT + y4::INT)::BIGINT AS years_with_invention_5,
            CASE WHEN bought_undated = 0 OR bought_lately > 0 THEN bought_lately END AS bought_before_application,
            CASE WHEN patents = 0 OR fees_said > 0 THEN unpaid END AS fees_unpaid
        FROM (SELECT company,
            count(*) FILTER ({own_invention}) AS inventions,
            count(*) FILTER ({own_invention} AND {said}) AS inventions_said,
            count(*) FILTER ({own_invention} AND {tied}) AS inventions_tied,
            count(*) FILTER (NOT coalesce(transferred_in, false)) AS own,
            count(*) FILTER (pct IS NOT NULL) AS pct_said,
            count(*) FILTER (pct AND NOT coalesce(transferred_in, false) AND {tied}) AS pct_tied,
            coalesce(sum(milli) FILTER (status = 'in_force'), 0)::BIGINT AS rights_weighted_milli,
            coalesce(sum(milli) FILTER (status = 'in_force' AND granted_on <= {ago(36)}
                AND NOT coalesce(transferred_on > {ago(36)}, false)), 0)::BIGINT AS earlier,
            count(*) FILTER ({bought} AND transferred_on > {ago(rules.bought_months)} AND transferred_on <= {day}) AS bought_lately,
            count(*) FILTER (({bought} AND transferred_on IS NULL) OR ({patent} AND transferred_in IS NULL)) AS bought_undated,
            count(*) FILTER ({patent}) AS patents,
            count(*) FILTER ({patent} AND fees_paid_until IS NOT NULL) AS fees_said,
            count(*) FILTER ({patent} AND fees_paid_until < {day}) AS unpaid,
            {years}
            FROM ip GROUP BY company)),
    contracts AS (
        SELECT company, CASE WHEN count(*) FILTER (recent AND amount_fen IS NULL) = 0
            THEN coalesce(sum(amount_fen) FILTER (recent), 0)::BIGINT END AS technology_contracts_fen
        FROM (SELECT *, registered_on > {ago(rules.contract_months)} AS recent FROM technology_contract WHERE registered_on <= {day})
        GROUP BY company),
    titles AS (
        SELECT company,
            count(*) FILTER ({high} AND kind = 'rd_platform' AND (ends_on IS NULL OR ends_on >= {day})) AS rd_platforms,
            count(*) FILTER ({high} AND kind = 'award' AND granted_on > {ago(rules.title_months)}) AS provincial_awards,
            count(*) FILTER ({high} AND kind = 'project' AND granted_on > {ago(rules.title_months)}) AS provincial_projects
        FROM innovation_title WHERE granted_on <= {day} GROUP BY company),
    ventures AS (
        SELECT company, CASE WHEN count(*) FILTER (recent AND amount_fen IS NULL) = 0
            THEN coalesce(sum(amount_fen) FILTER (recent), 0)::BIGINT END AS venture_investment_fen
        FROM (SELECT *, received_on > {ago(rules.investment_months)} AS recent FROM venture_investment WHERE received_on <= {day})
        GROUP BY company),
    incomes AS (
        SELECT company, amount_fen AS high_tech_income_fen FROM high_tech_income
        WHERE year_end <= {day} AND year_end > {ago(ANNUAL_MONTHS)}
        QUALIFY row_number() OVER ({_newest("year_end")}) = 1),
    research AS (
        SELECT company, any_value(relief_fen) FILTER (place = 1 AND year_end > {ago(ANNUAL_MONTHS)}) AS rd_relief_fen,
            count(*) FILTER (year_end > {ago(60 + 6)}) AS years_on_record,
            count(*) FILTER (year_end > {ago(60 + 6)} AND amount_fen > 0) AS years_spent
        FROM (SELECT *, row_number() OVER ({_newest("year_end")}) AS place FROM (
            SELECT * FROM research_expense WHERE year_end <= {day}
            QUALIFY row_number() OVER (PARTITION BY company, year_end ORDER BY {_LATER}) = 1))
        WHERE place <= 5 GROUP BY company),
    hired AS (
        SELECT company, graduates_hired FROM staff
        WHERE counted_on <= {day} AND counted_on > {ago(ANNUAL_MONTHS)} AND graduates_hired IS NOT NULL
        QUALIFY row_number() OVER ({_newest("counted_on")}) = 1),
    annual AS (
        SELECT company, period_end, revenue_fen FROM financial_statement WHERE months = 12 AND period_end <= {day}
        QUALIFY row_number() OVER (PARTITION BY company, period_end ORDER BY audited DESC NULLS LAST, {_LATER}) = 1),
    growth AS (
        SELECT now.company, CASE WHEN before.revenue_fen > 0 AND now.revenue_fen >= 0
            THEN round((sqrt(now.revenue_fen::DOUBLE / before.revenue_fen::DOUBLE) - 1) * 1000000)::BIGINT END AS revenue_growth_2y_ppm
        FROM (SELECT * FROM annual WHERE period_end > {ago(ANNUAL_MONTHS)}
              QUALIFY row_number() OVER (PARTITION BY company ORDER BY period_end DESC) = 1) AS now
        LEFT JOIN annual AS before ON before.company = now.company
            AND before.period_end > now.period_end - INTERVAL 750 DAY AND before.period_end < now.period_end - INTERVAL 710 DAY)
    SELECT subjects.company, {", ".join(f"profile.{name}" for name in _FROM_PROFILE)},
        {", ".join(counted(name, "intellectual_property", "rights") for name in ("invention_applications", "pct_applications", "rights_weighted_milli", "years_with_invention_5", "bought_before_application", "fees_unpaid"))},
        rights.rights_weighted_growth_ppm,
        {counted("technology_contracts_fen", "technology_contract", "contracts")},
        {counted("provincial_awards", "innovation_title", "titles")}, {counted("provincial_projects", "innovation_title", "titles")},
        CASE WHEN titles.company IS NOT NULL OR {"true" if "innovation_title" in silent_means_none else "profile.rd_institution_on IS NOT NULL"}
            THEN greatest(coalesce(titles.rd_platforms, 0), CASE WHEN profile.rd_institution_on IS NULL THEN 0 ELSE 1 END)::BIGINT END AS rd_platforms,
        {counted("venture_investment_fen", "venture_investment", "ventures")},
        incomes.high_tech_income_fen, research.rd_relief_fen, hired.graduates_hired, growth.revenue_growth_2y_ppm,
        CASE WHEN profile.total_assets_fen > profile.total_liabilities_fen THEN try_cast(round(
            profile.net_profit_fen::DOUBLE * 1000000 / (profile.total_assets_fen - profile.total_liabilities_fen)::DOUBLE) AS BIGINT) END AS return_on_equity_ppm,
        CASE WHEN years_on_record >= least(3, greatest(profile.age_months // 12, 1))
            THEN ((10 * least(years_spent, 5) + years_on_record) // (2 * years_on_record))::BIGINT END AS years_with_rd_5,
        CASE WHEN profile.revenue_fen > 0 THEN try_cast(round(
            incomes.high_tech_income_fen::DOUBLE * 1000000 / profile.revenue_fen::DOUBLE) AS BIGINT) END AS high_tech_income_ppm,
        CASE WHEN profile.rd_expense_fen = 0 THEN false WHEN profile.rd_expense_fen > 0 THEN profile.staff_tech = 0 END AS rd_without_staff
    FROM subjects LEFT JOIN profile USING (company) LEFT JOIN rights USING (company) LEFT JOIN contracts USING (company)
    LEFT JOIN titles USING (company) LEFT JOIN ventures USING (company) LEFT JOIN incomes USING (company)
    LEFT JOIN research USING (company) LEFT JOIN hired USING (company) LEFT JOIN growth USING (company)
    ORDER BY subjects.company
    """  # noqa: S608 - our own text and whole numbers of policy


_LATER = "known_at DESC NULLS LAST, batch DESC, file DESC, row DESC"


def _newest(column: str) -> str:
    return f"PARTITION BY company ORDER BY {column} DESC, {_LATER}"


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
