"""The profile's query is built once for all processes, and never taken from a file that is not what was built."""

from __future__ import annotations

from pathlib import Path

import pytest

from kemiao.bank import kept_query
from kemiao.bank.kept_query import kept, profile_query
from kemiao.credit.profile import features_sql
from little_bank import DAY


def test_a_text_is_built_once_and_again_where_its_file_was_changed_or_is_torn(tmp_path: Path) -> None:
    built: list[str] = []

    def build() -> str:
        built.append("SELECT 1")
        return "SELECT 1"

    file = tmp_path / "profile-1.sql"
    assert [kept(file, build) for _ in range(3)] == ["SELECT 1"] * 3 and len(built) == 1
    file.write_text(file.read_text("utf-8").replace("1", "2"), "utf-8")
    assert kept(file, build) == "SELECT 1" and len(built) == 2
    file.write_bytes(file.read_bytes()[:-3])
    assert kept(file, build) == "SELECT 1" and len(built) == 3
    file.write_bytes(b"\xff\xfe")
    assert kept(file, build) == "SELECT 1" and len(built) == 4
    assert kept(file, build) == "SELECT 1" and len(built) == 4
    assert [each.name for each in tmp_path.iterdir()] == ["profile-1.sql"]


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert kept(tmp_path / "file" / "profile-1.sql", lambda: "SELECT 1") == "SELECT 1"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_old_texts_make_room(tmp_path: Path) -> None:
    for number in range(70):
        kept(tmp_path / f"profile-{number}.sql", lambda: "SELECT 1")
    assert len(list(tmp_path.iterdir())) == 64


@pytest.mark.slow
def test_it_is_the_profiles_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_query, "FOLDER", tmp_path)
    silent = tables = frozenset({"invoice"})
    for _ in range(2):
        profile_query.cache_clear()
        assert profile_query(DAY, silent, tables) == features_sql(DAY, silent, tables)
    profile_query.cache_clear()
    assert len(list(tmp_path.iterdir())) == 1
