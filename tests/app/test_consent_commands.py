"""kemiao consent and kemiao check, between three homes with keys of their own that share one node."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bank.chain_bank import CHEAP, NOW, PASSPHRASE, at
from chain.actors import ACME, BOLT, chain, genesis, seeded
from kemiao.app.cli import cli
from kemiao.bank.chain_link import NODE_FILE, FollowedNode
from kemiao.bank.chain_side import ChainSettings, chain_of, write_settings
from kemiao.bank.home import Home
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.chain.keyring import KeyStore
from kemiao.chain.sqlite_node import SqliteNode
from little_bank import new_home

YEAR = ("--purpose", "credit_review", "--until", "2026-12-31")


class Place:
    """One participant: its home, and what it types."""

    def __init__(self, root: Path, me: str, node: Path) -> None:
        self.root, self.me = root, me
        new_home(root)
        settings = root / "kemiao.toml"
        settings.write_text(settings.read_text("utf-8") + "today = 2026-03-02\n", "utf-8")
        home, store = Home(root), KeyStore(root / "keys")
        home.chain.mkdir(mode=0o700)
        for purposes in (("keys",), ("consent", "entries"), ("node",)):
            seed = hashlib.sha256(f"actor {me} {purposes[0]}".encode()).digest()
            store.save(me, purposes[0], "ed25519", seed, purposes, PASSPHRASE, os.urandom, cost=CHEAP)
        (home.chain / NODE_FILE).symlink_to(node)
        write_settings(home, ChainSettings(me, chain(), "node"))

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(cli, [*words, "--home", str(self.root)])

    def says(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def lines(self, *words: str) -> list[Any]:
        done = self.run(*words, "--json")
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    def refused(self, *words: str) -> str:
        done = self.run(*words, "--json")
        assert done.exit_code == 3, done.output
        return str(json.loads(done.stdout.splitlines()[-1])["refused"]["code"])

    def grant(self, to: str, *words: str) -> str:
        return str(self.says("consent", "grant", "--to", to, *YEAR, *words)["id"])

    def read(self, consent: str, tables: tuple[str, ...] = ("invoice",), request: str | None = None) -> Any:
        """What the permit of a bank's command submits."""
        body = {
            "consent": consent,
            "request": request,
            "purpose": "credit_review",
            "tables": list(tables),
            "accounts": None,
        }
        with at(self.root) as world:
            return chain_of(world).act("reading", subject=ACME, basis={"consent": consent}, body=body)


Stage = tuple[Place, Place, Place]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """acme, bank-a, bank-b."""
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("KEMIAO_PASSPHRASE_FILE", raising=False)
    node = tmp_path / "node.db"
    SqliteNode.create(node, genesis(), NOW, seeded("bank-a node")).close()
    first, second, third = (Place(tmp_path / name, name, node) for name in ("acme", "bank-a", "bank-b"))
    return first, second, third


@pytest.mark.slow
def test_query_by_query_from_the_grant_to_the_companys_list(stage: Stage, tmp_path: Path) -> None:
    acme, bank, other = stage
    consent = acme.grant("bank-a", "--table", "bank_transaction", "--table", "invoice", "--account", "6621", "--ask")
    assert bank.read(consent).code == "APPROVAL_NEEDED"
    request = bank.says("consent", "request", "--company", ACME, "--purpose", "credit_review", "--table", "invoice")[
        "id"
    ]
    (waiting,) = acme.says("consent", "list", "--requests")["requests"]
    assert (waiting["id"], waiting["state"], waiting["consent"], waiting["reader"]) == (
        request,
        "waiting",
        consent,
        "bank-a",
    )
    assert "待企业同意" in acme.run("consent", "list").stdout
    acme.says("consent", "approve", request[:8])
    bank.read(consent, request=request)
    (seen,) = acme.lines("consent", "reads")
    assert (seen["reader"], seen["tables"], seen["basis"], seen["request"]) == (
        "bank-a",
        ["invoice"],
        {"consent": consent},
        request,
    )
    acme.run("consent", "reads", "--csv", str(tmp_path / "reads.csv"))
    titles, row = csv.reader((tmp_path / "reads.csv").read_text("utf-8-sig").splitlines())
    assert (titles[1], row[1], row[3], row[-1]) == ("机构", "bank-a", "credit_review", seen["id"])
    assert other.lines("consent", "reads", ACME) == [{**seen}]  # receipts are open to the chain
    assert other.refused("consent", "reads") == "NOT_A_COMPANY"


