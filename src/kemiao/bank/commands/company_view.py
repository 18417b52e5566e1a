"""company view: what the bank has of one company on one page. Its papers are read once, under one permit, with one receipt; what
the log knows (decisions, loans, applications, calls, entries of the chain) needs none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from kemiao.bank.commands import patents as of_patents
from kemiao.bank.event_log import Event
from kemiao.bank.lending.applications import applications
from kemiao.bank.lending.exposure import exposure
from kemiao.bank.lending.flags import standing_flags
from kemiao.bank.lending.loan_store import loans, messages_of
from kemiao.bank.lending.standing import serve_now
from kemiao.bank.names import registered_names
from kemiao.bank.permits import permit, receipt
from kemiao.bank.quarantined import still_waiting
from kemiao.bank.views import Batch, batches, default_as_of
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.company_view import balances, by_month, dealings, months_until
from kemiao.credit.document import differences
from kemiao.credit.profile import COLUMNS
from kemiao.credit.profile.statements import net_margin_sql
from kemiao.credit.profile.window import Span
from kemiao.credit.technology import matrix
from kemiao.credit.technology.patent_value import KINDS
from kemiao.credit.technology.valuation import Asked
from kemiao.data.lake import Facts
from kemiao.facts.permit import Permit
from kemiao.facts.tables import TABLES

Document = dict[str, Any]
MONTHS = 36
_DEALINGS, _DECISIONS, _MOVED, _ENTRIES, _RIGHTS = 40, 50, 12, 200, 300

# One query an issue, not one a chart: a company with ten thousand invoices is read over once for each side.
_INVOICE_MONTHS = """
SELECT date_trunc('month', issued_on)::DATE AS month,
  sum(amount_fen) FILTER (sold AND status = 'normal')::BIGINT AS sales_fen,
  count(*) FILTER (sold AND status = 'normal' AND NOT red_letter) AS sales,
  -sum(amount_fen) FILTER (sold AND status = 'normal' AND red_letter)::BIGINT AS sales_red_fen,
  count(*) FILTER (sold AND status = 'normal' AND red_letter) AS sales_red,
  count(*) FILTER (sold AND status <> 'normal') AS sales_void,
  sum(amount_fen) FILTER (NOT sold AND status = 'normal')::BIGINT AS purchases_fen,
  count(*) FILTER (NOT sold AND status = 'normal' AND NOT red_letter) AS purchases,
  -sum(amount_fen) FILTER (NOT sold AND status = 'normal' AND red_letter)::BIGINT AS purchases_red_fen,
  count(*) FILTER (NOT sold AND status = 'normal' AND red_letter) AS purchases_red
FROM (SELECT *, seller = ? AS sold FROM invoice WHERE issued_on <= ? AND seller <> buyer) GROUP BY month ORDER BY month
"""
_INVOICE_FIELDS = ("sales_fen", "sales", "sales_red_fen", "sales_red", "sales_void", "purchases_fen", "purchases", "purchases_red_fen", "purchases_red")  # fmt: skip
_DEALT = """
SELECT other, coalesce(sum(amount_fen) FILTER (issued_on >= ?), 0)::BIGINT AS fen,
  coalesce(sum(amount_fen) FILTER (issued_on < ?), 0)::BIGINT AS before_fen,
  count(*) FILTER (issued_on >= ?) AS invoices, min(issued_on) AS since, max(issued_on) AS last_on
FROM (SELECT *, CASE WHEN seller = ? THEN buyer ELSE seller END AS other FROM invoice WHERE seller <> buyer AND status = 'normal')
WHERE issued_on >= ? AND issued_on < ? AND (seller = ?) = ? GROUP BY other
"""
_CASH = """
SELECT date_trunc('month', booked_on)::DATE AS month, sum(amount_fen) FILTER (amount_fen > 0)::BIGINT AS inflow_fen,
  -sum(amount_fen) FILTER (amount_fen < 0)::BIGINT AS outflow_fen, count(*) AS transactions
