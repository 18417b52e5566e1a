"""Sealed parcels and a node's mailbox: only whom they are for reads them, here and over HTTP, and a node names none it does not hold."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey, SealedBox

from chain.actors import cast, genesis, seeded, signed
from chain.node_suite import codes
from chain.served import Machine, client, close_clients, served
from kemiao.base.canonical import canonical_bytes
from kemiao.base.clock import epoch_ms
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.chain import mailbox as boxes
from kemiao.chain import sealing
from kemiao.chain.mailbox import Mail, Mailbox, OwnMail
from kemiao.chain.node import Accepted
from kemiao.chain.sealed import Cost
from kemiao.chain.sealing import PARCEL_BYTES, SealingKeys, open_parcel, parcel_digest, parcel_key, public_of, seal
from kemiao.chain.sqlite_node import SqliteNode

NODE_KEY = cast()["bank-a"].signers["node"]
SECRET, OTHER = b"\x01" * 32, b"\x02" * 32
DAY_MS = 86_400_000


def sealed(document: object, secret: bytes = SECRET) -> bytes:
    made = seal(document, public_of(secret), os.urandom)
    assert isinstance(made, bytes)
    return made


def code(value: object) -> str:
    assert isinstance(value, Refusal), value
    return value.code


# -- sealing


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_a_document_comes_back_from_its_parcel(document: object) -> None:
    try:
        canonical_bytes(document)
    except Exception:  # noqa: BLE001 - lone surrogates have no canonical form
        return
    parcel = sealed(document)
    assert open_parcel(parcel, SECRET) == document
    assert parcel_key(parcel) == public_of(SECRET)


def test_only_whom_it_is_for_opens_it_and_no_byte_of_it_can_be_changed() -> None:
    parcel = sealed({"amount_fen": 1, "name": "密封"})
    assert code(open_parcel(parcel, OTHER)) == "PARCEL_UNREADABLE"
    for place in {*range(0, 96), len(parcel) // 2, len(parcel) - 1}:
        changed = parcel[:place] + bytes([parcel[place] ^ 1]) + parcel[place + 1 :]
        assert code(open_parcel(changed, SECRET)) == "PARCEL_UNREADABLE", place
    for cut in (b"", parcel[:40], parcel[:100], parcel[:-1], parcel + b"\0"):
        assert code(open_parcel(cut, SECRET)) == "PARCEL_UNREADABLE"


def test_the_box_inside_is_libsodium_s_sealed_box() -> None:
    start = len(sealing._MAGIC) + 32
    parcel = sealed([1, 2])
    assert SealedBox(PrivateKey(SECRET)).decrypt(parcel[start:]).startswith(b"\0\0\0")


def test_parcels_of_bids_of_different_length_look_the_same() -> None:
    assert len({len(sealed({"rows": [{"amount_fen": 7 ** min(number, 15)}] * number})) for number in range(1, 40)}) == 1


def test_the_same_random_source_gives_the_same_parcel() -> None:
    first, second = (seal([1], public_of(SECRET), lambda count: b"\x05" * count) for _ in range(2))
    assert first == second


def packed(content: bytes) -> bytes:
    """A parcel whose inside is somebody's own."""
    return sealing._MAGIC + bytes.fromhex(public_of(SECRET)) + SealedBox(PrivateKey(SECRET).public_key).encrypt(content)


def test_what_a_hostile_sender_packs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import zlib

    def framed(inner: bytes) -> bytes:
        return len(inner).to_bytes(4, "big") + inner

    monkeypatch.setattr(sealing, "DOCUMENT_BYTES", 100_000)
    bomb = zlib.compress(b"[" + b"0," * 1_000_000 + b"0]")
    deep = zlib.compress(b"[" * 5000 + b"]" * 5000)
    for inside in (
        framed(bomb), framed(deep), framed(zlib.compress(b'{"a":1.5}')), framed(zlib.compress(b'{"b":1,"a":2}')), framed(b"x"),
        framed(zlib.compress(b"[]")[:-3]), framed(zlib.compress(b"[]") + b"more"), framed(zlib.compress(b"[]")) + b"\x01", b"\xff" * 8, b"", b"\0",
    ):  # fmt: skip
        assert code(open_parcel(packed(inside), SECRET)) == "PARCEL_UNREADABLE"
    assert open_parcel(packed(framed(zlib.compress(b"[]"))), SECRET) == []


