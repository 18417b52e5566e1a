"""Reasons that a person can act on: points lost are added up by theme, in plain words with the company's own figures.

Every column of the profile belongs to one theme: by its name, else by its group. What is unknown is a theme of its own,
named by the papers that would settle it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from kemiao.base.refusal import Refusal
from kemiao.credit.profile import COLUMNS, PAPERS
from kemiao.credit.rating.labels import value_label

Change = Literal["company", "time", "none"]
Toward = Literal["less", "more", "level"]
FILE = "reasons.toml"
_CHANGES, _TOWARDS = ("company", "time", "none"), ("less", "more", "level")
UNKNOWN = "papers"


@dataclass(frozen=True, slots=True)
class Words:
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Theme:
    """change: company, it can act; time, only waiting helps; none, it is said and never advised."""

    name: str
    title: Words
    help: Words
    change: Change


@dataclass(frozen=True, slots=True)
class Lever:
    """How far a figure can really be changed in a year. levels: rising, of a choice; steps: so many of them."""

    feature: str
    toward: Toward
    least: int | None = None
    most: int | None = None
    by: int | None = None
    by_ppm: int | None = None
    levels: tuple[str, ...] = ()
    steps: int = 0


@dataclass(frozen=True)
class ReasonsPolicy:
    """policy/reasons.toml, without its thresholds of confidence."""

    themes: tuple[Theme, ...]
    by_feature: Mapping[str, str]
    by_group: Mapping[str, str]
    levers: tuple[Lever, ...]
    letter_reasons_max: int
    letter_advice_max: int
    changes_max: int
    paths_max: int
    options_max: int
    say_levels: frozenset[str]
    rule_words: Mapping[str, Words] = field(default_factory=dict)
    ceiling_words: Mapping[str, Words] = field(default_factory=dict)
    letter: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def _by_name(self) -> dict[str, Theme]:
        return {each.name: each for each in self.themes}

    def theme(self, feature: str) -> Theme | None:
        """None for a column that is not of the profile."""
        name = self.by_feature.get(feature)
        if name is None and feature in COLUMNS:
            name = self.by_group.get(COLUMNS[feature].group)
        return None if name is None else self._by_name[name]


@dataclass(frozen=True, slots=True)
class Figure:
    """One feature of a theme: what it is of this company and the points that it lost."""

    feature: str
    name: Words
    value: Words
    said: bool  # whether the value may be written to the company
    lost: int


@dataclass(frozen=True, slots=True)
class Reason:
    """A theme of one company: points lost in whole, figures by loss. Of what is unknown: `papers` settle it."""

    theme: str
    change: Change
    text: Words
    help: Words
    lost: int
    figures: tuple[Figure, ...]
    papers: tuple[str, ...] = ()  # tables of facts

    def as_json(self) -> dict[str, Any]:
        return {
            "theme": self.theme, "zh": self.text.zh, "en": self.text.en, "help_zh": self.help.zh, "help_en": self.help.en,
            "lost": self.lost, "change": self.change,
            "features": [{"feature": each.feature, "zh": each.name.zh, "en": each.name.en, "value_zh": each.value.zh, "value": each.value.en, "lost": each.lost} for each in self.figures],
            "papers": [{"table": each, "zh": PAPERS[each][0], "en": PAPERS[each][1]} for each in self.papers],
        }  # fmt: skip


def reasons_policy(content: Mapping[str, Any]) -> ReasonsPolicy | Refusal:
    """Refuses a column or group that stands in two themes, a group of the profile in none, and a lever that advises what can't
    be changed."""
    try:
        themes = tuple(
            Theme(each["name"], Words(each["zh"], each["en"]), Words(each["help_zh"], each["help_en"]), each["change"])
            for each in content["theme"]
        )
        by_feature, by_group = _claims(content["theme"], "features"), _claims(content["theme"], "groups")
        levers = tuple(_lever(each) for each in content["lever"])
        read = ReasonsPolicy(
            themes, by_feature, by_group, levers,
            **{name: content[name] for name in ("letter_reasons_max", "letter_advice_max", "changes_max", "paths_max", "options_max")},
            say_levels=frozenset(content["say_levels"]),
            rule_words={each["code"]: Words(each["zh"], each["en"]) for each in content["rule"]},
            ceiling_words={each["name"]: Words(each["zh"], each["en"]) for each in content["ceiling"]},
            letter={name: content["letter"][name] for name in ("bank_zh", "bank_en", "contact_zh", "contact_en", "answer_days")},
        )  # fmt: skip
    except KeyError as error:
        return Refusal.at("POLICY_INCOMPLETE", f"缺少 {error}", f"lacks {error}", file=FILE, key=error.args[0])
    except (TypeError, ValueError) as error:
        return Refusal.at("BAD_REASONS", f"读不懂:{error}", f"cannot be read: {error}", file=FILE)
    return _problem(read) or read


def _lever(cells: Mapping[str, Any]) -> Lever:
    strange = sorted(set(cells) - set(Lever.__slots__))
    if strange:
        raise ValueError(f"{cells['feature']}: {strange[0]}")
    return Lever(
        cells["feature"], cells["toward"], cells.get("least"), cells.get("most"), cells.get("by"), cells.get("by_ppm"),
        tuple(cells.get("levels", ())), cells.get("steps", 0),
    )  # fmt: skip


def _claims(themes: Sequence[Mapping[str, Any]], what: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in themes:
        for name in each[what]:
            if name in found:
                raise ValueError(f"{name}: {found[name]}, {each['name']}")
            found[name] = each["name"]
    return found


def _problem(read: ReasonsPolicy) -> Refusal | None:
    groups = {each.group for each in COLUMNS.values()}
    strange = [name for name in read.by_feature if name not in COLUMNS] + [name for name in read.by_group if name not in groups]  # fmt: skip
    strange += [each.feature for each in read.levers if each.feature not in COLUMNS]
    if strange:
        return _bad(f"画像中没有 {strange[0]}", f"the profile has no {strange[0]}", strange[0])
    without = [each.name for each in COLUMNS.values() if read.theme(each.name) is None]
    if without:
        return _bad(f"{without[0]} 不属于任何主题", f"{without[0]} belongs to no theme", without[0])
    for theme in read.themes:
        if theme.change not in _CHANGES:
            return _bad(f"change 须为 {'、'.join(_CHANGES)}", f"change is one of {', '.join(_CHANGES)}", theme.name)
    for lever in read.levers:
        theme_of = read.theme(lever.feature)
        if lever.toward not in _TOWARDS or (lever.toward == "level") != bool(lever.levels):
            return _bad("toward 须为 less、more,或 level 并给出 levels", "toward is less or more, or level with levels", lever.feature)  # fmt: skip
        if theme_of is None or theme_of.change != "company":
            return _bad("不能改变的项不得列为可变", "what can't be changed is no lever", lever.feature)
    return None


def _bad(zh: str, en: str, key: str) -> Refusal:
    return Refusal.at("BAD_REASONS", zh, en, file=FILE, key=key)


def actionable(
    contributions: Sequence[Mapping[str, Any]], known_tables: Sequence[str], policy: ReasonsPolicy
) -> tuple[Reason, ...]:
    """Themes by points lost, the greatest first; ties in the policy's order.

    contributions: of `credit.document.explain`. known_tables: tables of which the company has rows, so that a missing paper
    is named and not one that is there.
    """
    lost: dict[str, list[Figure]] = {}
    for each in contributions:
        missing = each["best_points"] - each["points"]
        if missing <= 0:
            continue
        theme = policy.theme(each["feature"])
        name = UNKNOWN if each["value"] is None else theme.name if theme else each["feature"]
        lost.setdefault(name, []).append(_figure(each, missing, policy))
    order = {each.name: place for place, each in enumerate(policy.themes)}
    found = [_reason(name, figures, known_tables, policy) for name, figures in lost.items()]
    return tuple(sorted(found, key=lambda each: (-each.lost, order.get(each.theme, len(order)))))


def _figure(each: Mapping[str, Any], lost: int, policy: ReasonsPolicy) -> Figure:
    name, unit = each["feature"], each["unit"]
    feature = COLUMNS.get(name)
    words = Words(feature.zh, feature.en) if feature else Words(each["zh"], each["en"])
    return Figure(name, words, said_value(unit, each["value"]), unit != "text" or name in policy.say_levels, lost)


def said_value(unit: str, value: object) -> Words:
    """With its unit: `61.02%`, `3 个月`, `590万元`."""
    zh, en = value_label(unit, value)
    if unit == "fen" and value is not None:
        return Words(zh if zh.endswith("元") else f"{zh}元", f"CNY {en}")
    counted = isinstance(value, int) and not isinstance(value, bool)
    if counted and unit in ("days", "months"):
        return Words(f"{zh} {'天' if unit == 'days' else '个月'}", f"{en} {unit}")
    return Words(zh, en)


def _reason(name: str, figures: list[Figure], known_tables: Sequence[str], policy: ReasonsPolicy) -> Reason:
    figures.sort(key=lambda each: -each.lost)
    total = sum(each.lost for each in figures)
    if name == UNKNOWN:
        papers = papers_for([each.feature for each in figures], known_tables)
        zh, en = "、".join(PAPERS[each][0] for each in papers), ", ".join(PAPERS[each][1] for each in papers)
        text = Words(f"缺少资料:{zh}", f"papers are missing: {en}")
        return Reason(UNKNOWN, "company", text, Words("补交所列资料", "bring the papers named"), total, tuple(figures), papers)  # fmt: skip
    theme = policy.theme(figures[0].feature)
    if theme is None:  # a model of a table of the user's own
        own = figures[0]
        text = Words(f"{own.name.zh}:{own.value.zh}", f"{own.name.en}: {own.value.en}")
        return Reason(name, "none", text, Words("", ""), total, tuple(figures))
    return Reason(name, theme.change, text_of(theme.title, figures), theme.help, total, tuple(figures))


def text_of(title: Words, figures: Sequence[Figure]) -> Words:
    zh = ";".join(f"{each.name.zh} {each.value.zh}" if each.said else each.name.zh for each in figures)
    en = "; ".join(f"{each.name.en} {each.value.en}" if each.said else each.name.en for each in figures)
    return Words(f"{title.zh}:{zh}", f"{title.en}: {en}")


def papers_for(features: Sequence[str], known_tables: Sequence[str]) -> tuple[str, ...]:
    """The tables of facts that would settle features: of each the first that is not there, else its first."""
    found = []
    for name in features:
        if name not in COLUMNS:
            continue
        tables = COLUMNS[name].tables
        found.append(next((table for table in tables if table not in known_tables), tables[0]))
    return tuple(dict.fromkeys(found))
