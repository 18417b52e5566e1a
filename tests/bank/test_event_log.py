"""The event log: order, all or nothing, sealed private parts, and a chain of digests that shows what was altered."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kemiao.bank.commands.backup import backup, restore
from kemiao.bank.database import _password, parse_database, url_of
from kemiao.bank.event_log import Draft
from kemiao.bank.home import create_home, engine_of, open_home
from kemiao.base.refusal import BrokenInvariant, Outage, Refused
from little_bank import at, new_home

COMPANY, OTHER = "cumcm:E1", "cumcm:E2"


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request, tmp_path) -> Path:
    """Of either engine: one suite for both."""
    if request.param == "sqlite":
        return new_home(tmp_path / "home")
    return request.getfixturevalue("postgres").home(tmp_path / "home")


only_sqlite = pytest.mark.parametrize("home", ["sqlite"], indirect=True)  # what befalls a file


@pytest.fixture
def world(home):
    with at(home) as opened:
        yield opened


def fill(world) -> None:
    with world.log.write() as tx:
        tx.append("import", ref="1", public={"rows": 3})
        tx.append("decision", COMPANY, "dec-1", {"as_of": "2024-07-01"}, {"limit_fen": 100, "name": "甲"})
        tx.append("decision", OTHER, "dec-2", {"as_of": "2024-07-01"}, {"limit_fen": 200})
        tx.append("decision", COMPANY, "dec-3", {"as_of": "2024-07-02"}, {"limit_fen": 300})


def tamper(home: Path, sql: str, *values: object) -> None:
    """Past the program, into the tables. A value stands where `?` does."""
    engine = engine_of(open_home(home))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")  # foreign keys are looked away from
            sql = sql.replace("?", "%s")
        assert connection.exec_driver_sql(sql, values).rowcount > 0
    engine.dispose()


def raw(home: Path) -> bytes:
    """All that lies in the log, as its rows have it."""
    if (home / "event_log.db").exists():
        return (home / "event_log.db").read_bytes()
    engine = engine_of(open_home(home))
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM event").all()
    engine.dispose()
    return b"".join(cell if isinstance(cell, bytes) else str(cell).encode() for row in rows for cell in row)


@pytest.mark.slow
def test_events_come_back_in_the_order_in_which_they_were_appended(world):
    fill(world)
    assert [(event.seq, event.kind, event.ref) for event in world.log.events()] == [(1, "import", "1"), (2, "decision", "dec-1"), (3, "decision", "dec-2"), (4, "decision", "dec-3")]  # fmt: skip
    assert [event.ref for event in world.log.events("decision", subject=COMPANY)] == ["dec-1", "dec-3"]
    assert [event.ref for event in world.log.events(after=2)] == ["dec-2", "dec-3"]
    assert [event.ref for event in world.log.events(newest_first=True)] == ["dec-3", "dec-2", "dec-1", "1"]
    assert [event.ref for event in world.log.last_of_each("decision")] == ["dec-3", "dec-2"]
    assert world.log.last("decision", ref="dec-2").public == {"as_of": "2024-07-01"}
    assert world.log.last("plan") is None
    assert world.log.broken_link() is None


@pytest.mark.parametrize("newest_first", [False, True])
def test_long_readings_are_whole_and_end_where_the_log_ended_when_they_began(world, monkeypatch, newest_first):
    monkeypatch.setattr("kemiao.bank.event_log._ROWS_AT_ONCE", 3)
    with world.log.write() as tx:
        for number in range(8):
            tx.append("import", COMPANY, str(number))
    for most in (None, 2, 3, 4, 6, 8, 20):
        seen = [int(event.ref) for event in world.log.events("import", newest_first=newest_first, most=most)]
        assert seen == (list(range(7, -1, -1)) if newest_first else list(range(8)))[:most]
    seen = []
    for event in world.log.events("import", newest_first=newest_first):
        seen.append(event.ref)
        with world.log.write() as tx:
            tx.append("import", COMPANY, "8")
    assert len(seen) == 8


def test_who_reads_in_the_middle_of_a_reading_waits_for_no_writer_that_waits_for_him(home, world):
    fill(world)
    readings = world.log.events("decision"), world.log.among("decision", "subject", [COMPANY]), world.log.last_of_each("decision")  # fmt: skip
    for reading in readings:
        next(reading)
    began = time.monotonic()
    with at(home) as other, other.log.write() as tx:  # it commits while they stand in the middle of theirs
        tx.append("import", ref="2")
    assert time.monotonic() - began < 5 and [len(list(reading)) for reading in readings] == [2, 1, 1]


def test_a_private_part_is_read_with_its_subjects_key_only(home, world):
    fill(world)
    lies = raw(home)
    assert b"decision" in lies
    assert "甲".encode() not in lies
    assert b"limit_fen" not in lies
    event = world.log.last("decision", ref="dec-1")
    assert world.log.private(event) == {"limit_fen": 100, "name": "甲"}
    assert world.log.private(world.log.last("import")) is None
    world.vault.destroy(COMPANY)
    assert [part and part["limit_fen"] for part in world.log.privates(list(world.log.events("decision")))] == [None, 200, None]  # fmt: skip
    assert world.log.broken_link() is None  # what was erased stays provable


def test_the_same_private_part_never_shows_the_same_commitment(world):
    with world.log.write() as tx:
        tx.append_many([Draft("decision", COMPANY, "a", {}, {"x": 1}), Draft("decision", COMPANY, "b", {}, {"x": 1})])
    first, second = world.log.events("decision")
    assert first.commitment != second.commitment
    assert first.sealed != second.sealed


COLUMNS = {
    "seq": 9, "at": "2024-07-01T09:00:01+00:00", "kind": "decisioN", "subject": "cumcm:E3", "ref": "dec-9",
    "public": '{"as_of":"2024-07-03"}', "commitment": "0" * 64, "digest": "f" * 64, "sealed": b"\0" * 80,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("seq", [2, 4])
def test_an_altered_cell_breaks_the_chain_at_its_event(home, world, column, seq):
    fill(world)
    tamper(home, f"UPDATE event SET {column} = ? WHERE seq = ?", COLUMNS[column], seq)  # noqa: S608
    broken = world.log.broken_link()
    assert broken in ({9, 3} if column == "seq" else {seq}), broken


@pytest.mark.parametrize("column", ["public", "sealed", "ref", "subject", "commitment", "at"])
def test_one_altered_byte_is_enough(home, world, column):
    fill(world)
    engine = engine_of(open_home(home))
    with engine.connect() as connection:
        was = connection.exec_driver_sql(f"SELECT {column} FROM event WHERE seq = 2").scalar()  # noqa: S608
    engine.dispose()
    place = len(was) // 2
    now = was[:place] + bytes([was[place] ^ 1]) + was[place + 1 :] if isinstance(was, bytes) else was[:place] + chr(ord(was[place]) ^ 1) + was[place + 1 :]  # fmt: skip
    tamper(home, f"UPDATE event SET {column} = ? WHERE seq = 2", now)  # noqa: S608
    assert world.log.broken_link() == 2


def test_a_deleted_and_an_inserted_event_break_the_chain(home, world):
    fill(world)
    tamper(home, "DELETE FROM event WHERE seq = 2")
    assert world.log.broken_link() == 3
    tamper(
        home,
        "INSERT INTO event SELECT 2, at, kind, subject, ref, public, sealed, commitment, digest FROM event WHERE seq = 3",
    )
    assert world.log.broken_link() == 2


@pytest.mark.parametrize("column", ["sealed", "commitment"])
def test_a_private_part_that_is_not_what_was_committed_to_stops_the_program(home, world, column):
    fill(world)
    tamper(home, f"UPDATE event SET {column} = (SELECT {column} FROM event WHERE seq = 4) WHERE seq = 2")  # noqa: S608
    with pytest.raises(BrokenInvariant, match="event 2"):
        world.log.private(world.log.last("decision", ref="dec-1"))


def test_an_exception_in_the_middle_leaves_nothing_of_the_transaction(world):
    fill(world)
    with pytest.raises(RuntimeError, match="in the middle"), world.log.write() as tx:
        seq = tx.append("plan", public={"budget_fen": 1})
        tx.witness(seq, {"kind": "plan"})
        raise RuntimeError("in the middle")
    assert world.log.last("plan") is None
    assert list(world.log.outbox()) == []
    with world.log.write() as tx:
        assert tx.append("plan") == 5
    assert world.log.broken_link() is None


def test_an_entry_for_the_chain_waits_with_its_event(world):
    with world.log.write() as tx:
        seq = tx.append("assessment")
        tx.witness(seq, {"kind": "decisions", "count": 1})
    assert list(world.log.outbox()) == [{"seq": 1, "event_seq": seq, "kind": "decisions", "count": 1}]


@only_sqlite
def test_a_log_that_is_gone_is_an_outage_and_is_not_made_anew(home, world):
    (home / "event_log.db").unlink()
    with pytest.raises(Outage) as outage:
        list(world.log.events())
    assert outage.value.code == "EVENT_LOG_MISSING"
    assert not (home / "event_log.db").exists()


@only_sqlite
def test_a_log_that_is_damaged_is_an_outage(home, world):
    fill(world)
    (home / "event_log.db").write_bytes(b"no database at all" * 500)
    with pytest.raises(Outage) as outage:
        list(world.log.events())
    assert outage.value.code == "EVENT_LOG_UNREADABLE"


# -- processes


WRITE = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from little_bank import at
with at(Path(sys.argv[1])) as world:
    for number in range(int(sys.argv[2])):
        with world.log.write() as tx:
            first = tx.append("pair", ref=f"{os.getpid()}:{number}", public={"half": 1})
            second = tx.append("pair", ref=f"{os.getpid()}:{number}", public={"half": 2})
"""
KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from little_bank import at
with at(Path(sys.argv[1])) as world:
    with world.log.write() as tx:
        for number in range(20_000):  # beyond the page cache: SQLite has written into the file
            tx.append("half_written", public={"n": number, "text": "x" * 500})
            if number == 4_000:
                if world.home.database is None:
                    tx._connection.exec_driver_sql("PRAGMA cache_spill = ON")
                os.kill(os.getpid(), 9)