def test_what_is_too_large_or_for_no_key_is_not_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = os.urandom(PARCEL_BYTES // 2 + 1).hex()  # packs to half
    assert code(seal(noise * 2, public_of(SECRET), os.urandom)) == "PARCEL_TOO_LARGE"
    for public in ("00" * 32, "01" + "00" * 31, "zz" * 32, "aa"):
        assert code(seal([], public, os.urandom)) == "NOT_A_SEALING_KEY"


def test_the_largest_document_and_the_largest_parcel_still_go(monkeypatch: pytest.MonkeyPatch) -> None:
    document = "x" * 998  # and two quotes
    size = len(sealed(document))
    for name, most in (("DOCUMENT_BYTES", 1000), ("PARCEL_BYTES", size)):
        monkeypatch.setattr(sealing, name, most)
        parcel = sealed(document)
        assert open_parcel(parcel, SECRET) == document
        monkeypatch.setattr(sealing, name, most - 1)
        assert code(seal(document, public_of(SECRET), os.urandom)) == "PARCEL_TOO_LARGE"
        assert code(open_parcel(parcel, SECRET)) == "PARCEL_UNREADABLE"
        monkeypatch.undo()


def test_a_key_s_file_opens_with_its_passphrase_alone(tmp_path: Path) -> None:
    keys = SealingKeys(tmp_path / "keys")
    public = keys.make("acme", "correct horse", os.urandom, Cost(1, 8192))
    assert (
        open_parcel(seal("hello", public, os.urandom), keys.unlock("acme", public, lambda: "correct horse")) == "hello"
    )
    for who, key, typed, told in (
        ("acme", public, "wrong", "WRONG_PASSPHRASE"),
        ("bolt", public, "", "NO_SEALING_KEY"),
        ("acme", "ab" * 32, "", "NO_SEALING_KEY"),
    ):
        with pytest.raises(Refused, match=told):
            keys.unlock(who, key, lambda typed=typed: typed)


def test_a_key_s_file_that_holds_another_key_is_damaged(tmp_path: Path) -> None:
    keys = SealingKeys(tmp_path / "keys")
    first, second = (keys.make("acme", "correct horse", os.urandom, Cost(1, 8192)) for _ in range(2))
    keys.file("acme", second).replace(keys.file("acme", first))
    with pytest.raises(Refused, match="KEY_FILE_DAMAGED"):
        keys.unlock("acme", first, lambda: "correct horse")


# -- the mailbox, here and over HTTP


@pytest.fixture
def node(tmp_path: Path) -> Iterator[SqliteNode]:
    node = SqliteNode.create(tmp_path / "node.db", genesis(), Machine(), NODE_KEY)
    yield node
    node.close()


@pytest.fixture(params=["own", "http"])
def mail(request: pytest.FixtureRequest, node: SqliteNode) -> Iterator[Callable[[str], Mail]]:
    if request.param == "own":
        yield lambda who: OwnMail(node.mailbox, who, lambda name: node.get(f"participant/{name}") is not None)
        return
    with served(node) as server:
        yield lambda who: client(server.address, who)
        close_clients()


def test_a_parcel_is_fetched_by_its_sender_and_its_addressee_alone(mail: Callable[[str], Mail]) -> None:
    acme, bank, bolt = mail("acme"), mail("bank-a"), mail("bolt")
    parcel = sealed({"bid": 1})
    own = acme.put_parcel("bank-a", parcel)
    assert own == parcel_digest(parcel)
    assert acme.parcel(own) == bank.parcel(own) == parcel
    assert code(bolt.parcel(own)) == code(bank.parcel("ab" * 32)) == "NO_SUCH_PARCEL"
    assert [(each.digest, each.sender, each.to, each.bytes) for each in bank.parcels()] == [
        (own, "acme", "bank-a", len(parcel))
    ]
    assert acme.parcels() == bolt.parcels() == bank.parcels(bank.parcels()[0].number) == []
    assert not bolt.drop_parcel(own)
    assert not acme.drop_parcel(own)
    assert bank.drop_parcel(own)
    assert not bank.drop_parcel(own)
    assert code(acme.parcel(own)) == "NO_SUCH_PARCEL"


def test_the_same_parcel_once_more_is_the_same(mail: Callable[[str], Mail]) -> None:
    acme, bank = mail("acme"), mail("bank-a")
    for content in (b"first", b"second", b"first"):
        acme.put_parcel("bank-a", content)
    first, second = bank.parcels()
    assert (first.digest, second.digest) == (parcel_digest(b"first"), parcel_digest(b"second"))
    assert first.number < second.number
    bank.drop_parcel(second.digest)
    acme.put_parcel("bank-a", b"third")
    assert bank.parcels(second.number)[0].digest == parcel_digest(b"third")  # no number is given twice


def test_a_parcel_for_nobody_or_too_large_is_refused(mail: Callable[[str], Mail]) -> None:
    acme = mail("acme")
    for to, content, told in (("nobody", b"x", "NO_SUCH_PARTICIPANT"), ("bank-a", b"", "PARCEL_TOO_LARGE")):
        with pytest.raises(Refused, match=told):
            acme.put_parcel(to, content)
    with pytest.raises(Refused, match="PARCEL_TOO_LARGE"):
        acme.put_parcel("bank-a", bytes(PARCEL_BYTES + 1))
    acme.put_parcel("bank-a", bytes(PARCEL_BYTES))  # the largest still goes
    acme.put_parcel("bank-a", bytes(PARCEL_BYTES))


def test_a_sender_s_quota_is_its_own_and_comes_back(
    mail: Callable[[str], Mail], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "QUOTA_BYTES", 100)
    acme, bolt, bank = mail("acme"), mail("bolt"), mail("bank-a")
    own = acme.put_parcel("bank-a", b"x" * 60)
    with pytest.raises(Refused, match="QUOTA_USED"):
        acme.put_parcel("bank-b", b"y" * 41)
    rest = acme.put_parcel("bank-a", b"y" * 40)
    bank.drop_parcel(rest)
    bolt.put_parcel("bank-a", b"x" * 60)
    bank.drop_parcel(own)
    acme.put_parcel("bank-b", b"y" * 41)
    monkeypatch.setattr(boxes, "ALL_BYTES", 60)
    mail("leasing-c").put_parcel("bank-b", b"z" * 19)
    with pytest.raises(Refused, match="MAILBOX_FULL"):
        mail("leasing-c").put_parcel("bank-b", b"z")


def test_a_sender_s_number_of_parcels_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "QUOTA_PARCELS", 2)
    box = Mailbox(tmp_path / "parcels.db", lambda: 1)
    told = [box.put("acme", "bank-a", content) for content in (b"1", b"2", b"3", b"1")]
    assert [code(one) if isinstance(one, Refusal) else "ok" for one in told] == ["ok", "ok", "QUOTA_USED", "ok"]
    box.close()


