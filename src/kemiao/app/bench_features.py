"""Features over a synthetic lake of invoices, against the same features hand-written in one DuckDB query.

Each side runs in a process of its own, over the same Parquet files, in turn; results must be equal row by row.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

AS_OF = date(2024, 7, 1)
_ROUNDS = 3
_MEMORY = "2GB"  # the lake's own limit


def bench_features(
    invoices: int = 5_000_000, companies: int = 20_000, seed: int = 1, folder: Path = Path("bench")
) -> dict:
    """Makes the invoices unless the folder has them; returns seconds (median), peak MB of both sides and their ratio.

    Also one company's features over the same files on a warm process: milliseconds, 99th percentile of 100.
    """
    files = folder / f"invoices-{invoices}-{companies}-{seed}"
    if not (files / "done").exists():
        make_invoices(files, invoices, companies, seed)
        (files / "done").touch()
    sides = {side: _run(side, files) for side in ("ours", "by_hand")}
    different = _differences(files / "ours.parquet", files / "by_hand.parquet")
    return {
        "invoices": invoices,
        "companies": companies,
        **{f"{side}_{name}": value for side, figures in sides.items() for name, value in figures.items()},
        "ratio": round(sides["ours"]["seconds"] / sides["by_hand"]["seconds"], 3),
        "different_values": different,
    }


def make_invoices(folder: Path, invoices: int, companies: int, seed: int) -> None:
    """Invoices of three years: each company has some forty partners, a tenth of them outside; 3 % void, 3 % red letters."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from kemiao.facts.tables import TABLES

    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    keys = np.array([f"uscc:91330106MA{number:06d}TX" for number in range(companies)], dtype=object)
    outside = np.array([f"foreign:{number:07d}" for number in range(companies // 2)], dtype=object)
    weights = random.pareto(1.2, companies) + 0.3
    partners = np.where(
        random.random((companies, 40)) < 0.5,
        random.integers(0, companies, (companies, 40)),
        companies + random.integers(0, companies // 2, (companies, 40)),
    )
    names = pa.array(np.concatenate([keys, outside]), pa.string())
    schema = TABLES["invoice"].arrow_schema
    step = 500_000
    for part, start in enumerate(range(0, invoices, step)):
        rows = min(step, invoices - start)
        me = random.choice(companies, rows, p=weights / weights.sum())
        other = partners[me, np.minimum(random.geometric(0.08, rows) - 1, 39)]
        sells = random.random(rows) < 0.5
        red = random.random(rows) < 0.03
        fen = (random.lognormal(13, 1.5, rows)).astype(np.int64) + 1
        fen = np.where(red, -fen // 2, fen)
        day = np.datetime64("2021-07-01") + np.sort(random.integers(0, 1_100, rows)).astype("timedelta64[D]")
        columns = {
            "invoice_no": pa.array(np.arange(start, start + rows)).cast(pa.string()),
            "seller": names.take(pa.array(np.where(sells, me, other))),
            "buyer": names.take(pa.array(np.where(sells, other, me))),
            "issued_on": pa.array(day), "amount_fen": pa.array(fen), "tax_fen": pa.array(fen * 13 // 100),
            "total_fen": pa.array(fen + fen * 13 // 100),
            "status": pa.array(np.where(random.random(rows) < 0.03, "void", "normal")), "red_letter": pa.array(red),
            "fact_id": pa.array([b"0" * 16]).take(pa.array(np.zeros(rows, np.int64))),
            "content_id": pa.array([b"0" * 16]).take(pa.array(np.zeros(rows, np.int64))),
            "happened_on": pa.array(day), "known_at": pa.array(day), "source": pa.array(["bench"] * rows),
            "basis": pa.array(["own"] * rows), "batch": pa.array(np.ones(rows, np.int64)),
            "file": pa.array(np.full(rows, part, np.int32)), "row": pa.array(np.arange(2, rows + 2)),
            "revision": pa.array(np.zeros(rows, np.int32)),
        }  # fmt: skip
        pq.write_table(
            pa.table([columns[field.name] for field in schema], schema=schema), folder / f"part-{part:03d}.parquet"
        )
    pq.write_table(pa.table({"company": pa.array(keys, pa.string())}), folder / "subjects.pq")


def _run(side: str, files: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "kemiao.app.bench_features", side, str(files)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def _differences(ours: Path, by_hand: Path) -> int:
    """Values that differ by more than 1 ppm in a ratio, or at all elsewhere."""
    import pyarrow.parquet as pq

    left, right = (pq.read_table(path).sort_by("company").to_pydict() for path in (ours, by_hand))
    different = sum(left["company"][row] != right["company"][row] for row in range(len(left["company"])))
    for name, values in left.items():
        slack = 1 if name.endswith("_ppm") else 0
        if name != "company":
            for mine, hand in zip(values, right[name], strict=True):
                same = mine is hand if mine is None or hand is None else abs(mine - hand) <= slack
                different += not same
    return different


def _side(side: str, files: Path) -> dict[str, Any]:
    import resource

    import duckdb
    import pyarrow.parquet as pq

    from kemiao.credit.profile import FEATURES, features_sql

    connection = duckdb.connect(config={"memory_limit": _MEMORY, "preserve_insertion_order": "false"})
    _views(connection, files)
    names = [feature.name for feature in FEATURES if feature.tables == ("invoice",)]
    query = features_sql(AS_OF, frozenset()) if side == "ours" else BY_HAND
    # All columns are computed on our side; what is not about invoices is null here and costs its share.
    timed = []
    for _ in range(_ROUNDS):
        start = perf_counter()
        table = connection.sql(query).to_arrow_table()
        timed.append(perf_counter() - start)
    pq.write_table(table.select(["company", *names]), files / f"{side}.parquet")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures = {"seconds": round(sorted(timed)[_ROUNDS // 2], 3), "peak_mb": peak}
    return figures | (_one_company(connection, files, query) if side == "ours" else {})


def _one_company(connection: Any, files: Path, query: str) -> dict[str, Any]:
    """As the lake opens one company: its key as a literal, which statistics of the files can prune by."""
    times = []
    keys = connection.sql("SELECT company FROM subjects ORDER BY hash(company) LIMIT 100").fetchall()
    for (key,) in keys:
        start = perf_counter()
        connection.execute("CREATE OR REPLACE TEMP TABLE subjects AS SELECT ? AS company", [key])
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW invoice AS SELECT * FROM '{files}/part-*.parquet' WHERE seller IN ('{key}') OR buyer IN ('{key}')"  # noqa: S608
        )
        connection.sql(query).to_arrow_table()
        times.append(1000 * (perf_counter() - start))
    times.sort()
    return {"one_company_median_ms": round(times[50], 1), "one_company_p99_ms": round(times[98], 1)}


def _views(connection: Any, files: Path) -> None:
    from kemiao.credit.profile import TABLES
    from kemiao.facts.tables import TABLES as FORMS

    for name in TABLES:
        if name != "invoice":
            connection.register(f"none_{name}", FORMS[name].arrow_schema.empty_table())
            connection.execute(f"CREATE TEMP TABLE {name} AS FROM none_{name}")
    connection.execute(f"CREATE TEMP VIEW invoice AS SELECT * FROM '{files}/part-*.parquet'")  # noqa: S608
    connection.execute(f"CREATE TEMP TABLE subjects AS SELECT * FROM read_parquet('{files}/subjects.pq')")  # noqa: S608


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
