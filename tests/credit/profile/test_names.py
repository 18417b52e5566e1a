"""Names of columns: a second one of the same name would take the first one's place without a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import ibis

from kemiao.credit.profile import FEATURES, row
from kemiao.credit.profile.catalogue import LAW_INPUTS, TABLES
from kemiao.credit.profile.flows import invoice_flows
from kemiao.credit.profile.window import Span
from kemiao.facts.tables import TABLES as FORMS

from .conftest import AS_OF

SPAN = Span.until(AS_OF)


FACTS = {name: ibis.table(ibis.Schema.from_pyarrow(FORMS[name].arrow_schema), name=name) for name in TABLES}
FLOWS = invoice_flows(FACTS["invoice"], ibis.table({"company": "string"}, name="subjects"), SPAN, row.uncached)
LOOKS = row._looks(FACTS, FLOWS, SPAN)


def twice(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def test_no_feature_has_the_name_of_another() -> None:
    assert twice(feature.name for feature in FEATURES) == []
    assert twice(feature.name for feature in {*FEATURES, *LAW_INPUTS}) == []


def test_no_column_of_a_look_has_the_name_of_another() -> None:
    assert twice(look.name for look in LOOKS) == []
    assert twice(name for look in LOOKS for name in look.seen.columns if name != look.key) == []


def test_no_derived_column_has_the_name_of_another() -> None:
    joined = row._joined(FLOWS.subjects, LOOKS, frozenset(FACTS), frozenset())
    assert (
        twice(name for part in row._derived(joined, SPAN) for name in (*part, *(set(part) & set(joined.columns)))) == []
    )
