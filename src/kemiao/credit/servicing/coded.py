"""Loans and messages as the whole numbers that the kernel reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import BoolArray, IntArray
from kemiao.base.loose_json import parse_loose
from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.servicing.columns import (
    BUSINESS_DAYS,
    COMPONENTS,
    DAY_COUNTS,
    INTEREST_FIRST,
    RATE_KINDS,
    REPAYMENTS,
)
from kemiao.credit.servicing.terms import (
    M_INTEREST,
    M_KIND,
    M_PLACE,
    M_WORD,
    MESSAGE,
    MESSAGE_KINDS,
    NOT_GIVEN,
    OPENING,
    REPAY,
    RESTRUCTURE,
    REVERSE,
    T_ORDER,
    TERMS,
)

_CODED = {"repayment": REPAYMENTS, "business_day": BUSINESS_DAYS, "day_count": DAY_COUNTS, "rate_kind": RATE_KINDS}
_EXTRAS = ("interest_fen", "interest_due_fen", "penalty_fen", "compound_fen", "principal_due_fen", "oldest_due_on")


@dataclass(frozen=True, slots=True)
class Coded:
    """numbers: a row a message (columns MESSAGE), by loan, value day and order of coming; starts: each loan's first, and the end."""

    numbers: IntArray
    starts: IntArray


def coded_terms(loans: pa.Table) -> IntArray:
    """A row a loan, columns TERMS; NOT_GIVEN for null. Raises BrokenInvariant on a word that servicing doesn't know."""
    terms = np.empty((loans.num_rows, len(TERMS)), np.int64)
    for place, name in enumerate(TERMS[:T_ORDER]):
        terms[:, place] = _codes(loans[name], _CODED[name]) if name in _CODED else numbers(loans[name])
    words = loans["allocation"].combine_chunks().fill_null(INTEREST_FIRST).dictionary_encode()
    orders = np.array([_order(word) for word in words.dictionary.to_pylist()], np.int64).reshape(-1, 5)
    terms[:, T_ORDER:] = orders[np.asarray(words.indices)]
    return terms


def coded_messages(loans: pa.Table, messages: pa.Table) -> Coded:
    """Without those that were reversed. Messages of loans that are not here are left out."""
    place = pc.index_in(messages["loan"], value_set=loans["loan"].combine_chunks())
    kind = _codes(messages["kind"], MESSAGE_KINDS)
    kept = np.asarray(place.is_valid().combine_chunks() if isinstance(place, pa.ChunkedArray) else place.is_valid())
    kept = kept & standing(messages, kind)
    rows = np.flatnonzero(kept)
    table = np.full((len(rows), len(MESSAGE)), NOT_GIVEN, np.int64)
    for column, name in enumerate(("value_day", "amount_fen", "rate_ppm", "day", "share_ppm", "count"), start=1):
        table[:, column] = numbers(messages[name])[rows]
    table[:, M_KIND], table[:, M_PLACE] = kind[rows], rows
    _read_words(table, messages)
    loan = numbers(place)[rows]
    order = np.lexsort((rows, numbers(messages["seq"])[rows], table[:, 1], loan))
    starts = np.searchsorted(loan[order], np.arange(loans.num_rows + 1))
    return Coded(np.ascontiguousarray(table[order]), starts.astype(np.int64))


def standing(messages: pa.Table, kind: IntArray) -> BoolArray:
    """Messages that count: neither a reversal nor reversed. Raises BrokenInvariant where what was reversed is not here."""
    reversing = kind == REVERSE
    if not reversing.any():
        return np.full(len(kind), True)
    names = messages["word"].filter(pa.array(reversing)).combine_chunks()
    found = pc.is_in(names, value_set=messages["message"].combine_chunks())
    if not pc.all(found).as_py():
        raise BrokenInvariant(
            "a message was reversed that is not among the messages: the loan is to be served from its start"
        )
    gone: BoolArray = np.asarray(pc.is_in(messages["message"], value_set=names).combine_chunks())
    kept: BoolArray = ~reversing & ~gone
    return kept


def numbers(column: pa.ChunkedArray | pa.Array) -> IntArray:
    """Whole numbers, days (since 1970) or flags; NOT_GIVEN for null."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    flat = flat.cast(pa.int32()) if flat.type == pa.date32() else flat
    return np.asarray(flat.cast(pa.int64()).fill_null(NOT_GIVEN))


def _codes(column: pa.ChunkedArray, words: tuple[str, ...]) -> IntArray:
    encoded = column.combine_chunks().dictionary_encode()
    seen = encoded.dictionary.to_pylist()
    strange = [word for word in seen if word not in words]
    if strange or encoded.null_count:
        raise BrokenInvariant(f"{strange or 'null'}: expected one of {', '.join(words)}")
    codes: IntArray = np.array([words.index(word) for word in seen] or [0], np.int64)[np.asarray(encoded.indices)]
    return codes


def _order(text: str) -> list[int]:
    words = [word.strip() for word in text.split(",")]
    if sorted(words) != sorted(COMPONENTS):
        raise BrokenInvariant(f"an order of allocation has all of {', '.join(COMPONENTS)}, each once: {text}")
    return [COMPONENTS.index(word) for word in words]


def _read_words(table: IntArray, messages: pa.Table) -> None:
    """What `word` says, by kind: next of a repayment, the new way of repaying, what else stands at an opening."""
    kinds, rows = table[:, M_KIND], table[:, M_PLACE]
    speaking = np.flatnonzero(np.isin(kinds, (OPENING, REPAY, RESTRUCTURE)))
    words = messages["word"].take(pa.array(rows[speaking])).combine_chunks()
    for row, word in zip(speaking[np.asarray(words.is_valid())], words.drop_null().to_pylist(), strict=True):
        if kinds[row] == OPENING:
            table[row, M_INTEREST:] = opening_extras(word)
        elif kinds[row] == REPAY:
            table[row, M_WORD] = word == "next"
        elif word in REPAYMENTS:
            table[row, M_WORD] = REPAYMENTS.index(word)


def opening_extras(word: str) -> list[int]:
    """The last columns of MESSAGE. Raises BrokenInvariant: who records an opening checks it."""
    said = parse_loose(word.encode())
    if not isinstance(said, dict):
        raise BrokenInvariant(f"an opening's word is a JSON object: {word}")
    amounts = [said.get(name, NOT_GIVEN) for name in _EXTRAS[:-1]]
    oldest = said.get(_EXTRAS[-1])
    return [*amounts, NOT_GIVEN if oldest is None else (date.fromisoformat(oldest) - date(1970, 1, 1)).days]
