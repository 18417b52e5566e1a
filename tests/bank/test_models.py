"""The life of a model: kept whole or not at all, promoted by another person, replayed after it was replaced, carried elsewhere."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.commands.assess import Request as Assess
from kemiao.bank.commands.assess import assess
from kemiao.bank.commands.backup import backup, restore
from kemiao.bank.commands.promote_rating import Request, promote_rating, retire_rating
from kemiao.bank.commands.replay import replay
from kemiao.bank.model_store import keep, read_directory, read_model, sha256, stored, write_directory
from kemiao.bank.models import known_models, same_person, stored_model
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Outage, Refused
from kemiao.credit.document import decision_id
from kemiao.credit.rating.inputs import Input
from kemiao.credit.rating.scorecard import Bin, Characteristic, Scorecard, to_bytes
from little_bank import ME, at, decided_home

FIGURES = {"auc_ppm": 800_000, "auc_low_ppm": 700_000, "auc_high_ppm": 900_000}
VALIDATION = FIGURES | {"examination": {"form": 1}}
FACTS = {"label": "default", "horizon_days": 365, "rows": 100, "events": 20, "table_digest": "0" * 64, "seed": 0, "code": "0.1.0+x", "calibration": "platt", "validation": FIGURES}  # fmt: skip
INPUTS = (
    Input("staff_total", "number", "count", 100, 0, Decimal(1), Decimal("12.5"), ((500_000, Decimal(9)),), Decimal(9)),
)


def card(points: int = 20, feature: str = "staff_total", name: str = "small") -> Scorecard:
    bins = (
        Bin(0, "少", "few", high=Decimal(5)),
        Bin(points, "多", "many", low=Decimal(5)),
        Bin(3, "未知", "unknown", unknown=True),
    )
    return Scorecard(
        name, "fitted", 600, (Characteristic(feature, "?", "?", "count", bins),), ((0, 30_000), (610, 9_000)), FACTS
    )


def put_model(world, one: Scorecard, by: str = "李强", validation=VALIDATION) -> str:
    with world.log.write() as tx:
        kept = keep(world.home.models, stored(one, {"fitted_by": by, "table_digest": "0" * 64}, validation, INPUTS))
        tx.append("model", ref=one.digest, public={"name": one.name, "kind": one.kind, "how": "fit", "fitted_by": by, "manifest": kept.manifest_digest, **FACTS})  # fmt: skip
    return one.digest


@pytest.fixture
def home(tmp_path) -> Path:
    decided_home(tmp_path / "home")
    return tmp_path / "home"


def promoted(world, model: str | None, by: str = "王敏", **more):
    return promote_rating(world, Request(model, by, "试用", **more))


def code(answer) -> str:
    return getattr(answer, "code", "done")


def test_a_model_comes_back_as_it_was_kept_and_keeping_it_again_changes_nothing(home):
    with at(home) as world:
        digest = put_model(world, card())
        folder = world.home.models / digest
        before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
        assert sorted(before) == ["card.json", "inputs.json", "manifest.json", "validation.json"]
        put_model(world, card(), by="赵云")
        assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before
        known, found = stored_model(world, "small")
        assert (found.model, found.inputs, found.validation) == (card(), INPUTS, VALIDATION)
        assert known.fitters == ("李强", "赵云")


@pytest.mark.parametrize("name", ["card.json", "inputs.json", "validation.json", "manifest.json"])
@pytest.mark.parametrize("harm", ["missing", "altered"])
def test_a_missing_or_altered_file_is_refused_by_its_name(home, name, harm):
    with at(home) as world:
        path = world.home.models / put_model(world, card()) / name
        content = path.read_bytes()
        path.unlink() if harm == "missing" else path.write_bytes(content.replace(b"0", b"1", 1))
        refused = promoted(world, "small")
        assert refused.code == {"missing": "MODEL_FILE_MISSING", "altered": "MODEL_ALTERED"}[harm]
        assert dict(refused.where)["file"].endswith(name)


def test_a_model_of_a_newer_program_is_refused_with_both_versions(home):
    with at(home) as world:
        path = world.home.models / put_model(world, card()) / "manifest.json"
        path.write_bytes(canonical_bytes(json.loads(path.read_bytes()) | {"version": 7}))
        refused = promoted(world, "small")
        assert refused.code == "MODEL_FORM_NEWER" and "7" in refused.en and "up to 1" in refused.en


def test_a_manifest_can_name_no_file_outside_and_a_stranger_is_left_alone(home, tmp_path):
    with at(home) as world:
        folder = world.home.models / put_model(world, card())
        (folder / "notes.txt").write_text("mine", "utf-8")
        assert stored_model(world, "small")[1].strangers == ("notes.txt",)
        head = json.loads((folder / "manifest.json").read_bytes())
        head["files"]["../kemiao.toml"] = sha256(b"")
        write_directory(tmp_path / "forged", {"manifest.json": canonical_bytes(head)})
        assert read_directory(tmp_path / "forged").code == "NOT_A_MODEL"


def test_a_write_that_fails_leaves_no_directory(home, monkeypatch):
    real, calls = os.fsync, []

    def fails(handle):
        calls.append(handle)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        real(handle)

    with at(home) as world:
        monkeypatch.setattr(os, "fsync", fails)
        with pytest.raises(Outage):
            keep(world.home.models, stored(card(), {}, VALIDATION, INPUTS))
        assert list(world.home.models.iterdir()) == []


def test_who_fitted_a_model_does_not_promote_it(home):
    with at(home) as world:
        put_model(world, card(), by="Li Qiang")
        put_model(world, card(), by="赵云")
        for by in ("li  QIANG", "LIQIANG", "Ｌi Qiang", "赵云 "):
            assert code(promoted(world, "small", by)) == "SAME_PERSON"
        assert code(promoted(world, "small", " ")) == "NOBODY"
        assert code(promoted(world, "small", approved_by="赵云")) == "SAME_PERSON"
        assert code(promoted(world, "small", approved_by="孙权")) == "done"
    assert not same_person("李强", "李 刚")


def test_policy_may_ask_for_a_third_person(home):
    path = home / "policy" / "models.toml"
    path.write_text(path.read_text("utf-8").replace("approval = false", "approval = true"), "utf-8")
    with at(home) as world:
        put_model(world, card())
        assert code(promoted(world, "small")) == "APPROVAL_MISSING"
        assert code(promoted(world, "small", approved_by="王 敏")) == "SAME_PERSON"
        assert code(promoted(world, "small", approved_by="孙权")) == "done"


def test_what_was_not_validated_or_does_not_fit_the_profile_is_not_promoted(home):
    with at(home) as world:
        put_model(world, card(name="blind"), validation={})
        put_model(world, card(21, name="figures"), validation=FIGURES)
        put_model(world, card(feature="shoe_size", name="strange"))
        put_model(world, card(feature="region", name="text"))
        assert [code(promoted(world, name)) for name in ("blind", "figures")] == ["NO_VALIDATION"] * 2
        strange = promoted(world, "strange")
        assert strange.code == "MODEL_NOT_OF_PROFILE" and "shoe_size" in strange.en
        assert code(promoted(world, "text")) in ("COLUMN_NOT_NUMBERS", "MODEL_NOT_OF_PROFILE")


@pytest.mark.slow
def test_a_retired_model_stays_for_its_decisions_and_is_never_promoted_again(home):
    with at(home) as world:
        put_model(world, card())
        promoted(world, "small")
        decision = decision_id(assess(world, Assess((ME,))).documents[0])
        assert code(retire_rating(world, "small", "王敏", "旧")) == "MODEL_IN_USE"
        put_model(world, card(21, name="next"))
        promoted(world, "next")
        assert code(retire_rating(world, "small", "王敏", "旧")) == "done"
        assert code(promoted(world, "small")) == "MODEL_RETIRED"
        assert code(retire_rating(world, "small", "王敏", "旧")) == "MODEL_RETIRED"
        assert {each.name: each.state for each in known_models(world)} == {"small": "retired", "next": "in_use"}
    with at(home) as world:
        assert replay(world, decision).result == "identical"


@pytest.mark.slow
def test_a_single_file_of_the_first_release_rates_and_replays(home):
    with at(home) as world:
        old = card(name="old")
        (world.home.models / f"{old.digest}.json").write_bytes(to_bytes(old))
        with world.log.write() as tx:
            tx.append("model", ref=old.digest, public={"name": "old", "kind": "fitted", **FACTS})
        assert code(promoted(world, "old")) == "FITTER_UNKNOWN"
        with world.log.write() as tx:  # as the first release promoted it
            tx.append("promotion", ref=old.digest, public={"model": old.digest, "name": "old", "before": None, "by": "a", "reason": "b"})  # fmt: skip
    with at(home) as world:
        document = assess(world, Assess((ME,))).documents[0]
        assert document["model"] == old.digest
        put_model(world, card(40))
        promoted(world, "small")
    with at(home) as world:
        assert replay(world, decision_id(document)).result == "identical"
        assert code(promoted(world, "old")) == "done"  # back to what was in use
        (world.home.models / f"{old.digest}.json").write_bytes(to_bytes(replace(old, base_points=1)))
        assert read_model(world.home.models, old.digest).code == "MODEL_ALTERED"


@pytest.mark.slow
def test_a_backup_carries_models_and_their_decisions(home, tmp_path):
    with at(home) as world:
        put_model(world, card())
        promoted(world, "small")
        decision = decision_id(assess(world, Assess((ME,))).documents[0])
    backup(home, tmp_path / "b.tar.gz")
    assert restore(tmp_path / "b.tar.gz", tmp_path / "again") is None
    with at(tmp_path / "again") as world:
        assert stored_model(world, "small")[1].model == card()
        assert replay(world, decision).result == "identical"


def test_a_model_in_use_whose_file_was_altered_stops_assess(home):
    with at(home) as world:
        digest = put_model(world, card())
        promoted(world, "small")
        path = world.home.models / digest / "card.json"
        path.write_bytes(path.read_bytes().replace(b'"points":20', b'"points":21'))
    with at(home) as world, pytest.raises(Refused) as refused:
        assess(world, Assess((ME,)))
    assert refused.value.refusal.code == "MODEL_ALTERED"


# -- by the command line


def run(*words, code: int = 0) -> tuple[list[dict], str]:
    done = CliRunner().invoke(cli, [*map(str, words), "--json"])
    assert done.exit_code == code, done.output
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.mark.slow
def test_a_model_goes_from_home_to_home_and_scores_a_table(home, tmp_path):
    with at(home) as world:
        digest = put_model(world, card())
    there = ("--home", tmp_path / "there")
    run("rating", "export", "small", "--to", tmp_path / "out", "--home", home)
    assert run("rating", "export", "small", "--to", tmp_path / "out", "--home", home, code=3)[0][0]["refused"]["code"] == "FILE_EXISTS"  # fmt: skip
    run("init", *there)
    (taken,), _ = run("rating", "import", tmp_path / "out", "--by", "孙权", *there)
    assert (taken["model"], taken["fitted_by"]) == (digest, "李强")
    assert run("rating", "import", tmp_path / "out", *there, code=3)[0][0]["refused"]["code"] == "MODEL_KNOWN"
    assert run("rating", "promote", "small", "--by", "李强", "--reason", "x", *there, code=3)[0][0]["refused"]["code"] == "SAME_PERSON"  # fmt: skip
    (row,), _ = run("rating", "list", *there)
    assert (row["state"], row["model"]) == ("imported", digest)

    table = tmp_path / "companies.csv"
    lines = ["id,staff_total", "a,4", "b, 5 ", "c,", "d,viele", "e,1200"]
    table.write_text("\n".join(lines) + "\n", "utf-8")
    rows, said = run("rating", "score", "small", "--table", table, "--key", "id", "--reasons", "1", "--lang", "en", *there)  # fmt: skip
    assert [(row["id"], row["points"], row["pd_ppm"]) for row in rows] == [("a", 600, 30_000), ("b", 620, 9_000), ("c", 603, 30_000), ("d", 603, 30_000), ("e", 620, 9_000)]  # fmt: skip
    assert [row["reason_1"] for row in rows] == ["RATING_STAFF_TOTAL", None, "RATING_STAFF_TOTAL_UNKNOWN", "RATING_STAFF_TOTAL_UNKNOWN", None]  # fmt: skip
    assert "5:staff_total 'viele'" in said and "outside the range" in said
    assert run("rating", "score", tmp_path / "out", "--table", table, "--key", "id", "--reasons", "1", "--home", tmp_path / "none")[0] == rows  # fmt: skip
    table.write_text("id,other\na,4\n", "utf-8")
    (refused,), _ = run("rating", "score", "small", "--table", table, *there, code=3)
    assert refused["refused"]["where"] == {"file": "companies.csv", "column": "staff_total"}


@pytest.mark.parametrize(("times", "warned"), [(1, []), (100, ["OTHER_UNITS"]), (Decimal("0.01"), ["OTHER_UNITS"])])
def test_another_unit_is_warned_of(home, tmp_path, times, warned):
    with at(home) as world:
        put_model(world, card())
    table, output = tmp_path / "t.csv", tmp_path / "scored.parquet"
    table.write_text("id,staff_total\n" + "".join(f"c{n},{(n % 12 + 1) * times}\n" for n in range(240)), "utf-8")
    (found,), _ = run("rating", "score", "small", "--table", table, "--output", output, "--home", home)
    assert ([each["code"] for each in found["warnings"]], found["rows"]) == (warned, 240)
    assert output.is_file() and not list(tmp_path.glob(".*.part"))


def test_two_models_are_compared_on_the_same_rows(home, tmp_path):
    with at(home) as world:
        put_model(world, card())
        put_model(world, replace(card(name="blunt"), characteristics=(replace(card().characteristics[0], feature="age_months"),)))  # fmt: skip
    table = tmp_path / "later.csv"
    staff = [n % 10 for n in range(60)]
    lines = [f"{count},{7 if n % 2 else 3},{int(count < 5) if n % 6 else n % 2}" for n, count in enumerate(staff)]
    table.write_text("staff_total,age_months,default\n" + "\n".join(lines) + "\n", "utf-8")
    asked = ("rating", "compare", "small", "blunt", "--table", table, "--label", "default", "--home", home)
    (found,), _ = run(*asked)
    event = [int(line.split(",")[2]) for line in lines]
    for side, column in (("one", staff), ("other", [7 if n % 2 else 3 for n in range(60)])):
        points = [620 if value >= 5 else 600 for value in column]
        pairs = [(a, b) for a, bad in zip(points, event, strict=True) if bad for b, other in zip(points, event, strict=True) if not other]  # fmt: skip
        naive = sum(1.0 if a < b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)
        assert found[side]["auc"]["value"] == pytest.approx(naive)
    assert found["difference"]["value"] == pytest.approx(found["one"]["auc"]["value"] - found["other"]["auc"]["value"])
    assert found["difference"]["low"] > 0 and sum(move["rows"] for move in found["migrations"]) == found["rows"] == 60
    assert [(each["feature"], each["span_one"], each["span_other"]) for each in found["asked"]] == [("age_months", None, 20), ("staff_total", 20, None)]  # fmt: skip
    assert not found["one"]["learnt_here"]


@pytest.mark.slow
def test_models_are_compared_on_the_homes_own_outcomes(home):
    from datetime import date

    from little_bank import OTHER, THIN, put

    with at(home) as world:
        put_model(world, card())
        put_model(world, card(30, name="steeper"))
        outcomes = [{"company": company, "observed_on": date(2024, 6, 1), "defaulted": company == THIN} for company in (ME, OTHER, THIN)]  # fmt: skip
        put(world, {"outcome": outcomes})
    (found,), _ = run("rating", "compare", "small", "steeper", "--home", home)
    assert (found["rows"], found["events"], found["difference"]["value"]) == (3, 1, 0.0)
