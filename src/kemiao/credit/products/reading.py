"""A product file, read and checked against its form: what is wrong is named with file, key and what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.decision.rules import read_rules
from kemiao.credit.products.form import LISTS, SECTIONS, Key
from kemiao.credit.products.product import (
    Accounting,
    Amount,
    Authority,
    Fee,
    Head,
    Named,
    Product,
    RateFormula,
    Schedule,
    Security,
    Tenor,
)
from kemiao.credit.products.qualifying import COLUMNS
from kemiao.credit.servicing.columns import COMPONENTS

_WORDS_MAX = 2_000
_LIST_MAX = 60  # rules, fees, covenants, documents: a longer list is a mistake, not a product


def read_product(name: str, digest: str, content: Mapping[str, Any]) -> Product:
    """content: the parsed file, its [policy] head taken out and put under `_head`, with `_file` and `_text`.

    Raises Refused: PRODUCT_INCOMPLETE, PRODUCT_VALUE, PRODUCT_KEY_UNKNOWN, PRODUCT_CONTRADICTS, or what read_rules says.
    """
    file = str(content["_file"])
    known = {*SECTIONS, *LISTS, "rule"}
    for key in content:
        if not key.startswith("_") and key not in known:
            raise _unknown(file, key, tuple(known))
    _complete(file, content)
    parts = {section: _section(file, section, content.get(section), keys) for section, keys in SECTIONS.items()}
    lists = {name: _list(file, name, content.get(name, []), keys) for name, keys in LISTS.items()}
    rules = _tables(file, "rule", content.get("rule", []))
    for number, cells in enumerate(rules, start=1):
        for key, value in cells.items():
            if not isinstance(value, str) or len(value) > _WORDS_MAX:
                raise Refused(Refusal.at("PRODUCT_VALUE", f"须为文字,至多 {_WORDS_MAX} 字", f"text is expected, at most {_WORDS_MAX} characters", file=file, key=f"rule[{number}].{key}"))  # fmt: skip
    product = Product(
        name, file, content["_head"]["effective_from"], digest,
        Head(**parts["product"]), Amount(**parts["amount"]), Tenor(**parts["tenor"]), RateFormula(**parts["rate"]),
        Schedule(**parts["schedule"]), Security(**parts["security"]), Accounting(**parts["accounting"]), Authority(**parts["authority"]),
        tuple(Fee(**each) for each in lists["fee"]), read_rules(content, COLUMNS) if rules else (),
        tuple(Named(**each) for each in lists["covenant"]), tuple(Named(**each) for each in lists["document"]),
        content["_head"].get("withdrawn_from"),
    )  # fmt: skip
    _consistent(product)
    return product


def _complete(file: str, content: Mapping[str, Any]) -> None:
    """Everything that is missing is named at once, so that a file is mended in one go. One alone says what is expected there."""
    missing: list[tuple[str, Key]] = []
    for section, keys in SECTIONS.items():
        cells = content.get(section, {})
        if isinstance(cells, Mapping):
            missing += [(f"{section}.{name}", key) for name, key in keys.items() if name not in cells]
    for name, keys in LISTS.items():
        rows = content.get(name, [])
        for number, row in enumerate(rows if isinstance(rows, list) else [], start=1):
            if isinstance(row, Mapping):
                missing += [(f"{name}[{number}].{key}", about) for key, about in keys.items() if key not in row]
    if len(missing) > 1:
        zh = ";".join(f"{place}({key.zh}:{key.expected('zh')})" for place, key in missing)
        en = "; ".join(f"{place} ({key.en}: {key.expected('en')})" for place, key in missing)
        raise Refused(Refusal.at("PRODUCT_INCOMPLETE", f"缺少 {len(missing)} 项:{zh}", f"lacks {len(missing)} keys: {en}", file=file, key=", ".join(place for place, _ in missing)))  # fmt: skip


def _section(file: str, section: str, cells: Any, keys: Mapping[str, Key]) -> dict[str, Any]:
    if not isinstance(cells, Mapping):
        raise Refused(
            Refusal.at("PRODUCT_INCOMPLETE", f"缺少 [{section}] 一节", f"the section [{section}] is expected", file=file, key=section)
        )  # fmt: skip
    return _cells(file, section, cells, keys)


def _list(file: str, name: str, rows: Any, keys: Mapping[str, Key]) -> list[dict[str, Any]]:
    tables = [
        _cells(file, f"{name}[{number}]", row, keys) for number, row in enumerate(_tables(file, name, rows), start=1)
    ]
    codes = [row["code"] for row in tables]
    again = next((code for number, code in enumerate(codes) if code in codes[:number]), None)
    if again is not None:
        raise Refused(
            Refusal.at(
                "PRODUCT_CONTRADICTS", f"代码重复:{again}", f"the code {again} stands twice", file=file, key=name
            )
        )
    return tables


def _tables(file: str, name: str, rows: Any) -> list[Mapping[str, Any]]:
    if not isinstance(rows, list) or len(rows) > _LIST_MAX or not all(isinstance(row, Mapping) for row in rows):
        raise Refused(
            Refusal.at("PRODUCT_VALUE", f"应写 [[{name}]],至多 {_LIST_MAX} 项", f"[[{name}]] is expected, at most {_LIST_MAX} of them", file=file, key=name)
        )  # fmt: skip
    return rows


def _cells(file: str, section: str, cells: Mapping[str, Any], keys: Mapping[str, Key]) -> dict[str, Any]:
    for name in cells:
        if name not in keys:
            raise _unknown(file, f"{section}.{name}", tuple(f"{section}.{key}" for key in keys))
    return {name: _value(file, f"{section}.{name}", key, cells.get(name)) for name, key in keys.items()}


def _value(file: str, place: str, key: Key, value: Any) -> Any:
    if value is None:
        raise Refused(
            Refusal.at("PRODUCT_INCOMPLETE", f"缺少“{key.zh}”:须为{key.expected('zh')}", f"lacks {key.en}: {key.expected('en')}", file=file, key=place)
        )  # fmt: skip
    if _fits(key, value):
        return tuple(value) if isinstance(value, list) else value
    raise Refused(
        Refusal.at(
            "PRODUCT_VALUE", f"“{key.zh}”须为{key.expected('zh')},却是 {value!r:.60}", f"{key.en} is {key.expected('en')}, not {value!r:.60}", file=file, key=place
        )
    )  # fmt: skip


def _fits(key: Key, value: Any) -> bool:
    match key.kind:
        case "text":
            return isinstance(value, str) and bool(value.strip()) and len(value) <= 1_000
        case "flag":
            return isinstance(value, bool)
        case "choice":
            return isinstance(value, str) and value in key.choices
        case "words":
            words = isinstance(value, list) and all(isinstance(word, str) and word.strip() for word in value)
            return words and len(value) == len(set(value)) and (not key.choices or set(value) <= set(key.choices))
        case "order":
            return isinstance(value, str) and sorted(value.split(",")) == sorted(COMPONENTS)
    return type(value) is int and key.low <= value <= key.high


def _unknown(file: str, key: str, known: tuple[str, ...]) -> Refused:
    close = next(iter(get_close_matches(key, known, n=1)), None)
    zh, en = (f",是否为 {close}?" if close else "", f"; did you mean {close}?" if close else "")
    return Refused(
        Refusal.at("PRODUCT_KEY_UNKNOWN", f"产品文件中没有这一项{zh}", f"a product file has no such key{en}", file=file, key=key)
    )  # fmt: skip


def _consistent(product: Product) -> None:
    """What single keys can't say: ends that cross, a schedule without dues, a security that carries nothing."""
    amount, tenor, rate, schedule, security = product.amount, product.tenor, product.rate, product.schedule, product.security  # fmt: skip
    bullet = schedule.repayment == "bullet"
    pledged = security.kind not in ("none", "guarantee")
    fixed = rate.kind == "fixed"
    faults = [
        (not amount.ceilings, "amount.ceilings", "至少受一个额度上限约束,否则无法贷款", "at least one ceiling is expected: without any nothing can be lent"),
        (amount.min_fen > amount.max_fen, "amount.max_fen", "最高金额低于最低金额", "the largest amount is below the smallest"),
        (amount.min_fen % amount.step_fen != 0, "amount.min_fen", "最低金额不是取整单位的整数倍", "the smallest amount is no whole number of steps"),
        (not tenor.min_months <= tenor.start_months <= tenor.max_months, "tenor.start_months", "默认月数不在最短与最长之间", "the months to start with are not between shortest and longest"),
        (rate.floor_ppm > rate.cap_ppm, "rate.cap_ppm", "利率上限低于下限", "the cap is below the floor"),
        (fixed and rate.reset_months != 0, "rate.reset_months", "固定利率不重定价,须为 0", "a fixed rate is never reset: 0 is expected"),
        (bullet != (schedule.every_months == 0), "schedule.every_months", "到期一次还须为 0,其余须大于 0", "0 where all is due at the end, and only there"),
        (pledged != (security.loan_to_value_ppm > 0), "security.loan_to_value_ppm", "有抵质押物的须大于 0,其余为 0", "above 0 where something is pledged or mortgaged, else 0"),
        (security.shared_ppm > 1_000_000, "security.pool_ppm", "保证人与资金池合计超过 100%", "guarantor and pool together bear more than all"),
        ((security.kind == "guarantee") != (security.guaranteed_ppm > 0), "security.guaranteed_ppm", "保证贷款须大于 0,其余为 0", "above 0 where there is a guarantor, else 0"),
    ]  # fmt: skip
    for wrong, key, zh, en in faults:
        if wrong:
            raise Refused(Refusal.at("PRODUCT_CONTRADICTS", zh, en, file=product.file, key=key))
