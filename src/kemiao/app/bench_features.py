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

    # All columns of a company's row, as an assessment asks for them; those of other tables are null here and cost their share.
    return features_sql(AS_OF, frozenset()) if side == "ours" else BY_HAND


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
        yield facts


# What a good engineer writes for the invoice features alone: one base, three sums, two rankings, one row a company.
BY_HAND = """
WITH base AS (
  SELECT seller, buyer, issued_on, amount_fen, tax_fen, red_letter, status = 'normal' AS valid,
         datediff('month', issued_on, DATE '2024-07-01') AS age
  FROM invoice WHERE issued_on <= DATE '2024-07-01' AND seller <> buyer
), sold AS (
  SELECT seller AS company, age,
         coalesce(sum(amount_fen) FILTER (valid), 0)::BIGINT AS sales,
         count(*) FILTER (valid AND NOT red_letter) AS plain,
         coalesce(sum(amount_fen) FILTER (valid AND NOT red_letter), 0)::BIGINT AS plain_fen,
         sum(tax_fen) FILTER (valid)::BIGINT AS tax,
         sum(amount_fen) FILTER (valid AND tax_fen IS NOT NULL)::BIGINT AS taxed,
         count(*) AS issued, sum(abs(amount_fen))::BIGINT AS issued_fen,
         count(*) FILTER (NOT valid) AS voids, coalesce(sum(abs(amount_fen)) FILTER (NOT valid), 0)::BIGINT AS void_fen,
         count(*) FILTER (valid AND red_letter) AS reds,
         coalesce(sum(abs(amount_fen)) FILTER (valid AND red_letter), 0)::BIGINT AS red_fen,
         max(issued_on) FILTER (valid) AS last_on
  FROM base GROUP BY ALL
), bought AS (
  SELECT buyer AS company, age, sum(amount_fen)::BIGINT AS fen FROM base WHERE valid GROUP BY ALL
), pairs AS (
  SELECT seller, buyer,
         coalesce(sum(amount_fen) FILTER (age <= 12), 0)::BIGINT AS recent,
         coalesce(sum(amount_fen) FILTER (age > 12), 0)::BIGINT AS before
  FROM base WHERE valid AND age BETWEEN 1 AND 24 GROUP BY ALL
), sales AS (
  SELECT company,
         coalesce(sum(sales) FILTER (age BETWEEN 1 AND 12), 0) AS now,
         coalesce(sum(sales) FILTER (age BETWEEN 13 AND 24), 0) AS before,
         coalesce(sum(sales) FILTER (age BETWEEN 1 AND 3), 0) AS now3,
         coalesce(sum(sales) FILTER (age BETWEEN 13 AND 15), 0) AS before3,
         sum(sales::DOUBLE ** 2) FILTER (age BETWEEN 1 AND 12) AS squares,
         count(*) FILTER (sales > 0 AND age BETWEEN 1 AND 12) AS selling,
         max(age) FILTER (sales > 0 AND age BETWEEN 1 AND 12) AS first,
         min(age) FILTER (sales > 0 AND age BETWEEN 1 AND 12) AS last,
         greatest(coalesce(sum(sales) FILTER (age BETWEEN 1 AND 3), 0), coalesce(sum(sales) FILTER (age BETWEEN 4 AND 6), 0),
                  coalesce(sum(sales) FILTER (age BETWEEN 7 AND 9), 0), coalesce(sum(sales) FILTER (age BETWEEN 10 AND 12), 0)) AS best,
         coalesce(sum(plain) FILTER (age BETWEEN 1 AND 12), 0) AS plain,
         coalesce(sum(plain_fen) FILTER (age BETWEEN 1 AND 12), 0) AS plain_fen,
         sum(tax) FILTER (age BETWEEN 1 AND 12) AS tax, sum(taxed) FILTER (age BETWEEN 1 AND 12) AS taxed,
         coalesce(sum(issued) FILTER (age BETWEEN 1 AND 12), 0) AS issued,
         coalesce(sum(issued_fen) FILTER (age BETWEEN 1 AND 12), 0) AS issued_fen,
         coalesce(sum(voids) FILTER (age BETWEEN 1 AND 12), 0) AS voids,
         coalesce(sum(void_fen) FILTER (age BETWEEN 1 AND 12), 0) AS void_fen,
         coalesce(sum(reds) FILTER (age BETWEEN 1 AND 12), 0) AS reds,
         coalesce(sum(red_fen) FILTER (age BETWEEN 1 AND 12), 0) AS red_fen,
         greatest(max(age) FILTER (last_on IS NOT NULL), 0 * max(age) FILTER (last_on IS NOT NULL)) AS history,
         max(last_on) AS last_on
  FROM sold GROUP BY company
), purchases AS (
  SELECT company, coalesce(sum(fen) FILTER (age BETWEEN 1 AND 12), 0) AS now,
         coalesce(sum(fen) FILTER (age BETWEEN 13 AND 24), 0) AS before, max(age) AS history
  FROM bought GROUP BY company
), sides AS (
  SELECT 'c' AS side, seller AS company, buyer AS other, recent, before FROM pairs SEMI JOIN subjects ON seller = company
  UNION ALL
  SELECT 's', buyer, seller, recent, before FROM pairs SEMI JOIN subjects ON buyer = company
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY side, company ORDER BY recent DESC, other) AS place,
         row_number() OVER (PARTITION BY side, company ORDER BY before DESC, other) AS place_before
  FROM sides
), partners AS (
  SELECT side, company, count(*) FILTER (recent > 0) AS number, sum(recent) FILTER (recent > 0) AS whole,
         max(recent) FILTER (recent > 0) AS largest, sum(recent) FILTER (recent > 0 AND place <= 5) AS top5,
         sum(recent::DOUBLE ** 2) FILTER (recent > 0) AS squares,
         coalesce(sum(recent) FILTER (recent > 0 AND before > 0), 0) AS repeat,
         count(*) FILTER (before > 0 AND place_before <= 10 AND recent <= 0) AS lost
  FROM ranked GROUP BY side, company
)
SELECT company,
  s.now::BIGINT AS revenue_12m_fen,
  CASE WHEN s.history >= 24 AND s.before > 0 THEN round((s.now - s.before)::DOUBLE * 1e6 / s.before)::BIGINT END AS sales_growth_ppm,
  CASE WHEN s.history >= 15 AND s.before3 > 0 THEN round((s.now3 - s.before3)::DOUBLE * 1e6 / s.before3)::BIGINT END AS sales_growth_3m_ppm,
  CASE WHEN s.history >= 12 AND s.now > 0 THEN round(sqrt(greatest(12 * s.squares - s.now::DOUBLE ** 2, 0)) * 1e6 / s.now)::BIGINT END AS sales_cv_ppm,
  s.first - s.last + 1 - s.selling AS sales_gap_months,
  CASE WHEN s.history >= 12 AND s.now > 0 THEN round(s.best::DOUBLE * 1e6 / s.now)::BIGINT END AS peak_quarter_ppm,
  CASE WHEN s.plain > 0 THEN round(s.plain_fen::DOUBLE / s.plain)::BIGINT END AS average_invoice_fen,
  s.history AS sales_history_months,
  CASE WHEN s.taxed > 0 THEN round(s.tax::DOUBLE * 1e6 / s.taxed)::BIGINT END AS sales_tax_ppm,
  CASE WHEN s.history >= 12 THEN 12 - s.selling END AS months_without_sales,
  datediff('month', s.last_on, DATE '2024-07-01') AS months_since_last_sale,
  datediff('day', s.last_on, DATE '2024-07-01') AS days_since_last_sale,
  p.now::BIGINT AS purchases_12m_fen,
  CASE WHEN p.history >= 24 AND p.before > 0 THEN round((p.now - p.before)::DOUBLE * 1e6 / p.before)::BIGINT END AS purchases_growth_ppm,
  CASE WHEN s.now > 0 THEN round((s.now - p.now)::DOUBLE * 1e6 / s.now)::BIGINT END AS trading_margin_ppm,
  CASE WHEN s.history IS NOT NULL THEN coalesce(c.number, 0) END AS customers_12m,
  CASE WHEN c.whole > 0 THEN round(c.largest::DOUBLE * 1e6 / c.whole)::BIGINT END AS largest_customer_ppm,
  CASE WHEN c.whole > 0 THEN round(c.top5::DOUBLE * 1e6 / c.whole)::BIGINT END AS top5_customers_ppm,
  CASE WHEN c.whole > 0 THEN round(c.squares / c.whole::DOUBLE * 1e6 / c.whole)::BIGINT END AS customers_hhi_ppm,
  CASE WHEN s.history >= 24 AND c.whole > 0 THEN round(c.repeat::DOUBLE * 1e6 / c.whole)::BIGINT END AS repeat_customers_ppm,
  CASE WHEN s.history >= 24 THEN coalesce(c.lost, 0) END AS lost_customers_top10,
  CASE WHEN p.history IS NOT NULL THEN coalesce(v.number, 0) END AS suppliers_12m,
  CASE WHEN v.whole > 0 THEN round(v.largest::DOUBLE * 1e6 / v.whole)::BIGINT END AS largest_supplier_ppm,
  CASE WHEN v.whole > 0 THEN round(v.top5::DOUBLE * 1e6 / v.whole)::BIGINT END AS top5_suppliers_ppm,
  CASE WHEN v.whole > 0 THEN round(v.squares / v.whole::DOUBLE * 1e6 / v.whole)::BIGINT END AS suppliers_hhi_ppm,
  CASE WHEN p.history >= 24 AND v.whole > 0 THEN round(v.repeat::DOUBLE * 1e6 / v.whole)::BIGINT END AS repeat_suppliers_ppm,
  CASE WHEN p.history >= 24 THEN coalesce(v.lost, 0) END AS lost_suppliers_top10,
  CASE WHEN s.issued > 0 THEN round(s.voids::DOUBLE * 1e6 / s.issued)::BIGINT END AS void_count_ppm,
  CASE WHEN s.issued_fen > 0 THEN round(s.void_fen::DOUBLE * 1e6 / s.issued_fen)::BIGINT END AS void_amount_ppm,
  CASE WHEN s.issued > 0 THEN round(s.reds::DOUBLE * 1e6 / s.issued)::BIGINT END AS red_count_ppm,
  CASE WHEN s.issued_fen > 0 THEN round(s.red_fen::DOUBLE * 1e6 / s.issued_fen)::BIGINT END AS red_amount_ppm
FROM subjects
LEFT JOIN sales s USING (company)
LEFT JOIN purchases p USING (company)
LEFT JOIN (FROM partners WHERE side = 'c') c USING (company)
LEFT JOIN (FROM partners WHERE side = 's') v USING (company)
"""

if __name__ == "__main__":
    print(json.dumps(_side(sys.argv[1], Path(sys.argv[2]))))  # noqa: T201 - the parent process reads it