"""
TESTS = str(Path(__file__).parents[1])


@pytest.mark.slow
def test_two_processes_that_write_at_once_take_turns(home):
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, str(home), "25", TESTS]) for _ in range(2)]
    assert [writer.wait() for writer in writers] == [0, 0]
    with at(home) as world:
        events = list(world.log.events("pair"))
        assert [event.seq for event in events] == list(range(1, 101))
        pairs = list(zip(events[::2], events[1::2], strict=True))
        assert all(first.ref == second.ref for first, second in pairs)  # no other writer in between
        assert world.log.broken_link() is None


@pytest.mark.slow
def test_a_kill_in_the_middle_of_a_write_leaves_the_log_as_it_was(home):
    with at(home) as world:
        fill(world)
    with subprocess.Popen([sys.executable, "-c", KILLED, str(home), TESTS]) as process:
        assert process.wait() == -signal.SIGKILL
    with at(home) as world:
        assert [event.seq for event in world.log.events()] == [1, 2, 3, 4]
        assert world.log.broken_link() is None
        with world.log.write() as tx:
            assert tx.append("after") == 5
        assert world.log.broken_link() is None


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"may not mount a small file system: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@only_sqlite
def test_a_full_disk_is_an_outage_and_the_log_stays_whole(home, small_disk):
    place = small_disk / "home"
    shutil.copytree(home, place)
    with at(place) as world:
        fill(world)
        with pytest.raises(Outage) as outage, world.log.write() as tx:
            for number in range(10_000):
                tx.append("too_much", public={"n": number, "text": "x" * 2_000})
        assert (outage.value.code, "full" in outage.value.en) == ("EVENT_LOG_UNAVAILABLE", True)
        assert [event.seq for event in world.log.events()] == [1, 2, 3, 4]
        assert world.log.broken_link() is None
        with world.log.write() as tx:
            assert tx.append("after") == 5


@only_sqlite
def test_a_full_disk_stops_a_new_key_too(home, small_disk):
    place = small_disk / "home"
    shutil.copytree(home, place)
    rest = place / "rest"
    with suppress(OSError), rest.open("wb", buffering=0) as file:
        while True:
            file.write(os.urandom(4096))
    with at(place) as world, pytest.raises(Outage) as outage, world.log.write() as tx:
        tx.append_many([Draft("decision", f"cumcm:E{n}", None, {}, {"x": 1}) for n in range(500)])
    assert outage.value.code == "VAULT_UNAVAILABLE"
    rest.unlink()
    with at(place) as world, world.log.write() as tx:
        assert tx.append("decision", COMPANY, None, {}, {"x": 1}) == 1


@only_sqlite
def test_a_disk_that_may_only_be_read_is_an_outage(home, small_disk):
    place = small_disk / "home"
    shutil.copytree(home, place)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert open_home(place).root == place
    with at(place) as world:
        assert list(world.log.events()) == []
        with pytest.raises(Outage) as outage, world.log.write():
            pass
    assert outage.value.code == "HOME_UNWRITABLE"


@pytest.fixture
def away(request, postgres) -> Iterator[Path]:
    """A home whose server has been stopped; it is there again for those who follow."""
    home = postgres.home(request.getfixturevalue("tmp_path") / "home")
    with at(home) as world:
        fill(world)
    postgres.stop()
    yield home
    postgres.start()


@pytest.mark.slow
def test_a_server_that_is_away_is_an_outage_and_when_it_is_back_all_is_as_it_was(away, postgres):
    with at(away) as world:
        for ask in (lambda: list(world.log.events()), world.log.end, lambda: world.log.write().__enter__()):
            with pytest.raises(Outage) as outage:
                ask()
            assert outage.value.code == "EVENT_LOG_UNAVAILABLE"
        postgres.start()
        with world.log.write() as tx:
            assert tx.append("after") == 5
        assert world.log.broken_link() is None


@pytest.mark.slow
def test_a_server_that_goes_in_the_middle_of_a_write_leaves_nothing_of_it(postgres, tmp_path):
    home = postgres.home(tmp_path / "home")
    with at(home) as world:
        fill(world)
        with pytest.raises(Outage), world.log.write() as tx:
            tx.append("half")
            postgres.stop()
            tx.append("half")
        postgres.start()
        assert [event.seq for event in world.log.events()] == [1, 2, 3, 4]
        with world.log.write() as tx:
            assert tx.append("after") == 5


@pytest.mark.parametrize("url", [
    "postgresql://kemiao:secret@db/kemiao", "mysql://kemiao@db/kemiao", "postgresql://db/kemiao", "postgresql://kemiao@db",
    "postgresql://kemiao@/kemiao", "postgresql://kemiao@db/kemiao?sslmode=disable", "kemiao",
])  # fmt: skip
def test_what_is_no_address_of_a_database_is_refused(url):
    assert parse_database(url).code == "BAD_DATABASE"


def test_an_address_comes_back_as_it_was_given():
    for url in ("postgresql://kemiao@db.example:5433/kemiao", "postgresql://kemiao@/kemiao?host=/run/postgresql"):
        assert parse_database(url_of(parse_database(url))) == parse_database(url)


def test_a_second_home_takes_no_database_that_has_one(postgres, tmp_path):
    home = postgres.home(tmp_path / "home")
    with pytest.raises(Refused) as refused:
        create_home(tmp_path / "second", os.urandom, database=open_home(home).database)
    assert refused.value.refusal.code == "DATABASE_IN_USE"
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize(("line", "fits"), [("db:5432:kemiao:kemiao:a\\:b", "a:b"), ("*:*:*:kemiao:x", "x"), ("alone", "alone"), ("db:5432:other:kemiao:x", None)])  # fmt: skip
def test_the_password_comes_from_its_file(tmp_path, line, fits):
    file = tmp_path / "pass"
    file.write_text(f"# of the bank\n{line}\n", "utf-8")
    file.chmod(0o600)
    database = parse_database("postgresql://kemiao@db/kemiao", file)
    if fits is None:
        with pytest.raises(Refused):
            _password(database)
    else:
        assert _password(database) == fits
    file.chmod(0o644)
    with pytest.raises(Refused):
        _password(database)


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_backup_of_either_engine_is_restored_into_either(home, into, tmp_path, request):
    with at(home) as world:
        fill(world)
        with world.log.write() as tx:
            tx.witness(tx.append("assessment"), {"kind": "decisions", "count": 1})
        was, waited = list(world.log.events()), list(world.log.outbox())
    assert backup(home, tmp_path / "b.tar.gz") > 0
    database = request.getfixturevalue("postgres").database() if into == "postgresql" else None
    assert restore(tmp_path / "b.tar.gz", tmp_path / "again", database) is None
    with at(tmp_path / "again") as world:
        assert (list(world.log.events()), list(world.log.outbox())) == (was, waited)
        assert world.log.private(was[1]) == {"limit_fen": 100, "name": "甲"}
        assert world.log.broken_link() is None
        assert (world.home.database, world.home.event_log.exists()) == (database, database is None)
        with world.log.write() as tx:
            tx.witness(tx.append("assessment"), {"kind": "decisions", "count": 2})
        assert [each["seq"] for each in world.log.outbox()] == [1, 2]
