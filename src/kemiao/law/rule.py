"""The form of a rule, once and for all: what it is called, what it reads, what it says, which dated tables it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pyarrow as pa

from kemiao.base.refusal import Refusal
from kemiao.base.tables import DatedTable

Kind = Literal["count", "fen", "ppm", "flag", "choice", "day"]
Law = Mapping[str, DatedTable]

ARROW: Mapping[str, pa.DataType] = {
    "count": pa.int64(), "fen": pa.int64(), "ppm": pa.int64(), "flag": pa.bool_(), "choice": pa.string(), "day": pa.date32(),
    "text": pa.string(), "names": pa.list_(pa.string()),
}  # fmt: skip
# Every answer ends with these: what is missing where the rule cannot tell, on what it rests, and why a row was refused.
CLOSING = (
    pa.field("missing", pa.list_(pa.string())),
    pa.field("confidence", pa.string()),
    pa.field("law_on", pa.date32()),
    pa.field("refused", pa.string()),
)


@dataclass(frozen=True, slots=True)
class Input:
    """One column that a rule reads. Null is unknown. `name` carries the unit; `elected` ones are the caller's choice of
    treatment, not facts: null there means that the treatment is not chosen.

    aliases: other headers under which strangers' files carry it; `NAME@unit` has a unit of its own, `!NAME` says the opposite.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    aliases: tuple[str, ...] = ()
    bare_unit: str = ""  # what a header without a unit means: yuan, wan, fraction
    choices: Mapping[str, tuple[str, ...]] | None = None  # value -> other ways to write it
    elected: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """One column that a rule says, null where it cannot tell."""

    name: str
    kind: Literal["count", "fen", "ppm", "flag", "choice", "day", "text", "names"]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`function(cases, law, on, **choices)` gives one row a case: the outputs and CLOSING. It refuses as a whole only where
    no rows are in force on the day (LAW_NOT_IN_FORCE). `choices` names numbers that no source fixes: policy hands them in."""

    name: str
    zh: str
    en: str
    source: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    tables: tuple[str, ...]
    function: Callable[..., pa.Table | Refusal]
    choices: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([*(pa.field(output.name, ARROW[output.kind]) for output in self.outputs), *CLOSING])

    def check(self, cases: pa.Table, law: Law, on: date, choices: Mapping[str, int]) -> pa.Table | Refusal:
        """The rule over a table that may lack columns (unknown) and may carry others (not read)."""
        return self.function(cases, law, on, **{name: choices[name] for name in self.choices})
