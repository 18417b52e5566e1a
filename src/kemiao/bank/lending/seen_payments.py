"""The payments that the bank sees, from the accounts that loan money may have reached: read company by company, each under a
permit, and no further than the counterparties of what left the accounts read before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.names import registered_names
from kemiao.bank.permits import permit
from kemiao.bank.views import batches, companies
from kemiao.bank.world import World
from kemiao.base.columns import IntArray
from kemiao.base.refusal import Refusal
from kemiao.credit.tracing.columns import Payments
from kemiao.credit.tracing.related import groups
from kemiao.credit.tracing.rules import TracingRules, plain
from kemiao.data.cleaning import hashed_key
from kemiao.facts.permit import Permit

_EPOCH = date(1970, 1, 1)
_TABLES = ("bank_transaction", "shareholding", "invoice")
_ROWS = (
    "SELECT company, account, booked_on, amount_fen, balance_fen, counterparty_name, summary, batch, file, row "
    "FROM bank_transaction WHERE booked_on <= ?"
)
_HOLDINGS = "SELECT company, holder, arg_max(share_ppm, since) AS share FROM shareholding WHERE since <= ? GROUP BY company, holder"
_SELLERS = (
    "SELECT DISTINCT buyer, seller FROM invoice WHERE status = 'normal' AND NOT red_letter AND issued_on BETWEEN ? AND ? "
    "AND buyer IN (SELECT company FROM subjects)"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """payments: columns for the kernel. parties: keys of companies and persons, or names of who has none. accounts: (company,
    account). names, summaries: payment → text or None. permits: to be receipted. gaps: rows whose balance does not follow
    from the row before. suppliers: (borrower, seller). keys: name or key, as `others` had it → its party. shown: registered names."""

    payments: Payments
    parties: tuple[str, ...]
    shown: Mapping[str, str]
    accounts: tuple[tuple[str, str], ...]
    names: pa.ChunkedArray
    summaries: pa.ChunkedArray
    suppliers: frozenset[tuple[str, str]]
    permits: tuple[Permit, ...]
    left_out: Mapping[str, Refusal]
    gaps: int
    keys: Mapping[str, str]


def days(values: Any) -> Any:
    return np.asarray(values.cast(pa.int32()).to_numpy(zero_copy_only=False), np.int32)


def day_number(day: date) -> int:
    return (day - _EPOCH).days


def seen_payments(
    world: World,
    borrowers: Sequence[str],
    from_day: date,
    as_of: date,
    rules: TracingRules,
    others: Collection[str] = (),
) -> Seen:
    """others: keys or names of payees, which have a place among the parties too. Raises Refused where the only borrower's
    papers are not open, Outage."""
    _, snapshot = world.log.snapshot()
    brought, own = batches(world), frozenset(companies(world))
    register = permit(world, sorted(own), "post_loan", ("company",), brought=brought, or_nobody=True)
    with world.lake.open(register, snapshot, as_of, world.clock.today()) as facts:
        names = registered_names(facts, register)
        told = facts.sql(
            "SELECT company, any_value(industry) AS industry FROM company WHERE industry IS NOT NULL GROUP BY company"
        )
        industries = dict(zip(told["company"].to_pylist(), told["industry"].to_pylist(), strict=True))
    by_name = {plain(name): company for company, name in sorted(names.items(), reverse=True)}
    permits, parts = [register], []
    holdings: dict[tuple[str, str], int] = {}
    suppliers: set[tuple[str, str]] = set()
    left_out: dict[str, Refusal] = dict(register.left_out)
    frontier, asked = set(borrowers), set(borrowers)
    for step in range(rules.hops + 1):
        if not frontier:
            break
        given = permit(
            world, sorted(frontier), "post_loan", _TABLES, brought=brought, or_nobody=step > 0 or len(frontier) > 1
        )
        left_out |= dict(given.left_out)
        if not given.subjects:
            break
        permits.append(given)
        with world.lake.open(given, snapshot, as_of, world.clock.today()) as facts:
            rows = facts.sql(_ROWS, [as_of])
            held = facts.sql(_HOLDINGS, [as_of]).to_pylist()
            first = date.fromordinal(max(from_day.toordinal() - rules.supplier_days, 1))
            sold = facts.sql(_SELLERS, [first, as_of]).to_pylist() if step == 0 else []
        holdings |= {(row["company"], row["holder"]): int(row["share"] or 0) for row in held}
        suppliers |= {(row["buyer"], row["seller"]) for row in sold}
        rows = _opened(world, rows)
        parts.append(rows)
        out = rows.filter((pc.field("amount_fen") < 0) & (pc.field("booked_on") >= pa.scalar(from_day)))
        named = {by_name.get(plain(name)) for name in out["name"].unique().to_pylist() if name}
        frontier = {company for company in named if company in own and company not in asked}
        asked |= frontier
    table = pa.concat_tables(parts) if parts else _opened(world, None)
    keys = {text: text if ":" in text else _key(world, text, by_name) for text in others}
    return _columns(
        world, table, rules, by_name, names, industries, holdings, frozenset(suppliers), tuple(permits), left_out, borrowers, keys
    )  # fmt: skip


def _opened(world: World, rows: pa.Table | None) -> pa.Table:
    """Names and summaries in clear. The same text of the same owner is sealed to the same bytes: each is opened once."""
    plainly = [("company", pa.string()), ("account", pa.string()), ("booked_on", pa.date32()), ("amount_fen", pa.int64()), ("balance_fen", pa.int64())]  # fmt: skip
    where = [("batch", pa.int64()), ("file", pa.int64()), ("row", pa.int64())]
    texts = [("name", pa.string()), ("summary", pa.string())]
    schema = pa.schema([*plainly, *where, *texts])
    if rows is None:
        return schema.empty_table()
    columns = [rows[name].cast(kind) for name, kind in (*plainly, *where)]
    for name in ("counterparty_name", "summary"):
        sealed = pa.concat_arrays([*rows[name].cast(pa.binary()).chunks, pa.array([], pa.binary())]).dictionary_encode()
        codes = np.asarray(sealed.indices.fill_null(-1))
        first = np.zeros(len(sealed.dictionary), np.int64)
        first[codes[codes >= 0][::-1]] = np.flatnonzero(codes >= 0)[::-1]
        owners = rows["company"].take(pa.array(first)).combine_chunks()
        owners = pa.concat_arrays(owners.chunks) if isinstance(owners, pa.ChunkedArray) else owners
        text = world.vault.open_column(owners, sealed.dictionary)
        columns.append(pa.chunked_array([text.take(sealed.indices)]) if len(text) else pa.chunked_array([pa.nulls(rows.num_rows, pa.string())]))  # fmt: skip
    return pa.table(columns, schema=schema)


def _columns(
    world: World, table: pa.Table, rules: TracingRules, by_name: Mapping[str, str], names: Mapping[str, str],
    industries: Mapping[str, str], holdings: Mapping[tuple[str, str], int], suppliers: frozenset[tuple[str, str]],
    permits: tuple[Permit, ...], left_out: Mapping[str, Refusal], borrowers: Sequence[str],
    payees: Mapping[str, str],
) -> Seen:  # fmt: skip
    said, name_code = _coded(table["name"])
    why, why_code = _coded(table["summary"])
    keys = [_key(world, name, by_name) for name in said]
    held, company_code = _coded(table["company"])
    numbers, number_code = _coded(table["account"])
    pairs, account = np.unique(company_code * (len(numbers) + 1) + number_code, return_inverse=True)
    accounts = [(held[code // (len(numbers) + 1)], numbers[code % (len(numbers) + 1)]) for code in pairs.tolist()]
    account = account.astype(np.int32)
    everybody = sorted({*borrowers, *payees.values(), *keys, *(company for company, _ in accounts)})
    place = {key: number for number, key in enumerate(everybody)}
    party = np.array([*(place[key] for key in keys), -1], np.int32)[name_code]
    width = len(why) + 1  # the last place: no summary
    both, inverse = np.unique(name_code * width + np.where(why_code < 0, len(why), why_code), return_inverse=True)
    kinds = []
    for code in both.tolist():
        who, what = divmod(code, width)  # who: −1 where there is no name
        kinds.append(
            rules.kind(
                said[who] if who >= 0 else None,
                why[what] if what < len(why) else None,
                industries.get(keys[who]) if who >= 0 else None,
            )
        )
    kind = np.array(kinds, np.int8)[inverse] if kinds else np.zeros(0, np.int8)
    # A bank may write the payer's own name where it pays for it, such as wages. Where the summary says for what, nobody is named.
    owner = np.array([place[company] for company, _ in accounts], np.int32)
    by_summary = np.array([*(rules.kind(None, text, None) for text in why), 0], np.int8)[why_code]
    itself = (party == owner[account]) & (by_summary > 0) if len(party) else np.zeros(0, bool)
    party, kind = np.where(itself, np.int32(-1), party), np.where(itself, by_summary, kind)
    day, amount = days(table["booked_on"]), np.asarray(table["amount_fen"], np.int64)
    known = np.asarray(table["balance_fen"].is_valid())
    balance = np.asarray(table["balance_fen"].fill_null(0), np.int64)
    within, opening, gaps = _own_order(account, day, amount, balance, known, table, len(accounts))
    order = np.lexsort((within, account, day))
    payments = Payments(
        day[order], account[order], amount[order], party[order], kind[order],
        owner, opening,
        groups(place, ((*pair, share) for pair, share in holdings.items()), rules.related_ppm),
    )  # fmt: skip
    rows = table.select(["name", "summary"]).take(pa.array(order))
    return Seen(
        payments, tuple(everybody), names, tuple(accounts), rows["name"], rows["summary"], suppliers, permits, left_out, gaps, payees
    )  # fmt: skip


def _coded(column: pa.ChunkedArray) -> tuple[list[str], IntArray]:
    """Distinct texts, and each row's place among them: −1 where it has none."""
    coded = pa.concat_arrays([*column.chunks, pa.array([], pa.string())]).dictionary_encode()
    return coded.dictionary.to_pylist(), np.asarray(coded.indices.fill_null(-1)).astype(np.int64)


