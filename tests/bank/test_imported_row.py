"""One row of an attested import: found by its leaf, shown under a Permit, gone when it was erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bank.chain_bank import at, chain_home, grant, shared
from chain.actors import ACME, BOLT
from kemiao.bank.attested import attested_row
from kemiao.bank.attesting import leaf_path
from kemiao.bank.commands.erase import erase
from kemiao.bank.commands.import_files import Imported, ImportFiles, import_files
from kemiao.bank.commands.prove import ProofMade, Prove, prove
from kemiao.bank.outbox import flush
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from kemiao.chain.batch import Fact
from kemiao.data.map import load_map

_HEADER = "数电发票号码,销方识别号,销方名称,购方识别号,购买方名称,开票日期,金额,税额,价税合计,发票状态,是否正数发票"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with at(chain_home(tmp_path / "home")) as opened:
        yield opened


def imported(world: World, folder: Path, *sellers: str) -> str:
    """An import of one invoice of each seller; returns the id of its attestation."""
    rows = [f"2431200000000000{n:04},{seller[5:]},甲,91110108MA01KPGK0L,乙,2026-02-01,{n}00.00,13.00,{n}13.00,正常,是" for n, seller in enumerate(sellers, 1)]  # fmt: skip
    (folder / "a.csv").write_text("\n".join((_HEADER, *rows)) + "\n", "utf-8")
    done = import_files(world, ImportFiles(load_map("etax_invoices"), "etax_invoices", (folder / "a.csv",), {}, "own"))
    assert isinstance(done, Imported) and done.taken == len(sellers)
    flush(world)
    own = [record for record in shared(world).node.records(1) if b'"kind":"attestation"' in record.envelope]
    return own[-1].id


def row(world: World, entry: str, number: int) -> Fact:
    fact = attested_row(world, entry, number)
    assert isinstance(fact, Fact), fact
    return fact


def refused(world: World, entry: str, number: int) -> str:
    answer = attested_row(world, entry, number)
    assert isinstance(answer, Refusal)
    return answer.code


@pytest.mark.slow
def test_every_row_of_an_import_is_proved_and_the_showing_is_on_record(world: World, tmp_path: Path) -> None:
    entry = imported(world, tmp_path, ACME, BOLT, ACME)
    for number, seller in enumerate((ACME, BOLT, ACME)):
        before = len(list(world.log.events("reading")))
        fact = row(world, entry, number)
        cells = dict(zip(fact.columns, fact.cells, strict=True))
        assert (cells["seller"], cells["issued_on"], cells["amount_fen"]) == (
            seller,
            "2026-02-01",
            str((number + 1) * 10_000),
        )
        readings = list(world.log.events("reading"))
        assert len(readings) == before + 1 and readings[-1].public["purpose"] == "subject_access"
    made = prove(world, Prove(entry, row=1))
    assert isinstance(made, ProofMade) and made.facts["row"]["number"] == 1
    assert refused(world, entry, 3) == "NO_SUCH_ROW"


@pytest.mark.slow
def test_rows_of_the_erased_are_gone_and_the_others_are_proved_as_before(world: World, tmp_path: Path) -> None:
    entry = imported(world, tmp_path, ACME, BOLT, ACME)
    erase(world, ACME, "the company asked for it")
    assert (refused(world, entry, 0), refused(world, entry, 2)) == ("ROW_ERASED", "ROW_ERASED")
    assert row(world, entry, 1).cells[1] == BOLT


def test_without_leaves_or_with_damaged_ones_nothing_is_proved(world: World, tmp_path: Path) -> None:
    entry = imported(world, tmp_path, ACME)
    file = leaf_path(world, 1, "invoice")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    assert refused(world, entry, 0) == "LEAF_FILE_DAMAGED"
    file.unlink()
    assert refused(world, entry, 0) == "NOT_KEPT_HERE"
    file.write_bytes(whole)
    world.vault.destroy("batch:1")
    assert refused(world, entry, 0) == "ROW_ERASED"


@pytest.mark.slow
def test_a_row_of_an_account_that_the_consent_does_not_name_is_not_proved_to_others(
    world: World, tmp_path: Path
) -> None:
    consent = grant(world, accounts=["1234"], tables=["bank_transaction"])
    lines = [f"{account},T{account},2026-02-01,7.00," for account in ("1234", "5678")]
    (tmp_path / "flow.csv").write_text(
        "\n".join(("账号,流水号,记账日期,贷方发生额,借方发生额", *lines)) + "\n", "utf-8"
    )
    request = ImportFiles(load_map("bank_statement"), "bank_statement", (tmp_path / "flow.csv",), {"company": ACME}, f"consent:{consent}")  # fmt: skip
    assert isinstance(import_files(world, request), Imported)
    flush(world)
    entry = next(each.id for each in shared(world).node.records(1) if b'"kind":"attestation"' in each.envelope)
    shown = attested_row(world, entry, 0, "trace")
    assert isinstance(shown, Fact) and "1234" in shown.cells
    with pytest.raises(Refused, match="ROW_NOT_OPEN"):
        attested_row(world, entry, 1, "trace")
    assert isinstance(attested_row(world, entry, 1, "subject_access"), Fact)
