"""kill −9 at each step, two writers at once, a full disk, a home that can't be written: nothing is lost or half written."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kemiao.bank.commands.import_files import Imported, ImportFiles, import_files
from kemiao.bank.world import open_world
from kemiao.data.map import load_map

from .conftest import NOW
from .papers import invoice, lake_rows, write_csv

STEPS = ("stage", "judge", "lake:invoice", "quarantine", "record", "commit")
IMPORT = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from kemiao.bank.commands.import_files import ImportFiles, import_files
from kemiao.bank.world import open_world
from kemiao.base.clock import FixedClock
from kemiao.data.map import load_map

home, file, fatal = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def step(name):
    if name == fatal:
        os.kill(os.getpid(), 9)

with open_world(home, FixedClock(datetime(2024, 7, 1, tzinfo=UTC)), os.urandom) as world:
    answer = import_files(world, ImportFiles(load_map("etax_invoices"), "etax_invoices", (file,)), step)
    print(answer.taken, answer.duplicates, answer.quarantined)
"""


def import_in_process(home: Path, file: Path, fatal: str = "-") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", IMPORT, str(home), str(file), fatal], stdout=subprocess.PIPE, text=True
    )


def import_here(home: Path, file: Path) -> list[int]:
    with open_world(home, NOW, os.urandom) as world:
        answer = import_files(world, ImportFiles(load_map("etax_invoices"), "etax_invoices", (file,)))
        assert isinstance(answer, Imported)
        return [answer.taken, answer.duplicates, answer.quarantined]


def state(home: Path) -> tuple[object, ...]:
    """What readers can see: the snapshot, its rows, the events."""
    with open_world(home, NOW, os.urandom) as world:
        return (
            world.log.snapshot(), lake_rows(world), [(event.seq, event.kind) for event in world.log.events()],
            world.log.broken_link(),
        )  # fmt: skip


@pytest.fixture
def file(tmp_path) -> Path:
    rows = [invoice(n) if n % 10 else invoice(n, 金额="x") for n in range(1, 41)]
    return write_csv(tmp_path / "a.csv", rows)


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_the_home_as_it_was_and_the_next_import_whole(home, file, tmp_path, step):
    first = write_csv(tmp_path / "first.csv", [invoice(n) for n in range(100, 110)])
    import_here(home, first)
    before = state(home)
    with import_in_process(home, file, step) as process:
        assert process.wait() == -signal.SIGKILL
    assert state(home) == before
    assert import_here(home, file) == [36, 0, 4]
    assert len(state(home)[1]) == 46
    assert not list((home / "work").iterdir())
    assert sorted(path.name for path in (home / "quarantine").iterdir()) == ["000002.parquet"]


@pytest.mark.slow
def test_two_imports_at_once_give_what_one_after_the_other_gives(home, file):
    both = [import_in_process(home, file) for _ in range(2)]
    counts = sorted(process.communicate()[0].split() for process in both)
    assert counts == [["0", "36", "4"], ["36", "0", "4"]]
    assert len(state(home)[1]) == 36


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"may not mount a small file system: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_an_outage_and_the_home_stays_whole(home, small_disk, tmp_path):
    place = small_disk / "home"
    shutil.copytree(home, place)
    small = write_csv(tmp_path / "small.csv", [invoice(n) for n in range(20)])
    import_here(place, small)
    before = state(place)
    large = write_csv(tmp_path / "large.csv", [invoice(n) for n in range(1000, 150_000)])
    full = cli("import", "etax_invoices", str(large), "--home", str(place), "--lang", "en")
    assert full.returncode == 4, full.stderr
    assert "the disk is full" in full.stderr
    assert state(place) == before
    more = write_csv(tmp_path / "more.csv", [invoice(n) for n in range(20, 40)])
    assert import_here(place, more) == [20, 0, 0]
    assert len(state(place)[1]) == 40


@pytest.mark.slow
def test_a_home_that_cannot_be_written_is_an_outage(home, tmp_path, small_disk):
    place = small_disk / "home"
    shutil.copytree(home, place)
    file = write_csv(tmp_path / "a.csv", [invoice(1)])
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    answer = cli("import", "etax_invoices", str(file), "--home", str(place))
    assert answer.returncode == 4, answer.stderr
    elsewhere = cli("import", "etax_invoices", str(file), "--home", str(small_disk / "new"))
    assert elsewhere.returncode == 4, elsewhere.stderr


def cli(*words: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("kemiao")
    return subprocess.run([str(program), *words], capture_output=True, text=True, check=False)