FROM bank_transaction WHERE booked_on <= ? GROUP BY month ORDER BY month
"""
_CASH_FIELDS = ("inflow_fen", "outflow_fen", "transactions")
_BALANCES = """
SELECT account, date_trunc('month', booked_on)::DATE AS month, arg_max(balance_fen, (booked_on, batch, file, row)) AS balance_fen
FROM bank_transaction WHERE booked_on <= ? GROUP BY account, month ORDER BY month, account
"""
_RIGHTS_SQL = """
SELECT kind, status, count(*) AS number FROM intellectual_property GROUP BY ALL ORDER BY ALL
"""
_QUALIFICATIONS = "SELECT kind, granted_on, expires_on FROM qualification ORDER BY granted_on DESC, kind"
_RESEARCH = "SELECT year_end, arg_max(amount_fen, (coalesce(known_at, DATE '0001-01-01'), batch, row)) AS amount_fen FROM research_expense GROUP BY year_end ORDER BY year_end"
_REGISTER = "SELECT industry, region, registered_on, registered_capital_fen, status FROM company ORDER BY known_at NULLS FIRST, batch, row"


@dataclass(frozen=True, slots=True)
class Read:
    """What the papers say, as values that JSON holds. snapshot: which lake they were read from."""

    company: str
    name: str | None
    as_of: date
    snapshot: int
    papers: Document


def read_papers(world: World, company: str) -> Read | Refusal:
    """One reading for all of the page: one permit over every table, one receipt. Refuses NO_SUCH_COMPANY."""
    brought = batches(world)
    if not brought:
        return _unknown(company)
    as_of = default_as_of(world, brought)
    given = permit(world, (company,), "credit_review", brought=brought)
    number, tables = world.log.snapshot()
    with world.lake.open(given, tables, as_of, world.clock.today()) as facts:
        imported = _imported(facts, given, company, brought)
        if not imported:
            return _unknown(company)
        name = registered_names(facts, given).get(company)
        papers = {
            "register": _register(facts), "invoices": _invoices(facts, company, as_of), "cash": _cash(facts, as_of),
            **{side: _dealings(facts, company, as_of, sold=side == "customers") for side in ("customers", "suppliers")},
            "technology": _technology(world, facts, as_of),
        }  # fmt: skip
    with world.log.write() as tx:
        receipt(tx, given)
    waiting = _waiting(world, imported)
    for row in imported:
        row["waiting"] = waiting.get(row["batch"], 0)
    return Read(company, name, as_of, number, {**papers, "documents": imported, "bases": list(given.bases)})


def from_the_log(world: World, company: str) -> Document:
    """Decisions, the newest first; loans as they stand today; applications; what it owes and is promised; flags; calls."""
    day = world.clock.today()
    decisions = _decisions(world, company)
    agreed = loans(world, companies=(company,))
    told = messages_of(world, agreed, world.log.end())
    states = serve_now(world, agreed, told, day).states.to_pylist() if agreed.num_rows else []
    own = {row["loan"]: row for row in agreed.to_pylist()}
    newest = world.log.last("decision", subject=company)
    kept = world.log.private(newest) if newest else None
    return {
        "day": day.isoformat(), "exposure": asdict(exposure(world, company)), "decisions": decisions,
        "loans": [_loan(own[state["loan"]], state) for state in states],
        "applications": [
            {"application": each.id, "step": each.word(day), "on": each.on.isoformat(), "product": each.asked.get("product"), "amount_fen": each.asked.get("amount_fen"), "until": each.until.isoformat() if each.until else None}
            for each in applications(world, company)
        ],
        "flags": [{"flag": row["flag"], "on": str(row["on"])} for row in standing_flags(world, day, company)],
        "technology_grade": matrix.explain(kept.get("technology"), kept["grade"]) if kept else None,
        "entries": chain_entries(world, company),
    }  # fmt: skip


def chain_entries(world: World, company: str) -> list[Document] | None:
    """What the shared chain says of the company, the newest first; None where the home takes no part in one."""
    from kemiao.bank.commands.show_chain import chain_log

    if world.chain is None:
        return None
    found = chain_log(world, start=0, kind=None, author=None, subject=company, last=_ENTRIES)
    if isinstance(found, Refusal):
        return []
    rows = [{"index": each["index"], "at": each["at"], "id": each["id"], "kind": each["kind"], "author": each["author"], "purpose": (each.get("body") or {}).get("purpose")} for each in found]  # fmt: skip
    return rows[::-1]


def _unknown(company: str) -> Refusal:
    return Refusal.at("NO_SUCH_COMPANY", "没有这家企业的资料", "nothing is known of this company", company=company)


def _register(facts: Facts) -> Document:
    """Column by column the newest that is known."""
    said: Document = {}
    for row in facts.sql(_REGISTER).to_pylist():
        said |= {name: _plain(value) for name, value in row.items() if value is not None}
    return said


def _invoices(facts: Facts, company: str, as_of: date) -> list[Document]:
    rows = facts.sql(_INVOICE_MONTHS, [company, as_of]).to_pylist()
    return by_month(rows, _months(rows), _INVOICE_FIELDS)


def _months(rows: Sequence[Mapping[str, Any]]) -> list[date]:
    """Up to the newest that the papers speak of: of months after it nothing is known, which is not nothing sold."""
    return months_until(rows[0]["month"], rows[-1]["month"], MONTHS) if rows else []


def _dealings(facts: Facts, company: str, as_of: date, *, sold: bool) -> Document:
    """Over the last 12 whole months, as the profile's customers and suppliers."""
    span = Span.until(as_of)
    year, two = span.back(12), span.back(24)
    rows = facts.sql(_DEALT, [year, year, year, company, two, span.end, company, sold])
    found = dealings(rows, _DEALINGS)
    for row in (*found["rows"], *found["lost"]):
        row |= {name: _plain(row[name]) for name in ("since", "last_on")}
    return found | {"from": year.isoformat(), "until": (span.end - timedelta(days=1)).isoformat()}


