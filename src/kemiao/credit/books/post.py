"""Lines become postings: each line the legs of its rule, its VAT by cumulative rounding, all of one day's in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import BoolArray, IntArray
from kemiao.base.refusal import Refusal
from kemiao.credit.books.chart import Chart
from kemiao.credit.books.columns import POSTINGS, coded, column_codes

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Posted:
    """postings: POSTINGS, by company then voucher. taxed_fen: of each loan, what has been taxed so far. vouchers: how many."""

    postings: pa.Table
    taxed_fen: IntArray
    vouchers: int


def post(
    chart: Chart, lines: pa.Table, loans: pa.Table, taxed_fen: IntArray, booked_on: date, first_voucher: int = 1
) -> Posted | Refusal:
    """lines: LINES, of one loan in their order. loans: columns loan, company, vat_ppm, to which taxed_fen is aligned.

    A line without a rule refuses POSTING_RULE_MISSING; a line of a loan that isn't there is a fault (KeyError).
    """
    rule = _rules(chart, lines)
    if isinstance(rule, Refusal):
        return rule
    place = _places(lines["loan"], loans["loan"])
    amount, sold = (_ints(lines[name]) for name in ("amount_fen", "sold_fen"))
    taxes = np.array([each.taxed for each in chart.rules] or [0], np.int64)[rule]
    vat, taxed_after = _vat(place, taxes * (amount - sold), _ints(loans["vat_ppm"]), taxed_fen)
    vat *= taxes
    own = amount - sold
    portions = {"all": amount, "own": own, "net": own - vat, "vat": vat, "sold": sold}
    line, account, fen = _legs(chart, rule, portions)
    companies, names, _ = column_codes(loans["company"])
    order_of_names = np.asarray(pc.array_sort_indices(names))
    rank = np.empty(len(names), np.int64)
    rank[order_of_names] = np.arange(len(names))
    company = rank[companies][place[line]] if len(names) else line
    by_company = np.argsort(company, kind="stable")
    line, account, fen, company = line[by_company], account[by_company], fen[by_company], company[by_company]
    voucher, vouchers = _numbered(line, len(rule), first_voucher)
    accounts = pa.array(list(chart.accounts), pa.string())
    loan_names = _flat(loans["loan"])
    kinds, components, messages = (column_codes(lines[name]) for name in ("kind", "component", "message"))
    columns = [
        pa.array(np.full(len(line), (booked_on - date(1970, 1, 1)).days, np.int32)).cast(pa.date32()),
        _flat(lines["value_day"]).take(pa.array(line)),
        pa.array(voucher, pa.int64()),
        coded(place[line], loan_names), coded(company, names.take(pa.array(order_of_names))), coded(account, accounts, few=True),
        pa.array(fen, pa.int64()),
        *(coded(codes[line], words, few=True, unknown=null[line]) for codes, words, null in (kinds, components)),
        coded(messages[0][line], messages[1], unknown=messages[2][line]),
        pa.array(np.zeros(len(line), bool)),
    ]  # fmt: skip
    return Posted(pa.table(columns, schema=POSTINGS), taxed_after, vouchers)


def vat_part(gross_fen: IntArray, vat_ppm: IntArray) -> IntArray:
    """The VAT inside a price that includes it, half away from zero. In two limbs: 10^13 fen times a rate would wrap."""
    size, base = np.abs(gross_fen), PPM + vat_ppm
    whole, rest = np.divmod(size, base)
    return np.sign(gross_fen) * (whole * vat_ppm + (2 * rest * vat_ppm + base) // (2 * base))


def _rules(chart: Chart, lines: pa.Table) -> IntArray | Refusal:
    """The place of each line's rule."""
    kinds, kind_names, _ = column_codes(lines["kind"])
    components, component_names, unknown = column_codes(lines["component"])
    components = np.where(unknown, len(component_names), components)
    off = np.asarray(_flat(lines["off_balance"]).fill_null(False)).astype(np.int64)
    words: Sequence[str | None] = [*component_names.to_pylist(), None]
    code = (kinds * len(words) + components) * 2 + off
    table = np.full(max(1, len(kind_names)) * len(words) * 2, -1, np.int64)
    for one in np.flatnonzero(np.bincount(code, minlength=len(table))):
        kind, component, side = kind_names[int(one) // 2 // len(words)].as_py(), words[int(one) // 2 % len(words)], bool(one % 2)  # fmt: skip
        found = chart.rule(kind, component, side)
        if found is None:
            return Refusal.at("POSTING_RULE_MISSING", f"没有记账规则:{kind}/{component}{'(表外)' if side else ''}", f"there is no posting rule for {kind}/{component}{' off balance' if side else ''}", file="accounts.toml")  # fmt: skip
        table[one] = found
    places: IntArray = table[code]
    return places


def _places(wanted: pa.ChunkedArray, loans: pa.ChunkedArray) -> IntArray:
    flat = _flat(wanted)
    if pa.types.is_dictionary(flat.type):
        flat = flat.cast(pa.string())
    found = pc.index_in(flat, value_set=_flat(loans))
    if found.null_count:
        raise KeyError(flat.filter(found.is_null())[0].as_py())
    return np.asarray(found).astype(np.int64)


def _vat(place: IntArray, taxed: IntArray, vat_ppm: IntArray, before: IntArray) -> tuple[IntArray, IntArray]:
    """VAT of each line: rounded VAT of all that was taxed so far minus that before it, so that no fen is lost over a loan's life."""
    order = np.argsort(place, kind="stable")
    at, amounts = place[order], taxed[order]
    running = np.cumsum(amounts)
    first = np.flatnonzero(np.r_[True, at[1:] != at[:-1]]) if len(at) else at
    lengths = np.diff(np.r_[first, len(at)])
    start = np.repeat((running - amounts)[first], lengths) if len(at) else running
    after = before[at] + running - start
    rate = vat_ppm[at]
    vat = np.empty(len(at), np.int64)
    vat[order] = vat_part(after, rate) - vat_part(after - amounts, rate)
    ends = before.copy()
    if len(at):
        last = np.r_[first[1:], len(at)] - 1
        ends[at[last]] = after[last]
    return vat, ends


def _legs(chart: Chart, rule: IntArray, portions: dict[str, IntArray]) -> tuple[IntArray, IntArray, IntArray]:
    """Of each leg that is not zero: line, place of the account, amount; by line, in the order of the rule."""
    counts = np.array([len(each.legs) for each in chart.rules] or [0], np.int64)[rule]
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    places = {name: place for place, name in enumerate(chart.accounts)}
    account, fen = np.zeros(total, np.int64), np.zeros(total, np.int64)
    begins = ends - counts
    for number in np.flatnonzero(np.bincount(rule, minlength=len(chart.rules))):
        rows = np.flatnonzero(rule == number)
        for step, leg in enumerate(chart.rules[number].legs):
            account[begins[rows] + step] = places[leg.account]
            fen[begins[rows] + step] = leg.sign * portions[leg.portion][rows]
    line = np.repeat(np.arange(len(rule)), counts)
    moved = fen != 0
    return line[moved], account[moved], fen[moved]


def _numbered(line: IntArray, lines: int, first: int) -> tuple[IntArray, int]:
    """Vouchers in the order of their first leg: a line that moves nothing has no voucher."""
    fresh: BoolArray = np.r_[True, line[1:] != line[:-1]] if len(line) else np.zeros(0, bool)
    return first + np.cumsum(fresh) - 1, int(fresh.sum())


def _ints(column: pa.ChunkedArray) -> IntArray:
    return np.asarray(_flat(column).fill_null(0)).astype(np.int64)


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)  # fmt: skip
