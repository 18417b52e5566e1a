"""Groups of companies that fairness is measured between, as policy writes them: size:micro, region:NAME, age_below:36, first_time, green."""

from __future__ import annotations

import numpy as np

from kemiao.credit.matching.market import SIZES, UNKNOWN, BoolColumn, IntColumn, Requests


def member(requests: Requests, group: str) -> BoolColumn:
    """(n,) who is known to be of the group. Whoever nobody knows is not: nothing is guessed in anybody's favour."""
    return known(requests, group) & _is(requests, group)


def known(requests: Requests, group: str) -> BoolColumn:
    """(n,) of whom it is known whether they are of the group."""
    name, _, _ = group.partition(":")
    if name == "region":
        return np.array([region != "" for region in requests.region], dtype=np.bool_)
    columns = {
        "size": requests.size,
        "age_below": requests.age_months,
        "first_time": requests.first_time,
        "green": requests.green,
    }
    return np.asarray(columns[name] != UNKNOWN, dtype=np.bool_)


def _is(requests: Requests, group: str) -> BoolColumn:
    name, _, value = group.partition(":")
    if name == "region":
        return np.array([region == value for region in requests.region], dtype=np.bool_)
    flags: dict[str, IntColumn | BoolColumn] = {"first_time": requests.first_time == 1, "green": requests.green == 1}
    if name in flags:
        return np.asarray(flags[name], dtype=np.bool_)
    if name == "size":
        return np.asarray(requests.size == SIZES.index(value), dtype=np.bool_)
    return np.asarray(requests.age_months < int(value), dtype=np.bool_)
