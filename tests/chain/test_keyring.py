from __future__ import annotations

import json
import os
from itertools import count

import pytest

from chain.actors import cast
from kemiao.base.refusal import Outage, Refused
from kemiao.base.signing import SUITES, signer_from_seed, verify
from kemiao.chain.keyring import KeyStore, read_card
from kemiao.chain.sealed import Cost, open_secret, seal_secret

CHEAP = Cost(1, 8192)
SEED = bytes(range(1, 33))
PASSPHRASE = "科苗 correct horse"  # noqa: S105


def counted():
    numbers = count(1)
    return lambda size: next(numbers).to_bytes(size)


@pytest.fixture
def store(tmp_path) -> KeyStore:
    return KeyStore(tmp_path / "keys")


def saved(store: KeyStore, *, suite: str = "ed25519", name: str = "entries", seed: bytes = SEED, **more):
    return store.save("bank-a", name, suite, seed, ["entries", "consent"], PASSPHRASE, counted(), cost=CHEAP, **more)


def refused(call, *args) -> str:
    with pytest.raises(Refused) as caught:
        call(*args)
    return caught.value.refusal.code


@pytest.mark.parametrize("suite", SUITES)
def test_a_key_comes_back_as_it_was_saved(store, suite):
    saved(store, suite=suite)
    (file,) = store.files()
    assert (file.participant, file.name, file.suite, file.purposes) == (
        "bank-a",
        "entries",
        suite,
        ("consent", "entries"),
    )
    signer = store.unlock(file, PASSPHRASE)
    assert signer.key_id == file.key == signer_from_seed(suite, SEED).key_id
    assert verify(suite, signer.public, b"m", signer.sign(b"m"))


def test_the_file_is_closed_to_others_and_holds_no_secret_in_the_clear(store):
    path = saved(store)
    assert path.stat().st_mode & 0o777 == 0o600
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert SEED.hex() not in path.read_text()
    assert sorted(each.name for each in store.folder.iterdir()) == ["bank-a.entries.key"]


def test_the_default_cost_is_in_the_file(tmp_path):
    seal_secret(tmp_path / "s", b"secret", PASSPHRASE, {"what": "test"}, os.urandom)
    assert json.loads((tmp_path / "s").read_text())["kdf"] | {"salt": ""} == {
        "name": "argon2id", "ops": 3, "memory": 67_108_864, "salt": "",
    }  # fmt: skip
    assert open_secret(tmp_path / "s", PASSPHRASE) == (b"secret", {"what": "test"})


def test_a_wrong_passphrase_is_refused_and_another_spelling_of_the_right_one_is_not(store):
    saved(store)
    (file,) = store.files()
    assert refused(store.unlock, file, PASSPHRASE + " ") == "WRONG_PASSPHRASE"
    assert refused(store.unlock, file, "") == "WRONG_PASSPHRASE"
    composed, decomposed = "caf\u00e9 caf\u00e9", "cafe\u0301 cafe\u0301"
    seal_secret(store.folder / "s", b"x", composed, {}, os.urandom, CHEAP)
    assert open_secret(store.folder / "s", decomposed)[0] == b"x"
    odd = b"\xff\xfe odd".decode("utf-8", "surrogateescape")  # as the environment of a process may hold it
    seal_secret(store.folder / "o", b"y", odd, {}, os.urandom, CHEAP)
    assert open_secret(store.folder / "o", odd)[0] == b"y"


@pytest.mark.parametrize("field", ["participant", "name", "suite", "key", "public", "purposes"])
def test_what_the_file_says_in_the_clear_can_not_be_changed(store, field):
    path = saved(store)
    value = json.loads(path.read_text())
    value["about"][field] = {"purposes": ["keys"], "suite": "sm2"}.get(field, "a" * 32)
    path.write_text(json.dumps(value))
    (file,) = store.files()
    assert refused(store.unlock, file, PASSPHRASE) == "KEY_FILE_DAMAGED"


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value | {"form": "kemiao.sealed/2"},
        lambda value: value | {"box": value["box"][:-2]},
        lambda value: value | {"box": ""},
        lambda value: value | {"box": "zz"},
        lambda value: value | {"nonce": value["nonce"][2:]},
        lambda value: value | {"kdf": value["kdf"] | {"salt": ""}},
        lambda value: value | {"kdf": value["kdf"] | {"memory": 2**40}},  # would take the machine's memory
        lambda value: value | {"kdf": value["kdf"] | {"ops": 10**9}},  # would take hours
        lambda value: value | {"kdf": value["kdf"] | {"ops": 0}},
        lambda value: value | {"kdf": value["kdf"] | {"name": "scrypt"}},
        lambda value: value | {"kdf": None},
        lambda value: value | {"about": []},
        lambda value: value | {"about": value["about"] | {"what": "blinding key"}},
        lambda value: value | {"about": value["about"] | {"purposes": [[]]}},
        lambda value: [],
    ],
)
def test_a_changed_file_is_named_and_refused(store, change):
    path = saved(store)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))

    def use():
        (file,) = store.files()
        store.unlock(file, PASSPHRASE)

    assert refused(use) in ("KEY_FILE_DAMAGED", "WRONG_PASSPHRASE")


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 60_000, b"x" * 70_000, b"\xff\xfe"])
def test_what_is_no_key_file_is_named_and_refused(store, content):
    saved(store).write_bytes(content)
    assert refused(store.files) == "KEY_FILE_DAMAGED"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_open_to_others_is_refused_with_the_way_to_close_it(store, mode):
    path = saved(store)
    path.chmod(mode)
    with pytest.raises(Refused) as caught:
        store.files()
    assert caught.value.refusal.code == "KEY_FILE_OPEN_TO_OTHERS"
    assert f"chmod 600 {path}" in caught.value.refusal.en
    path.chmod(0o600)
    store.folder.chmod(0o750)
    with pytest.raises(Refused) as caught:
        store.files()
    assert f"chmod 700 {store.folder}" in caught.value.refusal.zh


def test_a_key_in_use_is_never_overwritten(store):
    path = saved(store)
    before = path.read_bytes()
    assert refused(lambda: saved(store, seed=SEED[::-1])) == "FILE_EXISTS"
    assert path.read_bytes() == before


def test_a_full_disk_leaves_no_half_of_a_file(store, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Outage):
        saved(store)
    assert list(store.folder.iterdir()) == []


def test_a_key_on_its_way_in_takes_its_place_once_the_chain_has_it(store):
    saved(store)
    saved(store, seed=SEED[::-1], to_come=True)
    old, new = signer_from_seed("ed25519", SEED).key_id, signer_from_seed("ed25519", SEED[::-1]).key_id
    assert store.find([new]).is_next  # usable before it was moved
    assert store.settle([old]) == []
    assert [path.name for path in store.settle([new])] == ["bank-a.entries.key"]
    assert [file.key for file in store.files()] == [new]
    assert store.find([old]) is None


def test_a_card_is_written_for_others_and_read_with_its_proofs(store, tmp_path):
    card = cast()["bank-a"].card
    path = store.write_card(card)
    assert store.own_cards() == [card]
    changed = json.loads(path.read_text()) | {"name": "Another Bank"}
    (tmp_path / "changed.json").write_text(json.dumps(changed))
    assert refused(read_card, tmp_path / "changed.json") == "KEY_NOT_PROVED"
    (tmp_path / "none.json").write_text("[")
    assert refused(read_card, tmp_path / "none.json") == "NOT_A_CARD"
    assert refused(read_card, tmp_path / "absent.json") == "NO_SUCH_FILE"