@pytest.mark.slow
def test_the_list_says_how_each_consent_stands(stage: Stage) -> None:
    acme, bank, other = stage
    once = acme.grant("bank-a", "--tables", "all", "--queries", "1")
    later = acme.grant("bank-a", "--table", "invoice", "--from", "2026-06-01")
    gone = acme.grant("bank-b", "--table", "invoice", "--may-pass-on")
    bank.read(once)
    acme.says("consent", "revoke", gone[:10])
    states = {one["id"]: one["state"] for one in acme.says("consent", "list")["given"]}
    assert states == {once: "used_up", later: "not_yet", gone: "revoked"}
    shown = acme.run("consent", "list").stdout
    assert "已用/上限" in shown and "0/不限" in shown  # how often, of how often at most
    assert "0/no limit" in acme.run("consent", "list", "--lang", "en").stdout
    assert "次数用完 1/1" in shown and "尚未开始" in shown and "已撤回" in shown
    assert [one["id"] for one in bank.says("consent", "list")["held"]] == [once, later]
    assert [one["id"] for one in acme.says("consent", "list", "--reader", "bank-b")["given"]] == [gone]
    assert other.says("consent", "list", "--company", BOLT)["held"] == []


READS = [("consent", "list"), ("consent", "reads", ACME), ("check", "--list"), ("check", "--list", "--contradicted"), ("collateral", "searched", "--debtor", ACME), ("collateral", "due", "--days", "9")]  # fmt: skip


@pytest.mark.slow
def test_while_the_node_is_away_the_replica_is_shown_as_far_as_it_came(stage: Stage) -> None:
    acme, bank, _ = stage
    consent = acme.grant("bank-a", "--table", "invoice")
    bank.read(consent)
    known = [acme.run(*words, "--json").stdout for words in READS]
    write_settings(Home(acme.root), ChainSettings("acme", chain(), "follow", "http://127.0.0.1:1"))
    for words, before in zip(READS, known, strict=True):
        done = acme.run(*words, "--json")
        assert (done.exit_code, done.stdout) == (0, before)
        assert "节点没有应答" in done.stderr
    assert consent[:12] in acme.run("consent", "list").stdout
    assert acme.run("consent", "revoke", "--reader", "bank-a").exit_code == 4  # what writes needs the node


