"""The door: languages, exit codes, what is refused as JSON; every command shows how it is called."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.app.door import Door, command
from kemiao.base.refusal import Outage, Refusal, Refused


def leaves(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, each in sorted(group.commands.items()):
        if hasattr(each, "commands"):  # a noun; what is not one is a verb
            yield from leaves(each, (*words, name))
        else:
            yield (*words, name), each


COMMANDS = dict(leaves(typer.main.get_command(cli)))


def test_the_commands_of_the_spine_are_there():
    named = {" ".join(words) for words in COMMANDS}
    assert named >= {
        "init", "backup", "restore", "upgrade", "erase", "doctor", "version", "features", "demo", "assess", "trace", "replay", "decisions",
        "plan", "report", "policy list", "policy check", "policy columns", "company add", "company list", "company show", "import undo",
        "import list", "import maps", "quarantine list", "quarantine export", "quarantine retry", "law list", "law show", "law check",
        "law load", "population make", "rating fit", "rating validate", "rating promote",
    }  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_shows_an_example_both_languages_and_the_shared_options(words):
    each = COMMANDS[words]
    assert f"例 e.g.: kemiao {words[0]}" in each.help
    assert any("\u4e00" <= letter <= "\u9fff" for letter in each.help)
    options = {option for parameter in each.params for option in parameter.opts}
    assert {"--home", "--json", "--lang"} <= options
    asked = CliRunner().invoke(cli, [*words, "--help"])
    assert asked.exit_code == 0
    assert "例e.g.:" in "".join(asked.stdout.split())


# -- what a command's answer becomes


def answering(answer) -> typer.Typer:
    small = typer.Typer()

    @command(small)
    def one(door: Door) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer(door) if callable(answer) else answer

    return small


REFUSAL = Refusal.at("NOT_TODAY", "今天不行", "not today", file="a.csv", row=7)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (None, 0),
        (REFUSAL, 3),
        (Refused(REFUSAL), 3),
        (Outage("DISK_FULL", "磁盘已满", "the disk is full"), 4),
        (RuntimeError("a fault"), 1),
        (typer.BadParameter("no"), 2),
    ],
)
def test_exit_codes_tell_what_became_of_it(answer, code):
    assert CliRunner().invoke(answering(answer), []).exit_code == code


def test_a_refusal_is_words_for_people_and_a_document_for_machines():
    small = answering(REFUSAL)
    said = CliRunner().invoke(small, [])
    assert (said.stdout, said.stderr) == ("", "NOT_TODAY  a.csv:7: 今天不行\n")
    said = CliRunner().invoke(small, ["--json", "--lang", "en"])
    assert json.loads(said.stdout) == {"refused": {"code": "NOT_TODAY", "zh": "今天不行", "en": "not today", "where": {"file": "a.csv", "row": "7"}}}  # fmt: skip
    assert said.stderr == "NOT_TODAY  a.csv:7: not today\n"


def test_language_and_home_come_from_the_option_else_from_the_environment(monkeypatch, tmp_path):
    small = answering(lambda door: door.text(f"{door.lang} {door.home}"))
    monkeypatch.delenv("KEMIAO_HOME", raising=False)
    monkeypatch.delenv("KEMIAO_LANG", raising=False)
    assert CliRunner().invoke(small, []).stdout == "zh kemiao-home\n"
    monkeypatch.setenv("KEMIAO_HOME", str(tmp_path))
    monkeypatch.setenv("KEMIAO_LANG", "en")
    assert CliRunner().invoke(small, []).stdout == f"en {tmp_path}\n"
    assert CliRunner().invoke(small, ["--home", "here", "--lang", "zh"]).stdout == "zh here\n"
    assert CliRunner().invoke(small, ["--lang", "fr"]).exit_code == 2


def test_messages_never_mix_with_what_a_script_reads():
    def answer(door):
        door.say("正在读", "reading")
        door.lines([{"a": 1}, {"a": "企业"}])

    said = CliRunner().invoke(answering(answer), ["--json"])
    assert [json.loads(line) for line in said.stdout.splitlines()] == [{"a": 1}, {"a": "企业"}]
    assert said.stderr == "正在读\n"


# -- cold starts

HEAVY = (
    "duckdb",
    "pyarrow",
    "ibis",
    "pandas",
    "sklearn",
    "numpy",
    "deltalake",
    "sqlalchemy",
    "scipy",
    "sqlglot",
    "typst",
    "highspy",
)


def test_asking_for_help_loads_nothing_heavy():
    code = f"import sys, kemiao.app.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.slow
@pytest.mark.parametrize("words", [("version",), ("--help",), ("features", "--json")])
def test_a_small_command_starts_at_once(words, tmp_path):
    import time

    program, took = Path(sys.executable).with_name("kemiao"), []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([str(program), *words], cwd=tmp_path, capture_output=True, check=True)
        took.append(time.perf_counter() - started)
    assert min(took) < 2, took  # under 1 s on an idle machine


def test_what_others_wrote_neither_moves_the_cursor_nor_is_taken_for_markup(capsys):
    door = Door(Path("home"), "zh", False)
    door.table("", ["理由"], [["[/]"], ["[bold]x"], ["\x1b[2J"], ["\u202eabc"]])
    door.text("\x1b]0;x\x07")
    door.say("\x9b2J", "")
    told = capsys.readouterr()
    assert "[/]" in told.out and "[bold]x" in told.out
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(told.out + told.err)
