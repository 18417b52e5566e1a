"""In a bank where nothing has happened yet a list says what there is not, and draws no empty frame."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from little_bank import new_home

LISTS = {
    "loan list": "no such loans", "loan due": "nothing is overdue", "application list": "no such applications", "staff list": "kemiao staff add",
    "approval list": "no request waits", "override list": "no decision was overridden", "complaint list": "no complaints",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_home(tmp_path_factory.mktemp("empty") / "home")


@pytest.mark.parametrize("words", LISTS)
def test_an_empty_list_is_told_in_words(home: Path, words: str) -> None:
    said = {
        lang: CliRunner().invoke(cli, [*words.split(), "--home", str(home), "--lang", lang]) for lang in ("zh", "en")
    }
    assert [one.exit_code for one in said.values()] == [0, 0], said
    assert LISTS[words] in said["en"].stdout and said["zh"].stdout != said["en"].stdout
    assert not set("┏┃━") & set(said["zh"].stdout + said["en"].stdout)
