"""A home: made whole or not at all, refused when it would be misread, moved in one file, upgraded or told why not."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from kemiao.bank import home as homes
from kemiao.bank.home import create_home, open_home, upgrade_home
from kemiao.base.refusal import Outage, Refused
from little_bank import at, new_home


def refused_by(function, *arguments) -> str:
    with pytest.raises(Refused) as refused:
        function(*arguments)
    assert refused.value.refusal.zh
    assert refused.value.refusal.en
    return refused.value.refusal.code


def test_a_new_home_has_its_policy_its_log_and_keys_that_only_its_owner_may_read(tmp_path):
    root = tmp_path / "branch"
    home = create_home(root, os.urandom)
    assert open_home(root) == home
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.vault.stat().st_mode) == 0o600
    assert (home.policy / "decision.toml").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["branch"]
    with at(root) as world:
        assert world.log.snapshot() == (0, {})


def test_a_home_may_stand_still_at_a_day(tmp_path):
    assert open_home(create_home(tmp_path / "study", os.urandom, date(2024, 7, 1)).root).today == date(2024, 7, 1)


def test_an_empty_folder_becomes_a_home_and_so_does_the_one_where_one_stands(tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    create_home(Path(), os.urandom)
    assert open_home(here).root == here


def test_what_is_there_is_never_overwritten(tmp_path):
    root = new_home(tmp_path / "home")
    assert refused_by(create_home, root, os.urandom) == "HOME_EXISTS"
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").touch()
    assert refused_by(create_home, tmp_path / "full", os.urandom) == "NOT_EMPTY"
    (tmp_path / "file").touch()
    assert refused_by(create_home, tmp_path / "file", os.urandom) == "NOT_EMPTY"


@pytest.mark.parametrize("fault", [RuntimeError("killed"), OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["migrate", "_write_policy"])
def test_a_home_that_is_not_finished_is_not_there(tmp_path, monkeypatch, fault, step):
    def fail(*_):
        raise fault

    monkeypatch.setattr(homes, step, fail)
    with pytest.raises(Outage if isinstance(fault, OSError) else type(fault)):
        create_home(tmp_path / "home", os.urandom)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert create_home(tmp_path / "home", os.urandom).settings.is_file()


@pytest.mark.parametrize("place", ["file/home", "/proc/kemiao/home"])
def test_a_place_that_can_not_be_written_is_an_outage(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(Outage) as outage:
        create_home(tmp_path / place, os.urandom)
    assert outage.value.code == "HOME_UNWRITABLE"


@pytest.mark.parametrize("name", ["科苗 分行", "100% #1?", "it's {a} b*", "-home"])
def test_any_folder_name_will_do(tmp_path, name):
    with at(create_home(tmp_path / name, os.urandom).root) as world:
        with world.log.write() as tx:
            tx.append("note", "cumcm:E1", None, {}, {"x": 1})
        assert world.log.private(world.log.last("note")) == {"x": 1}


@pytest.mark.parametrize("name", ["[a]", "a|b", "a%20b"])
def test_a_name_that_the_tables_can_not_live_under_is_refused_at_once(tmp_path, name):
    assert refused_by(create_home, tmp_path / name, os.urandom) == "PLACE_UNFIT"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("schema = 2", "HOME_IS_NEWER"),
        ("schema = 99\nunheard_of = true", "HOME_IS_NEWER"),
        ("schema = 0", "HOME_IS_OLDER"),
        ("schema = '1'", "BAD_SETTINGS"),
        ("schema = true", "BAD_SETTINGS"),
        ("", "BAD_SETTINGS"),
        ("schema = 1\ntoday = 'tomorrow'", "BAD_SETTINGS"),
        ("schema = 1\ntoday = 2024-07-01T08:00:00", "BAD_SETTINGS"),
        ("schema = = 1", "NOT_TOML"),
    ],
)
def test_settings_that_would_be_misread_are_refused(tmp_path, settings, code):
    root = new_home(tmp_path / "home")
    (root / "kemiao.toml").write_text(settings, "utf-8")
    assert refused_by(open_home, root) == code


def test_settings_in_another_encoding_are_refused(tmp_path):
    root = new_home(tmp_path / "home")
    (root / "kemiao.toml").write_bytes("schema = 1 # 科苗".encode("gb18030"))
    assert refused_by(open_home, root) == "NOT_TOML"


def test_a_folder_that_is_no_home_is_not_taken_for_one(tmp_path):
    assert refused_by(open_home, tmp_path) == "NO_HOME"
    assert refused_by(open_home, tmp_path / "nowhere") == "NO_HOME"


@pytest.mark.parametrize(("schema", "code"), [(0, "HOME_TOO_OLD"), (2, "HOME_IS_NEWER")])
def test_an_upgrade_goes_up_from_what_it_knows_only(tmp_path, schema, code):
    root = new_home(tmp_path / "home")
    (root / "kemiao.toml").write_text(f"schema = {schema}\n", "utf-8")
    assert refused_by(upgrade_home, root) == code
    assert refused_by(upgrade_home, tmp_path / "nowhere") == "NO_HOME"


def test_an_upgrade_of_this_schema_changes_nothing(tmp_path):
    root = new_home(tmp_path / "home")
    with at(root) as world, world.log.write() as tx:
        tx.append("note")
    assert upgrade_home(root) == (1, 1)
    with at(root) as world:
        assert [event.kind for event in world.log.events()] == ["note"]
        assert world.log.broken_link() is None


def test_one_writer_at_a_time_holds_a_home(tmp_path):
    home = open_home(new_home(tmp_path / "home"))
    code = "import fcntl, sys; file = open(sys.argv[1], 'a+'); fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)"
    with home.exclusive():
        held = subprocess.run([sys.executable, "-c", code, str(home.root / ".lock")], capture_output=True, check=False)
        assert b"BlockingIOError" in held.stderr
    assert subprocess.run([sys.executable, "-c", code, str(home.root / ".lock")], check=False).returncode == 0
