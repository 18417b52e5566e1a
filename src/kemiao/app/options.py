"""What people type on the command line, read as values; a bad one is a usage error that says what was expected."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import typer

from kemiao.base.dates import parse_date
from kemiao.base.keys import parse_company
from kemiao.base.money import parse_fen
from kemiao.base.rates import parse_ppm
from kemiao.base.refusal import Refusal

_NUMBER_MAX = 10**15  # in fen, what the product takes as an amount at most (base/money)
_YES, _NO = ("true", "1", "是", "yes"), ("false", "0", "否", "no")


def optional_day(text: str | None) -> date | None:
    return None if text is None else _or_usage(parse_date(text))


def company_keys(texts: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if not texts else tuple(_or_usage(parse_company(text)) for text in texts)


def amount_fen(text: str | None) -> int | None:
    """`500万`; a bare number is yuan, as people write amounts."""
    return None if text is None else _or_usage(parse_fen(text))


def person(name: str | None) -> str:
    """Who acts: as named, or the system's user."""
    import getpass

    if name is not None and name.strip():
        return name.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:  # a container without users
        raise typer.BadParameter("--by") from error


def changed_inputs(texts: Sequence[str] | None) -> dict[str, object]:
    """`NAME=VALUE` for columns of the profile; an empty VALUE is unknown."""
    from kemiao.credit.profile import COLUMNS

    changed: dict[str, object] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or name not in COLUMNS:
            raise typer.BadParameter(f"NAME=VALUE, NAME ∈ kemiao features: {text}")
        changed[name] = _value(COLUMNS[name].unit, value)
    return changed


def _value(unit: str, text: str) -> object:
    if text == "":
        return None
    if unit == "flag":
        if text.lower() not in (*_YES, *_NO):
            raise typer.BadParameter(f"{text}: true | false")
        return text.lower() in _YES
    if unit == "day":
        return _or_usage(parse_date(text)).isoformat()
    if unit == "text":
        return text
    if unit == "fen" and any(mark in text for mark in "万亿元"):
        return _or_usage(parse_fen(text))  # 500万; a bare number is fen, as the profile prints it
    if unit == "ppm" and text.endswith("%"):
        return _or_usage(parse_ppm(text))
    try:
        number = int(text.replace("_", ""))
    except ValueError as error:
        raise typer.BadParameter(f"{text}: {unit}") from error
    if abs(number) > _NUMBER_MAX or (number < 0 and unit in ("count", "months")):
        raise typer.BadParameter(f"{text}: {unit}")
    return number


def _or_usage(value):
    if isinstance(value, Refusal):
        raise typer.BadParameter(f"{value.zh} / {value.en}")
    return value


def database_of(url: str | None, password_file: Path | None):
    """Where the event log is to be; None: in the home. The password's file is the given one, or libpq's of this environment."""
    from kemiao.bank.database import parse_database

    if url is None:
        return None
    named = os.environ.get("PGPASSFILE")
    return parse_database(url, password_file.absolute() if password_file else Path(named).absolute() if named else None)
