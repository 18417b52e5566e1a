"""An examination as JSON and back: what stands beside a model, and what a report is printed from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.examination import FORM, Examination

_PLACES = 6


def examination_json(found: Examination) -> dict[str, Any]:
    """Figures with six places: more is noise, and hangs on the machine."""
    shortened: dict[str, Any] = _short(asdict(found))
    return shortened


def examination_bytes(found: Examination) -> bytes:
    return (json.dumps(examination_json(found), ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def examination_from(content: bytes) -> Examination | Refusal:
    """Refuses what another release wrote in another form."""
    read = json.loads(content)
    if not isinstance(read, Mapping) or read.get("form") != FORM:
        return Refusal(
            "EXAMINATION_OF_ANOTHER_FORM", "检验结果由其他版本写成", "the examination was written by another release"
        )
    found: Examination = _read(Examination, read)
    return found


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _PLACES) + 0.0
    if isinstance(value, Mapping):
        return {name: _short(each) for name, each in value.items()}
    return [_short(each) for each in value] if isinstance(value, list | tuple) else value


def _read(kind: Any, value: Any) -> Any:
    if get_origin(kind) is UnionType:
        return None if value is None else _read(next(each for each in get_args(kind) if each is not NoneType), value)
    if get_origin(kind) is tuple:
        inside = get_args(kind)
        kinds = [inside[0]] * len(value) if inside[-1] is Ellipsis else inside
        return tuple(_read(each, one) for each, one in zip(kinds, value, strict=True))
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{each.name: _read(hints[each.name], value[each.name]) for each in fields(kind)})
    return float(value) if kind is float else value
