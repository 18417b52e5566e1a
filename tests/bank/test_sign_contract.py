"""The company's side of a contract: it signs the very text that the bank proposed on the chain, from its own home, or nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bank.chain_bank import PASSPHRASE
from bank.test_join_chain import acme, acme_at, bank, invitation, joined, served_home  # noqa: F401 - two are fixtures
from chain.actors import ACME, BOLT
from chain.served import Machine
from kemiao.bank.commands.join_chain import Joined
from kemiao.bank.commands.sign_contract import KIND, ToSign, look, sign
from kemiao.bank.lending import contract
from kemiao.bank.world import open_world
from kemiao.base.refusal import Refusal
from kemiao.chain.node import Accepted
from kemiao.chain.rules.contracts import seen

TERMS = {
    "amount_fen": 50_000_000, "starts_on": "2026-03-02", "matures_on": "2027-03-02", "repayment": "equal_installment", "rate_ppm": 40_000,
    "rate_kind": "lpr_1y", "spread_ppm": 5_500, "reset_months": 12, "purpose": "采购原材料",
}  # fmt: skip


def document(**changed: Any) -> dict[str, Any]:
    until = (Machine().today() + timedelta(days=10)).isoformat()
    return {
        "application": "app-1", "bank": "bank-a", "company": ACME, "loan": "loan-1", "nonce": "ab" * 32, "on": "2026-03-02", "round": 1,
        "until": until, "terms": TERMS, "offer": {"apr_ppm": 41_300, "conditions": [], "covenants": [], "decision": "dec-1", "product_digest": "cd"},
        **changed,
    }  # fmt: skip


def proposed(root: Path, said: Mapping[str, Any]) -> contract.ContractFile:
    with open_world(root, Machine(), os.urandom, lambda: PASSPHRASE) as world:
        assert world.chain is not None
        done = world.chain.act("contract.propose", subject=ACME, body={"until": said["until"]}, commitment=contract.commitment(said))  # fmt: skip
        assert isinstance(done, Accepted), done
        return contract.ContractFile(world.chain.chain, done.id, said)


def written(folder: Path, made: contract.ContractFile) -> Path:
    path = folder / "contract.json"
    path.write_bytes(contract.file_bytes(made) + b"\n")
    return path


@pytest.mark.slow
def test_the_company_signs_what_was_proposed_and_nothing_else(bank: Path, acme: Path, tmp_path: Path) -> None:  # noqa: F811
    made = proposed(bank, document())
    forged = contract.ContractFile(made.chain, made.entry, {**made.document, "terms": {**TERMS, "rate_ppm": 10_000}})
    other = contract.ContractFile(made.chain, made.entry, {**made.document, "company": BOLT})
    unknown = contract.ContractFile(made.chain, "ef" * 32, made.document)
    elsewhere = contract.ContractFile("ef" * 32, made.entry, made.document)
    with served_home(bank) as address:
        assert isinstance(joined(acme, invitation(bank, address)), Joined)
        with acme_at(acme) as world:
            for wrong, expected in (
                (forged, "OTHER_TEXT"), (other, "OTHER_COMPANY"), (unknown, "NO_SUCH_CONTRACT"), (elsewhere, "OTHER_CHAIN"),
            ):  # fmt: skip
                answer = look(world, written(tmp_path, wrong))
                assert isinstance(answer, Refusal) and answer.code == expected
            found = look(world, written(tmp_path, made))
            assert isinstance(found, ToSign) and found.bank == "Bank A"
            assert isinstance(sign(world, found), Accepted)
            assert world.chain is not None
            state = seen(world.chain.node, made.entry, world.chain.today())
            assert state is not None and state.word == "signed"
            kept = world.log.last(KIND, ref=made.entry)
            assert kept is not None and world.log.private(kept) == made.document
            again = sign(world, found)
            assert isinstance(again, Refusal) and again.code == "SIGNED_ALREADY"
            assert len(list(world.log.events(KIND))) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "NOT_JSON"), (b"{}", "NOT_A_CONTRACT"), (b'{"form":"kemiao-contract/1"}', "NOT_A_CONTRACT"), (b"[" * 2000, "TOO_DEEP"),
        (b'{"a":1.5}', "NOT_JSON"), (b"x" * (contract.FILE_BYTES + 1), "FILE_TOO_LARGE"),
        (contract.file_bytes(contract.ContractFile("a", "b", {**document(), "more": 1})), "NOT_A_CONTRACT"),
        (contract.file_bytes(contract.ContractFile("a", "b", {**document(), "loan": 1})), "NOT_A_CONTRACT"),
        (contract.file_bytes(contract.ContractFile("a", "b", document(terms={**TERMS, "side_letter": "x"}))), "NOT_A_CONTRACT"),
        (contract.file_bytes(contract.ContractFile("a", "b", document(terms={}))), "NOT_A_CONTRACT"),
        (contract.file_bytes(contract.ContractFile("a", "b", document(terms={**TERMS, "fee_fen": "1"}))), "NOT_A_CONTRACT"),
        (contract.file_bytes(contract.ContractFile("a", "b", document(offer={}))), "NOT_A_CONTRACT"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_contract_is_refused(content: bytes, code: str) -> None:
    read = contract.read_file(content)
    assert isinstance(read, Refusal) and read.code == code


def test_every_term_is_told_in_words_and_none_is_left_out() -> None:
    terms = {
        **TERMS,
        "compound": True,
        "cap_ppm": 150_000,
        "business_day": "none",
        "security": "none",
        "purpose": "raw_materials",
    }
    said = {lang: contract.text(document(terms=terms), lang) for lang in ("zh", "en")}
    for line in (
        "拖欠的利息计收复利:是",
        "利率上限:15.00%",
        "还款日遇节假日:不顺延",
        "担保:无需担保",
        "用途:采购原材料",
    ):
        assert line in said["zh"].splitlines()
    assert "interest on interest past due: yes" in said["en"].splitlines()
    every = dict.fromkeys(contract.LOANS.names, None) | TERMS
    assert "其他条款" in contract.text(
        document(terms=every | {"loan": "loan-1"}), "zh"
    )  # what has no word is told by its name
    assert len(contract.text(document(terms=every), "zh").splitlines()) > len(
        contract.text(document(), "zh").splitlines()
    )


def test_the_words_say_what_binds_in_both_languages() -> None:
    for lang, words in (("zh", ("500,000.00", "4.0000%", "一年期 LPR 加 55 基点", "等额本息")), ("en", ("500,000.00", "plus 55 bp", "equal instalments"))):  # fmt: skip
        text = contract.text(document(), lang)
        assert all(word in text for word in words), text
