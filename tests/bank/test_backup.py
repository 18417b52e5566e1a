"""backup, restore: a whole home in one file, and back, or refused with nothing left behind."""

from __future__ import annotations

import io
import stat
import tarfile
from pathlib import Path

import pytest

from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.commands.backup import backup, restore
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Outage, Refused
from little_bank import ME, OTHER, THIN, at, decided_home


@pytest.fixture
def home(tmp_path) -> Path:
    decided_home(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def file(home, tmp_path) -> Path:
    size = backup(home, tmp_path / "b.tar.gz")
    assert size == (tmp_path / "b.tar.gz").stat().st_size
    return tmp_path / "b.tar.gz"


def state(root: Path):
    with at(root) as world:
        decisions = [canonical_bytes(document) for document in assess(world, Request((ME, OTHER, THIN))).documents]
        kept = [world.log.private(event) for event in world.log.events("decision")]
        return decisions, kept, world.log.broken_link(), world.log.snapshot()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.slow
def test_a_restored_home_decides_to_the_byte_as_before(home, file, tmp_path):
    assert restore(file, tmp_path / "again") is None
    assert state(tmp_path / "again") == state(home)
    assert (tmp_path / "again" / "work").is_dir()


def test_only_the_owner_may_read_a_backup_and_what_comes_of_it(file, tmp_path):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restore(file, tmp_path / "again")
    assert stat.S_IMODE((tmp_path / "again").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "again" / "vault.db").stat().st_mode) == 0o600


def test_a_backup_is_never_written_over_a_file_nor_restored_over_a_folder(home, file, tmp_path):
    before = file.read_bytes()
    assert backup(home, file).code == "FILE_EXISTS"
    assert file.read_bytes() == before
    assert restore(file, home).code == "HOME_EXISTS"
    (tmp_path / "empty").mkdir()
    assert restore(file, tmp_path / "empty").code == "HOME_EXISTS"


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_backup_is_refused_and_leaves_nothing(file, tmp_path, keep):
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * keep)])
    assert restore(file, tmp_path / "again").code == "NOT_A_BACKUP"
    assert left(tmp_path) == ["b.tar.gz", "home"]


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8, 0.9999])
def test_a_damaged_backup_is_refused_and_leaves_nothing(file, tmp_path, place):
    damaged = bytearray(file.read_bytes())
    at_byte = int(len(damaged) * place)
    for step in range(8):
        damaged[min(at_byte + step, len(damaged) - 1)] ^= 0xFF
    file.write_bytes(bytes(damaged))
    assert restore(file, tmp_path / "again").code == "NOT_A_BACKUP"
    assert left(tmp_path) == ["b.tar.gz", "home"]


def crafted(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


SETTINGS = (tarfile.TarInfo("kemiao.toml"), b"schema = 1\n")


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../outside"), tarfile.TarInfo("/tmp/kemiao-outside"), tarfile.TarInfo("lake/../../outside"),  # noqa: S108
        link("lake", "/etc", tarfile.SYMTYPE), link("passwd", "/etc/passwd", tarfile.LNKTYPE), link("out", "../..", tarfile.SYMTYPE),
    ],
)  # fmt: skip
def test_a_backup_that_leads_outside_is_refused(tmp_path, member):
    file = crafted(tmp_path / "b.tar.gz", SETTINGS, (member, b""))
    if member.name.startswith("/"):  # an absolute name may be taken for one below, but never leads out
        restore(file, tmp_path / "again")
        assert not Path(member.name).exists()
    else:
        assert restore(file, tmp_path / "again").code == "NOT_A_BACKUP"
        assert left(tmp_path) == ["b.tar.gz"]


def test_what_is_no_backup_is_refused(tmp_path):
    letter = crafted(tmp_path / "letter.tar.gz", (tarfile.TarInfo("letter.txt"), b"dear"))
    assert restore(letter, tmp_path / "again").code == "NOT_A_BACKUP"
    assert restore(tmp_path / "nowhere.tar.gz", tmp_path / "again").code == "NO_SUCH_FILE"
    assert left(tmp_path) == ["letter.tar.gz"]


def test_a_backup_of_a_later_version_is_refused(tmp_path):
    file = crafted(tmp_path / "b.tar.gz", (tarfile.TarInfo("kemiao.toml"), b"schema = 2\n"))
    with pytest.raises(Refused) as refused:
        restore(file, tmp_path / "again")
    assert refused.value.refusal.code == "HOME_IS_NEWER"
    assert left(tmp_path) == ["b.tar.gz"]


def test_a_backup_that_can_not_be_written_is_an_outage_and_leaves_nothing(home, tmp_path):
    with pytest.raises(Outage) as outage:
        backup(home, tmp_path / "home" / "kemiao.toml" / "b.tar.gz")
    assert outage.value.code == "BACKUP_FAILED"
    assert left(tmp_path) == ["home"]


def test_a_backup_waits_for_the_writer(home, tmp_path):
    import threading

    with at(home) as world, world.log.write() as tx:
        tx.append("note")
        taker = threading.Thread(target=backup, args=(home, tmp_path / "b.tar.gz"))
        taker.start()
        taker.join(0.2)
        assert taker.is_alive()
        assert not (tmp_path / "b.tar.gz").exists()
    taker.join(30)
    restore(tmp_path / "b.tar.gz", tmp_path / "again")
    with at(tmp_path / "again") as world:
        assert world.log.last("note") is not None
