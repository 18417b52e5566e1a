"""replay and trace: decided again from what was kept, compared to the byte, and followed down to the rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import kemiao.bank.commands.replay as replaying
from kemiao.bank.commands.erase import erase
from kemiao.bank.commands.replay import Replayed, replay
from kemiao.bank.commands.trace import Traced, trace
from kemiao.bank.commands.undo_import import undo_import
from kemiao.base.refusal import Refusal
from little_bank import ME, OTHER, THIN, at, decided_home, put


@pytest.fixture
def ids(tmp_path) -> dict[str, str]:
    return decided_home(tmp_path / "home")


@pytest.fixture
def world(ids, tmp_path):
    with at(tmp_path / "home") as opened:
        yield opened


def again(world, wanted: str, changed=None) -> Replayed:
    answer = replay(world, wanted, changed)
    assert isinstance(answer, Replayed), answer
    return answer


def summary(answer: Replayed) -> tuple[str, bool | None, str]:
    return answer.result, answer.identical, answer.rows


@pytest.mark.parametrize("company", [ME, OTHER, THIN])
def test_a_decision_is_the_same_when_it_is_made_again(world, ids, company):
    answer = again(world, ids[company])
    assert summary(answer) == ("identical", True, "identical")
    assert answer.differing == {}
    assert answer.command is None


def test_another_input_gives_another_decision(world, ids):
    answer = again(world, ids[ME], {"dishonest_listings": 1})
    assert summary(answer) == ("differs", False, "unchecked")
    assert answer.differing["decision"] == ["approve", "decline"]
    assert "features" not in answer.differing
    silent = again(world, ids[ME], {"revenue_fen": None})
    assert silent.differing["decision"] == ["approve", "refer"]


def test_an_input_that_decides_nothing_changes_nothing_but_the_id(world, ids):
    answer = again(world, ids[ME], {"age_months": 74})
    assert (answer.differing, answer.identical) == ({}, False)


def rewrite(folder: Path, change) -> None:
    """Each Parquet file of a table, changed in place: what a disk or a hand may do."""
    for path in folder.glob("*.parquet"):
        table = pq.read_table(path)
        pq.write_table(change(table).cast(table.schema), path)


def one_more_fen(table: pa.Table) -> pa.Table:
    mine = pc.and_(pc.equal(table["seller"], ME), pc.equal(table["buyer"], OTHER))
    amounts = pc.if_else(mine, pc.add(table["amount_fen"], 1), table["amount_fen"])
    return table.set_column(table.schema.get_field_index("amount_fen"), "amount_fen", amounts)


@pytest.mark.slow
def test_one_fen_changed_on_disk_is_seen(world, ids, tmp_path):
    rewrite(tmp_path / "home" / "lake" / "invoice", one_more_fen)
    answer = again(world, ids[ME])
    assert summary(answer) == ("differs", False, "differs")
    assert "rows.invoice" in answer.differing
    assert again(world, ids[OTHER]).rows == "differs"  # it is the buyer
    assert summary(again(world, ids[THIN])) == ("identical", True, "identical")


def test_a_row_that_is_gone_from_the_disk_is_seen(world, ids, tmp_path):
    rewrite(tmp_path / "home" / "lake" / "court_case", lambda table: table.slice(1))
    assert again(world, ids[ME]).differing.keys() >= {"rows.court_case"}


def test_what_came_later_changes_nothing_of_an_earlier_decision(world, ids):
    put(world, {"payroll": [{"company": ME, "month_end": date(2024, 6, 30), "people": 900, "total_fen": 1}]})
    assert summary(again(world, ids[ME])) == ("identical", True, "identical")


@pytest.mark.slow
def test_after_an_undone_import_the_decision_still_stands_on_its_snapshot(world, ids):
    undone = undo_import(world, 1)
    assert ids[ME] in undone.decisions
    assert summary(again(world, ids[ME])) == ("identical", True, "identical")
    assert trace(world, ids[ME], 5).rows_kept


@pytest.mark.slow
def test_after_a_sweep_the_decision_follows_from_its_own_row(world, ids):
    undo_import(world, 1)
    world.lake.sweep()
    assert summary(again(world, ids[ME])) == ("identical", True, "not_kept")
    traced = trace(world, ids[ME], 5)
    assert (traced.rows_kept, traced.rows) == (False, {})
    assert traced.decision["decision_id"] == ids[ME]


def test_an_erased_company_can_not_be_decided_again(world, ids):
    erase(world, ME, "撤回授权")
    assert summary(again(world, ids[ME])) == ("inputs_erased", None, "not_kept")
    assert trace(world, ids[ME], 5).code == "INPUTS_ERASED"


def points_changed(monkeypatch) -> None:
    """Another version of the judging code: every company gets a point more."""
    judged = replaying.judge

    def judge(features, book, technology=None):
        from dataclasses import replace

        return judged(
            features, replace(book, card=replace(book.card, base_points=book.card.base_points + 60)), technology
        )

    monkeypatch.setattr(replaying, "judge", judge)


@pytest.mark.slow
def test_a_result_that_another_version_of_the_code_gave_is_not_called_different(world, ids, monkeypatch):
    points_changed(monkeypatch)
    assert again(world, ids[ME]).result == "differs"  # the same version ought to say the same
    monkeypatch.setattr(replaying, "code_version", lambda: "0.2.0+ffffffffffff")
    answer = again(world, ids[ME])
    assert summary(answer) == ("other_code_version", None, "identical")
    assert "points" in answer.differing
    assert "git checkout v0.1.0" in answer.command
    assert ids[ME] in answer.command


@pytest.mark.slow
def test_a_profile_that_another_version_computes_otherwise_is_that_versions_affair(world, ids, monkeypatch):
    monkeypatch.setattr(replaying, "code_version", lambda: "0.2.0+ffffffffffff")
    assert summary(again(world, ids[ME])) == ("identical", True, "identical")  # another version, the same answer
    seen = replaying._known
    monkeypatch.setattr(replaying, "_known", lambda profile: {**seen(profile), "age_months": 1})
    assert summary(again(world, ids[ME])) == ("other_code_version", None, "identical")


def test_another_version_does_not_excuse_rows_that_were_changed(world, ids, monkeypatch, tmp_path):
    monkeypatch.setattr(replaying, "code_version", lambda: "0.2.0+ffffffffffff")
    rewrite(tmp_path / "home" / "lake" / "invoice", one_more_fen)
    assert summary(again(world, ids[ME])) == ("differs", False, "differs")


def test_policy_that_was_changed_since_does_not_touch_what_was_decided(world, ids, tmp_path):
    path = tmp_path / "home" / "policy" / "limits.toml"
    path.write_text(path.read_text("utf-8").replace("min_fen = 10_000_000", "min_fen = 900_000_000"), "utf-8")
    with at(tmp_path / "home") as later:
        assert summary(again(later, ids[ME])) == ("identical", True, "identical")


def test_a_decision_that_was_never_made_is_refused(world):
    for answer in (replay(world, "dec-0"), trace(world, "dec-0", 5)):
        assert isinstance(answer, Refusal)
        assert answer.code == "NO_DECISION"


# -- trace


def test_a_trace_goes_down_to_the_companys_own_rows(world, ids):
    answer = trace(world, ids[ME], 10_000)
    assert isinstance(answer, Traced)
    assert answer.rows_left_out == {}
    kept = answer.decision["rests_on"]["rows"]
    assert {table: len(rows) for table, rows in answer.rows.items()} == {
        table: sum(count for count, _ in batches.values()) for table, batches in kept.items()
    }
    for table, rows in answer.rows.items():
        for row in rows:
            assert ME in (row.get("company"), row.get("seller"), row.get("buyer")), table
            assert {"batch", "file", "row", "known_at", "fact_id"} <= row.keys()
            assert (
                not {"counterparty_name", "summary", "legal_representative"} & row.keys()
            )  # sealed columns stay sealed


def test_every_feature_of_a_trace_names_its_tables_and_their_rows(world, ids):
    answer = trace(world, ids[ME], 0)
    assert {feature["feature"] for feature in answer.features} == set(answer.decision["features"])
    for feature in answer.features:
        assert feature["rows"], feature["feature"]
        assert all(count > 0 for count in feature["rows"].values())


def test_a_trace_names_the_imports_it_comes_from_and_how_many_rows_it_leaves_out(world, ids):
    answer = trace(world, ids[ME], 2)
    assert [(batch["batch"], batch["basis"], batch["files"]) for batch in answer.batches] == [
        (1, "consent:2024-17", ["test.csv"])
    ]
    assert all(len(rows) <= 2 for rows in answer.rows.values())
    assert answer.rows_left_out["invoice"] == answer.decision["rests_on"]["rows"]["invoice"]["1"][0] - 2
    assert {batch["batch"] for batch in trace(world, ids[OTHER], 1).batches} == {1, 2}


def test_an_invoice_to_itself_is_one_row(world):
    from kemiao.bank.commands.assess import Request, assess
    from kemiao.credit.document import decision_id

    loop = {"invoice_no": "z", "seller": "cumcm:E9", "buyer": "cumcm:E9", "issued_on": date(2024, 6, 3), "amount_fen": 1, "status": "normal", "red_letter": False}  # fmt: skip
    put(world, {"invoice": [loop]})
    document = assess(world, Request(("cumcm:E9",))).documents[0]
    assert document["rows"]["invoice"]["3"][0] == 1
    assert trace(world, decision_id(document), 5).rows_left_out == {}


@pytest.mark.slow
def test_a_trace_and_a_replay_leave_receipts(world, ids):
    before = len(list(world.log.events("reading")))
    trace(world, ids[ME], 1)
    again(world, ids[ME])
    receipts = list(world.log.events("reading", subject=ME))[-2:]
    assert [receipt.public["purpose"] for receipt in receipts] == ["trace", "trace"]
    assert len(list(world.log.events("reading"))) == before + 2