def test_nobody_asks_for_parcels_in_another_s_name(node: SqliteNode) -> None:
    with served(node) as server:
        acme = client(server.address, "acme")
        own = acme.put_parcel("bank-a", b"parcel")
        thief = client(server.address, "bank-a", signer=seeded("thief"))
        for call in (lambda: thief.parcel(own), thief.parcels, lambda: thief.drop_parcel(own)):
            with pytest.raises(Refused, match="FOREIGN_KEY"):
                call()
        with pytest.raises(Refused, match="BAD_REQUEST"):  # a digest that is not the content's
            acme._asked("PUT", f"/parcels/{'ab' * 32}", b"parcel", to="bank-a")
        close_clients()


def test_a_put_is_signed_with_its_content(node: SqliteNode) -> None:
    """Whoever changes a parcel on its way, digest and all, is told that the signature does not hold."""
    import http.client

    with served(node) as server:
        acme = client(server.address, "acme")
        target = f"/parcels/{parcel_digest(b'false')}?to=bank-a"
        headers = acme._signed("PUT", target, b"true")
        connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=10)
        connection.request("PUT", target, b"false", headers)
        answer = connection.getresponse()
        assert (answer.status, b"BAD_SIGNATURE" in answer.read()) == (403, True)
        connection.close()
        close_clients()


def test_a_node_without_a_mailbox_says_so(node: SqliteNode) -> None:
    class Bare:
        def __getattr__(self, name: str) -> Any:
            if name == "mailbox":
                raise AttributeError(name)
            return getattr(node, name)

    with served(Bare()) as server:  # type: ignore[arg-type]
        with pytest.raises(Refused, match="NO_SUCH_PAGE"):
            client(server.address, "acme").parcels()
        close_clients()


def test_parcels_go_when_their_days_are_over(tmp_path: Path) -> None:
    now = [10 * DAY_MS]
    box = Mailbox(tmp_path / "parcels.db", lambda: now[0], kept_days=2)
    first = box.put("acme", "bank-a", b"first")
    now[0] += 2 * DAY_MS
    assert box.get("bank-a", first) == b"first"
    now[0] += 1
    assert code(box.get("bank-a", first)) == "NO_SUCH_PARCEL"
    assert not box.holds("acme", "bank-a", first)
    box.put("acme", "bank-a", b"second")
    assert [each.digest for each in box.listed("bank-a")] == [parcel_digest(b"second")]
    box.close()
    with sqlite3.connect(tmp_path / "parcels.db") as file:
        assert file.execute("SELECT count(*) FROM parcels").fetchone() == (1,)


