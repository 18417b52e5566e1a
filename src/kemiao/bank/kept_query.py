"""The query of the profile, kept on disk beside the compiled code once it was built: building it takes each process seconds of its
start, and it is the same for all processes of a day.

A kept text holds for the judging code, the engines' versions and the question it was built for, and where its digest does; any other
is built again. Where nothing can be written nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile

from kemiao.bank.rulebook import code_version
from kemiao.credit import profile
from kemiao.credit.profile import features_sql
from kemiao.facts.tables import TABLES

FOLDER = Path(profile.__file__).parent / "__pycache__"
_ENGINES = ("duckdb", "ibis-framework", "sqlglot")
_MOST = 64


@lru_cache(maxsize=32)
def profile_query(as_of: date, silent_means_none: frozenset[str], tables: frozenset[str]) -> str:
    """What features_sql says."""
    forms = [str(TABLES[name].arrow_schema) for name in sorted(TABLES)]
    asked = (code_version(), forms, *map(version, _ENGINES), as_of, sorted(silent_means_none), sorted(tables))
    file = FOLDER / f"profile-{sha256(repr(asked).encode()).hexdigest()}.sql"
    return kept(file, lambda: features_sql(as_of, silent_means_none, tables))


def kept(file: Path, build: Callable[[], str]) -> str:
    """The text in the file, else what is built, which is left there for the next. The file's first line is the text's digest."""
    with suppress(OSError, UnicodeDecodeError):
        digest, _, text = file.read_text("utf-8").partition("\n")
        if digest == _digest(text):
            return text
    text = build()
    with suppress(OSError):
        _keep(file, text)
    return text


def _keep(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    for old in sorted(file.parent.glob("profile-*.sql"), key=lambda each: each.stat().st_mtime)[: 1 - _MOST]:
        old.unlink(missing_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, suffix=".part", delete=False) as part:
        part.write(f"{_digest(text)}\n{text}")
    Path(part.name).replace(file)  # whole or not at all


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
