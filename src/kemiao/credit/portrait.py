"""A company beside its peers: where each figure of it stands among them, and who of them is nearest and why.

A standing is the share of peers that are worse, ties by half, in ppm; the company is not its own peer. What is unknown of
the company, or of all its peers, has no standing; the standing of an axis is the mean of its known figures.
Source of axes, directions and circles of peers: the bank's policy (portrait.toml).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.refusal import Refusal
from kemiao.credit.profile import COLUMNS

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
PPM = 1_000_000
KNOWN_FIRST = ("industry_named", "size_class", "stage")  # what a circle may ask to be the same
TOLD_PEERS_MIN = 10  # where an older policy does not say
EXPLAINED = 3  # figures named that part, and that join, two companies


@dataclass(frozen=True, slots=True)
class Axis:
    name: str
    zh: str
    en: str
    figures: tuple[tuple[str, bool], ...]  # (feature, more is better)


@dataclass(frozen=True, slots=True)
class PortraitPolicy:
    peers_min: int
    nearest: int
    shared_min_ppm: int
    circles: tuple[tuple[str, ...], ...]
    axes: tuple[Axis, ...]
    told_peers_min: int = TOLD_PEERS_MIN

    @property
    def figures(self) -> tuple[str, ...]:
        return tuple(name for axis in self.axes for name, _ in axis.figures)


@dataclass(frozen=True, slots=True)
class Standing:
    """One figure: its value, the peers' quartiles (None without peers that have it), its standing, how many peers have it."""

    feature: str
    value: int | None
    quartiles: tuple[int, int, int] | None
    standing_ppm: int | None
    peers: int
    more_is_better: bool


@dataclass(frozen=True, slots=True)
class AxisStanding:
    axis: Axis
    standing_ppm: int | None
    figures: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """number: 1 is the nearest; a peer has no other name here. distance_ppm: root mean square of the differences between
    the two companies' ranks among the peers, over the figures known of both. apart, alike: the figures that add most to it and least,
    with this company's and the peer's standing."""

    number: int
    distance_ppm: int
    shared: int
    apart: tuple[tuple[str, int, int], ...]
    alike: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Portrait:
    """same: what all peers share with the company; wider: the circles that had too few. known_ppm: share of figures known."""

    company: str
    traits: Mapping[str, str | None]
    same: tuple[str, ...]
    wider: tuple[tuple[tuple[str, ...], int], ...]
    peers: int
    axes: tuple[AxisStanding, ...]
    neighbours: tuple[Neighbour, ...]
    known_ppm: int


def policy_of(content: Mapping[str, Any]) -> PortraitPolicy | Refusal:
    """Refuses a figure that the profile does not have or that is no number, a direction that is none, and a strange circle."""
    try:
        axes = tuple(
            Axis(row["name"], row["zh"], row["en"], tuple((name, _direction(better)) for name, better in row["figures"]))
            for row in content["axis"]
        )  # fmt: skip
        circles = tuple(tuple(row["same"]) for row in content["circle"])
        read = PortraitPolicy(
            content["peers_min"],
            content["nearest"],
            content["shared_min_ppm"],
            circles,
            axes,
            content.get("told_peers_min", TOLD_PEERS_MIN),
        )
    except (KeyError, TypeError, ValueError) as error:
        return Refusal.at(
            "BAD_PORTRAIT_POLICY", f"缺少或有误:{error}", f"lacks or misstates {error}", file="portrait.toml"
        )
    strange = [name for name in read.figures if name not in COLUMNS or COLUMNS[name].unit in ("text", "day")]
    strange += [name for circle in circles for name in circle if name not in KNOWN_FIRST]
    if strange:
        names = ", ".join(strange)
        return Refusal.at(
            "BAD_PORTRAIT_POLICY", f"不能用于画像:{names}", f"can't be drawn: {names}", file="portrait.toml"
        )
    return read


def told(found: Portrait, policy: PortraitPolicy) -> Portrait:
    """What the company itself may see: of each figure nothing of fewer peers than the policy's least, and no single peer."""
    axes = tuple(replace(axis, figures=tuple(_told(each, policy) for each in axis.figures)) for axis in found.axes)
    return replace(
        found, axes=tuple(replace(axis, standing_ppm=_mean_ppm(axis.figures)) for axis in axes), neighbours=()
    )


def _told(each: Standing, policy: PortraitPolicy) -> Standing:
    return each if each.peers >= policy.told_peers_min else replace(each, quartiles=None, standing_ppm=None)


def _mean_ppm(figures: Sequence[Standing]) -> int | None:
    known = [one.standing_ppm for one in figures if one.standing_ppm is not None]
    return sum(known) // len(known) if known else None


def _direction(better: str) -> bool:
    if better not in ("more", "less"):
        raise ValueError(better)
    return better == "more"


def portrait(rows: pa.Table, company: str, policy: PortraitPolicy) -> Portrait:
    """rows: `company`, the traits that circles name (text, null unknown) and the policy's figures, one row a company."""
    keys = rows["company"].to_pylist()
    own = keys.index(company)
    traits = {name: rows[name].to_pylist() for name in KNOWN_FIRST}
    same, wider, peers = _peers(traits, own, policy)
    figures = {name: _numbers(rows[name]) for name in policy.figures}
    axes = tuple(_axis(axis, figures, own, peers) for axis in policy.axes)
    known = sum(each.value is not None for axis in axes for each in axis.figures)
    return Portrait(
        company, {name: values[own] for name, values in traits.items()}, same, wider, int(peers.sum()), axes,
        _neighbours(figures, policy, own, peers), known * PPM // max(len(figures), 1),
    )  # fmt: skip


