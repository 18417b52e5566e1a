"""Checks on all cores against the same checks in one loop."""

from __future__ import annotations

import random
import threading

import pytest

from chain.actors import cast
from chain.node_suite import model
from kemiao.base.refusal import Refusal
from kemiao.chain import check_worker, checking
from kemiao.chain.check_pool import Pool
from kemiao.chain.checking import Checker, Unproved, check
from kemiao.chain.entry import Signed

KEYS = {signer.key_id: (signer.suite, signer.public) for suite in ("ed25519", "sm2") for actor in cast(suite).values() for signer in actor.signers.values()}  # fmt: skip


@pytest.fixture
def checker():
    made = Checker(KEYS.get, workers=2)
    yield made
    made.close()


def mixed(count: int) -> list[bytes]:
    """Good, badly signed, of both suites, malformed, by unknown keys."""
    lots = random.Random(3)  # noqa: S311 - test data
    made = []
    for sequence in range(1, count + 1):
        content = model("bank-a", sequence, suite=lots.choice(["ed25519", "ed25519", "sm2"]))
        match lots.randrange(8):
            case 0:
                content = content.replace(b'"fitted"', b'"kept"')
            case 1:
                content = content[:-1]
            case 2:
                content = model("bank-a", sequence, signer=cast()["bank-b"].signers["keys"])
            case 3:
                content = content.replace(b'"signature":"', b'"signature":"0')
        made.append(content)
    return made


def test_processes_answer_as_one_loop_does(checker):
    sent = mixed(600)
    known = {key: found for key, found in KEYS.items() if key != cast()["bank-b"].signers["keys"].key_id}
    checker._find_key = known.get
    wanted = [check(content, known.get) for content in sent]
    assert {type(one) for one in wanted} == {Signed, Refusal, Unproved}
    assert list(checker.check(sent)) == wanted
    assert list(checker.stream(iter(sent))) == list(zip(sent, wanted, strict=True))
    assert list(checker.check(sent[:10])) == wanted[:10]
    assert list(checker.stream(iter(sent[:10]))) == list(zip(sent[:10], wanted[:10], strict=True))
    assert list(checker.stream(iter([]))) == []


def test_a_key_that_is_not_what_its_id_says_is_not_used():
    """What the parent sends is not believed: a key's id is its digest."""
    key = cast()["bank-a"].signers["entries"]
    forged = model("bank-a", 1, signer=cast()["bank-b"].signers["entries"])
    stranger = cast()["bank-b"].signers["entries"]
    checker = Checker({key.key_id: (stranger.suite, stranger.public)}.get, workers=1)
    content = forged.replace(stranger.key_id.encode(), key.key_id.encode())
    try:
        (told, *_) = list(checker.check([content] * (checking.FEW + 1)))
    finally:
        checker.close()
    assert isinstance(told, Refusal)


def test_the_work_goes_on_when_a_process_dies(checker):
    sent = [model("bank-a", sequence) for sequence in range(1, 101)]
    assert all(isinstance(one, Signed) for one in checker.check(sent))
    for process in checker._pool.processes:
        process.popen.kill()
    for _ in range(3):
        assert all(isinstance(one, Signed) for one in checker.check(sent))


def test_hints_that_lead_nowhere_cost_time_only(checker):
    """The key's id is looked for from behind; text in an entry may look like it."""
    sent = [model("bank-a", sequence) for sequence in range(1, 101)]
    checker._pool = Pool(1)
    answers = checker._pool.ask(({}, sent)).result()
    assert {verdict for verdict, _ in answers} == {check_worker.UNPROVED}
    assert all(isinstance(one, Signed) for one in checker._read(sent, answers))


def test_many_callers_share_the_processes(checker):
    sent = [model("bank-a", sequence) for sequence in range(1, 3001)]
    told: list[int] = []

    def ask() -> None:
        told.append(sum(isinstance(one, Signed) for one in checker.check(sent)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [3000] * 4


def test_what_a_process_reads_ends_with_its_input(tmp_path):
    (tmp_path / "frame").write_bytes(b"\0\0")
    with (tmp_path / "frame").open("rb") as file:
        assert check_worker.read(file) is None
