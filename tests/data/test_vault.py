"""The vault: one key a subject; what is destroyed is gone to the byte."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.exceptions import CryptoError

from kemiao.base.refusal import Outage
from kemiao.data.vault import KEY_BYTES, Vault, seal, unseal

KEY = bytes(range(32))
FIRST, SECOND = "cumcm:E1", "cumcm:E2"


@pytest.fixture
def vault(tmp_path) -> Vault:
    return Vault.create(tmp_path / "vault.db", os.urandom)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_what_is_sealed_opens_again_and_the_same_text_gives_the_same_bytes(text, other):
    sealed = seal(KEY, text)
    assert unseal(KEY, sealed) == text
    assert sealed == seal(KEY, text)
    assert (seal(KEY, other) == sealed) == (text == other)
    assert seal(bytes(32), text) != sealed
    assert seal(KEY, other)[:24] != sealed[:24] or other == text  # a nonce never serves two texts


@given(st.binary(max_size=40), st.integers(0), st.integers(0, 7))
def test_a_flipped_bit_is_found(text, place, bit):
    sealed = bytearray(seal(KEY, text))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(CryptoError):
        unseal(KEY, bytes(sealed))


def test_subjects_have_keys_of_their_own_that_last(vault, tmp_path):
    made = vault.keys([FIRST, SECOND, FIRST], make=True)
    assert len(set(made.values())) == 2
    assert Vault(tmp_path / "vault.db", os.urandom).keys([FIRST, SECOND, "cumcm:E3"], make=False) == made


def test_a_column_is_sealed_and_opened_row_by_row(vault):
    subjects, values = pa.array([FIRST, SECOND, FIRST, FIRST]), pa.array(["甲", "甲", None, "甲"])
    sealed = vault.seal_column(subjects, values)
    assert sealed[0] == sealed[3]  # the same text of the same subject: duplicates stay recognisable
    assert sealed[0] != sealed[1]
    assert sealed[2].as_py() is None
    assert vault.open_column(subjects, sealed).to_pylist() == ["甲", "甲", None, "甲"]
    vault.destroy(FIRST)
    assert vault.open_column(subjects, sealed).to_pylist() == [None, "甲", None, None]


@pytest.mark.parametrize("others", [0, 1, 300])
def test_a_destroyed_key_leaves_no_bytes_in_the_file(vault, tmp_path, others):
    key = vault.keys([FIRST, *(f"cumcm:E{n}" for n in range(2, 2 + others))], make=True)[FIRST]
    assert key in whole(tmp_path)
    assert vault.destroy(FIRST)
    assert key not in whole(tmp_path)
    assert vault.is_erased(FIRST)
    assert not vault.is_erased(SECOND)
    assert vault.keys([FIRST], make=False) == {}
    assert not vault.destroy(FIRST)


def whole(folder: Path) -> bytes:
    """Every byte of the vault and of what SQLite may leave beside it."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_a_key_made_after_an_erasure_is_another_one(vault):
    before = vault.keys([FIRST], make=True)
    vault.destroy(FIRST)
    assert vault.keys([FIRST], make=True) != before


def test_more_subjects_than_one_statement_takes(vault):
    names = [f"cumcm:E{n}" for n in range(1_203)]
    made = vault.keys(names, make=True)
    assert len(made) == 1_203
    assert {len(key) for key in made.values()} == {KEY_BYTES}
    assert vault.keys(names, make=False) == made


def test_only_its_owner_may_read_it(vault, tmp_path):
    assert stat.S_IMODE((tmp_path / "vault.db").stat().st_mode) == 0o600
    vault.keys([FIRST], make=True)
    assert stat.S_IMODE((tmp_path / "vault.db").stat().st_mode) == 0o600


def test_a_vault_is_never_made_over_another(vault, tmp_path):
    with pytest.raises(FileExistsError):
        Vault.create(tmp_path / "vault.db", os.urandom)


def test_a_vault_that_is_gone_is_an_outage_and_is_not_made_anew(tmp_path):
    with pytest.raises(Outage) as outage:
        Vault(tmp_path / "vault.db", os.urandom).keys([FIRST], make=True)
    assert outage.value.code == "VAULT_UNAVAILABLE"
    assert not (tmp_path / "vault.db").exists()


def test_a_vault_that_is_damaged_is_an_outage(vault, tmp_path):
    (tmp_path / "vault.db").write_bytes(b"no database" * 1000)
    with pytest.raises(Outage):
        vault.keys([FIRST], make=False)


@pytest.mark.parametrize("name", ["100% #1?", "科苗 目录", "it's [a] *"])
def test_any_folder_name_will_do(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    vault = Vault.create(folder / "vault.db", os.urandom)
    assert vault.keys([FIRST], make=True) == vault.keys([FIRST], make=False)
    assert [path.name for path in folder.iterdir()] == ["vault.db"]
