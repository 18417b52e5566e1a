"""assess: the same facts give the same bytes; what rested on what is kept; a receipt for each reading."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from kemiao.bank.commands.assess import Decided, Request, assess
from kemiao.bank.views import batches, companies, default_as_of
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.document import decision_id
from little_bank import DAY, ME, OTHER, THIN, at, clock_on, decided_home, new_home, put, sound

pytestmark = pytest.mark.slow  # each works on homes with decisions


@pytest.fixture
def home(tmp_path) -> Path:
    decided_home(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def world(home):
    with at(home) as opened:
        yield opened


def decide(world, *keys: str, **days) -> Decided:
    answer = assess(world, Request(keys or None, **days))
    assert isinstance(answer, Decided), answer
    return answer


def test_deciding_twice_gives_the_same_bytes_and_appends_no_decision(world):
    kept = {event.subject: event for event in world.log.events("decision")}
    again = decide(world)
    assert again.appended == 0
    assert again.since == {}
    for document in again.documents:
        event = kept[document["company"]]
        assert decision_id(document) == event.ref
        assert canonical_bytes(document) == canonical_bytes(world.log.private(event))
    assert len(list(world.log.events("decision"))) == len(kept) == 3


def test_one_company_gets_alone_what_it_gets_with_all(world):
    together = {document["company"]: canonical_bytes(document) for document in decide(world).documents}
    for key in (ME, OTHER, THIN):
        assert canonical_bytes(decide(world, key).documents[0]) == together[key]


def test_a_company_with_one_invoice_is_judged_on_it_and_the_decision_says_how_little_is_known(world):
    kept = world.log.private(world.log.last("decision", subject=THIN))
    assert kept["rows"]["invoice"]["2"][0] == 1
    assert "COVERAGE_LOW" in kept["rules"]
    assert kept["decision"] != "approve"


def test_every_reading_leaves_a_receipt(world):
    before = len(list(world.log.events("reading")))
    decide(world, ME)
    receipt = list(world.log.events("reading"))[before]
    assert receipt.subject == ME
    assert receipt.public["purpose"] == "credit_review"
    assert receipt.public["subjects"] == [ME]
    assert receipt.public["bases"] == ["consent:2024-17", "own"]
    assert set(receipt.public["tables"]) == set(sound())


def test_decisions_wait_for_the_chain_under_one_commitment(world):
    entry = next(iter(world.log.outbox()))
    run = world.log.last("assessment")
    assert (entry["event_seq"], entry["count"], entry["root"]) == (run.seq, 3, run.public["root"])


def test_policy_and_law_are_kept_once_for_all_decisions_that_rest_on_them(world):
    decide(world, ME, as_of=DAY - timedelta(days=40))
    assert len(list(world.log.events("policy"))) == 1
    assert len(list(world.log.events("law_tables"))) == 1


def test_what_changed_since_the_last_decision_is_told(world, home):
    first = decide(world, ME).documents[0]
    put(
        world,
        {
            "court_case": [
                {
                    "company": ME,
                    "case_no": "9",
                    "role": "enforced",
                    "filed_on": date(2024, 6, 1),
                    "amount_fen": 100,
                    "status": "open",
                }
            ]
        },
    )
    answer = decide(world, ME)
    since = answer.since[ME]
    assert answer.appended == 1
    assert since["decision_id"] == decision_id(first)
    assert since["decision"] == ["approve", "refer"]
    assert since["features"] == {"enforced_open": [0, 1], "enforced_open_fen": [0, 100]}
    assert decide(world, ME).since[ME] == since  # asked again: still since the last *other* decision


def test_what_was_not_known_on_the_day_does_not_count(world):
    past = decide(world, ME, as_of=date(2024, 1, 31)).documents[0]
    assert past["as_of"] == "2024-01-31"
    assert past["rows"]["invoice"].keys() == {"1"}
    rows = {table: sum(count for count, _ in by_batch.values()) for table, by_batch in past["rows"].items()}
    now = {
        table: sum(count for count, _ in by_batch.values())
        for table, by_batch in decide(world, ME).documents[0]["rows"].items()
    }
    assert rows["payroll"] < now["payroll"]
    assert past["law_on"] == "2024-07-01"


def test_without_a_day_the_facts_of_today_count_or_those_up_to_the_end_of_history(tmp_path):
    root = new_home(tmp_path / "past")
    with at(root) as world:
        put(
            world,
            {"payroll": [{"company": ME, "month_end": date(2020, 2, 29), "people": 3, "total_fen": 1}]},
            historical=True,
        )
        assert default_as_of(world, batches(world)) == date(2020, 2, 29)
        put(world, {"staff": [{"company": ME, "counted_on": date(2021, 1, 1), "total": 3}]})
        assert default_as_of(world, batches(world)) == DAY
    with at(root, clock_on(date(2025, 1, 1))) as world:
        assert decide(world, ME, law_on=DAY).documents[0]["as_of"] == "2025-01-01"


def test_an_assumed_day_is_repeated_by_the_decision(world):
    assert decide(world, ME).documents[0]["assumed"] == ["test"]


def test_silence_is_nothing_only_where_the_source_was_asked_about_everybody(tmp_path):
    listing = {"company": OTHER, "kind": "dishonest_enforced_person", "listed_on": date(2024, 1, 1)}
    said = {}
    for absence in ("unknown", "none"):
        with at(new_home(tmp_path / absence)) as world:
            put(world, {"payroll": [{"company": ME, "month_end": date(2024, 5, 31), "people": 3, "total_fen": 1}]})
            put(world, {"dishonest_listing": [listing]}, absence=absence)
            said[absence] = decide(world, ME).documents[0]["features"].get("dishonest_listings")
    assert said == {"unknown": None, "none": 0}


def refused(world, *keys: str, **days) -> str:
    try:
        answer = assess(world, Request(keys or None, **days))
    except Refused as error:
        return error.refusal.code
    assert isinstance(answer, Refusal)
    return answer.code


def test_what_can_not_be_decided_is_refused_and_leaves_no_trace(world, tmp_path):
    before = [event.seq for event in world.log.events()]
    assert refused(world, "cumcm:E404") == "NO_FACTS"
    assert refused(world, ME, "cumcm:E404") == "NO_FACTS"
    assert refused(world, ME, law_on=date(2009, 1, 1)) == "POLICY_NOT_IN_FORCE"
    assert [event.seq for event in world.log.events()] == before
    with at(new_home(tmp_path / "empty")) as empty:
        assert refused(empty) == "NOTHING_IMPORTED"
        assert companies(empty) == ()


ASSESS = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from little_bank import at, ME
from datetime import date
from kemiao.bank.commands.assess import Request, assess
with at(Path(sys.argv[1])) as world:
    print(assess(world, Request((ME,), as_of=date(2024, 6, 1))).appended)
"""


def test_two_who_decide_the_same_at_once_append_it_once(home):
    command = [sys.executable, "-c", ASSESS, str(home), str(Path(__file__).parents[1])]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sorted(process.communicate()[0].strip() for process in both) == ["0", "1"]