def _key(world: World, name: str, by_name: Mapping[str, str]) -> str:
    """The company of that name, or the key that imports give a person of that name, which holders carry too."""
    company = by_name.get(plain(name))
    return company if company is not None else person_key(world, name)


def person_key(world: World, name: str) -> str:
    """As bank.commands.import_files makes it: without the pseudonym's key, which comes with the first import, the bare name."""
    own = world.read_once.get("pseudonym")
    if own is None:
        own = world.vault.keys(["pseudonym"], make=False).get("pseudonym", b"")
        world.read_once["pseudonym"] = own
    if not own:
        return f"name:{plain(name)}"
    return hashed_key(
        "person", name, lambda text: blake2b(text.encode(), key=own, digest_size=12, person=b"kemiao/name").hexdigest()
    )


def _own_order(
    account: Any, day: Any, amount: IntArray, balance: IntArray, known: Any, table: pa.Table, accounts: int
) -> tuple[IntArray, IntArray, int]:
    """Each row's place in its account, the accounts' opening balances, and how many balances do not follow.

    Banks print statements oldest first or newest first: of a day's rows the order counts in which more balances follow.
    """
    places = [np.asarray(table[name], np.int64) for name in ("row", "file", "batch")]
    best_within = np.zeros(len(account), np.int64)
    opening, gaps = np.zeros(accounts, np.int64), np.zeros(accounts, np.int64)
    fitting = np.full(accounts, -1, np.int64)
    for sign in (1, -1):
        order = np.lexsort((*(sign * place for place in places), day, account))
        own, fen, left, said = account[order], amount[order], balance[order], known[order]
        follows = np.zeros(len(order), bool)
        same = own[1:] == own[:-1]
        both = same & said[1:] & said[:-1]
        follows[1:] = both & (left[1:] == left[:-1] + fen[1:])
        fit = np.bincount(own[follows], minlength=accounts)
        missed = np.zeros(len(order), bool)
        missed[1:] = both & ~follows[1:]
        better = fit > fitting
        first = np.flatnonzero(np.concatenate([[True], ~same])) if len(order) else np.zeros(0, np.int64)
        begins = np.zeros(accounts, np.int64)
        begins[own[first]] = np.where(said[first], np.maximum(left[first] - fen[first], 0), 0)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        best_within = np.where(better[account], rank, best_within) if len(order) else best_within
        opening, gaps = (
            np.where(better, begins, opening),
            np.where(better, np.bincount(own[missed], minlength=accounts), gaps),
        )
        fitting = np.maximum(fitting, fit)
    return best_within, opening, int(gaps.sum())