def _cash(facts: Facts, as_of: date) -> list[Document]:
    rows = facts.sql(_CASH, [as_of]).to_pylist()
    months = _months(rows)
    standing = balances(facts.sql(_BALANCES, [as_of]).to_pylist(), months)
    return [row | {"balance_fen": balance} for row, balance in zip(by_month(rows, months, _CASH_FIELDS), standing, strict=True)]  # fmt: skip


def _technology(world: World, facts: Facts, as_of: date) -> Document:
    """Rights, qualifications, research; of patents the values that `kemiao patents` tells."""
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    rows = facts.sql(f"SELECT * FROM intellectual_property WHERE kind IN ({kinds}) ORDER BY number LIMIT {_RIGHTS}")  # noqa: S608 - our own words
    rules = of_patents.rules_on(world, world.clock.today()) if rows.num_rows else None
    patents = None
    if isinstance(rules, of_patents.Rules):
        margin = facts.sql(net_margin_sql(as_of))["net_margin_ppm"].to_pylist() or [None]
        patents = of_patents.decide(rows, rules, Asked(as_of, rules.money.loan_months, margin[0]))
    return {
        "rights": facts.sql(_RIGHTS_SQL).to_pylist(),
        "qualifications": [{name: _plain(value) for name, value in row.items()} for row in facts.sql(_QUALIFICATIONS).to_pylist()],
        "research": [{"year_end": _plain(row["year_end"]), "amount_fen": row["amount_fen"]} for row in facts.sql(_RESEARCH).to_pylist()],
        "patents": [_patent(each) for each in patents["patents"]] if patents else [],
        "pledge_fen": patents["pledge_fen"] if patents else None, "index_sum_milli": patents["index_sum_milli"] if patents else None,
    }  # fmt: skip


