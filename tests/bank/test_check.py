"""Contradicted statements lead back to the decisions of this home that read them, and to no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from bank.chain_bank import at, chain_home, say, shared
from chain.actors import ACME, BOLT
from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.commands.check import Check, check, contradicted
from kemiao.bank.commands.import_files import ImportFiles, import_files
from kemiao.bank.outbox import flush
from kemiao.base.refusal import Refusal
from kemiao.chain import views
from kemiao.chain.node import Accepted
from kemiao.data.map import load_map

_HEADER = "数电发票号码,销方识别号,销方名称,购方识别号,购买方名称,开票日期,金额,税额,价税合计,发票状态,是否正数发票"


def invoices(path: Path, seller: str) -> Path:
    row = f"2431200000000000{len(path.name):04},{seller[5:]},甲,91110108MA01KPGK0L,乙,2026-02-01,1000.00,130.00,1130.00,正常,是"
    path.write_text(f"{_HEADER}\n{row}\n", "utf-8")
    return path


@pytest.fixture
def world(tmp_path):
    with at(chain_home(tmp_path / "home")) as opened:
        yield opened


@pytest.mark.slow
def test_a_contradicted_batch_leads_to_the_decisions_that_read_it(world, tmp_path):
    for name, company in (("a.csv", ACME), ("bb.csv", BOLT)):
        asked = ImportFiles(load_map("etax_invoices"), "etax_invoices", (invoices(tmp_path / name, company),), {"company": company}, "own")  # fmt: skip
        assert not isinstance(import_files(world, asked), Refusal)
    decided = assess(world, Request((ACME, BOLT)))
    assert not isinstance(decided, Refusal)
    flush(world)
    assert contradicted(world) == []
    (theirs,) = [own for own, value in shared(world).node.scan("attestation/") if value["subject"] == ACME]
    attestation = theirs.removeprefix("attestation/")
    body = {"attestation": attestation, "verdict": "contradict", "evidence": None, "grounds": "不是本企业开出的"}
    assert isinstance(say(world, "check", subject=ACME, commitment="ab" * 32, body=body), Accepted)
    (found,) = contradicted(world)
    assert [one["author"] for one in found.seen.decisions] == ["bank-a"]
    ids = {
        document["company"]: world.log.last("decision", subject=document["company"]).ref
        for document in decided.documents
    }
    assert found.own == (ids[ACME],)
    assert views.record(shared(world).node, "bank-a")["contradicted"] == 1


def test_evidence_is_committed_to_and_never_leaves_the_home(world, tmp_path):
    statement = {"form": "statement", "statement": "营业收入 100 万"}
    said = say(world, "attestation", body=statement)
    own = say(world, "attestation", author="bank-a", body=statement)
    paper = tmp_path / "银行回单.txt"
    paper.write_text("只有 10 万", "utf-8")
    assert (
        check(world, Check(said.id, "contradict", str(paper), "银行回单")).code == "MAY_NOT_CHECK"
    )  # nothing of ours is held against it
    (sealed,) = world.log.events("check_evidence")
    assert "10" not in str(sealed.public) and world.log.private(sealed)["file"] == "银行回单.txt"
    answer = check(world, Check(said.id[:10], "contradict", own.id[:10], "银行回单"))
    assert isinstance(answer, Accepted)
    assert check(world, Check(said.id, "contradict", "0" * 9, "x")).code == "NO_SUCH_ID"
    folder = tmp_path / "folder"
    folder.mkdir()
    assert check(world, Check(said.id, "contradict", str(folder), "x")).code == "NOT_AN_ID"
