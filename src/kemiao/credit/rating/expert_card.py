"""The expert card as the bank writes it: policy TOML in the one form of a scorecard."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.labels import OTHER, UNKNOWN, levels_label, range_label
from kemiao.credit.rating.scorecard import PPM, Bin, Characteristic, Scorecard, check, points_range, step_curve

_EXACT = Context(prec=40)  # software decimals: the same digits on every machine, where exp() of floats may differ


def card_from_policy(mapping: Mapping[str, Any]) -> Scorecard | Refusal:
    """Reads a card from policy TOML. Refuses what it does not know, naming characteristic and bin.

    ```toml
    name = "expert_card"
    base_points = 500

    [pd]                         # either a scale: at 600 points PD is 2 %, each 40 points more double good : bad ...
    points = 600
    pd_ppm = 20_000
    pdo = 40
    floor_ppm = 300              # never below, never above
    cap_ppm = 500_000
    # ... or steps:  curve = [[0, 300_000], [450, 120_000], [520, 60_000]]    # from these points on, this PD

    [[characteristic]]
    feature = "revenue_growth_ppm"
    zh = "近十二个月开票收入比上年增长多少?"
    en = "How much did invoiced revenue grow over the year before?"
    unit = "ppm"                 # fen, ppm, count, days, flag, text ...: used for labels
    optional = true              # the column may be lacking: unknown for all. Without it a lacking column is refused
    bins = [                     # low <= value < high; first and last are open; zh, en of a bin are written for you
      { high = -200_000, points = -40 },
      { low = -200_000, high = 0, points = -10, zh = "下降", en = "shrinking" },
      { low = 0, points = 25 },
      { special = [-999], points = 0, zh = "不适用", en = "not applicable" },
      { unknown = true, points = -5 },                     # every characteristic says what unknown is worth
    ]

    [[characteristic]]
    feature = "high_tech_certificate"                      # flags have the levels "true" and "false"
    zh = "是否高新技术企业?"
    en = "Is it a certified high-tech enterprise?"
    unit = "flag"
    bins = [
      { levels = ["true"], points = 20, zh = "是", en = "yes" },
      { levels = ["false"], points = 0, zh = "否", en = "no" },
      { other = true, points = 0 },                        # levels that are not listed (optional)
      { unknown = true, points = 0 },
    ]
    ```
    """
    try:
        characteristics = tuple(_characteristic(cells) for cells in mapping["characteristic"])
        base_points, curve = int(mapping["base_points"]), mapping["pd"]
        card = Scorecard(
            str(mapping["name"]),
            "expert",
            base_points,
            characteristics,
            _curve(curve, *points_range(base_points, characteristics)),
        )
    except KeyError as error:
        return Refusal.at("BAD_SCORECARD", f"缺少 {error}", f"lacks {error}", card=mapping.get("name", "?"))
    except (TypeError, ValueError, ArithmeticError) as error:
        return Refusal.at("BAD_SCORECARD", f"读不懂:{error}", f"cannot be read: {error}", card=mapping.get("name", "?"))
    return check(card) or card


def _characteristic(cells: Mapping[str, Any]) -> Characteristic:
    _only(cells, {"feature", "zh", "en", "unit", "optional", "bins"}, str(cells.get("feature")))
    unit, feature = str(cells["unit"]), str(cells["feature"])
    bins = tuple(_bin(one, unit, feature) for one in cells["bins"])
    return Characteristic(feature, cells["zh"], cells["en"], unit, bins, bool(cells.get("optional", False)))


def _bin(cells: Mapping[str, Any], unit: str, feature: str) -> Bin:
    _only(cells, {"points", "zh", "en", "low", "high", "special", "levels", "other", "unknown"}, feature)
    if not isinstance(cells["points"], int):
        raise TypeError(f"{feature}: points must be whole")
    low, high = (None if cells.get(name) is None else Decimal(str(cells[name])) for name in ("low", "high"))
    special = tuple(Decimal(str(each)) for each in cells.get("special", ()))
    levels = tuple(str(level) for level in cells.get("levels", ()))
    zh, en = cells.get("zh"), cells.get("en")
    if cells.get("unknown"):
        written = UNKNOWN
    elif cells.get("other"):
        written = OTHER
    elif levels:
        written = levels_label(levels)
    elif special:
        written = levels_label(tuple(str(each) for each in special))
    else:
        written = range_label(unit, low, high)
    return Bin(
        cells["points"], str(zh or written[0]), str(en or written[1]),
        low, high, special, levels, bool(cells.get("other")), bool(cells.get("unknown")),
    )  # fmt: skip


def _only(cells: Mapping[str, Any], allowed: set[str], feature: str) -> None:
    strange = sorted(set(cells) - allowed)
    if strange:
        raise ValueError(f"{feature}: unknown key {', '.join(strange)}")


def _curve(cells: Mapping[str, Any], low: int, high: int) -> tuple[tuple[int, int], ...]:
    if "curve" in cells:
        return tuple((int(points), int(pd_ppm)) for points, pd_ppm in cells["curve"])
    scale = (int(cells[name]) for name in ("points", "pd_ppm", "pdo", "floor_ppm", "cap_ppm"))
    return scale_curve(*scale, low=low, high=high)


def scale_curve(
    points: int, pd_ppm: int, pdo: int, floor_ppm: int, cap_ppm: int, *, low: int, high: int
) -> tuple[tuple[int, int], ...]:
    """Steps for each whole point from low to high: good : bad doubles every pdo points, PD is pd_ppm at points."""
    odds = _EXACT.divide(Decimal(PPM - pd_ppm), Decimal(pd_ppm))
    steps = []
    for at in range(low, high + 1):
        good = _EXACT.multiply(odds, _EXACT.power(Decimal(2), _EXACT.divide(Decimal(at - points), Decimal(pdo))))
        pd = int(_EXACT.divide(Decimal(PPM), good + 1).to_integral_value())
        steps.append((at, min(max(pd, floor_ppm), cap_ppm)))
    return step_curve(steps)
