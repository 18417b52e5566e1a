"""A request of several transactions that was cut off at any of them is finished when it is asked again: nothing lost, nothing doubled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kemiao.bank.event_log import EventLog, Transaction
from kemiao.portal.gathering import Gathered
from little_bank import ME, OTHER
from portal.served import Served

pytestmark = pytest.mark.slow
WISH = {"product": "tech_credit", "amount_fen": 30_000_000, "months": 12, "purpose": "raw_materials"}
PATH = f"/companies/{ME}/applications"
_WRITE = EventLog.write


class Killed(Exception):
    """As if the process had been killed: nobody catches it, and nothing after it runs."""


def cut_off(monkeypatch: pytest.MonkeyPatch, at: int) -> list[int]:
    """After so many transactions of requests."""
    count = [0]

    @contextmanager
    def write(log: EventLog) -> Iterator[Transaction]:
        mine = log._cause is not None
        count[0] += mine
        with _WRITE(log) as tx:
            yield tx
        if mine and count[0] == at:
            raise Killed

    monkeypatch.setattr(EventLog, "write", write)
    return count


def steps_of(portal: Served, own: str) -> list[str]:
    with portal.portal.worlds.world() as world:
        assert world.log.broken_link() is None
        return [event.public["step"] for event in world.log.events("application", ref=own)]


@pytest.mark.parametrize(("from_fen", "steps", "waits"), [(9_000_000, ["applied", "offered"], 0), (900_000_000_000, ["applied"], 1)])  # fmt: skip
def test_asking_for_money(portal: Served, monkeypatch: pytest.MonkeyPatch, from_fen: int, steps: list[str], waits: int) -> None:  # fmt: skip
    """After each of its transactions; at the fourth there is none left. Each time it is another wish."""
    for at in range(1, 5):
        wish, key = {**WISH, "amount_fen": from_fen + at * 1_000_000}, f"cut-off-at-{at}"
        with monkeypatch.context() as patch:
            count = cut_off(patch, at)
            answered = portal.post("mine", PATH, wish, key).status_code
        if at == 4:
            assert (answered, count[0]) == (201, 3)  # an application, its assessment, what came of it
            return
        assert answered == 500
        made = portal.post("mine", PATH, wish, key)
        assert made.status_code == 201, made.text
        assert portal.post("mine", PATH, wish, key).json() == made.json()
        own = made.json()["application"]
        assert steps_of(portal, own) == steps
        with portal.portal.worlds.world() as world:
            assert len(list(world.log.events("application_waits", ref=own))) == waits
            assert len(list(world.log.events("decision"))) == 2  # of the two companies, as before
            assert len(list(world.log.events("application"))) == at * len(steps)


def test_a_new_round_is_finished_and_what_can_not_be_finished_says_that_it_was_done(portal: Served, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    own = portal.post("mine", PATH, WISH).json()["application"]
    path, reason = f"/applications/{own}/withdrawal", {"reason": "not needed"}
    with monkeypatch.context() as patch:
        cut_off(patch, 1)
        assert portal.post("mine", path, reason, "withdrawn-once").status_code == 500
    assert portal.post("mine", path, reason, "withdrawn-once").json()["code"] == "DONE_BEFORE"
    with monkeypatch.context() as patch:
        cut_off(patch, 1)
        assert portal.post("mine", f"/applications/{own}/new-round", {}, "the-second-round").status_code == 500
    made = portal.post("mine", f"/applications/{own}/new-round", {}, "the-second-round")
    assert (made.status_code, made.json()["state"], made.json()["round"]) == (200, "offered", 2)
    assert steps_of(portal, own) == ["applied", "offered", "withdrawn", "reopened", "offered"]


def test_who_asks_at_the_same_time_is_answered_together_and_each_its_own(portal: Served) -> None:
    answers: dict[str, Any] = {}
    wishes = [("mine", ME, 30_000_000), ("theirs", OTHER, 20_000_000), ("mine", ME, 900_000_000_000), ("mine", ME, 0)]
    for account in ("mine", "theirs"):
        portal.get(account, "/session")

    def ask(number: int) -> None:
        account, company, amount_fen = wishes[number]
        answers[str(number)] = portal.post(account, f"/companies/{company}/applications", {**WISH, "amount_fen": amount_fen})  # fmt: skip

    people = [threading.Thread(target=ask, args=(number,)) for number in range(len(wishes))]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert [answers[str(number)].status_code for number in range(4)] == [201, 201, 201, 422]
    assert [answers[str(number)].json()["state"] for number in range(3)] == ["offered", "offered", "applied"]
    assert [answers[str(number)].json()["company"] for number in range(3)] == [ME, OTHER, ME]


def test_while_one_lot_is_worked_on_the_next_gathers_and_what_one_raises_is_its_own() -> None:
    lots: list[list[int]] = []
    busy, go = threading.Event(), threading.Event()

    def run(asked: Any) -> list[Any]:
        lots.append(sorted(asked))
        if len(lots) == 1:
            busy.set()
            go.wait(10)
        return [ValueError(str(each)) if each == 13 else each * each for each in asked]

    gathered: Gathered[int, int] = Gathered(run, linger=0)
    answers: dict[int, Any] = {}

    def ask(number: int) -> None:
        try:
            answers[number] = gathered.ask(number)
        except ValueError as error:
            answers[number] = str(error)

    people = [threading.Thread(target=ask, args=(number,)) for number in (1, 2, 3, 13)]
    people[0].start()
    busy.wait(10)
    for each in people[1:]:
        each.start()
    while len(gathered._waiting) < 3:
        pass
    go.set()
    for each in people:
        each.join()
    assert lots == [[1], [2, 3, 13]]
    assert answers == {1: 1, 2: 4, 3: 9, 13: "13"}
