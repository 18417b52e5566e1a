"""Invoices add up to what was sold, and read like those of the tax bureau."""

from __future__ import annotations

import re

import numpy as np

from kemiao.twin.population.city import City
from kemiao.twin.population.invoices import Invoices, numbers


def test_invoices_without_the_void_add_up_to_what_was_sold(city: City, invoices: Invoices) -> None:
    got = np.zeros_like(city.books.sold)
    rows = invoices.counts
    np.add.at(got, (invoices.relation[rows], invoices.month[rows]), invoices.net[rows])
    window = slice(city.calendar.shown, city.calendar.now)
    shown = np.unique(invoices.relation)
    sold = (city.books.sold - city.books.returned)[shown, window]
    assert sold.sum() > 0
    assert np.array_equal(got[shown, window], sold)


def test_invoices_of_a_tenant_add_up_to_its_revenue(city: City, invoices: Invoices) -> None:
    for firm in city.tenants:
        rows = invoices.counts & (invoices.seller == firm)
        window = slice(city.calendar.shown, city.calendar.now)
        assert invoices.net[rows].sum() == city.books.flow["revenue"][firm, window].sum()


def test_only_red_letters_are_below_zero_and_only_paper_is_voided(invoices: Invoices) -> None:
    assert np.array_equal(invoices.net < 0, invoices.red)
    assert np.array_equal(invoices.tax < 0, invoices.red & (invoices.tax != 0))
    assert invoices.void.any() and invoices.red.any()
    assert invoices.paper[invoices.void].all()


def test_each_invoice_has_its_own_number(invoices: Invoices) -> None:
    rows = list(zip(*(column.to_pylist() for column in numbers(invoices)), strict=True))
    assert len(set(rows)) == len(invoices)
    for code, number, electronic in rows[:: len(rows) // 500]:
        assert (
            re.fullmatch(r"\d{12}", code) and re.fullmatch(r"\d{8}", number)
            if code
            else re.fullmatch(r"\d{20}", electronic)
        )


def test_no_invoice_is_from_the_day_or_after(city: City, invoices: Invoices) -> None:
    assert invoices.day.max() < np.datetime64(city.calendar.day)
    assert invoices.day.min() >= np.datetime64(city.calendar.start(city.calendar.shown))
