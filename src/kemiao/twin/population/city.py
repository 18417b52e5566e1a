"""The city after its months were played, and the companies of it that the park's bank will see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.twin.population.cash import Books, run
from kemiao.twin.population.firms import Firms, Parties, make_firms, make_parties
from kemiao.twin.population.setting import PPM, Calendar, Ints, Setting, calendar_of, read_setting
from kemiao.twin.population.trade import Demand, Relations, make_demand, make_relations


@dataclass(frozen=True, slots=True)
class City:
    setting: Setting
    calendar: Calendar
    firms: Firms
    parties: Parties
    relations: Relations
    demand: Demand
    books: Books
    tenants: Ints  # places of the companies of the park, ascending

    def code(self, firm: int) -> str:
        return self.parties.code[firm]

    def name(self, firm: int) -> str:
        return self.parties.name[firm]

    def sector(self, firm: int, column: str) -> str:
        return str(self.setting.sectors[int(self.firms.sector[firm])][column])

    def registered_on(self, firm: int) -> date:
        """A day of the month before the firm began to trade, the same one each time it is asked for."""
        month = self.calendar.start(int(self.firms.registered[firm]) - 1)
        return month.replace(day=1 + firm * 7 % 27)


def make_city(rng: np.random.Generator, companies: int, day: date) -> City:
    """Plays a city and picks `companies` of those open on the day, at random: none is picked for what comes later."""
    if day.day != 1:
        raise Refused(Refusal.at("NOT_THE_FIRST_OF_A_MONTH", f"{day} 不是月初", f"{day} is not the first of a month"))
    if companies < 1:
        raise Refused(Refusal.at("NO_COMPANIES", "企业数须大于零", "the number of companies is at least one"))
    setting, calendar = read_setting(), calendar_of(day)
    parts = rng.spawn(6)
    count = companies * setting.economy["population"]["firms_ppm"] // PPM + 40
    firms = make_firms(parts[0], setting, calendar, count)
    parties = make_parties(parts[1], setting, firms)
    relations = make_relations(parts[2], setting, calendar, firms, parties)
    demand = make_demand(parts[3], setting, calendar, firms, parties, relations)
    books = run(parts[4], setting, calendar, firms, parties, relations, demand)
    open_firms = np.flatnonzero((books.closed >= calendar.now) & (firms.registered <= calendar.now - 3))
    if len(open_firms) < companies:
        raise BrokenInvariant(f"only {len(open_firms)} of {count} firms are open on {day}")
    tenants = np.sort(parts[5].choice(open_firms, companies, replace=False))
    return City(setting, calendar, firms, parties, relations, demand, books, tenants)
