"""erase: the key is destroyed, the rows leave the lake, what was proven stays provable."""

from __future__ import annotations

from pathlib import Path

import pytest

from kemiao.bank.commands import erase as erasing
from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.commands.erase import Erased, erase
from kemiao.bank.views import companies
from kemiao.base.refusal import Refusal
from kemiao.facts.tables import TABLES
from little_bank import ME, OTHER, THIN, at, decided_home, put, sound


@pytest.fixture
def ids(tmp_path) -> dict[str, str]:
    return decided_home(tmp_path / "home")


@pytest.fixture
def world(ids, tmp_path):
    with at(tmp_path / "home") as opened:
        yield opened


def rows_naming(folder: Path, company: str) -> dict[str, int]:
    """Rows of every file that lies in the lake, current or not, in which the key stands in any column."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found = {}
    for path in folder.rglob("*.parquet"):
        table = pq.read_table(path)
        for name in table.column_names:
            if str(table.schema.field(name).type) in ("string", "large_string", "string_view"):
                count = pc.sum(pc.equal(table[name].cast("string"), company)).as_py() or 0
                if count:
                    found[f"{path.parent.name}.{name}"] = count
    return found


@pytest.mark.slow
def test_no_row_that_names_it_is_left_in_any_file_and_its_key_is_gone(world, tmp_path):
    key = world.vault.keys([ME], make=False)[ME]
    assert rows_naming(tmp_path / "home" / "lake", ME).keys() >= {
        "invoice.seller",
        "payroll.company",
        "shareholding.holder",
    }
    answer = erase(world, ME, "撤回授权 2024-17")
    assert isinstance(answer, Erased)
    assert answer.key_destroyed
    assert set(answer.tables) == set(sound())
    assert rows_naming(tmp_path / "home" / "lake", ME) == {}
    assert key not in (tmp_path / "home" / "vault.db").read_bytes()


@pytest.mark.slow
def test_the_other_sides_facts_stay_behind_one_pseudonym(world, ids):
    erase(world, ME, "-")
    document = assess(world, Request((OTHER,))).documents[0]
    assert document["rows"]["invoice"]["1"][0] == 1  # what the erased one sold to it
    with world.lake.open(erasing_permit(), world.log.snapshot()[1], None, world.clock.today()) as facts:
        sellers = facts.sql("SELECT seller FROM invoice WHERE batch = 1")["seller"].to_pylist()
        holders = facts.sql("SELECT holder FROM shareholding WHERE holder_kind = 'company'")["holder"].to_pylist()
    assert sellers == holders
    assert sellers[0].startswith("foreign:erased-")
    assert ME.removeprefix("uscc:") not in sellers[0]


def erasing_permit():
    from kemiao.facts.permit import Permit
    from little_bank import DAY

    return Permit((OTHER,), tuple(TABLES), "trace", DAY, "reading")


@pytest.mark.slow
def test_the_chain_of_digests_still_verifies_and_the_decision_says_nothing(world, ids):
    decision = world.log.last("decision", ref=ids[ME])
    erase(world, ME, "-")
    assert world.log.broken_link() is None
    assert world.log.last("decision", ref=ids[ME]) == decision  # its place, digest and commitment stay
    assert world.log.private(decision) is None
    assert world.log.private(world.log.last("decision", ref=ids[OTHER])) is not None
    assert world.log.last("erased", subject=ME).public["reason"] == "-"


@pytest.mark.slow
def test_a_second_run_is_harmless(world, tmp_path):
    erase(world, ME, "-")
    before = rows_of(world)
    again = erase(world, ME, "once more")
    assert not again.key_destroyed
    assert rows_of(world) == before
    assert world.log.broken_link() is None


def rows_of(world) -> dict[str, int]:
    with world.lake.open(erasing_permit(), world.log.snapshot()[1], None, world.clock.today()) as facts:
        return {name: facts.sql(f'SELECT * FROM "{name}"').num_rows for name in TABLES}  # noqa: S608


@pytest.mark.slow
@pytest.mark.parametrize("at_table", ["invoice", "payroll"])
def test_a_crash_in_the_middle_is_finished_by_a_second_run(world, tmp_path, monkeypatch, at_table):
    before, remove = world.log.snapshot(), erasing._remove

    def crash(world, table, company, pseudonym):
        if table == at_table:
            raise RuntimeError("power cut")
        remove(world, table, company, pseudonym)

    monkeypatch.setattr(erasing, "_remove", crash)
    with pytest.raises(RuntimeError):
        erase(world, ME, "-")
    assert world.log.snapshot() == before
    assert world.vault.keys([ME], make=False) == {}  # what is sealed can't be read from the first moment on
    monkeypatch.undo()
    erase(world, ME, "-")
    assert rows_naming(tmp_path / "home" / "lake", ME) == {}


@pytest.mark.slow
def test_an_erased_company_is_nobodys_subject_until_its_papers_come_again(world):
    assert companies(world) == tuple(sorted((ME, OTHER, THIN)))
    erase(world, ME, "-")
    assert companies(world) == tuple(sorted((OTHER, THIN)))
    assert {document["company"] for document in assess(world, Request(None)).documents} == {OTHER, THIN}
    refused = assess(world, Request((ME,)))
    assert isinstance(refused, Refusal)
    assert refused.code == "NO_FACTS"
    assert world.vault.keys([ME], make=False) == {}  # no new key was made for it
    put(world, {"invoice": sound()["invoice"]}, companies=(ME,))
    assert companies(world) == tuple(sorted((ME, OTHER, THIN)))
    assert assess(world, Request((ME,))).documents[0]["company"] == ME


def test_an_erasure_gives_its_ground(world):
    assert erase(world, ME, "  ").code == "REASON_MISSING"
    assert world.log.last("erased") is None


@pytest.mark.slow
def test_a_key_with_a_quote_erases_itself_only(world):
    put(world, {"payroll": [{"company": "foreign:a'b", "month_end": world.clock.today(), "people": 1, "total_fen": 1}]})
    before = rows_of(world)
    erase(world, "foreign:a'b", "-")
    erase(world, "foreign:' OR '1'='1", "-")
    assert rows_of(world) == before
