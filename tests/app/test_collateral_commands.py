"""kemiao collateral, between two banks and a debtor with homes and keys of their own that share one node."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from openpyxl import Workbook
from typer.testing import CliRunner

from bank.chain_bank import CHEAP, NOW, PASSPHRASE
from chain.actors import ACME, BLINDING_KEY, BOLT, chain, genesis, seeded
from kemiao.app.cli import cli
from kemiao.bank.chain_link import NODE_FILE
from kemiao.bank.chain_side import ChainSettings, write_settings
from kemiao.bank.home import Home
from kemiao.bank.own_keys import BLINDING_FILE
from kemiao.chain.keyring import KeyStore
from kemiao.chain.proof_checking import Proved, check
from kemiao.chain.sealed import seal_secret
from kemiao.chain.sqlite_node import SqliteNode
from little_bank import new_home

SELLER, BUYER = ACME.removeprefix("uscc:"), BOLT.removeprefix("uscc:")
INVOICE = ("--kind", "invoice", "--number", "00123456", "--date", "2026-02-05", "--seller", SELLER, "--buyer", BUYER, "--total", "1,000.00")  # fmt: skip
PLEDGE = ("--right", "pledge", "--debtor", SELLER, "--claim", "900", "--until", "2027-01-01")
MACHINE = ("--kind", "machine", "--serial", "SN-0071 A", "--maker", "沈阳机床")


class Place:
    """One participant: its home, and what it types."""

    def __init__(self, root: Path, me: str, node: Path, *, member: bool) -> None:
        self.root, self.me = root, me
        new_home(root)
        settings = root / "kemiao.toml"
        settings.write_text(settings.read_text("utf-8") + "today = 2026-03-02\n", "utf-8")
        home, store = Home(root), KeyStore(root / "keys")
        home.chain.mkdir(mode=0o700)
        for purposes in (("keys",), ("consent", "entries"), ("node",)):
            seed = hashlib.sha256(f"actor {me} {purposes[0]}".encode()).digest()
            store.save(me, purposes[0], "ed25519", seed, purposes, PASSPHRASE, os.urandom, cost=CHEAP)
        if member:
            seal_secret(home.chain / BLINDING_FILE, BLINDING_KEY, PASSPHRASE, {"what": "blinding key", "chain": chain()}, os.urandom, CHEAP)  # fmt: skip
        (home.chain / NODE_FILE).symlink_to(node)
        write_settings(home, ChainSettings(me, chain(), "node"))

    def run(self, *words: object, code: int = 0) -> Result:
        done = CliRunner().invoke(cli, ["collateral", *map(str, words), "--home", str(self.root)])
        assert done.exit_code == code, done.output
        return done

    def lines(self, *words: object) -> list[Any]:
        return [json.loads(line) for line in self.run(*words, "--json").stdout.splitlines()]

    def says(self, *words: object) -> Any:
        (answer,) = self.lines(*words)
        return answer

    def refused(self, *words: object) -> dict[str, Any]:
        return dict(json.loads(self.run(*words, "--json", code=3).stdout.splitlines()[-1])["refused"])

    def register(self, *words: object) -> str:
        return str(self.says("register", *words)["right"]["id"])


Stage = tuple[Place, Place, Place]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """bank-a, bank-b, acme; acme has no blinding key."""
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("KEMIAO_PASSPHRASE_FILE", raising=False)
    monkeypatch.setenv("KEMIAO_LANG", "en")
    monkeypatch.chdir(tmp_path)
    node = tmp_path / "node.db"
    SqliteNode.create(node, genesis(), NOW, seeded("bank-a node")).close()
    first, second, third = (Place(tmp_path / name, name, node, member=name != "acme") for name in ("bank-a", "bank-b", "acme"))  # fmt: skip
    return first, second, third


@pytest.mark.slow
def test_a_second_bank_learns_that_an_invoice_is_pledged_however_it_types_it(stage: Stage) -> None:
    bank, other, acme = stage
    first = bank.register(*INVOICE, *PLEDGE, "--pledged", "600")
    typed = ("--kind", "invoice", "--number", "123456", "--date", "2026年2月5日", "--seller", ACME.lower(), "--buyer", BUYER.lower(), "--total", "1000元")  # fmt: skip
    answer = other.refused("register", *typed, *PLEDGE)
    assert (answer["code"], answer["where"]) == ("ALREADY_ENCUMBERED", {"rights": first, "holders": "bank-a"})
    assert f"--behind {first}" in other.run("register", *typed, *PLEDGE, code=3).stderr
    behind = ("--behind", first, "--pledged")
    assert other.refused("register", *INVOICE, *PLEDGE, *behind, "400.01")["code"] == "OVER_PLEDGED"
    second = other.says("register", *INVOICE, *PLEDGE, *behind, "400")
    assert (second["right"]["rank"], second["notes"][0]["where"]["behind"]) == (2, first)
    found = bank.says("search", *INVOICE)
    assert [(each["holder"], each["rank"], each["pledged_fen"]) for each in found["rights"]] == [("bank-a", 1, 60_000), ("bank-b", 2, 40_000)]  # fmt: skip
    assert [(each["by"], each["found"]) for each in acme.lines("searched", "--debtor", SELLER)] == [("bank-a", 2)]
    assert acme.refused("search", *INVOICE)["code"] == "NO_BLINDING_KEY"
    assert {each["holder"] for each in acme.says("search", "--debtor", SELLER)["rights"]} == {"bank-a", "bank-b"}


@pytest.mark.slow
def test_while_the_node_is_away_what_happened_to_a_right_can_still_be_read(stage: Stage) -> None:
    bank = stage[0]
    own = bank.register(*MACHINE, "--right", "mortgage", "--debtor", SELLER, "--claim", "50万", "--until", "2026-04-10")  # fmt: skip
    write_settings(Home(bank.root), ChainSettings("bank-a", chain(), "follow", "http://127.0.0.1:1"))
    for words in (("history", own[:8]), ("history", *MACHINE), ("due", "--days", "60")):
        done = bank.run(*words, "--json")
        assert json.loads(done.stdout)["id"] == own
        assert "the node does not answer" in done.stderr
    assert "the node does not answer" in bank.run("history", "f" * 64, code=3).stderr  # it may be there, unknown to us
    bank.run("search", *MACHINE, code=4)  # leaves a receipt: needs the node


@pytest.mark.slow
def test_words_say_who_ranks_where_and_what_looks_alike(stage: Stage) -> None:
    bank, other, _ = stage
    first = bank.register(*MACHINE, "--right", "mortgage", "--debtor", SELLER, "--claim", "50万", "--until", "2027-01-01")  # fmt: skip
    words = ("--right", "抵押", "--debtor", SELLER, "--claim", "20万", "--until", "2027-01-01", "--behind", first, "--delivered", "2026-02-20")  # fmt: skip
    shown = other.run("register", *MACHINE, *words).stdout
    assert "ranks 1 of 2 (purchase-money priority), before the others" in shown
    near = other.run("register", "--kind", "machine", "--serial", "SN-0O71 A", "--maker", "沈阳机床", *words[:6], "--until", "2027-01-01", "--lang", "zh").stdout  # fmt: skip
    assert "顺位第 1" in near and "疑似重复:与 bank-a 的一项权利" in near
    table = bank.run("search", *MACHINE, "--lang", "zh").stdout
    assert "价款优先" in table and "疑似同一物" in table and "O/0" in table
    assert "may be over the same thing" in bank.run("history", first).stdout


@pytest.mark.slow
def test_a_right_is_handed_over_given_up_renewed_and_proved(stage: Stage) -> None:
    bank, other, acme = stage
    own = bank.register(*INVOICE, *PLEDGE)
    (bank.root / "contract.pdf").write_bytes(b"contract")
    soon = bank.says("register", "--kind", "patent", "--number", "2021 1 0000001.X", "--right", "pledge", "--debtor", SELLER, "--claim", "5万", "--until", "2026-05-01", "--contract", bank.root / "contract.pdf")  # fmt: skip
    assert soon["odd_check_digit"] is True and len(soon["right"]["commitment"]) == 64
    assert [each["days_left"] for each in bank.lines("due")] == [60]
    assert bank.lines("due", "--days", "59") == []
    assert bank.says("renew", soon["right"]["id"][:12], "--until", "2026-12-31")["until"] == "2026-12-31"
    assert bank.lines("due", "--days", "90") == []
    assert other.refused("transfer", own, "--to", "bank-b")["code"] == "NOT_THE_HOLDER"
    assert bank.says("transfer", own, "--to", "bank-b")["holder"] == "bank-b"
    assert other.says("release", own, "--amount", "400")["pledged_fen"] == 60_000
    assert other.says("release", own)["state"] == "released"
    assert other.refused("release", own)["code"] == "ALREADY_RELEASED"
    assert other.refused("release", "0" * 64)["code"] == "NO_SUCH_RIGHT"
    (told,) = acme.lines("history", own)
    assert [act["act"] for act in told["acts"]] == ["register", "transfer", "release", "release"]
    assert all(act["counts"] for act in told["acts"])
    proved = acme.lines("proof", "--debtor", SELLER, "--out", "proofs")
    files = sorted(Path("proofs").iterdir())
    assert sorted(name for each in proved for name in each["files"]) == [file.name for file in files]
    assert len(files) == 6 and all(isinstance(check(file.read_bytes(), chain()), Proved) for file in files)
    assert acme.refused("proof", "--debtor", SELLER, "--out", "proofs")["code"] == "NOT_EMPTY"
    assert acme.refused("proof", "--debtor", BUYER, "--out", "none")["code"] == "NOTHING_REGISTERED"


HEADER = ["种类", "发票号码", "开票日期", "销方税号", "购方税号", "价税合计(万元)", "担保方式", "债务人", "担保金额", "登记到期日"]  # fmt: skip


def row(number: object, total: object = "0.1", seller: str = SELLER, right: str = "质押") -> list[object]:
    return ["发票", number, "2026-02-05", seller, BUYER, total, right, SELLER, "900元", "2027-01-01"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl"])
def test_a_file_of_registrations_names_its_bad_rows_and_takes_the_others(stage: Stage, kind: str) -> None:
    bank, _, _ = stage
    rows = [row("1001"), row("1002", "-0.1"), row("1001"), row("1003", seller="91310000MA1FL0L959"), row("1004", right="赠与"), row("1005")]  # fmt: skip
    path = Path(f"rights.{kind}")
    match kind:
        case "csv":
            path.write_text("\n".join(",".join(map(str, line)) for line in [HEADER, *rows]) + "\n", "gb18030")
        case "xlsx":
            book = Workbook()
            for line in [HEADER, *rows]:
                book.active.append(line)
            book.save(path)
        case "jsonl":
            path.write_text("\n".join(json.dumps(dict(zip(HEADER, line, strict=True))) for line in rows), "utf-8")
    answers = bank.lines("register", "--file", path)
    refused = [(each["refused"]["code"], each["refused"]["where"].get("row"), each["refused"]["where"].get("column")) for each in answers if "refused" in each]  # fmt: skip
    first = 1 if kind == "jsonl" else 2
    assert refused == [
        ("NOT_A_RECEIVABLE", str(first + 1), "价税合计(万元)"), ("ALREADY_ENCUMBERED", str(first + 2), None),
        ("USCC_CHECK_DIGIT", str(first + 3), "销方税号"), ("UNKNOWN_RIGHT", str(first + 4), "担保方式"),
    ]  # fmt: skip
    taken = [each["right"] for each in answers if "right" in each]
    assert [each["total_fen"] for each in taken] == [100_000, 100_000]


@pytest.mark.slow
def test_a_file_without_its_columns_or_with_rounded_numbers_is_refused(stage: Stage) -> None:
    bank, _, _ = stage
    Path("a.csv").write_text("种类,发票号码\n发票,1\n", "utf-8")
    assert bank.refused("register", "--file", "a.csv")["code"] == "COLUMN_MISSING"
    book = Workbook()
    for line in [HEADER, row(24312000000012345678)]:
        book.active.append(line)
    book.save("b.xlsx")
    answer = bank.refused("register", "--file", "b.xlsx")
    assert (answer["code"], answer["where"]) == ("DIGITS_LOST", {"file": "b.xlsx", "row": "2", "column": "发票号码"})
    assert bank.refused("register", "--file", "absent.csv")["code"] == "NO_SUCH_FILE"


@pytest.mark.slow
def test_what_is_not_said_is_asked_for_and_a_home_without_a_chain_says_so(stage: Stage, tmp_path: Path) -> None:
    bank, _, _ = stage
    bank.run("register", "--kind", "invoice", code=2)
    bank.run("search", code=2)
    bank.run("search", "--number", "1", code=2)
    bank.run("history", code=2)
    assert bank.refused("search", "--kind", "machine", "--serial", "1")["where"] == {"part": "maker"}
    new_home(tmp_path / "alone")
    done = CliRunner().invoke(cli, ["collateral", "due", "--home", str(tmp_path / "alone"), "--json"])
    assert (done.exit_code, json.loads(done.stdout)["refused"]["code"]) == (3, "NO_CHAIN")
