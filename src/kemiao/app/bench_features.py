"""Features over a synthetic lake of invoices, against the same features hand-written in one DuckDB query.

Each side runs in a process of its own over the same lake, opened by the same Permit; results must be equal value by value.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

AS_OF = date(2024, 7, 1)
_ROUNDS = 3
_SIDES = ("ours", "by_hand", "by_hand_on_files")


def bench_features(invoices: int, companies: int, seed: int, folder: Path) -> dict[str, Any]:
    """Makes the lake in `folder` unless it is there. Returns for each side the seconds (median of three rounds), the processor's
    seconds and the peak MB of its process; `ratio` and `cpu_ratio` of ours to by_hand; how many values differ; and for
    one company on a warm process the milliseconds to open the lake and to compute its row: median and 99th percentile of 100.

    by_hand reads the lake through the same Permit; by_hand_on_files reads its Parquet files with no Permit at all.
    """
    root = folder / f"lake-{invoices}-{companies}-{seed}"
    if not (root / "done").exists():
        _make(root, invoices, companies, seed)
        (root / "done").touch()
    sides = {side: _run(side, root) for side in _SIDES}
    ours, by_hand = sides["ours"], sides["by_hand"]
    return {
        "invoices": invoices,
        "companies": companies,
        **{f"{side}_{name}": value for side, figures in sides.items() for name, value in figures.items()},
        "ratio": round(ours["seconds"] / by_hand["seconds"], 3),
        "cpu_ratio": round(ours["cpu_seconds"] / by_hand["cpu_seconds"], 3),
        "different_values": _differences(root / "ours.pq", root / "by_hand.pq"),
    }


def _make(root: Path, invoices: int, companies: int, seed: int) -> None:
    from kemiao.data.lake import Lake
    from kemiao.twin.population.bulk import bench_companies, bench_lake

    root.mkdir(parents=True, exist_ok=True)
    Lake(root).append("invoice", bench_lake(invoices, companies, seed, AS_OF))
    (root / "companies.txt").write_text("\n".join(bench_companies(companies, seed)), "utf-8")


def _run(side: str, root: Path) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - this very module
        [sys.executable, "-m", "kemiao.app.bench_features", side, str(root)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout)


def _differences(ours: Path, by_hand: Path) -> int:
    """Values that differ by more than 1 ppm in a ratio, or at all elsewhere."""
    import pyarrow.parquet as pq

    left, right = (pq.read_table(path).sort_by("company").to_pydict() for path in (ours, by_hand))
    different = sum(mine != hand for mine, hand in zip(left["company"], right["company"], strict=True))
    for name in left.keys() - {"company"}:
        slack = 1 if name.endswith("_ppm") else 0
        for mine, hand in zip(left[name], right[name], strict=True):
            same = mine is hand if mine is None or hand is None else abs(mine - hand) <= slack
            different += not same
    return different


def _side(side: str, root: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    from kemiao.credit.profile import FEATURES

    companies = (root / "companies.txt").read_text("utf-8").split()
    query = _query(side)
    seconds, cpu_seconds = [], []
    with _opened(root, companies, on_files=side == "by_hand_on_files") as facts:
        for _ in range(_ROUNDS):
            start, cpu = perf_counter(), process_time()
            table = facts.sql(query)
            seconds.append(perf_counter() - start)
            cpu_seconds.append(process_time() - cpu)
    names = [feature.name for feature in FEATURES if feature.tables == ("invoice",)]
    pq.write_table(table.select(["company", *names]), root / f"{side}.pq")
    figures = {
        "seconds": round(sorted(seconds)[_ROUNDS // 2], 3),
        "cpu_seconds": round(sorted(cpu_seconds)[_ROUNDS // 2], 3),
        "peak_mb": _peak_mb(),
    }
    return figures | (_one_company(root, companies, query) if side == "ours" else {})


def _query(side: str) -> str:
    from kemiao.credit.profile import features_sql

    # All columns of a row, as an assessment of a company asks for them of which there are invoices alone.
    return features_sql(AS_OF, frozenset(), frozenset({"invoice"})) if side == "ours" else BY_HAND


def _peak_mb() -> int:
    """Of this process since it became Python: getrusage would count what the parent held when it forked."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024


