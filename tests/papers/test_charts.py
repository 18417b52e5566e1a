"""What a chart shows is what it was given: gaps stay gaps, names stay text, ticks are round."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # our own charts, just drawn
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.papers import charts

MONTHS = [date(2024, month, 1) for month in range(1, 7)]
BAR = charts.SERIES[0]


def _elements(drawn: str) -> list[ET.Element]:
    return list(ET.fromstring(drawn).iter())  # noqa: S314 - drawn a line above, not read from outside


def rects(drawn: str, fill: str) -> list[dict[str, str]]:
    return [each.attrib for each in _elements(drawn) if each.tag.endswith("rect") and each.get("fill") == fill]


def words(drawn: str) -> list[str]:
    return [each.text or "" for each in _elements(drawn) if each.tag.endswith("text")]


@given(st.integers(-(10**13), 10**13), st.integers(-(10**13), 10**13))
def test_ticks_cover_the_values_evenly_and_hold_zero_when_the_values_straddle_it(one, other):
    low, high = sorted((one, other))
    marks = charts.ticks(low, high)
    assert marks[0] <= low
    assert marks[-1] >= high
    assert len({b - a for a, b in pairwise(marks)}) <= 1
    assert len(marks) <= 8
    if low <= 0 <= high:
        assert 0 in marks


def test_a_month_without_a_value_is_a_shaded_gap_and_a_month_of_zero_is_not():
    drawn = charts.months(MONTHS, [("销售", [100, None, 0, 300, None, 500])], "fen", "zh", "无数据")
    _legend, *gaps = rects(drawn, charts.GAP)
    assert len(gaps) == 2
    _, *bars = rects(drawn, BAR)
    assert [float(bar["height"]) > 0 for bar in bars] == [True, False, True, True]
    assert "无数据" in words(drawn)


def test_red_months_hang_below_the_line():
    drawn = charts.months(MONTHS[:2], [("销售", [10**9, -(10**9)])], "fen", "zh", "无数据")
    _, up, down = rects(drawn, BAR)
    assert float(up["y"]) + float(up["height"]) == pytest.approx(float(down["y"]), abs=0.02)


def test_amounts_on_an_axis_are_in_wan_and_yi_or_in_millions():
    series = [("sales", [12 * 10**9, 30 * 10**9, 9 * 10**9, 1, 2, 3])]
    assert {"1亿", "2亿", "3亿"} <= set(words(charts.months(MONTHS, series, "fen", "zh", "无数据")))
    assert {"100m", "200m", "300m"} <= set(words(charts.months(MONTHS, series, "fen", "en", "no data")))


def test_a_name_that_looks_like_markup_stays_a_name():
    name = "<script>alert('#1 & $2')</script>"
    for drawn in (
        charts.bars([(name[:12], 5, name)]),
        charts.waterfall((name, 1), [(name, name, 1)], (name, 2), name),
        charts.stack([(name, 5)], [(name, 5)]),
        charts.months(MONTHS[:1], [(name, [1])], "count", "en", name),
        charts.columns([(name[:3], 1)], "zh"),
        charts.scale_strip([(name, name)], name),
    ):
        assert "<script" not in drawn
        assert any("<" in shown for shown in words(drawn))


@pytest.mark.parametrize("width", [238, 490])
def test_the_longest_bar_and_its_words_stay_inside_the_chart(width):
    drawn = charts.bars([("甲" * 40, 10**12, "1,000,000万元 (100%)")], width, marked=0, mark_words="约束")
    bar = rects(drawn, charts.TEAL)[0]
    assert float(bar["width"]) > 20
    assert float(bar["x"]) + float(bar["width"]) + charts.room("1,000,000万元 (100%)  约束", 8, True) <= width


def test_steps_of_a_waterfall_begin_where_the_one_before_ended():
    drawn = charts.waterfall(("base", 10), [("a", "", 30), ("b", "", -20), ("c", "", 5)], ("total", 25), "{low}")
    up, down, last = (
        (float(each["x"]), float(each["x"]) + float(each["width"]))
        for each in (*rects(drawn, charts.TEAL)[:1], *rects(drawn, charts.ORANGE), *rects(drawn, charts.TEAL)[1:])
    )
    assert up[1] == pytest.approx(down[1], abs=0.02)
    assert down[0] == pytest.approx(last[0], abs=0.02)
    assert {"+30", "−20", "+5", "10", "25"} <= set(words(drawn))


def test_a_waterfall_far_from_zero_says_where_its_axis_begins():
    drawn = charts.waterfall(("base", 500), [("a", "", 40)], ("total", 540), "from {low}")
    assert "from 490" in words(drawn)
    assert not any(
        word.startswith("from") for word in words(charts.waterfall(("b", 0), [("a", "", 4)], ("t", 4), "from {low}"))
    )


def test_parts_of_a_price_are_as_wide_as_they_are_large():
    drawn = charts.stack([("funding", 30_000), ("margin", 10_000)], [("cap 12%", 120_000), ("rate 4%", 40_000)])
    funding, margin = (float(rects(drawn, colour)[0]["width"]) for colour in charts.PARTS[:2])
    assert funding / margin == pytest.approx(3, rel=0.02)
    assert "cap 12% →" in words(drawn)


def test_charts_carry_no_ids_and_nothing_from_outside():
    drawn = charts.bars([("甲", 5, "5")])
    assert not re.search(r"\bid=|href|url\(|<style|<script", drawn)
