"""Trees as one SQL query that gives the very points and PD of `score`, for DuckDB, PostgreSQL and Spark.

All that is added is whole numbers, and all that is compared is doubles. Kinds of columns as in sql_export.
"""

from __future__ import annotations

import sys

from kemiao.credit.rating.scoring import NO_ANSWER, level_word
from kemiao.credit.rating.sql_export import WORDS, Dialect, Words, _pd
from kemiao.credit.rating.trees import MILLI, Feature, Input, Tree, Trees

_ADDED_AT_ONCE = 16  # a sum of hundreds nests as deep in a parser: sums of sums don't


def trees_sql(model: Trees, dialect: Dialect, table: str, key: str | None = "company") -> str:
    """key, points, pd_ppm of each row of the table."""
    words = WORDS[dialect]
    handed = ["k"] if key else []
    given = [f"{words.name(key)} AS k"] if key else []
    given += [
        f"{_input(each, model.features[each.feature], words)} AS x{place}" for place, each in enumerate(model.inputs)
    ]
    least = (model.base_milli + sum(min(each.leaves) for each in model.trees)) // MILLI
    # From the least points upwards: whole division of what is not below zero is the same everywhere.
    above = f"{model.base_milli - least * MILLI} + {_sum([_tree(each, 0 if each.inputs else -1, words) for each in model.trees])}"
    shown = [f"k AS {words.name(key)}"] if key else []
    columns = ",\n  "
    return "\n".join([
        "WITH inputs AS (", f"  SELECT {columns.join(given)}", f"  FROM {words.table(table)}", "),",
        "summed AS (", f"  SELECT {', '.join([*handed, f'{above} AS milli'])}", "  FROM inputs", "),",
        "total AS (", f"  SELECT {', '.join([*handed, f'CAST((milli - milli % {MILLI}) / {MILLI} AS BIGINT) + ({least}) AS points'])}", "  FROM summed", ")",
        f"SELECT {columns.join([*shown, 'points', f'{_pd(model.pd_curve)} AS pd_ppm'])}", "FROM total", "",
    ])  # fmt: skip


def _sum(terms: list[str]) -> str:
    while len(terms) > 1:
        groups = [terms[first : first + _ADDED_AT_ONCE] for first in range(0, len(terms), _ADDED_AT_ONCE)]
        terms = [f"({' + '.join(group)})" for group in groups]
    return terms[0]


def _tree(tree: Tree, node: int, words: Words) -> str:
    if node < 0:
        leaf = tree.leaves[~node]
        return f"({leaf})" if leaf < 0 else str(leaf)
    value = f"x{tree.inputs[node]}"
    left = f"{value} <= {words.double(tree.thresholds[node])}"
    if tree.unknown_left[node]:
        left = f"{value} IS NULL OR {left}"
    return (
        f"CASE WHEN {left} THEN {_tree(tree, tree.left[node], words)} ELSE {_tree(tree, tree.right[node], words)} END"
    )


def _input(each: Input, feature: Feature, words: Words) -> str:
    column = words.name(feature.feature)
    if feature.choice:
        return _choice(feature, column, words)
    if feature.unit == "flag":
        column = f"(CASE WHEN {column} THEN 1 WHEN NOT {column} THEN 0 END)"
    kind = "DOUBLE PRECISION" if words.text == "TEXT" else "DOUBLE"
    double = f"CAST({column} AS {kind})"
    if each.special is not None:
        return (
            f"CASE WHEN {double} = {words.double(each.special)} THEN {words.double(1.0)} ELSE {words.double(0.0)} END"
        )
    ordinary = f"{column} >= {words.double(-sys.float_info.max)} AND {column} <= {words.double(sys.float_info.max)}"
    for special in feature.special:
        ordinary += f" AND {double} <> {words.double(special)}"
    return f"CASE WHEN {ordinary} THEN {double} END"


def _choice(feature: Feature, column: str, words: Words) -> str:
    text = words.word(column)
    of_risk: dict[int, list[str]] = {}
    for level, risk in feature.levels:
        of_risk.setdefault(risk, []).append(words.string(level_word(level)))
    whens = [
        f"WHEN {text} IN ({', '.join(levels)}) THEN {words.double(float(risk))}" for risk, levels in of_risk.items()
    ]
    nothing = ", ".join(words.string(word) for word in sorted(NO_ANSWER))
    return f"CASE WHEN {column} IS NULL THEN NULL {' '.join(whens)} WHEN {text} IN ({nothing}) THEN NULL ELSE {words.double(float(feature.other))} END"