def _peers(
    traits: Mapping[str, Sequence[str | None]], own: int, policy: PortraitPolicy
) -> tuple[tuple[str, ...], tuple[tuple[tuple[str, ...], int], ...], Bools]:
    """The first circle with companies enough; the last one whatever it holds. A circle over an unknown trait is passed over."""
    wider: list[tuple[tuple[str, ...], int]] = []
    inside = np.zeros(len(next(iter(traits.values()))), bool)
    for circle in policy.circles:
        inside = np.ones(inside.size, bool)
        for name in circle:
            inside &= np.array([value is not None and value == traits[name][own] for value in traits[name]], bool)
        inside[own] = False
        if int(inside.sum()) >= policy.peers_min:
            return circle, tuple(wider), inside
        wider.append((circle, int(inside.sum())))
    return policy.circles[-1], tuple(wider[:-1]), inside


def _numbers(column: pa.ChunkedArray) -> Floats:
    """NaN unknown. Whole numbers below 2^53 are exact, and larger ones are only ranked."""
    return np.asarray(column.cast(pa.int8() if pa.types.is_boolean(column.type) else column.type).cast(pa.float64()).fill_null(np.nan))  # fmt: skip


def _axis(axis: Axis, figures: Mapping[str, Floats], own: int, peers: Bools) -> AxisStanding:
    each = tuple(_standing(name, more, figures[name], own, peers) for name, more in axis.figures)
    return AxisStanding(axis, _mean_ppm(each), each)


def _standing(name: str, more: bool, values: Floats, own: int, peers: Bools) -> Standing:
    among = np.sort(values[peers & ~np.isnan(values)])
    value = values[own]
    known = not np.isnan(value)
    quartiles = None
    if among.size:
        low, middle, high = (int(np.rint(one)) for one in np.quantile(among, [0.25, 0.5, 0.75]))
        quartiles = (low, middle, high)
    standing = _rank_ppm(among, value, more) if known and among.size else None
    return Standing(name, int(value) if known else None, quartiles, standing, int(among.size), more)


def _rank_ppm(among: Floats, value: float, more: bool) -> int:
    """One value's standing."""
    return int(_ranks_ppm(among, np.array([value]), more)[0])


def _ranks_ppm(among: Floats, values: Floats, more: bool) -> npt.NDArray[np.int64]:
    """Twice counted, so that ties by half stay whole numbers."""
    below = np.searchsorted(among, values, side="left") + np.searchsorted(among, values, side="right")
    worse = below if more else 2 * among.size - below
    ppm: npt.NDArray[np.int64] = worse.astype(np.int64) * PPM // (2 * among.size)
    return ppm


def _neighbours(figures: Mapping[str, Floats], policy: PortraitPolicy, own: int, peers: Bools) -> tuple[Neighbour, ...]:
    """Distances in ranks: a figure in yuan and one in per cent weigh alike, and one absurd value moves nobody far."""
    if not peers.any():
        return ()
    places = np.append(np.flatnonzero(peers), own)
    better = {name: more for axis in policy.axes for name, more in axis.figures}
    ranks = np.column_stack([_ranks(figures[name][places], better[name]) for name in policy.figures])
    gaps = ranks[:-1] - ranks[-1]
    shared = (~np.isnan(gaps)).sum(axis=1)
    enough = np.flatnonzero(shared * PPM >= policy.shared_min_ppm * len(policy.figures))
    squares = np.nanmean(gaps[enough] ** 2, axis=1) if enough.size else np.empty(0)
    order = enough[np.argsort(squares, kind="stable")][: policy.nearest]
    # An answer that most peers give ("no arrears") likens everybody to everybody: it is measured, not told.
    telling = np.array([(ranks[:-1, place] == ranks[-1, place]).mean() < 0.5 for place in range(ranks.shape[1])])
    return tuple(
        _neighbour(number, gaps[place], ranks[place], ranks[-1], policy.figures, telling)
        for number, place in enumerate(order, start=1)
    )


def _ranks(values: Floats, more: bool) -> Floats:
    known = ~np.isnan(values)
    among = np.sort(values[known])
    found = np.full(values.size, np.nan)
    if among.size:
        found[known] = _ranks_ppm(among, values[known], more)
    return found


def _neighbour(
    number: int, gap: Floats, theirs: Floats, own: Floats, names: Sequence[str], telling: Bools
) -> Neighbour:
    known = np.flatnonzero(~np.isnan(gap))
    order = known[np.argsort(-np.abs(gap[known]), kind="stable")]
    said = [(names[place], int(own[place]), int(theirs[place])) for place in order]
    like = [one for one, place in zip(said, order, strict=True) if telling[place]]
    distance = int(np.rint(np.sqrt(np.mean(gap[known] ** 2))))
    return Neighbour(number, distance, int(known.size), tuple(said[:EXPLAINED]), tuple(like[::-1][:EXPLAINED]))
