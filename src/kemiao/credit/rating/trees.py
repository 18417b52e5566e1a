"""The form of a challenger: boosted trees in whole numbers, one score everywhere.

    points of a company = floor((base_milli + the leaf of each tree, in thousandths of a point) / 1000)
    pd_ppm              = the pd_curve's step at those points

What a tree reads is an `Input`: a number, whether a number is one of its special values, or the risk that training gave
to a level. Leaves are whole, so their sum is exact in whatever order it is taken: for one row, for a million, by
LightGBM, by the plain walk below, and in SQL. A value is read as a double; null, NaN and infinities are unknown and
take the branch that each split names for them. Kept as two plain files: model.json, and trees.txt in LightGBM's own
format, whose leaves are the same whole numbers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.scorecard import PPM

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FORM = "kemiao/trees/1"  # a reader of another form refuses; it never guesses
MILLI = 1000
POINTS_MAX = 2**40  # thousandths of a point of a leaf, far above any: sums stay exact in doubles


@dataclass(frozen=True, slots=True)
class Feature:
    """A column as the trees see it. low, high: seen in training (numbers). reference: values at even steps of their
    ranks; for a choice empty. levels: level and the risk that it is read as; other: what unseen levels are read as.
    direction: 1 where risk only rises with the value, -1 where it only falls, 0 where it is not held to one."""

    feature: str
    zh: str
    en: str
    unit: str
    choice: bool
    direction: int
    special: tuple[float, ...] = ()
    reference: tuple[float, ...] = ()
    levels: tuple[tuple[str, int], ...] = ()
    other: int = 0
    best_points: int = 0  # the greatest contribution that training rows had, in points
    least_points: int = 0  # and the least

    @property
    def answers(self) -> tuple[float, ...]:
        """Answers among which its best and its worst are looked for; where it goes one way the ends are enough."""
        known = tuple(sorted({float(risk) for _, risk in self.levels} | {float(self.other)})) if self.choice else self.reference  # fmt: skip
        return (*(known if self.direction == 0 else dict.fromkeys((*known[:1], *known[-1:]))), *self.special)


@dataclass(frozen=True, slots=True)
class Input:
    """One number that splits compare: of a feature, its value, or (special) whether it is that value."""

    feature: int
    special: float | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """Splits by number, the first is the root; a child below 0 is the leaf ~child. A row goes left where its input is <=
    threshold, and where it is unknown and unknown_left. rows: training rows that reached the leaf."""

    inputs: tuple[int, ...]
    thresholds: tuple[float, ...]
    unknown_left: tuple[bool, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    leaves: tuple[int, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trees:
    """base_milli: thousandths of a point that every company has. pd_curve, facts: as a scorecard's."""

    name: str
    base_milli: int
    features: tuple[Feature, ...]
    inputs: tuple[Input, ...]
    trees: tuple[Tree, ...]
    pd_curve: tuple[tuple[int, int], ...]
    facts: Mapping[str, object] = field(default_factory=dict)
    kind: str = "challenger"

    @property
    def digest(self) -> str:
        return digest_bytes("trees", b"".join(to_files(self).values()))

    @property
    def points_range(self) -> tuple[int, int]:
        """Bounds of a company's points."""
        low, high = (self.base_milli + sum(end(each.leaves) for each in self.trees) for end in (min, max))
        return low // MILLI, high // MILLI


def walk(trees: Sequence[Tree], inputs: Floats) -> Ints:
    """Thousandths of a point of each row of inputs (rows x inputs, NaN unknown): the plain walk that all others equal."""
    total = np.zeros(inputs.shape[0], np.int64)
    rows = np.arange(inputs.shape[0])
    for tree in trees:
        feature, threshold = np.array(tree.inputs, np.int64), np.array(tree.thresholds)
        unknown_left, leaves = np.array(tree.unknown_left, bool), np.array(tree.leaves, np.int64)
        left, right = np.array(tree.left, np.int64), np.array(tree.right, np.int64)
        at = np.zeros(rows.size, np.int64) if feature.size else np.full(rows.size, -1)
        while (at >= 0).any():
            going = np.flatnonzero(at >= 0)
            node = at[going]
            value = inputs[going, feature[node]]
            to_left = np.where(np.isnan(value), unknown_left[node], value <= threshold[node])
            at[going] = np.where(to_left, left[node], right[node])
        total += leaves[~at]
    return total


def to_files(model: Trees) -> dict[str, bytes]:
    """Plain files: the same model gives the same bytes on every machine."""
    head = {
        "form": FORM, "name": model.name, "kind": model.kind, "base_milli": model.base_milli,
        "features": [_feature_json(each) for each in model.features],
        "inputs": [{"feature": each.feature} | ({} if each.special is None else {"special": repr(each.special)}) for each in model.inputs],
        "pd_curve": [list(step) for step in model.pd_curve],
        "facts": dict(model.facts),
    }  # fmt: skip
    return {"model.json": canonical_bytes(head), "trees.txt": lightgbm_text(model.trees, len(model.inputs)).encode()}


