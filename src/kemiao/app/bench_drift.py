"""The watch over fitted models: how often it speaks where nothing changed, and whether it hears what did.

Companies are drawn, a model is fitted and validated on them as by `kemiao rating fit`, and later tables are drawn from
the same kind of companies, or from changed ones. Nothing of this is real; that is why the truth is known.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from kemiao.app.world import MachineClock
from kemiao.bank.commands.fit_rating import Request, fit_rating
from kemiao.bank.commands.watch_rating import Watched, asked, watched_model
from kemiao.bank.home import create_home
from kemiao.bank.world import World, open_world
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.rating.drift import Drift, Outcomes, drift
from kemiao.credit.rating.model import score
from kemiao.credit.rating.watch_rules import WatchRules, watch_rules

TRAINED, NOW, TABLES = 1_500, 600, 60


@dataclass(frozen=True, slots=True)
class Change:
    """sales: of log sales, in standard deviations. worse: in logits, for all. blurred: share of what the inputs told."""

    name: str
    sales: float = 0.0
    worse: float = 0.0
    blurred: float = 0.0


CHANGES = (
    Change("none"), Change("sales fall by half a deviation", sales=-0.5), Change("odds of default double", worse=0.7),
    Change("inputs tell 70 % less", blurred=0.7),
)  # fmt: skip


def drawn(draw: np.random.Generator, rows: int, change: Change) -> pa.Table:
    """Eight columns: four that tell, one that counts in two directions, a choice, two of noise. About a sixth default."""
    x = draw.normal(size=(rows, 6))
    x[:, 0] += change.sales
    trade = draw.choice(5, rows, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    told = -0.8 * x[:, 0] - 0.5 * x[:, 1] + 0.4 * x[:, 2] * (x[:, 0] > 0) + 0.5 * np.abs(x[:, 3]) + 0.6 * (trade == 3)
    logit = -2.1 * change.blurred + (told - 2.1) * (1 - change.blurred) + change.worse
    columns: dict[str, Any] = {
        "sales": np.rint(np.exp(13 + x[:, 0])), "staff": np.rint(np.exp(3 + 0.8 * x[:, 1])), "margin_ppm": np.rint(1e5 * x[:, 2]),
        "growth_ppm": np.where(draw.uniform(size=rows) < 0.15, np.nan, np.rint(2e5 * x[:, 3])), "age": np.rint(120 + 40 * x[:, 4]), "visits": np.rint(np.abs(5 * x[:, 5])),
        "trade": np.array(list("ABCDE"))[trade],
    }  # fmt: skip
    return pa.table(columns | {"defaulted": (draw.uniform(size=rows) < 1 / (1 + np.exp(-logit))).astype(np.int64)})


def bench_drift(folder: Path, fits: int, progress: Any) -> Iterator[dict[str, Any]]:
    """Of each kind of model `fits` models, each with TABLES later tables of every change."""
    create_home(folder / "home", os.urandom)
    with open_world(folder / "home", MachineClock(), os.urandom) as world:
        rules = _sure(watch_rules(world.policy.on(world.clock.today())["models"]))
        for kind in ("card", "challenger"):
            found: dict[str, list[Drift]] = {change.name: [] for change in CHANGES}
            for number in range(fits):
                watched = _fitted(world, folder / "table.csv", kind, number)
                for place, change in enumerate(CHANGES):
                    draw = np.random.default_rng((7, number, place))
                    found[change.name] += [_watch(watched, drawn(draw, NOW, change), rules) for _ in range(TABLES if place == 0 else TABLES // 4)]  # fmt: skip
                progress(number + 1, fits)
            for change in CHANGES:
                yield {"model": kind, "change": change.name, "fits": fits, "trained_rows": TRAINED, "rows": NOW, **_shares(found[change.name])}  # fmt: skip


def _fitted(world: World, path: Path, kind: Any, number: int) -> Watched:
    pyarrow.csv.write_csv(drawn(np.random.default_rng((5, number)), TRAINED, CHANGES[0]), path)
    fitted = _sure(fit_rating(world, Request(path, "defaulted", event_value="1", kind=kind, name=f"{kind}{number}", by="bench")))  # fmt: skip
    return _sure(watched_model(world, fitted.model.digest))


def _watch(watched: Watched, table: pa.Table, rules: WatchRules) -> Drift:
    typed = _sure(asked(watched.model, table, "table.csv"))
    scored = _sure(score(watched.model, typed, None, parts=False))
    points, pd = (_ints(scored[name]) for name in ("points", "pd_ppm"))
    return drift(watched.reference, watched.before, typed, points, Outcomes(points, pd, _ints(table["defaulted"])), rules)  # fmt: skip


def _ints(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(column, dtype=np.int64)


def _sure(answer: Any) -> Any:
    if isinstance(answer, Refusal):
        raise Refused(answer)
    return answer


def _shares(found: list[Drift]) -> dict[str, Any]:
    """Of the watches, how many were not steady, how many asked for a fit, and how many heard it in which part."""
    heard = {
        "population": lambda one: one.score.beyond_noise or any(each.beyond_noise for each in one.inputs),
        "ranking": lambda one: one.ranking.beyond_noise,
        "pd": lambda one: one.overall.beyond_noise or any(each.beyond_noise for each in one.grades),
    }
    shares = {name: round(sum(map(test, found)) / len(found), 3) for name, test in heard.items()}
    states = {name: round(sum(one.state in wanted for one in found) / len(found), 3) for name, wanted in (("not_steady", ("watch", "refit")), ("refit", ("refit",)))}  # fmt: skip
    rule_of_thumb = sum(any(each.psi > 0.1 for each in (one.score, *one.inputs)) for one in found) / len(found)
    return {"watches": len(found), **states, **shares, "psi_over_0.1": round(rule_of_thumb, 3)}
