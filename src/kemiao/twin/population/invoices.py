"""Invoices: what each relation sold in a month, written as one or several invoices, with voids and red letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kemiao.twin.population.city import City
from kemiao.twin.population.setting import PPM, Flags, Floats, Ints

VOID_SHARE, WRONG_SHARE = 0.012, 0.008  # paper is voided in its month; an electronic invoice is reversed by a red one
PAPER_UNTIL = (18, 28)  # months before the day at which sellers went over to electronic invoices


@dataclass(frozen=True, slots=True)
class Invoices:
    """One place an invoice, sorted by seller, day and number. Amounts in fen; red ones below zero."""

    seller: Ints
    buyer: Ints
    relation: Ints
    month: Ints
    day: NDArray[np.datetime64]
    net: Ints
    tax: Ints
    void: Flags
    red: Flags
    paper: Flags
    serial: Ints  # of the seller, from 1

    def __len__(self) -> int:
        return len(self.seller)

    @property
    def counts(self) -> Flags:
        """What is part of sales: all but the void; red letters count with their sign."""
        return ~self.void


def make_invoices(rng: np.random.Generator, city: City) -> Invoices:
    """All invoices of history in which a tenant is seller or buyer. Their sum, without the void, is what was sold."""
    relations, calendar = city.relations, city.calendar
    tenant = np.zeros(len(city.parties.code), dtype=bool)
    tenant[city.tenants] = True
    shown = np.flatnonzero(tenant[relations.seller] | tenant[relations.buyer])
    window = slice(calendar.shown, calendar.now)
    place, month = np.nonzero(city.books.sold[shown, window])
    relation, month = shown[place], month + calendar.shown
    amount = city.books.sold[relation, month]
    pieces = 1 + rng.poisson(relations.invoices[relation])
    pieces = np.minimum(pieces, np.maximum(amount // 10_000, 1))
    net = _split(rng, amount, pieces)
    source = np.repeat(np.arange(len(amount)), pieces)
    rows: dict[str, NDArray[Any]] = {"relation": relation[source], "month": month[source], "net": net}
    rows["red"], rows["void"] = np.zeros(len(net), dtype=bool), np.zeros(len(net), dtype=bool)
    digital = calendar.now - rng.integers(*PAPER_UNTIL, len(city.parties.code))
    rows["paper"] = rows["month"] < digital[relations.seller[rows["relation"]]]
    rows["place"] = rng.random(len(net)) ** 0.75  # sales gather towards the month's end
    rows = _joined(rows, _mistakes(rng, rows), _returns(rng, city, shown, digital))
    return _numbered(city, rows)


def _split(rng: np.random.Generator, amount: Ints, pieces: Ints) -> Ints:
    """Each amount in so many pieces, above zero, which add up to it exactly."""
    weight = rng.gamma(1.5, 1.0, int(pieces.sum())) + 0.05
    start = np.concatenate([[0], np.cumsum(pieces)[:-1]])
    running = np.cumsum(weight)
    before = np.repeat(running[start] - weight[start], pieces)
    total = np.repeat(np.add.reduceat(weight, start), pieces)
    whole = np.repeat(amount, pieces)
    upto = np.floor(whole * ((running - before) / total)).astype(np.int64)
    last = np.concatenate([start[1:] - 1, [len(weight) - 1]])
    upto[last] = amount
    out = np.diff(upto, prepend=0)
    out[start] = upto[start]
    return np.asarray(out)


def _mistakes(rng: np.random.Generator, rows: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """A wrong invoice before the right one: void on paper; electronic, taken back by a red one in the same month."""
    draw = rng.random(len(rows["net"]))
    void = np.flatnonzero(rows["paper"] & (draw < VOID_SHARE))
    wrong = np.flatnonzero(~rows["paper"] & (draw < WRONG_SHARE))
    twice = np.concatenate([void, wrong, wrong])
    made = {name: column[twice].copy() for name, column in rows.items()}
    made["void"][: len(void)] = True
    made["red"][len(void) + len(wrong) :] = True
    made["net"][len(void) + len(wrong) :] *= -1
    made["place"] *= 0.98
    return made


def _returns(rng: np.random.Generator, city: City, shown: Ints, digital: Ints) -> dict[str, NDArray[Any]]:
    window = slice(city.calendar.shown, city.calendar.now)
    place, month = np.nonzero(city.books.returned[shown, window])
    relation, month = shown[place], month + city.calendar.shown
    return {
        "relation": relation,
        "month": month,
        "net": -city.books.returned[relation, month],
        "red": np.ones(len(month), dtype=bool),
        "void": np.zeros(len(month), dtype=bool),
        "paper": month < digital[city.relations.seller[relation]],
        "place": rng.random(len(month)),
    }


def _joined(*parts: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _numbered(city: City, rows: dict[str, NDArray[Any]]) -> Invoices:
    relations, starts = city.relations, city.calendar.starts()
    month = rows["month"]
    length = (starts[month + 1] - starts[month]).astype(np.int64)
    day = starts[month] + np.floor(length * rows["place"]).astype("timedelta64[D]")
    seller = relations.seller[rows["relation"]]
    order = np.lexsort((rows["place"], day, seller))
    seller, relation = seller[order], rows["relation"][order]
    first = np.concatenate([[True], seller[1:] != seller[:-1]])
    begin = np.maximum.accumulate(np.where(first, np.arange(len(seller)), 0))
    net = rows["net"][order]
    share: Floats = relations.vat_ppm[relation] / PPM
    return Invoices(
        seller=seller, buyer=relations.buyer[relation], relation=relation, month=month[order], day=day[order], net=net,
        tax=np.rint(net * share).astype(np.int64), void=rows["void"][order], red=rows["red"][order],
        paper=rows["paper"][order], serial=np.arange(len(seller)) - begin + 1,
    )  # fmt: skip


def numbers(invoices: Invoices) -> tuple[pa.Array, pa.Array, pa.Array]:
    """发票代码, 发票号码, 数电发票号码: the first two on paper, the third (20 digits) for electronic ones."""
    year = pc.utf8_slice_codeunits(pa.array(invoices.day.astype("datetime64[D]")).cast(pa.string()), 2, 4)
    seller = pc.utf8_lpad(pa.array(invoices.seller).cast(pa.string()), 6, "0")
    serial = pa.array(invoices.serial).cast(pa.string())
    paper, blank = pa.array(invoices.paper), pa.scalar("")
    code = pc.binary_join_element_wise(_same("099", seller), seller, year, _same("1", seller), "")
    electronic = pc.binary_join_element_wise(year, _same("992", seller), seller, pc.utf8_lpad(serial, 9, "0"), "")
    return (
        pc.if_else(paper, code, blank),
        pc.if_else(paper, pc.utf8_lpad(serial, 8, "0"), blank),
        pc.if_else(paper, blank, electronic),
    )


def _same(text: str, like: pa.Array) -> pa.Array:
    return pa.array([text]).take(pa.array(np.zeros(len(like), dtype=np.int64)))