@pytest.mark.slow
def test_a_node_that_lies_or_a_disk_that_fails_is_not_taken_for_one_that_is_away(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    def raises(error: Exception) -> None:
        def refresh(self: FollowedNode) -> None:
            raise error

        monkeypatch.setattr(FollowedNode, "refresh", refresh)

    acme = stage[0]
    write_settings(Home(acme.root), ChainSettings("acme", chain(), "follow", "http://127.0.0.1:1"))
    raises(Refused(Refusal("FORK_DETECTED", "分叉", "a fork")))
    assert {acme.refused(*words) for words in READS} == {"FORK_DETECTED"}
    raises(Outage("CHAIN_DISK", "磁盘", "the disk"))
    more = [*READS, ("participant", "list"), ("chain", "status"), ("chain", "log")]
    assert {acme.run(*words).exit_code for words in more} == {4}


@pytest.mark.slow
def test_what_was_passed_on_is_a_part_and_a_withdrawal_ends_all(stage: Stage) -> None:
    acme, bank, other = stage
    consent = acme.grant("bank-a", "--table", "invoice", "--table", "payroll", "--may-pass-on")
    child = bank.says("consent", "pass", consent[:8], "--to", "bank-b", "--table", "invoice", "--queries", "2")["id"]
    other.read(child)
    assert {one["id"]: one["used"] for one in acme.says("consent", "list")["given"]} == {consent: 1, child: 1}
    assert other.refused("consent", "pass", child[:8], "--to", "auditor") == "PASSING_NOT_ALLOWED"
    acme.says("consent", "revoke", "--reader", "bank-a")
    assert other.read(child).code == "CONSENT_REVOKED"
    assert {one["state"] for one in acme.says("consent", "list")["given"]} == {"revoked"}


def test_the_company_is_shown_in_both_languages_what_it_signs_and_the_digest_is_of_that_text(stage: Stage, tmp_path: Path) -> None:  # fmt: skip
    acme = stage[0]
    own = tmp_path / "notice.txt"
    own.write_text("本行联系方式:…\n", "utf-8")
    done = acme.run(
        "consent",
        "grant",
        "--to",
        "bank-a",
        *YEAR,
        "--table",
        "bank_transaction",
        "--queries",
        "3",
        "--notice",
        str(own),
    )
    assert done.exit_code == 0, done.output
    for words in (
        "授权 Bank A(bank-a)读取本企业的:银行流水",
        "次数:3 次",
        "lets Bank A (bank-a) read its: bank transactions",
        "本行联系方式",
    ):
        assert words in done.stderr
    (given,) = acme.says("consent", "list")["given"]
    assert given["notice"] == digest_bytes("notice", done.stderr.encode())
    with at(acme.root) as world:
        kept = world.log.last("consent_notice", ref=given["notice"])
        assert kept is not None and kept.public["text"] == done.stderr


def test_ids_are_given_by_a_beginning_that_is_long_enough(stage: Stage) -> None:
    acme = stage[0]
    consent = acme.grant("bank-a", "--table", "invoice")
    assert acme.refused("consent", "revoke", consent[:7]) == "NOT_AN_ID"
    assert acme.refused("consent", "revoke", "xyz!xyz!") == "NOT_AN_ID"
    assert acme.refused("consent", "revoke", "0" * 12) == "NO_SUCH_ID"
    acme.says("consent", "revoke", consent[:8].upper())


@pytest.mark.slow
def test_what_the_chain_refuses_is_refused_here_and_usage_is_told(stage: Stage, tmp_path: Path) -> None:
    acme, bank, _ = stage
    assert bank.refused("consent", "grant", "--to", "bank-b", *YEAR, "--table", "invoice") == "NOT_A_COMPANY"
    assert acme.refused("consent", "grant", "--to", "nobody-x", *YEAR, "--table", "invoice") == "NO_SUCH_PARTICIPANT"
    assert acme.refused("consent", "grant", "--to", "bank-a", *YEAR, "--table", "invoices") == "NO_SUCH_TABLE"
    assert acme.refused("consent", "grant", "--to", "bank-a", "--purpose", "sale", "--until", "2026-12-31", "--table", "invoice") == "NO_SUCH_PURPOSE"  # fmt: skip
    assert acme.refused("consent", "grant", "--to", "bank-a", *YEAR, "--table", "invoice", "--notice", str(tmp_path / "no")) == "FILE_UNREADABLE"  # fmt: skip
    assert bank.refused("consent", "request", "--purpose", "credit_review") == "NOTHING_TO_ASK_UNDER"
    usage = acme.run("consent", "revoke")
    assert usage.exit_code == 2
    assert "给出 CONSENT 或 --reader 之一 / give CONSENT or --reader" in usage.stderr
    assert acme.run("check").exit_code == 2
    asked = bank.says("consent", "request", "--company", ACME, "--purpose", "credit_review", "--table", "invoice")["id"]
    assert acme.refused("consent", "approve", asked[:8]) == "NO_SUCH_CONSENT"  # it asks for a consent: grant one


@pytest.mark.slow
def test_a_statement_is_contradicted_and_its_author_finds_it(stage: Stage, tmp_path: Path) -> None:
    acme, bank, other = stage
    body = {"form": "batch", "table": "invoice", "count": 1, "root": "ab" * 32}
    with at(bank.root) as world:
        said = chain_of(world).act("attestation", subject=ACME, body=body).id
        own = chain_of(world).act("attestation", subject=ACME, body=body).id
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"%PDF")
    assert bank.refused("check", said[:8], "--agree") == "OWN_STATEMENT"
    assert other.refused("check", said[:8], "--agree") == "MAY_NOT_CHECK"
    assert acme.refused("check", said[:8], "--contradict", "--grounds", "金额不符") == "EVIDENCE_NEEDED"
    acme.says("check", said[:8], "--contradict", "--evidence", str(paper), "--grounds", "金额不符")
    acme.grant("bank-b", "--table", "invoice")
    other.says("check", own[:8], "--agree")  # the consent is found and named as the basis
    verdicts = [(one["checker"], one["verdict"], one["attestation"]) for one in bank.lines("check", "--list")]
    assert verdicts == [("acme", "contradict", said), ("bank-b", "agree", own)]
    (found,) = bank.lines("check", "--list", "--contradicted")
    assert (found["attestation"], found["checks"][0]["grounds"], found["own_decisions"]) == (said, "金额不符", [])
    assert "acme 反驳:金额不符" in bank.run("check", "--list", "--contradicted").stdout
    with at(acme.root) as world:  # salt and digest stay here, sealed
        kept = world.log.last("check_evidence")
        assert kept is not None
        secret = world.log.private(kept)
        assert secret is not None and digest_bytes("evidence", bytes.fromhex(secret["salt"]) + b"%PDF") == kept.ref


@pytest.mark.slow
def test_at_a_terminal_the_company_is_asked_and_a_no_signs_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = stage[0]
    words = ["consent", "grant", "--to", "bank-a", *YEAR, "--table", "invoice", "--home", str(acme.root)]
    monkeypatch.setattr("kemiao.app.commands.consent.asked_at_a_terminal", lambda: True)
    done = CliRunner().invoke(cli, words, input="n\n")
    assert (done.exit_code, "NOT_CONFIRMED" in done.output) == (3, True)
    assert acme.says("consent", "list")["given"] == []
    assert CliRunner().invoke(cli, words, input="y\n").exit_code == 0
    assert CliRunner().invoke(cli, [*words, "--yes"]).exit_code == 0
    assert len(acme.says("consent", "list")["given"]) == 2