def from_files(files: Mapping[str, bytes]) -> Trees | Refusal:
    """Reads what `to_files` wrote. Refuses another form and what is not well formed."""
    try:
        head = json.loads(files["model.json"])
        if head["form"] != FORM:
            return Refusal(
                "MODEL_FORM_UNKNOWN", f"模型格式“{head['form']}”不认识(本版本读 {FORM})", f"the model has the form {head['form']!r}; this version reads {FORM}",
            )  # fmt: skip
        model = Trees(
            head["name"], head["base_milli"],
            tuple(_feature(each) for each in head["features"]),
            tuple(Input(each["feature"], float(each["special"]) if "special" in each else None) for each in head["inputs"]),
            parse_lightgbm(files["trees.txt"].decode()),
            tuple((points, pd_ppm) for points, pd_ppm in head["pd_curve"]),
            head["facts"], head["kind"],
        )  # fmt: skip
        problem = check(model)
        if problem is None and to_files(model)["trees.txt"] != files["trees.txt"]:
            problem = _bad(model, "trees.txt 不是本系统写的形式", "trees.txt is not as this system writes it")
    except (ValueError, KeyError, TypeError, IndexError) as error:
        return Refusal("NOT_A_MODEL", f"不是树模型文件:{error}", f"is not a model of trees: {error}")
    return problem or model


def check(model: Trees) -> Refusal | None:
    """What a model must be: every walk ends, every split reads an input, sums are exact, and more points never mean a
    higher PD."""
    features = [each.feature for each in model.features]
    if not features or len(set(features)) != len(features) or not model.trees:
        return _bad(model, "指标与树不得为空,指标不得重复", "has no features or no trees, or a feature twice")
    if any(not 0 <= each.feature < len(features) for each in model.inputs):
        return _bad(model, "输入指向不存在的指标", "an input is of a feature that is not there")
    for number, tree in enumerate(model.trees):
        if not _sound(tree, len(model.inputs)):
            return _bad(model, f"第 {number} 棵树不成树", f"tree {number} is no tree")
    points, pds = [step[0] for step in model.pd_curve], [step[1] for step in model.pd_curve]
    if not points or any(a >= b for a, b in pairwise(points)) or any(a < b for a, b in pairwise(pds)):
        return _bad(model, "pd_curve 的分数须递增、违约率不得递增", "pd_curve: points must rise and PD must not")
    if min(pds) <= 0 or max(pds) > PPM:
        return _bad(model, "pd_curve 的违约率须在 1 与 1000000 ppm 之间", "pd_curve: PD is between 1 and 1000000 ppm")
    return None


def _sound(tree: Tree, inputs: int) -> bool:
    splits, leaves = len(tree.inputs), len(tree.leaves)
    sizes = {len(each) for each in (tree.thresholds, tree.unknown_left, tree.left, tree.right)}
    if sizes != {splits} or leaves != splits + 1 or len(tree.rows) != leaves:
        return False
    if splits and sorted((*tree.left, *tree.right)) != [*range(-leaves, 0), *range(1, splits)]:
        return False
    if any(0 <= child <= node for node in range(splits) for child in (tree.left[node], tree.right[node])):
        return False  # a child comes after its parent, so every walk ends
    finite = all(abs(each) <= np.finfo(np.float64).max for each in tree.thresholds)
    return finite and all(0 <= each < inputs for each in tree.inputs) and all(abs(each) <= POINTS_MAX for each in tree.leaves)  # fmt: skip


def _bad(model: Trees, zh: str, en: str) -> Refusal:
    return Refusal.at("BAD_TREES", zh, en, model=model.name)


# -- LightGBM's text

_SPLIT_CELLS = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
_UNKNOWN_APART = 8  # LightGBM's decision_type: NaN is missing; 2 more where it goes left


@lru_cache(maxsize=16)
def lightgbm_text(trees: tuple[Tree, ...], inputs: int) -> str:
    """A model that any LightGBM loads: raw scores are sums of the whole leaves; counts of rows are there for TreeSHAP."""
    blocks = [_tree_text(number, each) for number, each in enumerate(trees)]
    names = " ".join(f"x{number}" for number in range(inputs))
    head = [
        "tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0", f"max_feature_idx={inputs - 1}",
        "objective=regression", f"feature_names={names}", f"feature_infos={' '.join(['[-inf:inf]'] * inputs)}",
        f"tree_sizes={' '.join(str(len(each)) for each in blocks)}", "", "",
    ]  # fmt: skip
    return "\n".join(head) + "".join(blocks) + "end of trees\n\npandas_categorical:null\n"


