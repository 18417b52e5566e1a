"""The lake: rows leave it against a Permit only, inside a snapshot, as of a day, in their newest state."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading
import time
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kemiao.base.refusal import BrokenInvariant, Outage, Refused
from kemiao.data.lake import Facts, Lake
from kemiao.facts.permit import Permit
from kemiao.facts.tables import TABLES
from little_bank import lake_table

A, B, C = "cumcm:E1", "cumcm:E2", "cumcm:E3"
DAY = date(2024, 7, 1)


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(tmp_path)


def permit(*subjects: str, tables=("invoice", "payroll"), until=DAY) -> Permit:
    return Permit(subjects, tables, "credit_review", until, "reading")


def payroll(company: str, people: int = 1, month=date(2024, 5, 31), **provenance) -> dict[str, object]:
    return {"company": company, "month_end": month, "people": people, "total_fen": people * 100, **provenance}


def invoice(seller: str, buyer: str, fen: int = 100, **provenance) -> dict[str, object]:
    return {"invoice_no": str(fen), "seller": seller, "buyer": buyer, "issued_on": date(2024, 5, 1), "amount_fen": fen, "status": "normal", "red_letter": False, **provenance}  # fmt: skip


def add(lake: Lake, batch: int = 1, **tables) -> dict[str, int]:
    for name, rows in tables.items():
        lake.append(name, lake_table(name, rows, batch))
    return lake.versions()


def people(lake: Lake, snapshot, *subjects: str, as_of=None, given=None) -> list[tuple[str, int]]:
    with lake.open(given or permit(*subjects), snapshot, as_of, DAY) as facts:
        rows = facts.sql("SELECT company, people FROM payroll ORDER BY ALL")
    return [tuple(row.values()) for row in rows.to_pylist()]


# -- the permit


def test_only_rows_of_the_permits_subjects_are_seen(lake):
    snapshot = add(lake, payroll=[payroll(A, 1), payroll(B, 2)], invoice=[invoice(A, B, 1), invoice(B, C, 2), invoice(C, A, 3), invoice(C, B, 4)])  # fmt: skip
    assert people(lake, snapshot, A) == [(A, 1)]
    with lake.open(permit(A), snapshot, None, DAY) as facts:
        assert facts.sql("SELECT amount_fen FROM invoice ORDER BY 1")["amount_fen"].to_pylist() == [1, 3]
        assert facts.sql("SELECT * FROM subjects").to_pylist() == [{"company": A}]


def test_a_table_outside_the_permit_is_there_and_empty(lake):
    snapshot = add(lake, payroll=[payroll(A)], invoice=[invoice(A, B)])
    with lake.open(permit(A, tables=("invoice",)), snapshot, None, DAY) as facts:
        assert facts.sql("SELECT * FROM payroll").num_rows == 0
        assert facts.sql("SELECT * FROM payroll").schema.names == TABLES["payroll"].arrow_schema.names
        assert list(facts) == ["invoice"]
        with pytest.raises(KeyError):
            facts["payroll"]


def test_nobody_sees_nothing(lake):
    assert people(lake, add(lake, payroll=[payroll(A)])) == []


def test_a_permit_ends_after_its_last_day(lake):
    snapshot = add(lake, payroll=[payroll(A)])
    assert people(lake, snapshot, A, given=permit(A, until=DAY)) == [(A, 1)]
    with pytest.raises(Refused) as refused:
        people(lake, snapshot, A, given=permit(A, until=DAY - timedelta(days=1)))
    assert refused.value.refusal.code == "PERMIT_ENDED"


HOSTILE = ["cumcm:' OR 1=1 --", "cumcm:E1') OR ('1'='1", 'cumcm:"', "cumcm:\\'", "cumcm:%", "cumcm:E_"]


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("key", HOSTILE)
def test_a_key_with_quotes_is_a_key(lake, key, many):
    snapshot = add(lake, payroll=[payroll(A, 1), payroll(key, 7)])
    others = tuple(f"foreign:{n}" for n in range(60)) if many else ()
    assert people(lake, snapshot, key, *others) == [(key, 7)]


@pytest.mark.parametrize("count", [50, 51])
def test_few_subjects_and_many_see_alike(lake, count):
    names = [f"cumcm:E{n:03}" for n in range(80)]
    snapshot = add(lake, payroll=[payroll(name, n) for n, name in enumerate(names)])
    assert people(lake, snapshot, *names[:count]) == list(zip(names[:count], range(count), strict=True))


def test_every_public_way_into_the_lake_but_the_permits_gives_no_payload(lake):
    """A new method must be thought of here: what it returns may hold keys, names, versions and places, never what rows say."""
    marked = 987_654_321
    snapshot = add(lake, payroll=[payroll(A, marked)], invoice=[invoice(A, B, marked)])
    import duckdb

    with duckdb.connect() as connection:
        answers = {
            "tables": lake.tables(), "versions": lake.versions(), "uris": lake.uris("payroll", snapshot), "owners": lake.owners(snapshot),
            "fact_ids": connection.execute(lake.fact_ids(connection, "payroll", snapshot)).fetchall(), "restore": lake.restore(snapshot),
            "append": lake.append("payroll", lake_table("payroll", [payroll(B, marked)], 2)), "sweep": lake.sweep(),
            "update": lake.update("payroll", f"company = '{B}'", {"people": str(marked)}), "remove": lake.remove("payroll", f"company = '{B}'"),
        }  # fmt: skip
    public = {name for name, _ in inspect.getmembers(Lake, inspect.isfunction) if not name.startswith("_")}
    assert public - {"open", "close"} == answers.keys()
    assert list(inspect.signature(Lake.open).parameters)[1] == "permit"
    assert str(marked) not in repr(answers)
    assert answers["owners"] == [A]  # a counterparty is nobody's subject


# -- as of, revisions


def test_a_fact_is_seen_from_the_day_on_which_it_was_known(lake):
    day = date(2024, 6, 10)
    snapshot = add(lake, payroll=[payroll(A, 1, known_at=day), payroll(A, 2, known_at=None), payroll(A, 3, known_at=day + timedelta(days=1))])  # fmt: skip
    assert people(lake, snapshot, A, as_of=day - timedelta(days=1)) == [(A, 2)]
    assert people(lake, snapshot, A, as_of=day) == [(A, 1), (A, 2)]
    assert people(lake, snapshot, A, as_of=None) == [(A, 1), (A, 2), (A, 3)]


FACTS = st.lists(
    st.tuples(st.sampled_from([A, B]), st.integers(0, 2), st.none() | st.integers(0, 3)), max_size=8, unique_by=lambda fact: fact[:2]
)  # fmt: skip


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FACTS, min_size=1, max_size=3), st.integers(0, 3), st.booleans())
def test_the_newest_state_that_was_known_is_what_a_loop_finds(tmp_path, batches, day, many):
    """Each batch brings later states of some facts, known on a day or always."""
    lake, newest, rows = Lake(tmp_path / str(time.monotonic_ns())), {}, []
    for batch, facts in enumerate(batches):
        table = []
        for company, number, known in facts:
            revision = newest.get((company, number), -1) + 1
            newest[company, number] = revision
            row = payroll(company, batch * 100 + number, fact_id=f"{company}{number}".encode(), revision=revision, known_at=None if known is None else date(2024, 1, 1 + known))  # fmt: skip
            table.append(row)
        rows += table
        if table:
            lake.append("payroll", lake_table("payroll", table, batch))
    seen = {}
    for row in rows:
        open_ = row["known_at"] is None or row["known_at"] <= date(2024, 1, 1 + day)
        if row["company"] == A and open_ and row["revision"] >= seen.get(row["fact_id"], row)["revision"]:
            seen[row["fact_id"]] = row
    subjects = (A, *(f"foreign:{n}" for n in range(60))) if many else (A,)
    lake._root.mkdir(exist_ok=True)
    found = people(lake, lake.versions(), *subjects, as_of=date(2024, 1, 1 + day))
    assert found == sorted((A, row["people"]) for row in seen.values())


# -- snapshots


def test_a_reader_of_an_older_snapshot_does_not_see_what_came_after(lake):
    first = add(lake, payroll=[payroll(A, 1)])
    with lake.open(permit(A), first, None, DAY) as facts:
        second = add(lake, 2, payroll=[payroll(A, 2)])
        assert facts.sql("SELECT people FROM payroll").num_rows == 1
    assert people(lake, first, A) == [(A, 1)]
    assert people(lake, second, A) == [(A, 1), (A, 2)]
    assert people(lake, {}, A) == []  # before the first import


def test_tables_that_ran_ahead_are_taken_back_and_others_left_alone(lake):
    snapshot = add(lake, payroll=[payroll(A, 1)], staff=[{"company": A, "counted_on": DAY, "total": 3}])
    lake.append("payroll", lake_table("payroll", [payroll(A, 2)], 2))
    lake.append("invoice", lake_table("invoice", [invoice(A, B)], 2))
    assert lake.restore(snapshot) == ["invoice", "payroll"]
    assert people(lake, lake.versions(), A) == [(A, 1)]
    with lake.open(permit(A), lake.versions(), None, DAY) as facts:
        assert facts.sql("SELECT * FROM invoice").num_rows == 0
    assert lake.restore(snapshot) == []  # nothing is ahead any more
    again = add(lake, 3, payroll=[payroll(A, 5)])
    assert people(lake, again, A) == [(A, 1), (A, 5)]


def test_rows_that_were_removed_or_changed_stay_in_the_older_snapshot_until_the_sweep(lake):
    first = add(lake, payroll=[payroll(A, 1), payroll(B, 2)], invoice=[invoice(A, B)])
    lake.remove("payroll", f"company = '{A}'")
    lake.update("invoice", f"seller = '{A}'", {"seller": "'foreign:x'"})
    now = lake.versions()
    assert people(lake, first, A, B) == [(A, 1), (B, 2)]
    assert people(lake, now, A, B) == [(B, 2)]
    with lake.open(permit(B), now, None, DAY) as facts:
        assert facts.sql("SELECT seller FROM invoice")["seller"].to_pylist() == ["foreign:x"]
    lake.sweep()
    assert people(lake, now, A, B) == [(B, 2)]
    for subjects in ((A,), tuple(f"cumcm:E{n}" for n in range(60))):
        with pytest.raises(Outage) as outage:
            people(lake, first, *subjects)
        assert (outage.value.code, dict(outage.value.where)["version"]) == ("SNAPSHOT_GONE", "0")


def test_a_snapshot_of_which_one_file_was_swept_is_gone_as_a_whole(lake):
    add(lake, payroll=[payroll(A, 1)])
    first = add(lake, 2, payroll=[payroll(B, 2)])
    lake.remove("payroll", f"company = '{B}'")
    lake.sweep()
    for subjects in ((A,), (A, *(f"foreign:{n}" for n in range(60)))):
        with pytest.raises(Outage) as outage:
            people(lake, first, *subjects)
        assert outage.value.code == "SNAPSHOT_GONE"


def test_a_version_that_never_was_is_gone(lake):
    add(lake, payroll=[payroll(A, 1)])
    with pytest.raises(Outage) as outage:
        people(lake, {"payroll": 9}, A)
    assert outage.value.code == "SNAPSHOT_GONE"


def test_a_sweep_waits_for_readers(lake):
    first = add(lake, payroll=[payroll(A, 1)])
    lake.remove("payroll", f"company = '{A}'")
    many = tuple(f"cumcm:E{n}" for n in range(60))  # a view: its rows are read when they are asked for
    sweeper = threading.Thread(target=lake.sweep)
    with lake.open(permit(*many), first, None, DAY) as facts:
        sweeper.start()
        sweeper.join(0.3)
        assert sweeper.is_alive()
        assert facts.sql("SELECT people FROM payroll").num_rows == 1
    sweeper.join(20)
    assert not sweeper.is_alive()
    with pytest.raises(Outage):
        people(lake, first, A)


def test_deletion_vectors_are_refused_not_ignored(lake, tmp_path):
    import json

    snapshot = add(lake, payroll=[payroll(A, 1)])
    log = tmp_path / "payroll" / "_delta_log" / f"{1:020}.json"
    protocol = {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}}  # fmt: skip
    log.write_text(json.dumps(protocol) + "\n", "utf-8")
    assert people(lake, snapshot, A) == [(A, 1)]
    with pytest.raises(BrokenInvariant, match="deletion vectors"):
        people(lake, {"payroll": 1}, A)


def test_two_lakes_in_two_processes_read_at_once(lake, tmp_path):
    snapshot = add(lake, payroll=[payroll(A, 1)])
    code = "import sys, fcntl; file = open(sys.argv[1], 'a+'); fcntl.flock(file, fcntl.LOCK_SH); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / ".readers")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:  # fmt: skip
        assert other.stdout.readline() == "held\n"
        assert people(lake, snapshot, A) == [(A, 1)]
        other.stdin.close()


@pytest.mark.parametrize("name", ["科苗 目录", "100% #1?", "it's", "{a} b*"])
def test_any_folder_name_will_do(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    lake = Lake(folder)
    snapshot = add(lake, payroll=[payroll(A, 1)])
    assert people(lake, snapshot, A) == [(A, 1)]
    assert lake.owners(snapshot) == [A]


def test_a_lake_that_can_not_be_written_is_an_outage(tmp_path):
    (tmp_path / "file").touch()
    lake = Lake(tmp_path / "file" / "lake")
    with pytest.raises(Outage) as outage:
        lake.append("payroll", lake_table("payroll", [payroll(A)]))
    assert outage.value.code == "LAKE_UNAVAILABLE"


def test_expressions_and_sql_see_the_same_rows(lake):
    snapshot = add(lake, payroll=[payroll(A, 1), payroll(B, 2)])
    with lake.open(permit(A), snapshot, None, DAY) as facts:
        assert isinstance(facts, Facts)
        assert facts.arrow(facts["payroll"].people.sum()).as_py() == 1
        assert facts.arrow(facts.subjects).equals(pa.table({"company": [A]}))
        kept = facts.cache(facts["payroll"].mutate(twice=facts["payroll"].people * 2))
        assert facts.arrow(kept)["twice"].to_pylist() == [2]
        assert (len(facts), list(facts)) == (2, ["invoice", "payroll"])


def test_where_a_lake_lies_is_no_secret_key(tmp_path):
    assert Lake(Path(tmp_path)).tables() == []