def _one_company(root: Path, companies: list[str], query: str) -> dict[str, Any]:
    opening, seeing = [], []
    for company in companies[:: max(1, len(companies) // 100)][:100]:
        start = perf_counter()
        with _opened(root, [company]) as facts:
            opened = perf_counter()
            facts.sql(query)
            seeing.append(1000 * (perf_counter() - opened))
            opening.append(1000 * (opened - start))
    return {
        f"one_company_{name}_{place}_ms": round(sorted(times)[rank], 1)
        for name, times in (("open", opening), ("features", seeing))
        for place, rank in (("median", len(times) // 2), ("p99", len(times) - 2))
    }


@contextmanager
def _opened(root: Path, companies: list[str], *, on_files: bool = False) -> Iterator[Any]:
    """The lake for these companies; with on_files its Parquet files stand in the place of the view that the Permit cuts."""
    from kemiao.credit.profile import TABLES
    from kemiao.data.lake import Lake
    from kemiao.facts.permit import Permit

    lake = Lake(root)
    snapshot = lake.versions()
    permit = Permit(tuple(companies), TABLES, "planning", date.max, "bench")
    with lake.open(permit, snapshot, AS_OF, AS_OF) as facts:
        if on_files:
            listed = ", ".join(f"'{uri}'" for uri in lake.uris("invoice", snapshot))
            facts._connection.execute(f"CREATE OR REPLACE TEMP VIEW invoice AS FROM read_parquet([{listed}])")
        facts._connection.execute(BY_HAND_MACRO)
        yield facts


# What a good engineer writes for the invoice features alone: the subjects numbered (grouping by names takes half as long again and
# twice the memory), one base, three sums over it, the pairs of the subjects ranked, the year month by month, one row a company.
BY_HAND_MACRO = "CREATE TEMP MACRO ppm(part, whole) AS CASE WHEN whole > 0 THEN round(part::DOUBLE * 1e6 / whole::DOUBLE)::BIGINT END"
BY_HAND = """
WITH n AS (SELECT company AS name, row_number() OVER (ORDER BY company) AS company FROM subjects), base AS (
  SELECT seller, buyer, issued_on, amount_fen AS fen, tax_fen AS tax, status = 'normal' AS valid,
         status = 'normal' AND red_letter AS red, status = 'normal' AND NOT red_letter AS plain, day(issued_on) AS day,
         datediff('month', issued_on, DATE '2024-07-01') AS age
  FROM invoice WHERE issued_on <= DATE '2024-07-01' AND seller <> buyer
), sold AS (
  SELECT n.company, age,
         coalesce(sum(fen) FILTER (valid), 0) AS sales,
         count(*) FILTER (plain) AS plain, coalesce(sum(fen) FILTER (plain), 0) AS plain_fen, max(fen) FILTER (plain) AS largest,
         sum(tax) FILTER (valid) AS tax, sum(fen) FILTER (valid AND tax IS NOT NULL) AS taxed,
         count(*) AS issued, sum(abs(fen)) AS issued_fen,
         count(*) FILTER (NOT valid) AS voids, sum(abs(fen)) FILTER (NOT valid) AS void_fen, max(abs(fen)) FILTER (NOT valid) AS largest_void,
         count(*) FILTER (red) AS reds, sum(abs(fen)) FILTER (red) AS red_fen,
         max(issued_on) FILTER (valid) AS last_on,
         bit_or(1::BIGINT << day) FILTER (plain) AS days,
         count(*) FILTER (plain AND isodow(issued_on) > 5) AS weekend,
         sum(fen) FILTER (plain AND day >= 26) AS month_end,
         count(*) FILTER (plain AND fen < 100000) AS small,
         count(*) FILTER (plain AND (fen BETWEEN 900000 AND 1000000 OR fen BETWEEN 9000000 AND 10000000
                                     OR fen BETWEEN 90000000 AND 100000000 OR fen BETWEEN 900000000 AND 1000000000)) AS near_cap,
         count(*) FILTER (plain AND tax IS NOT NULL) AS totals,
         count(*) FILTER (plain AND (fen + tax) % 100000 = 0) AS rounds,
         sum(fen) FILTER (plain AND tax IS NOT NULL) AS rated,
         sum(fen) FILTER (plain AND tax = 0) AS zero,
         sum(fen) FILTER (plain AND tax <> 0 AND tax * 1000 < fen * 45) AS low,
         sum(fen) FILTER (plain AND tax <> 0 AND tax * 1000 >= fen * 75) AS high
  FROM base JOIN n ON seller = name GROUP BY ALL
), sold_mine AS (
  SELECT *, min(CASE WHEN sales > 0 THEN age END) OVER (PARTITION BY company ORDER BY age ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS older
  FROM sold
), bought AS (
  SELECT n.company, age, sum(fen) FILTER (valid) AS fen, count(*) FILTER (plain) AS plain, coalesce(sum(fen) FILTER (red), 0) AS red_fen,
         sum(tax) FILTER (valid) AS tax, sum(fen) FILTER (valid AND tax IS NOT NULL) AS taxed, max(fen) FILTER (plain) AS largest
  FROM base JOIN n ON buyer = name GROUP BY ALL
), bought_mine AS (
  FROM bought WHERE fen IS NOT NULL
), pairs AS (
  SELECT seller, buyer,
         coalesce(sum(fen) FILTER (valid AND age <= 12), 0)::BIGINT AS recent,
         coalesce(sum(fen) FILTER (valid AND age BETWEEN 13 AND 24), 0)::BIGINT AS before,
         max(age) FILTER (plain) AS since,
         coalesce(bit_or(1::BIGINT << least(age, 13)) FILTER (plain), 0) AS months,
         coalesce(bit_or(1::BIGINT << least(age, 13)) FILTER (NOT valid AND age <= 12), 0) AS voided,
         count(*) FILTER (red AND age <= 12) AS reds
  FROM base WHERE age >= 1 GROUP BY ALL
), sales AS (
  SELECT company,
         coalesce(sum(sales) FILTER (age BETWEEN 1 AND 12), 0) AS now,
         coalesce(sum(sales) FILTER (age BETWEEN 13 AND 24), 0) AS before,
         coalesce(sum(sales) FILTER (age BETWEEN 1 AND 3), 0) AS now3,
         coalesce(sum(sales) FILTER (age BETWEEN 13 AND 15), 0) AS before3,
         coalesce(sum(sales) FILTER (age BETWEEN 1 AND 6), 0) AS now6,
         coalesce(sum(sales) FILTER (age BETWEEN 13 AND 18), 0) AS before6,
         coalesce(sum(sales) FILTER (age IN (5, 6)), 0) AS new_year,
         count(*) FILTER (sales > 0 AND age BETWEEN 1 AND 12) AS selling,
         max(age) FILTER (sales > 0 AND age BETWEEN 1 AND 12) AS first,
         min(age) FILTER (sales > 0 AND age BETWEEN 1 AND 12) AS last,
         coalesce(sum(sales) FILTER (age BETWEEN 4 AND 6), 0) AS quarter1,
         coalesce(sum(sales) FILTER (age BETWEEN 7 AND 9), 0) AS quarter4,
         coalesce(sum(sales) FILTER (age BETWEEN 10 AND 12), 0) AS quarter3,
         max(older - age - 1) FILTER (sales > 0 AND age >= 1) AS gap,
         coalesce(sum(plain) FILTER (age BETWEEN 1 AND 12), 0) AS plain, coalesce(sum(plain_fen) FILTER (age BETWEEN 1 AND 12), 0) AS plain_fen,
         coalesce(sum(plain) FILTER (age BETWEEN 13 AND 24), 0) AS plain_before,
         coalesce(sum(plain_fen) FILTER (age BETWEEN 13 AND 24), 0) AS plain_fen_before,
         max(largest) FILTER (age BETWEEN 1 AND 12) AS largest,
         sum(tax) FILTER (age BETWEEN 1 AND 12) AS tax, sum(taxed) FILTER (age BETWEEN 1 AND 12) AS taxed,
         coalesce(sum(issued) FILTER (age BETWEEN 1 AND 12), 0) AS issued, coalesce(sum(issued_fen) FILTER (age BETWEEN 1 AND 12), 0) AS issued_fen,
         coalesce(sum(issued) FILTER (age BETWEEN 13 AND 24), 0) AS issued_before,
         coalesce(sum(voids) FILTER (age BETWEEN 1 AND 12), 0) AS voids, coalesce(sum(void_fen) FILTER (age BETWEEN 1 AND 12), 0) AS void_fen,
         coalesce(sum(voids) FILTER (age BETWEEN 13 AND 24), 0) AS voids_before,
         count(*) FILTER (voids > 0 AND age BETWEEN 1 AND 12) AS void_months, max(largest_void) FILTER (age BETWEEN 1 AND 12) AS largest_void,
         coalesce(sum(reds) FILTER (age BETWEEN 1 AND 12), 0) AS reds, coalesce(sum(red_fen) FILTER (age BETWEEN 1 AND 12), 0) AS red_fen,
         coalesce(sum(red_fen) FILTER (age = 7), 0) AS red_december,
         coalesce(sum(bit_count(days)) FILTER (age BETWEEN 1 AND 12), 0) AS days, coalesce(sum(weekend) FILTER (age BETWEEN 1 AND 12), 0) AS weekend,
         coalesce(sum(month_end) FILTER (age BETWEEN 1 AND 12), 0) AS month_end, coalesce(sum(small) FILTER (age BETWEEN 1 AND 12), 0) AS small,
         coalesce(sum(near_cap) FILTER (age BETWEEN 1 AND 12), 0) AS near_cap, coalesce(sum(totals) FILTER (age BETWEEN 1 AND 12), 0) AS totals,
         coalesce(sum(rounds) FILTER (age BETWEEN 1 AND 12), 0) AS rounds, coalesce(sum(rated) FILTER (age BETWEEN 1 AND 12), 0)::DOUBLE AS rated,
         coalesce(sum(zero) FILTER (age BETWEEN 1 AND 12), 0)::DOUBLE AS zero, coalesce(sum(low) FILTER (age BETWEEN 1 AND 12), 0)::DOUBLE AS low,
         coalesce(sum(high) FILTER (age BETWEEN 1 AND 12), 0)::DOUBLE AS high,
         greatest(max(age) FILTER (last_on IS NOT NULL), 0 * max(age) FILTER (last_on IS NOT NULL)) AS history,
         max(last_on) AS last_on
  FROM sold_mine GROUP BY company
), purchases AS (
  SELECT company, coalesce(sum(fen) FILTER (age BETWEEN 1 AND 12), 0) AS now, coalesce(sum(fen) FILTER (age BETWEEN 13 AND 24), 0) AS before,
         coalesce(sum(fen) FILTER (age BETWEEN 13 AND 15), 0) AS before3, coalesce(sum(plain) FILTER (age BETWEEN 1 AND 12), 0) AS plain,
         sum(tax) FILTER (age BETWEEN 1 AND 12) AS tax, sum(taxed) FILTER (age BETWEEN 1 AND 12) AS taxed, coalesce(sum(red_fen) FILTER (age BETWEEN 1 AND 12), 0) AS red_fen,
         max(largest) FILTER (age BETWEEN 1 AND 12) AS largest, max(age) AS history
  FROM bought_mine GROUP BY company
), months AS (
  SELECT company, (age - 1) % 12 + 1 AS ago, coalesce(sum(s) FILTER (age <= 12), 0)::DOUBLE AS s,
         coalesce(sum(s) FILTER (age > 12), 0)::DOUBLE AS before, coalesce(sum(p) FILTER (age <= 12), 0)::DOUBLE AS p
  FROM (SELECT company, age, sales AS s, 0 AS p FROM sold_mine WHERE age BETWEEN 1 AND 24
        UNION ALL SELECT company, age, 0, fen FROM bought_mine WHERE age BETWEEN 1 AND 24)
  GROUP BY ALL
), year AS (
  SELECT company, sum(s * before) AS like_before, sum(before * before) AS before_squares, sum(s * s) AS s_squares, sum(p * p) AS p_squares,
         sum(s * p) AS alike, sqrt(greatest(12 * sum((s - p) * (s - p)) - sum(s - p) ** 2, 0)) AS spread,
         sum(s * ago) AS s_ago, sum(p * ago) AS p_ago, count(*) FILTER (s > before) AS up, count(*) FILTER (p > s) AS negative,
         count(*) FILTER (s > 0 AND abs(s - p) * 50 <= s) AS passed, coalesce(sum(p) FILTER (ago <= 3), 0) AS p3
  FROM months GROUP BY company
), customer AS (
  SELECT n.company, c.buyer AS other, c.recent, c.before, c.since, c.months, c.voided, c.reds, coalesce(b.recent, 0) AS back
  FROM pairs c JOIN n ON c.seller = name LEFT JOIN pairs b ON b.seller = c.buyer AND b.buyer = c.seller
), sides AS (
  SELECT 'c' AS side, * FROM customer
  UNION ALL
  SELECT 's', n.company, seller, recent, before, since, months, 0, 0, 0 FROM pairs JOIN n ON buyer = name
), ranked AS (
  SELECT *, recent > 0 AS active, before > 0 AS earlier, row_number() OVER (PARTITION BY side, company ORDER BY recent DESC, other) AS place,
         row_number() OVER (PARTITION BY side, company ORDER BY before DESC, other) AS place_before
  FROM sides
), partners AS (
  SELECT side, company, count(*) FILTER (active) AS number, sum(recent) FILTER (active) AS whole, max(recent) FILTER (active) AS largest,
         sum(recent) FILTER (active AND place <= 5) AS top5, sum(recent::DOUBLE ** 2) FILTER (active) AS squares,
         coalesce(sum(recent) FILTER (active AND earlier), 0) AS repeat,
         count(*) FILTER (earlier AND place_before <= 10 AND NOT active) AS lost,
         count(*) FILTER (earlier) AS number_before, sum(before) FILTER (earlier) AS whole_before,
         sum(before::DOUBLE ** 2) FILTER (earlier) AS squares_before,
         count(*) FILTER (active AND since <= 12) AS new, count(*) FILTER (earlier AND NOT active) AS gone,
         coalesce(sum(recent) FILTER (active AND since >= 24), 0) AS lasting,
         sum(recent::HUGEINT * since) FILTER (active) AS fen_months,
         coalesce(sum(recent) FILTER (active AND months & 14 <> 0 AND months & 112 <> 0 AND months & 896 <> 0 AND months & 7168 <> 0), 0) AS unbroken,
         count(*) FILTER (active AND bit_count(months & 8190) = 1) AS one_off,
         coalesce(sum(recent) FILTER (active AND starts_with(other, 'uscc:')), 0) AS registered,
         coalesce(sum(recent) FILTER (active AND starts_with(other, 'person:')), 0) AS persons,
         coalesce(sum(recent) FILTER (active AND voided <> 0), 0) AS voided_fen,
         coalesce(sum(recent) FILTER (active AND reds > 0), 0) AS reversed,
         sum(bit_count(voided)) AS voided, sum(bit_count(voided & months)) AS rebilled,
         count(*) FILTER (active AND back > 0) AS mutual, coalesce(sum(recent) FILTER (active AND back > 0), 0) AS mutual_fen,
         coalesce(sum(least(recent, back)) FILTER (active AND back > 0), 0) AS circular
  FROM ranked GROUP BY side, company
)
SELECT n.name AS company,
  s.now::BIGINT AS revenue_12m_fen,
  CASE WHEN s.history >= 24 THEN ppm(s.now - s.before, s.before) END AS sales_growth_ppm,
  CASE WHEN s.history >= 15 THEN ppm(s.now3 - s.before3, s.before3) END AS sales_growth_3m_ppm,
  CASE WHEN s.history >= 12 THEN ppm(sqrt(greatest(12 * y.s_squares - s.now::DOUBLE ** 2, 0)), s.now) END AS sales_cv_ppm,
  s.first - s.last + 1 - s.selling AS sales_gap_months,
  CASE WHEN s.history >= 12 THEN ppm(greatest(s.now3, s.quarter1, s.quarter4, s.quarter3), s.now) END AS peak_quarter_ppm,
  CASE WHEN s.plain > 0 THEN round(s.plain_fen::DOUBLE / s.plain)::BIGINT END AS average_invoice_fen,
  s.history AS sales_history_months,
  ppm(s.tax, s.taxed) AS sales_tax_ppm,
  CASE WHEN s.history >= 12 THEN 12 - s.selling END AS months_without_sales,
  datediff('month', s.last_on, DATE '2024-07-01') AS months_since_last_sale,
  datediff('day', s.last_on, DATE '2024-07-01') AS days_since_last_sale,
  p.now::BIGINT AS purchases_12m_fen,
  CASE WHEN p.history >= 24 THEN ppm(p.now - p.before, p.before) END AS purchases_growth_ppm,
  ppm(s.now - p.now, s.now) AS trading_margin_ppm,
  CASE WHEN s.history >= 24 THEN ppm(y.like_before, sqrt(y.s_squares * y.before_squares)) END AS season_similarity_ppm,
  CASE WHEN s.history >= 12 THEN ppm(least(s.now3, s.quarter1, s.quarter4, s.quarter3), s.now) END AS weak_quarter_ppm,
  CASE WHEN s.history >= 12 THEN ppm(s.quarter4, s.now) END AS fourth_quarter_ppm,
  CASE WHEN s.history >= 12 THEN ppm(s.new_year, s.now) END AS new_year_ppm,
  CASE WHEN s.history >= 12 THEN ppm((13 * s.now::DOUBLE - 2 * y.s_ago) * 72 / 143, s.now) END AS sales_trend_ppm,
  CASE WHEN s.history >= 12 THEN ppm(s.now3, s.now) END AS recent_3m_ppm,
  CASE WHEN s.history >= 18 THEN ppm(s.now6 - s.before6, s.before6) END AS sales_growth_6m_ppm,
  CASE WHEN s.history >= 24 THEN coalesce(y.up, 0) END AS months_up,
  s.gap AS longest_gap_months,
  CASE WHEN p.history >= 12 THEN ppm(sqrt(greatest(12 * y.p_squares - p.now::DOUBLE ** 2, 0)), p.now) END AS purchases_cv_ppm,
  CASE WHEN p.history >= 15 THEN ppm(coalesce(y.p3, 0) - p.before3, p.before3) END AS purchases_growth_3m_ppm,
  p.history AS purchases_history_months,
  CASE WHEN s.history >= 24 AND p.history >= 24 THEN ppm(s.now - p.now, s.now) - ppm(s.before - p.before, s.before) END AS trading_margin_change_ppm,
  CASE WHEN s.history >= 12 AND p.history IS NOT NULL THEN ppm(s.now3 - y.p3, s.now3) END AS trading_margin_3m_ppm,
  CASE WHEN s.history >= 12 AND p.history IS NOT NULL THEN ppm(y.spread, s.now) END AS margin_spread_ppm,
  CASE WHEN s.history >= 12 AND p.history IS NOT NULL THEN coalesce(y.negative, 0) END AS negative_margin_months,
  CASE WHEN s.history >= 12 AND p.history IS NOT NULL THEN coalesce(y.passed, 0) END AS pass_through_months,
  CASE WHEN s.history >= 12 AND p.history IS NOT NULL THEN ppm(y.alike, sqrt(y.s_squares * y.p_squares)) END AS purchases_match_sales_ppm,
  CASE WHEN s.history >= 12 AND s.now > 0 AND p.now > 0 THEN round((y.p_ago / p.now - y.s_ago / s.now) * 365 / 12)::BIGINT END AS purchase_lead_days,
  ppm(p.tax, p.taxed) AS purchases_tax_ppm,
  ppm(s.tax - p.tax, s.taxed) AS vat_added_ppm,
  ppm(s.zero, s.rated) AS zero_rated_ppm, ppm(s.low, s.rated) AS low_rated_ppm, ppm(s.high, s.rated) AS high_rated_ppm,
  ppm(s.rated ** 2 - s.zero ** 2 - s.low ** 2 - s.high ** 2 - (s.rated - s.zero - s.low - s.high) ** 2, s.rated ** 2) AS rate_mix_ppm,
  CASE WHEN s.history IS NOT NULL THEN coalesce(c.number, 0) END AS customers_12m,
  ppm(c.largest, c.whole) AS largest_customer_ppm,
  ppm(c.top5, c.whole) AS top5_customers_ppm,
  ppm(c.squares / c.whole, c.whole) AS customers_hhi_ppm,
  CASE WHEN s.history >= 24 THEN ppm(c.repeat, c.whole) END AS repeat_customers_ppm,
  CASE WHEN s.history >= 24 THEN coalesce(c.lost, 0) END AS lost_customers_top10,
  CASE WHEN p.history IS NOT NULL THEN coalesce(v.number, 0) END AS suppliers_12m,
  ppm(v.largest, v.whole) AS largest_supplier_ppm,
  ppm(v.top5, v.whole) AS top5_suppliers_ppm,
  ppm(v.squares / v.whole, v.whole) AS suppliers_hhi_ppm,
  CASE WHEN p.history >= 24 THEN ppm(v.repeat, v.whole) END AS repeat_suppliers_ppm,
  CASE WHEN p.history >= 24 THEN coalesce(v.lost, 0) END AS lost_suppliers_top10,
  CASE WHEN s.history >= 24 THEN ppm(c.new, c.number) END AS new_customers_ppm,
  CASE WHEN s.history >= 24 THEN ppm(c.gone, c.number_before) END AS customer_churn_ppm,
  CASE WHEN s.history >= 24 THEN ppm(c.number - c.number_before, c.number_before) END AS customers_growth_ppm,
  CASE WHEN s.history >= 24 THEN ppm(c.squares / c.whole, c.whole) - ppm(c.squares_before / c.whole_before, c.whole_before) END AS customers_hhi_change_ppm,
  CASE WHEN s.history >= 24 THEN ppm(c.lasting, c.whole) END AS lasting_customers_ppm,
  CASE WHEN c.whole > 0 THEN round(c.fen_months / c.whole)::BIGINT END AS customer_months,
  CASE WHEN s.history >= 12 THEN ppm(c.unbroken, c.whole) END AS unbroken_customers_ppm,
  CASE WHEN s.history >= 12 THEN ppm(c.one_off, c.number) END AS one_off_customers_ppm,
  CASE WHEN c.number > 0 THEN round(c.whole::DOUBLE / c.number)::BIGINT END AS sales_per_customer_fen,
  ppm(c.voided_fen, c.whole) AS voided_customers_ppm, ppm(c.reversed, c.whole) AS reversed_customers_ppm,
  ppm(c.registered, c.whole) AS registered_customers_ppm, ppm(c.persons, c.whole) AS person_customers_ppm,
  CASE WHEN p.history >= 24 THEN ppm(v.new, v.number) END AS new_suppliers_ppm,
  CASE WHEN p.history >= 24 THEN ppm(v.gone, v.number_before) END AS supplier_churn_ppm,
  CASE WHEN p.history >= 24 THEN ppm(v.number - v.number_before, v.number_before) END AS suppliers_growth_ppm,
  CASE WHEN p.history >= 24 THEN ppm(v.squares / v.whole, v.whole) - ppm(v.squares_before / v.whole_before, v.whole_before) END AS suppliers_hhi_change_ppm,
  CASE WHEN p.history >= 24 THEN ppm(v.lasting, v.whole) END AS lasting_suppliers_ppm,
  CASE WHEN v.whole > 0 THEN round(v.fen_months / v.whole)::BIGINT END AS supplier_months,
  CASE WHEN p.history >= 12 THEN ppm(v.unbroken, v.whole) END AS unbroken_suppliers_ppm,
  CASE WHEN p.history >= 12 THEN ppm(v.one_off, v.number) END AS one_off_suppliers_ppm,
  ppm(v.registered, v.whole) AS registered_suppliers_ppm,
  CASE WHEN s.history IS NOT NULL AND p.history IS NOT NULL THEN ppm(c.mutual_fen, c.whole) END AS two_way_sales_ppm,
  CASE WHEN s.history IS NOT NULL AND p.history IS NOT NULL
       THEN ppm(coalesce(c.mutual, 0), coalesce(c.number, 0) + coalesce(v.number, 0) - coalesce(c.mutual, 0)) END AS two_way_partners_ppm,
  CASE WHEN s.history IS NOT NULL AND p.history IS NOT NULL THEN ppm(c.circular, c.whole) END AS circular_sales_ppm,
  CASE WHEN s.history IS NOT NULL AND p.history IS NOT NULL
       THEN ppm(coalesce(c.number, 0) - coalesce(v.number, 0), coalesce(c.number, 0) + coalesce(v.number, 0)) END AS partner_balance_ppm,
  ppm(s.voids, s.issued) AS void_count_ppm, ppm(s.void_fen, s.issued_fen) AS void_amount_ppm,
  ppm(s.reds, s.issued) AS red_count_ppm, ppm(s.red_fen, s.issued_fen) AS red_amount_ppm,
  s.void_months,
  CASE WHEN s.history >= 24 THEN ppm(s.voids, s.issued) - ppm(s.voids_before, s.issued_before) END AS void_change_ppm,
  CASE WHEN s.voids > 0 AND s.plain > 0 THEN ppm(s.void_fen::DOUBLE / s.voids, s.plain_fen::DOUBLE / s.plain) END AS void_size_ppm,
  ppm(s.largest_void, s.now) AS largest_void_ppm, ppm(c.rebilled, c.voided) AS void_rebilled_ppm,
  ppm(s.red_december, s.red_fen) AS red_year_end_ppm, ppm(-p.red_fen, p.now - p.red_fen) AS purchases_red_ppm,
  s.plain::BIGINT AS invoices_12m, s.days::BIGINT AS invoice_days, ppm(s.plain, s.days) AS invoices_per_day_ppm,
  ppm(s.weekend, s.plain) AS weekend_ppm, ppm(s.month_end, s.plain_fen) AS month_end_ppm, ppm(s.largest, s.plain_fen) AS largest_invoice_ppm,
  ppm(s.rounds, s.totals) AS round_invoices_ppm, ppm(s.near_cap, s.plain) AS near_cap_ppm, ppm(s.small, s.plain) AS small_invoices_ppm,
  CASE WHEN s.history >= 24 AND s.plain > 0 AND s.plain_before > 0
       THEN ppm(s.plain_fen / s.plain - s.plain_fen_before / s.plain_before, s.plain_fen_before / s.plain_before) END AS average_invoice_growth_ppm,
  CASE WHEN p.plain > 0 THEN round((p.now - p.red_fen)::DOUBLE / p.plain)::BIGINT END AS average_purchase_fen,
  ppm(p.largest, p.now - p.red_fen) AS largest_purchase_ppm
FROM n
LEFT JOIN sales s USING (company)
LEFT JOIN purchases p USING (company)
LEFT JOIN year y USING (company)
LEFT JOIN (FROM partners WHERE side = 'c') c USING (company)
LEFT JOIN (FROM partners WHERE side = 's') v USING (company)
"""

if __name__ == "__main__":
    print(json.dumps(_side(sys.argv[1], Path(sys.argv[2]))))  # noqa: T201 - the parent process reads it
