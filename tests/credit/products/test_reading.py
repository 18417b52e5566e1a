"""Product files: the eight read well; what is wrong is named with file, key and what was expected."""

from __future__ import annotations

import copy
import tomllib
from datetime import date

import pytest

from credit.products.conftest import NAMES, content_of
from kemiao.base.refusal import Refused
from kemiao.credit.products.form import LISTS, SECTIONS
from kemiao.credit.products.reading import read_product
from kemiao.credit.products.sheet import sheet
from kemiao.credit.products.template import new_content, product_text

HEAD = {"owner": "o", "approved_by": "a", "approved_on": date(2024, 1, 1), "effective_from": date(2024, 1, 1)}


def refused(content):
    with pytest.raises(Refused) as caught:
        read_product("p", "", content)
    return caught.value.refusal


def test_there_are_the_eight_products():
    assert NAMES == ["equipment", "green", "patent_pledge", "receivables_orders", "renewal", "revolving", "risk_sharing", "tech_credit"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_product_reads_well_and_has_a_sheet_in_both_languages(name):
    own = read_product(name, "", content_of(name))
    for lang in ("zh", "en"):
        lines = sheet(own, lang)
        assert all(heading and said for heading, said in lines)
        assert len({heading for heading, _ in lines}) == len(lines)
    assert own.covenants and own.documents and own.rules


@pytest.mark.parametrize("section", SECTIONS)
def test_each_missing_key_is_named_with_what_was_expected(section):
    content = content_of("tech_credit")
    for key in SECTIONS[section]:
        lacking = copy.deepcopy(content)
        del lacking[section][key]
        said = refused(lacking)
        assert (said.code, dict(said.where)) == ("PRODUCT_INCOMPLETE", {"file": "tech_credit.toml", "key": f"{section}.{key}"})  # fmt: skip
        assert SECTIONS[section][key].expected("en") in said.en
    del content[section]
    assert refused(content).code == "PRODUCT_INCOMPLETE"


@pytest.mark.parametrize(
    ("section", "key", "value", "code"),
    [
        ("amount", "max_fen", "100", "PRODUCT_VALUE"), ("amount", "max_fen", 1.5, "PRODUCT_VALUE"), ("amount", "max_fen", True, "PRODUCT_VALUE"),
        ("amount", "max_fen", 10**30, "PRODUCT_VALUE"), ("amount", "min_fen", 0, "PRODUCT_VALUE"), ("amount", "max_fen", 1_000_000, "PRODUCT_CONTRADICTS"),
        ("amount", "ceilings", ["needs"], "PRODUCT_VALUE"), ("amount", "ceilings", [], "PRODUCT_CONTRADICTS"), ("product", "purposes", ["wages", "wages"], "PRODUCT_VALUE"), ("product", "zh", "  ", "PRODUCT_VALUE"),
        ("product", "law_kind", "personal", "PRODUCT_VALUE"), ("rate", "floor_ppm", 200_000, "PRODUCT_CONTRADICTS"), ("rate", "kind", "fixed", "PRODUCT_CONTRADICTS"),
        ("schedule", "repayment", "bullet", "PRODUCT_CONTRADICTS"), ("schedule", "every_months", 0, "PRODUCT_CONTRADICTS"), ("schedule", "due_day", 29, "PRODUCT_VALUE"),
        ("schedule", "allocation", "fee,interest", "PRODUCT_VALUE"), ("schedule", "allocation", "fee,fee,compound,interest,principal", "PRODUCT_VALUE"),
        ("security", "loan_to_value_ppm", 1, "PRODUCT_CONTRADICTS"), ("security", "guaranteed_ppm", 1, "PRODUCT_CONTRADICTS"), ("tenor", "start_months", 37, "PRODUCT_CONTRADICTS"),
        ("rate", "capp_ppm", 1, "PRODUCT_KEY_UNKNOWN"), ("amount", "max_fen", date(2024, 1, 1), "PRODUCT_VALUE"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_and_named(section, key, value, code):
    content = content_of("tech_credit")
    content[section][key] = value
    said = refused(content)
    assert said.code == code
    assert dict(said.where)["file"] == "tech_credit.toml"
    assert dict(said.where)["key"].startswith(f"{section}.") or code == "PRODUCT_CONTRADICTS"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"when": "no_such_column > 1"}, "UNKNOWN_COLUMN"), ({"when": "1 +"}, "NOT_AN_EXPRESSION"), ({"outcome": "approve"}, "RULE_OUTCOME"),
        ({"unknown_zh": 10**30}, "PRODUCT_VALUE"), ({"when": "x" * 2_001}, "PRODUCT_VALUE"), ({"wen": "x"}, "RULE_KEY_UNKNOWN"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_read_is_named(rule, code):
    content = content_of("tech_credit")
    content["rule"][0] |= rule
    content["_text"] = ""
    assert refused(content).code == code


def test_lists_that_are_no_lists_and_codes_that_stand_twice():
    content = content_of("tech_credit")
    assert refused(content | {"covenant": {"code": "x"}}).code == "PRODUCT_VALUE"
    assert refused(content | {"document": content["document"] * 2}).code == "PRODUCT_CONTRADICTS"
    assert refused(content | {"fees": []}).code == "PRODUCT_KEY_UNKNOWN"
    assert refused(content | {"document": [{"code": "X"}]}).code == "PRODUCT_INCOMPLETE"


@pytest.mark.parametrize("name", [None, *NAMES])
def test_what_is_written_reads_back_as_it_was(name):
    content = new_content() if name is None else {key: value for key, value in content_of(name).items() if not key.startswith("_")}  # fmt: skip
    content["product"]["about_en"] = 'quoted "words", a \\ and a tab\tand 字'
    text = product_text(HEAD, content)
    back = tomllib.loads(text)
    assert back.pop("policy") == HEAD
    for name_of in LISTS:
        content.setdefault(name_of, [])
        back.setdefault(name_of, [])
    assert back == content
    read_product("p", "", back | {"_head": HEAD, "_file": "p.toml", "_text": text})


def test_everything_that_is_missing_is_named_at_once():
    with pytest.raises(Refused) as raised:
        read_product("p", "", {"_file": "p.toml", "_head": {}, "_text": "", "amount": {}})
    where = dict(raised.value.refusal.where)
    assert raised.value.refusal.code == "PRODUCT_INCOMPLETE"
    assert {"amount.min_fen", "rate.step_ppm", "schedule.repayment"} <= set(where["key"].split(", "))
