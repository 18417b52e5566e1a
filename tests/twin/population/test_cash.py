"""The books of the city balance to the fen, and firms close for one reason only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kemiao.twin.population.cash import INFLOWS, OUTFLOWS, PROFIT, STOCKS, run
from kemiao.twin.population.city import City

ASSETS = ("cash", "receivable", "inventory", "prepayment", "fixed")


def with_opening(city: City, stock: str) -> np.ndarray:
    return np.concatenate([city.books.opening[stock][:, None], city.books.flow[stock]], axis=1)


def test_cash_moves_by_what_came_in_less_what_went_out(city: City) -> None:
    flow = city.books.flow
    moved = np.diff(with_opening(city, "cash"), axis=1)
    assert flow["received"].sum() > 0
    assert np.array_equal(moved, sum(flow[name] for name in INFLOWS) - sum(flow[name] for name in OUTFLOWS))


def test_assets_less_liabilities_move_by_profit_and_by_owners(city: City) -> None:
    flow = city.books.flow
    liabilities = [name for name in STOCKS if name not in ASSETS]
    equity = sum(with_opening(city, name) for name in ASSETS) - sum(with_opening(city, name) for name in liabilities)
    profit = flow["revenue"] - sum(flow[name] for name in PROFIT if name != "revenue")
    assert np.array_equal(np.diff(equity, axis=1), profit + flow["equity"] + flow["owner"] - flow["dividend"])


def test_what_one_firm_of_the_city_pays_another_receives(city: City) -> None:
    relations, settled = city.relations, city.books.settled
    inside = city.parties.inside
    from_city = settled[(relations.seller < inside) & (relations.buyer < inside)].sum()
    from_outside = settled[(relations.seller < inside) & (relations.buyer >= inside)].sum()
    assert from_city > 0
    assert city.books.flow["received"].sum() == from_city + from_outside


def test_no_stock_falls_below_zero(city: City) -> None:
    for name in STOCKS:
        if name != "vat_due":  # input tax carried forward is a claim on the office
            assert city.books.flow[name].min() >= 0, name


def test_a_firm_closes_only_where_its_cash_had_run_out(city: City) -> None:
    """Wages or loan service unpaid for three months running, and in the account only what fellow firms paid last."""
    books, relations = city.books, city.relations
    gone = np.flatnonzero(books.closed < city.calendar.months)
    assert len(gone) > 3
    for firm in gone:
        at = int(books.closed[firm])
        assert books.flow["missed"][firm, at - 2 : at + 1].tolist() == [1, 2, 3]
        owing = books.flow["wages_due"][firm, at] + books.flow["interest_due"][firm, at] + books.flow["debt"][firm, at]
        fellows = (relations.seller == firm) & (relations.buyer < city.parties.inside)
        assert owing > 0
        assert books.flow["cash"][firm, at] <= books.settled[fellows, at].sum()
    staying = books.closed == city.calendar.months
    assert books.flow["missed"][staying].max() < 3


def test_with_owners_who_pay_everything_nobody_closes(city: City) -> None:
    rich = replace(city.firms, owner=np.full_like(city.firms.owner, 10**13))
    rng = np.random.Generator(np.random.PCG64(1))
    books = run(rng, city.setting, city.calendar, rich, city.parties, city.relations, city.demand)
    assert books.closed.min() == city.calendar.months
