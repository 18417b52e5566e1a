"""A product file as text, with what every key means beside it: for the default products and for `kemiao product new`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from kemiao.credit.products.form import LISTS, SECTIONS, Key

_RULE = ("code", "outcome", "when", "when_unknown", "zh", "en", "unknown_zh", "unknown_en")
_TITLES: Mapping[str, tuple[str, str]] = {
    "amount": ("金额", "amount"), "tenor": ("期限", "tenor"), "rate": ("利率", "rate"), "schedule": ("还款", "repayment"),
    "security": ("担保", "security"), "accounting": ("会计与统计", "accounting and statistics"), "authority": ("审批", "what may be decided without a person"),
    "rule": ("准入:outcome 为 decline(不适用)、refer(转人工)或 condition(放款前提);可用的列见 kemiao product columns",
             "who qualifies; outcome is decline, refer or condition (before money is paid out); columns: kemiao product columns"),
    "fee": ("费用", "fees"), "covenant": ("约定", "covenants"), "document": ("资料", "papers"),
}  # fmt: skip


def product_text(head: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """TOML that reads back as `content`. head: owner, approved_by, approved_on, effective_from."""
    zh, en = content["product"]["zh"], content["product"]["en"]
    lines = [
        f"# 产品:{zh} / product: {en}. 金额单位为分, 比率为 ppm / amounts are fen, shares and rates ppm (1% = 10_000).",
        "",
    ]
    lines += ["[policy]", *(f"{key} = {_toml(value)}" for key, value in head.items())]
    for section, keys in SECTIONS.items():
        lines += ["", *_title(section), f"[{section}]", *_lines(keys, content[section])]
    for name in ("rule", *LISTS):
        rows: Sequence[Mapping[str, Any]] = content.get(name, ())
        for number, row in enumerate(rows):
            own = LISTS.get(name)
            lines += ["", *(_title(name) if number == 0 else []), f"[[{name}]]"]
            lines += _lines(own, row, number == 0) if own else [f"{key} = {_toml(row[key])}" for key in _RULE if key in row]  # fmt: skip
    return "\n".join(lines) + "\n"


def new_content() -> dict[str, Any]:
    """What a new product starts from: sound, small, and decided by people."""
    content: dict[str, Any] = {section: {name: key.start for name, key in keys.items()} for section, keys in SECTIONS.items()}  # fmt: skip
    rule = {
        "code": "NOT_A_TECHNOLOGY_SME", "outcome": "refer", "when": "NOT tech_sme", "when_unknown": "condition",
        "zh": "不是科技型中小企业", "en": "is no technology SME", "unknown_zh": "放款前核实科技型中小企业资格", "unknown_en": "before money is paid out: its standing as a technology SME is checked",
    }  # fmt: skip
    return content | {"rule": [rule]} | {name: [{own: key.start for own, key in keys.items()}] for name, keys in LISTS.items()}  # fmt: skip


def _title(name: str) -> list[str]:
    return [f"# {_TITLES[name][0]} / {_TITLES[name][1]}"] if name in _TITLES else []


def _lines(keys: Mapping[str, Key], row: Mapping[str, Any], explained: bool = True) -> list[str]:
    return [
        f"{name} = {_toml(row[name])}" + (f"  # {_comment(key)}" if explained and key.kind != "text" else "")
        for name, key in keys.items()
    ]


def _comment(key: Key) -> str:
    choices = f" ({' | '.join(key.choices)})" if key.choices and key.kind == "choice" else ""
    return f"{key.zh} / {key.en}{choices}"


def _toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value:_}" if abs(value) >= 10_000 else str(value)
        case date():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(_toml(item) for item in value)}]"
    return json.dumps(str(value), ensure_ascii=False).replace(
        "\x7f", "\\u007f"
    )  # a TOML basic string is a JSON one, but for DEL