def test_many_threads_and_two_processes_leave_parcels_at_once(tmp_path: Path) -> None:
    both = [Mailbox(tmp_path / "parcels.db", lambda: 1) for _ in range(2)]  # as two processes have them

    def leave(who: int) -> None:
        for number in range(10):
            both[who % 2].put(f"p{who}", "bank-a", f"{who} {number}".encode())

    threads = [threading.Thread(target=leave, args=(who,)) for who in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(both[0].listed("bank-a")) == 60
    for box in both:
        box.close()


def test_who_opens_the_file_first_at_the_same_moment_waits_for_the_other(tmp_path: Path) -> None:
    for again in range(20):
        boxes = [Mailbox(tmp_path / f"{again}.db", lambda: 1) for _ in range(4)]
        start = threading.Barrier(4)

        def leave(box: Mailbox, start: threading.Barrier = start) -> str | Refusal:
            start.wait()
            return box.put("acme", "bank-a", b"parcel")

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(leave, boxes)) == {parcel_digest(b"parcel")}
        for box in boxes:
            box.close()


def test_what_one_process_left_another_finds_that_has_only_asked(tmp_path: Path) -> None:
    first, second = (Mailbox(tmp_path / "parcels.db", lambda: 1) for _ in range(2))
    assert second.listed("bank-a") == []
    own = first.put("acme", "bank-a", b"parcel")
    assert [each.digest for each in second.listed("bank-a")] == [own]
    for box in (first, second):
        box.close()


def test_a_file_that_is_no_database_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "parcels.db").write_bytes(b"nonsense" * 1000)
    box = Mailbox(tmp_path / "parcels.db", lambda: 1)
    with pytest.raises(Outage, match="MAILBOX_AWAY"):
        box.put("acme", "bank-a", b"x")


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "parcels.db", lambda: 1)
    assert (box.listed("bank-a"), box.drop("bank-a", "ab" * 32)) == ([], False)
    assert not (tmp_path / "parcels.db").exists()  # who only asks makes none
    box.put("acme", "bank-a", b"x")
    assert (tmp_path / "parcels.db").stat().st_mode & 0o077 == 0
    box.close()


# -- what a node refuses


def test_a_reveal_names_parcels_that_the_node_holds_from_its_author(tmp_path: Path) -> None:
    clock = Machine()
    node = SqliteNode.create(tmp_path / "node.db", genesis(), clock, NODE_KEY)
    replica = SqliteNode.create(tmp_path / "replica.db", genesis(), clock)
    taken: dict[str, int] = {}

    def say(kind: str, who: str, purpose: str = "entries", **parts: Any) -> Accepted | Refusal:
        made = node.submit([signed(kind, who, sequence=taken.get(who, 0) + 1, purpose=purpose, **parts)]).results[0]
        taken[who] = taken.get(who, 0) + isinstance(made, Accepted)
        return made

    for who, secret in (("bank-a", SECRET), ("auditor", OTHER)):
        say("sealing_key", who, "keys", body={"public": public_of(secret)})
    now = epoch_ms(clock.now())
    terms = {"auditor": "auditor", "commit_until": now + 50_000, "reveal_until": now + 900_000, "barred_calls": 1, "withdrawn_calls": 1, "policy": "00" * 32}  # fmt: skip
    call = say("call_open", "bank-a", body=terms)
    bid = say("bid_commit", "acme", body={"call": call.id}, commitment="ab" * 32)
    clock.seconds += 60
    digests = {who: parcel_digest(who.encode()) for who in ("bank-a", "auditor")}
    reveal = {"commitment": "ab" * 32, "body": {"call": call.id, "bid": bid.id, "parcels": digests}}
    assert code(say("bid_reveal", "acme", **reveal)) == "PARCEL_MISSING"
    for sender, to in (("acme", "bank-a"), ("bolt", "auditor")):  # one is another's: it does not count
        node.mailbox.put(sender, to, to.encode())
    assert code(say("bid_reveal", "acme", **reveal)) == "PARCEL_MISSING"
    node.mailbox.put("acme", "auditor", b"auditor")
    assert isinstance(say("bid_reveal", "acme", **reveal), Accepted)
    for who, digest in digests.items():
        node.mailbox.drop(who, digest)
    assert codes(node, node.records(node.size() - 1)[0].envelope) == ["again"]
    assert replica.append_replica(node.records(1)) == node.size()  # which holds no parcel at all
    node.close()
    replica.close()
