"""Attesting a file: facts kept sealed, single rows shown again, an erased company's rows gone and the others provable."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bank import chain_bank
from chain.actors import ACME, BOLT, Stage, cast
from kemiao.bank.attested import FACTS, LEAVES, attested_row, folder_of
from kemiao.bank.commands.attest import Attest, Attested, attest
from kemiao.bank.commands.export_chain import as_credential, entries
from kemiao.bank.world import World
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.base.signing import Signer
from kemiao.chain.batch import Fact
from kemiao.chain.credential import Credential, from_credential
from kemiao.chain.node import Accepted, Record
from little_bank import at, new_home


class LittleChain:
    """What these commands ask of bank.chain_side.SharedChain, over the state machine in memory."""

    def __init__(self, me: str, suite: str = "ed25519") -> None:
        self.me, self.stage, self.suite = me, Stage(suite), suite
        self.node, self.away = self, False
        self.chain, self.get = self.stage.records[0].id, self.stage.state.get

    def act(self, kind: str, **parts: Any) -> Accepted | Refusal:
        if self.away:
            raise Outage("NODE_AWAY", "节点不在", "the node is away")
        said = self.stage.say(kind, self.me, **parts)
        return said if isinstance(said, Refusal) else Accepted(said, len(self.stage.records) - 1, self.stage.at)

    def signer(self, purpose: str) -> Signer:
        return cast(self.suite)[self.me].signers[purpose]

    def find(self, entry_id: str) -> Record | None:
        return next((record for record in self.stage.records if record.id == entry_id), None)

    def size(self) -> int:
        return len(self.stage.records)

    def records(self, start: int, limit: int = 1000) -> list[Record]:
        return self.stage.records[start : start + min(limit, 2)]

    def close(self) -> None: ...


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with at(new_home(tmp_path / "home")) as opened:
        yield replace(opened, chain=LittleChain("tax-office"))  # type: ignore[arg-type]


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def stated(world: World, file: Path, **parts: Any) -> Attested:
    done = attest(world, Attest(file, **parts))
    assert isinstance(done, Attested), done
    return done


def row(world: World, entry: str, number: int) -> Fact:
    fact = attested_row(world, entry, number)
    assert isinstance(fact, Fact), fact
    return fact


def code(value: object) -> str:
    assert isinstance(value, Refusal), value
    return value.code


def refused(world: World, file: Path, **parts: Any) -> Refusal:
    """And nothing half-written is left, neither here nor on the chain."""
    try:
        answer = attest(world, Attest(file, **parts))
    except Refused as raised:
        answer = raised.refusal
    assert isinstance(answer, Refusal), answer
    kept = world.home.chain / "attested"
    assert not kept.exists() or not list(kept.iterdir())
    assert world.chain is not None and world.chain.node.size() == 1
    return answer


INVOICES = "企业,发票号码,金额,备注\n" + "".join(
    f'{company.removeprefix("uscc:")},{number:08},{number * 100},"第 {number} 张,含逗号"\n'
    for number, company in enumerate([ACME, BOLT, ACME, BOLT, ACME])
)


def test_a_sheet_is_stated_under_one_root_and_every_row_can_be_shown(world: World, tmp_path: Path) -> None:
    file = written(tmp_path, "invoices.csv", INVOICES)
    about, basis = {"from": "2025-01-01", "until": "2025-12-31"}, {"office": "发票管理"}
    done = stated(world, file, about=about, basis=basis, table="invoice")
    assert (done.count, done.index, done.columns) == (5, 1, ("企业", "发票号码", "金额", "备注"))
    entry = world.chain.stage.records[-1].envelope.decode()  # type: ignore[union-attr]
    body = json.loads(entry)["entry"]["body"]
    assert body == {"form": "batch", "table": "invoice", "columns": list(done.columns), "count": 5, "root": done.root}
    assert "含逗号" not in entry
    for number in range(5):
        fact = row(world, done.entry, number)
        assert fact.is_under(body["root"]) and fact.cells[1:] == (
            f"{number:08}",
            str(number * 100),
            f"第 {number} 张,含逗号",
        )
    assert done.folder == folder_of(world.home, body["root"]) and sorted(one.name for one in done.folder.iterdir()) == [
        FACTS,
        LEAVES,
    ]
    assert "含逗号".encode() not in (done.folder / FACTS).read_bytes()
    assert code(attested_row(world, done.entry, 5)) == code(attested_row(world, done.entry, -1)) == "NO_SUCH_ROW"
    assert code(attested_row(world, "ab" * 32, 0)) == "NO_SUCH_ENTRY"


def test_an_erased_company_s_rows_are_gone_and_the_others_stay_provable(world: World, tmp_path: Path) -> None:
    done = stated(world, written(tmp_path, "invoices.csv", INVOICES))
    world.vault.destroy(ACME)
    assert [isinstance(attested_row(world, done.entry, number), Fact) for number in range(5)] == [False, True] * 2 + [
        False
    ]
    assert code(attested_row(world, done.entry, 0)) == "ROW_ERASED"


def test_rows_about_one_subject_and_rows_about_nobody_are_sealed_each_by_their_own_key(
    world: World, tmp_path: Path
) -> None:
    mine = stated(world, written(tmp_path, "a.csv", "工时\n8\n9\n"), subject=ACME)
    open_to_all = stated(world, written(tmp_path, "b.csv", "气温\n21\n22\n"))
    assert row(world, mine.entry, 1).cells == ("9",) and row(world, open_to_all.entry, 0).cells == ("21",)
    world.vault.destroy(ACME)
    assert code(attested_row(world, mine.entry, 1)) == "ROW_ERASED"
    assert row(world, open_to_all.entry, 0).cells == ("21",)


def test_every_kind_of_file_gives_the_same_cells(world: World, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["名称", "数量"])
    book.active.append(["齿轮", 3])
    book.save(tmp_path / "a.xlsx")
    pq.write_table(pa.table({"名称": ["齿轮"], "数量": pa.array([3], pa.int32())}), tmp_path / "a.parquet")
    files = [
        written(tmp_path, "a.csv", "名称,数量\n齿轮,3\n"), written(tmp_path, "a.jsonl", '{"名称":"齿轮","数量":3}\n'),
        written(tmp_path, "a.json", '{"名称": "齿轮", "数量": 3}'), tmp_path / "a.xlsx", tmp_path / "a.parquet",
    ]  # fmt: skip
    facts = [row(world, stated(world, file).entry, 0) for file in files]
    assert {(fact.columns, fact.cells) for fact in facts} == {(("名称", "数量"), ("齿轮", "3"))}
    assert len({fact.salt for fact in facts}) == 5


def test_typed_columns_nulls_and_nested_objects_have_their_one_text(world: World, tmp_path: Path) -> None:
    table = pa.table(
        {"日": [date(2025, 1, 31), None], "对": [True, None], "字节": [b"\x01\xff", b""], "数": [-(2**63), 0]}
    )
    pq.write_table(table, tmp_path / "typed.parquet")
    done = stated(world, tmp_path / "typed.parquet")
    assert row(world, done.entry, 0).cells == ("2025-01-31", "true", "01ff", str(-(2**63)))
    assert row(world, done.entry, 1).cells == (None, None, "", "0")
    nested = stated(world, written(tmp_path, "n.json", '{"b": {"y": [1, null], "x": "“"}, "a": null}'))
    assert row(world, nested.entry, 0).cells == ('{"x":"“","y":[1,null]}', None)


def test_a_public_statement_stands_in_the_entry_itself(world: World, tmp_path: Path) -> None:
    file = written(tmp_path, "s.json", '{"结论": "无欠税", "年度": 2025, "存疑": false}')
    done = stated(world, file, subject=ACME, public=True)
    body = json.loads(world.chain.stage.records[-1].envelope)["entry"]["body"]  # type: ignore[union-attr]
    assert body == {"form": "statement", "statement": {"结论": "无欠税", "年度": 2025, "存疑": False}, "table": None}
    assert (done.root, done.folder) == (None, None)
    assert code(attested_row(world, done.entry, 0)) == "NOT_A_BATCH"
    one = stated(world, written(tmp_path, "one.csv", "结论,年度\n无欠税,2025\n"), public=True)
    assert one.columns == ("结论", "年度")
    pq.write_table(pa.table({"日": [date(2025, 6, 30)], "数": [2**53 - 1]}), tmp_path / "typed.parquet")
    stated(world, tmp_path / "typed.parquet", public=True)
    typed = json.loads(world.chain.stage.records[-1].envelope)["entry"]["body"]["statement"]  # type: ignore[union-attr]
    assert typed == {"日": "2025-06-30", "数": 2**53 - 1}
    pq.write_table(pa.table({"数": [2**53]}), tmp_path / "typed.parquet")
    assert code(attest(world, Attest(tmp_path / "typed.parquet", public=True))) == "NOT_A_STATEMENT"


@pytest.mark.parametrize(
    ("name", "text", "expected", "where"),
    [
        ("a.csv", "甲,乙\n1,2\n1,2,3\n", "UNREADABLE_ROW", {"row": "3"}),
        ("a.csv", "甲,乙\n1\n", "UNREADABLE_ROW", {"row": "2"}),
        ("a.csv", "甲,甲\n1,2\n", "BAD_HEADER", {"row": "1", "column": "甲"}),
        ("a.csv", "甲,,乙\n1,2,3\n", "BAD_HEADER", {"row": "1", "column": "2"}),
        ("a.csv", "长" * 65 + "\n1\n", "BAD_HEADER", {"row": "1"}),
        ("a.csv", "甲,乙\n", "EMPTY_BATCH", {}),
        ("a.jsonl", '{"甲": 1}\nnot json\n', "UNREADABLE_ROW", {"row": "2"}),
        ("a.jsonl", '{"甲": 1}\n' * 1001 + '{"甲": 1, "乙": 2}\n', "UNKNOWN_COLUMN", {"row": "1002", "column": "乙"}),
        ("a.jsonl", '{"甲": 1, "甲": 2}\n', "UNKNOWN_COLUMN", {"row": "1", "column": "甲"}),
        ("a.jsonl", '{"甲": "\\ud800"}\n', "UNREADABLE_ROW", {"row": "1"}),
        ("a.jsonl", '{"甲": 1}\n[1, 2]\n', "UNREADABLE_ROW", {"row": "2"}),
        ("a.json", '{"甲": 1.5}', "NOT_JSON", {}),
        ("a.json", "[1]", "NOT_JSON", {}),
        ("a.json", "{}", "BAD_HEADER", {}),
        ("a.exe", "甲\n1\n", "UNKNOWN_KIND_OF_FILE", {}),
    ],
)
def test_a_bad_file_is_refused_by_file_row_and_column(
    world: World, tmp_path: Path, name: str, text: str, expected: str, where: Mapping[str, str]
) -> None:
    answer = refused(world, written(tmp_path, name, text))
    assert answer.code == expected
    assert {"file": name, **where}.items() <= dict(answer.where).items()


def test_floats_several_sheets_and_missing_files_are_refused(world: World, tmp_path: Path) -> None:
    pq.write_table(pa.table({"金额": [1.5]}), tmp_path / "f.parquet")
    answer = refused(world, tmp_path / "f.parquet")
    assert (answer.code, dict(answer.where)) == ("NO_FIXED_TEXT", {"file": "f.parquet", "column": "金额"})
    (tmp_path / "b.jsonl").write_bytes('{"甲": 1}\n{"甲": "'.encode() + b"\xff" + b'"}\n')
    assert dict(refused(world, tmp_path / "b.jsonl").where)["row"] == "2"
    book = openpyxl.Workbook()
    book.active.append(["甲"])
    book.create_sheet("二").append(["乙"])
    book.save(tmp_path / "two.xlsx")
    assert refused(world, tmp_path / "two.xlsx").code == "SEVERAL_SHEETS"
    assert refused(world, tmp_path / "none.csv").code == refused(world, tmp_path / "none.json").code == "NO_SUCH_FILE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n1\n2\n", "PUBLIC_IS_ONE_STATEMENT"),
        ("a\n" + "长" * 2001 + "\n", "NOT_A_STATEMENT"),
        (",".join(map(str, range(51))) + "\n" + ",".join(map(str, range(1, 52))) + "\n", "NOT_A_STATEMENT"),
    ],
)
def test_a_public_statement_is_small(world: World, tmp_path: Path, text: str, expected: str) -> None:
    assert refused(world, written(tmp_path, "p.csv", text), public=True).code == expected


def test_what_the_chain_refuses_is_not_kept_and_what_it_may_still_take_is(world: World, tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", "甲\n1\n")
    assert refused(world, file, table="no_such_table").code == "NO_SUCH_TABLE"
    assert refused(world, file, about={"from": "2025-02-01", "until": "2025-01-01"}).code == "MALFORMED_ENTRY"
    world.chain.away = True  # type: ignore[union-attr]
    with pytest.raises(Outage):
        attest(world, Attest(file))
    assert len(list((world.home.chain / "attested").iterdir())) == 1


def test_a_process_that_dies_before_it_hears_of_the_acceptance_loses_no_facts(tmp_path: Path) -> None:
    root, file = chain_bank.chain_home(tmp_path / "own"), written(tmp_path, "a.csv", "甲\n1\n2\n")
    with chain_bank.at(root) as dying, pytest.MonkeyPatch.context() as patched:
        patched.setattr("kemiao.bank.intents.end", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            attest(dying, Attest(file))
    with chain_bank.at(root) as later:
        assert chain_bank.shared(later).finish() == 1
        entry = chain_bank.shared(later).node.records(1)[0].id
        assert row(later, entry, 1).cells == ("2",)


def test_damaged_facts_and_leaves_are_named(world: World, tmp_path: Path) -> None:
    done = stated(world, written(tmp_path, "invoices.csv", INVOICES))
    assert done.folder is not None
    for name, expected in ((FACTS, "FACTS_DAMAGED"), (LEAVES, "LEAF_FILE_DAMAGED")):
        file = done.folder / name
        whole = file.read_bytes()
        for content in (whole[: len(whole) // 2], b"", bytes(len(whole))):
            file.write_bytes(content)
            assert code(attested_row(world, done.entry, 1)) == expected
        file.write_bytes(whole)
    sealed = pq.read_table(done.folder / FACTS)
    pq.write_table(sealed.take([1, 1, 1, 1, 1]), done.folder / FACTS)
    assert code(attested_row(world, done.entry, 3)) == "FACTS_DAMAGED"
    os.remove(done.folder / FACTS)  # noqa: PTH107
    assert code(attested_row(world, done.entry, 3)) == "FACTS_DAMAGED"
    done.folder.rename(tmp_path / "elsewhere")
    assert code(attested_row(world, done.entry, 3)) == "NOT_KEPT_HERE"


def test_the_chain_is_exported_line_by_line_and_an_own_entry_as_a_credential(world: World, tmp_path: Path) -> None:
    first = stated(world, written(tmp_path, "a.csv", "甲\n1\n"))
    second = stated(world, written(tmp_path, "b.csv", "甲\n1\n"))
    lines = list(entries(world))
    assert [line["index"] for line in lines] == [0, 1, 2] and "genesis" in lines[0]
    assert [line["id"] for line in entries(world, 1)] == [first.entry, second.entry]
    made = as_credential(world, first.entry)
    assert not isinstance(made, Refusal)
    back = from_credential(json.loads(json.dumps(made)))
    assert isinstance(back, Credential) and back.signed.id == first.entry
    assert code(as_credential(world, "ab" * 32)) == code(as_credential(world, lines[0]["id"])) == "NO_SUCH_ENTRY"
    world.chain.me = "bank-a"  # type: ignore[union-attr]
    assert code(as_credential(world, first.entry)) == "NOT_THE_AUTHOR"


def test_a_home_with_sm2_keys_is_told_that_credentials_have_no_such_proof(world: World, tmp_path: Path) -> None:
    other: Any = replace(world, chain=LittleChain("tax-office", "sm2"))  # type: ignore[arg-type]
    done = stated(other, written(tmp_path, "a.csv", "甲\n1\n"))
    assert code(as_credential(other, done.entry)) == "SUITE_HAS_NO_CREDENTIAL"