def _tree_text(number: int, tree: Tree) -> str:
    inner = _rows_of_splits(tree)
    value = [f"{total / count!r}" if count else "0" for count, total in zip(inner, _sums_of_splits(tree), strict=True)]
    cells: list[tuple[str, Sequence[object]]] = [("num_leaves", [len(tree.leaves)]), ("num_cat", [0])]
    if tree.inputs:
        cells += [
            ("split_feature", tree.inputs), ("split_gain", [0] * len(tree.inputs)), ("threshold", [repr(each) for each in tree.thresholds]),
            ("decision_type", [_UNKNOWN_APART + 2 * each for each in tree.unknown_left]),
            ("left_child", tree.left), ("right_child", tree.right), ("leaf_value", tree.leaves), ("leaf_weight", tree.rows),
            ("leaf_count", tree.rows), ("internal_value", value), ("internal_weight", inner), ("internal_count", inner),
        ]  # fmt: skip
    else:
        cells += [("leaf_value", tree.leaves), ("leaf_count", tree.rows)]
    cells += [("is_linear", [0]), ("shrinkage", [1])]
    lines = [f"Tree={number}", *(f"{name}={' '.join(map(str, values))}" for name, values in cells)]
    return "\n".join(lines) + "\n\n\n"


def _rows_of_splits(tree: Tree) -> list[int]:
    return _gathered(tree, list(tree.rows))


def _sums_of_splits(tree: Tree) -> list[int]:
    return _gathered(tree, [count * leaf for count, leaf in zip(tree.rows, tree.leaves, strict=True)])


def _gathered(tree: Tree, of_leaves: Sequence[int]) -> list[int]:
    """Of each split the sum over its leaves: children come after their parents, so from the last upwards."""
    found = [0] * len(tree.inputs)
    for node in reversed(range(len(tree.inputs))):
        found[node] = sum(found[child] if child >= 0 else of_leaves[~child] for child in (tree.left[node], tree.right[node]))  # fmt: skip
    return found


def parse_lightgbm(text: str, milli_of: float | None = None) -> tuple[Tree, ...]:
    """milli_of: leaves are logits, so many thousandths of a point each, and are made whole; None: they are whole."""
    found = []
    for block in text.split("end of trees", maxsplit=1)[0].split("\nTree=")[1:]:
        cells = dict(line.split("=", 1) for line in block.split("\n")[1:] if "=" in line)
        values = [float(each) for each in cells["leaf_value"].split()]
        leaves = tuple(round(each * milli_of) if milli_of is not None else _whole(each) for each in values)
        if len(leaves) == 1:  # a tree that found no split: LightGBM leaves its count empty
            found.append(Tree((), (), (), (), (), leaves, (int(cells.get("leaf_count") or 0),)))
            continue
        split = {name: cells[name].split() for name in _SPLIT_CELLS}
        kinds = [int(each) for each in split["decision_type"]]
        if any(kind & 1 for kind in kinds):
            raise ValueError("a categorical split")
        rows = tuple(int(each) for each in cells["leaf_count"].split())
        tree = Tree(
            tuple(int(each) for each in split["split_feature"]), tuple(min(float(each), sys.float_info.max) for each in split["threshold"]),
            tuple(bool(kind & 2) for kind in kinds), tuple(int(each) for each in split["left_child"]),
            tuple(int(each) for each in split["right_child"]), leaves, rows,
        )  # fmt: skip
        # A threshold of infinity parts the known from the unknown: no known value is beyond the greatest double.
        # Where training had no unknown value LightGBM would read one as 0; here it goes with the more numerous rows.
        larger = _unknown_with_the_many(tree, kinds)
        found.append(Tree(tree.inputs, tree.thresholds, larger, tree.left, tree.right, leaves, rows))
    return tuple(found)


def _unknown_with_the_many(tree: Tree, kinds: Sequence[int]) -> tuple[bool, ...]:
    inner = _rows_of_splits(tree)

    def count(child: int) -> int:
        return inner[child] if child >= 0 else tree.rows[~child]

    return tuple(
        bool(kind & 2) if kind & 12 == _UNKNOWN_APART else count(left) >= count(right)
        for kind, left, right in zip(kinds, tree.left, tree.right, strict=True)
    )


def _whole(value: float) -> int:
    if value != int(value):
        raise ValueError("a leaf is not whole")
    return int(value)


def _feature_json(each: Feature) -> dict[str, object]:
    cells: dict[str, object] = {
        "feature": each.feature, "zh": each.zh, "en": each.en, "unit": each.unit, "choice": each.choice, "direction": each.direction,
        "best_points": each.best_points, "least_points": each.least_points,
    }  # fmt: skip
    if each.choice:
        return cells | {"levels": [list(level) for level in each.levels], "other": each.other}
    return cells | {"special": [repr(value) for value in each.special], "reference": [repr(value) for value in each.reference]}  # fmt: skip


def _feature(cells: Mapping[str, Any]) -> Feature:
    return Feature(
        cells["feature"], cells["zh"], cells["en"], cells["unit"], cells["choice"], cells["direction"],
        tuple(float(value) for value in cells.get("special", ())), tuple(float(value) for value in cells.get("reference", ())),
        tuple((level, risk) for level, risk in cells.get("levels", ())), cells.get("other", 0), cells["best_points"], cells["least_points"],
    )  # fmt: skip
