"""A home's sealing key and its parcels: made once, named on the chain, and opened here alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bank.chain_bank import CHEAP, PASSPHRASE, at, chain_home
from kemiao.bank.chain_side import chain_of
from kemiao.bank.commands.backup import backup, restore
from kemiao.bank.commands.sealing_key import SealingKey, make_sealing_key
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return chain_home(tmp_path / "home")


def made(world: World, *, renew: bool = False) -> SealingKey:
    answer = make_sealing_key(world, lambda: PASSPHRASE, renew=renew, cost=CHEAP)
    assert isinstance(answer, SealingKey), answer
    return answer


def test_a_key_is_made_once_and_old_parcels_open_after_a_new_one(home: Path) -> None:
    with at(home) as world:
        first = made(world)
        parcel = chain_of(world).seal({"a": 1}, first.public)
        assert (first.made, made(world)) == (
            True,
            SealingKey(first.participant, first.public, first.file, first.entry, False),
        )
        second = made(world, renew=True)
        assert second.public != first.public
        assert chain_of(world).node.get("sealing/bank-a")["public"] == second.public
    with at(home) as world:
        assert chain_of(world).open_parcel(parcel) == {"a": 1}
        stranger = chain_of(world).seal([], "09" + "00" * 31)
        with pytest.raises(Refused, match="NO_SEALING_KEY"):
            chain_of(world).open_parcel(stranger)
        assert chain_of(world).open_parcel(b"no parcel").code == "PARCEL_UNREADABLE"


def test_a_mistyped_passphrase_makes_no_key(home: Path) -> None:
    with at(home, passphrase="mistyped") as world, pytest.raises(Refused, match="WRONG_PASSPHRASE"):  # noqa: S106
        make_sealing_key(world, lambda: "mistyped", cost=CHEAP)
    assert not list((home / "keys").glob("*.sealing"))


def test_a_parcel_lies_in_our_own_node_until_it_is_dropped(home: Path) -> None:
    with at(home) as world:
        chain = chain_of(world)
        own = chain.put_parcel("bank-a", b"to ourselves")
        chain.act("participant.suspend", body={"suspended": True})  # the node is opened anew to write
        assert chain.parcel(own) == b"to ourselves"
        assert [each.digest for each in chain.parcels()] == [own]
        assert chain.drop_parcel(own)
        assert isinstance(chain.parcel(own), Refusal)


def test_a_backup_takes_parcels_and_sealing_keys_along(home: Path, tmp_path: Path) -> None:
    with at(home) as world:
        key = made(world)
        own = chain_of(world).put_parcel("bank-a", chain_of(world).seal("kept", key.public))  # type: ignore[arg-type]
    assert backup(home, tmp_path / "backup.tar.gz") > 0
    assert restore(tmp_path / "backup.tar.gz", tmp_path / "again") is None
    with at(tmp_path / "again") as world:
        parcel = chain_of(world).parcel(own)
        assert chain_of(world).open_parcel(parcel) == "kept"
    assert {path.name for path in (tmp_path / "again" / "keys").glob("*.sealing")} == {key.file.name}