def _patent(each: Mapping[str, Any]) -> Document:
    names = (
        "number",
        "kind",
        "title",
        "status",
        "filed_on",
        "index_milli",
        "confidence_ppm",
        "lending_fen",
        "pledge_fen",
    )
    return {name: _plain(each[name]) for name in names}


def _imported(facts: Facts, given: Permit, company: str, brought: Sequence[Batch]) -> list[Document]:
    """What came in of the company: a row a batch and table, the newest batch first."""
    known = {batch.number: batch for batch in brought}
    looks = " UNION ALL ".join(
        f'SELECT \'{name}\' AS "table", batch, count(*) AS rows, min(happened_on) AS first, max(happened_on) AS last FROM "{name}" GROUP BY batch'  # noqa: S608 - names of facts
        for name in given.tables
    )
    rows = facts.sql(f'SELECT * FROM ({looks}) ORDER BY batch DESC, "table"').to_pylist()  # noqa: S608
    owned = any(TABLES[row["table"]].subjects == ("company",) or company in known[row["batch"]].companies for row in rows)  # fmt: skip
    if not owned:  # named on another's invoices alone: nobody's papers
        return []
    return [
        {"batch": row["batch"], "table": row["table"], "zh": TABLES[row["table"]].zh, "en": TABLES[row["table"]].en, "rows": row["rows"], "first": _plain(row["first"]),
         "last": _plain(row["last"]), "imported_on": _plain(known[row["batch"]].imported_on), "map": known[row["batch"]].map, "basis": known[row["batch"]].basis.partition(":")[0]}
        for row in rows
    ]  # fmt: skip


def _waiting(world: World, imported: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Rows of these batches that wait in quarantine, whosever they are: a bad row can't say whose it is."""
    counted: dict[int, int] = {}
    wanted = {row["batch"] for row in imported}
    for event in world.log.events("import"):
        number = int(event.public["batch"])
        if number in wanted and event.public.get("quarantined"):
            counted[number] = len(still_waiting(world, batch=number))
    return counted


def _decisions(world: World, company: str) -> list[Document]:
    events = list(world.log.events("decision", subject=company, newest_first=True, most=_DECISIONS + 1))
    kept = list(world.log.privates(events))
    rows = []
    for (event, now), (_, before) in pairwise([*zip(events, kept, strict=True), (None, None)]):
        if event is not None and now is not None:
            rows.append(_decision(event, now, differences(before, now) if before is not None else None))
    return rows[:_DECISIONS]


def _decision(event: Event, now: Mapping[str, Any], since: Mapping[str, Any] | None) -> Document:
    """since: what changed from the decision before; null at the first."""
    named = ("decision", "grade", "pd_ppm", "limit_fen", "rate_ppm", "authority")
    moved = None
    if since is not None:
        moved = {
            "headline": {name: list(since[name]) for name in named if name in since},
            "features": [
                {"feature": name, "zh": COLUMNS[name].zh, "en": COLUMNS[name].en, "unit": COLUMNS[name].unit, "before": _text(pair[0]), "now": _text(pair[1])}
                for name, pair in list(since["features"].items())[:_MOVED] if name in COLUMNS
            ],
            "features_moved": len(since["features"]), "rests_on": list(since["rests_on"]),
        }  # fmt: skip
    return {"decision_id": event.ref, "at": event.at, "as_of": now["as_of"], **{name: now[name] for name in named}, "since": moved}  # fmt: skip


def _loan(own: Mapping[str, Any], state: Mapping[str, Any]) -> Document:
    agreed = {name: _plain(own[name]) for name in ("loan", "product", "amount_fen", "starts_on", "security", "purpose")}
    return agreed | {name: _plain(state[name]) for name in ("status", "drawn_fen", "principal_fen", "rate_ppm", "matures_on", "next_due_on", "next_due_fen", "past_due_days")}  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
