"""Products in a home: the version of a day, what is kept of it, what a bad file does to the others."""

from __future__ import annotations

from datetime import date

import pytest

from kemiao.bank.commands.product_new import new_product
from kemiao.bank.commands.product_try import Trial, try_products
from kemiao.bank.home import upgrade_home
from kemiao.bank.lending.products import keep, kept_product, own_file, product, product_files
from kemiao.base.refusal import Refusal
from kemiao.credit.products.terms import Facts, terms
from kemiao.law.lpr import lpr_on
from little_bank import DAY, ME, THIN, at, decided_home, new_home


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """One home for all that only reads."""
    return new_home(tmp_path_factory.mktemp("products") / "home")


@pytest.fixture
def decided(tmp_path):
    """A home with decisions on three companies."""
    decided_home(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def own(tmp_path):
    """A home to spoil."""
    return new_home(tmp_path / "home")


def edit(root, name, old, new, to=None):
    folder = root / "policy" / "products"
    text = (folder / f"{name}.toml").read_text("utf-8")
    assert old in text
    (folder / f"{to or name}.toml").write_text(text.replace(old, new), "utf-8")


def test_the_green_loan_waits_for_its_catalogue(root):
    with at(root) as world:
        assert product(world, "green", date(2025, 9, 30)).code == "LAW_NOT_IN_FORCE"
        assert len(product(world, "green", date(2025, 10, 1)).green) == 9


def test_a_product_is_refused_by_what_is_wrong_with_asking_for_it(root):
    with at(root) as world:
        assert product(world, "tech_credits", DAY).en == "there is no such product; did you mean tech_credit?"
        assert product(world, "tech_credit", date(2023, 12, 31)).code == "PRODUCT_NOT_IN_FORCE"
        assert product(world, "tech_credit", date(2024, 6, 30)).code == "LAW_NOT_IN_FORCE"


def test_a_version_begins_on_its_day_and_a_withdrawn_product_is_not_offered(own):
    edit(own, "tech_credit", "effective_from = 2024-01-01", "effective_from = 2025-01-01", "tech_credit.2025")
    edit(own, "equipment", "effective_from = 2024-01-01", "effective_from = 2024-01-01\nwithdrawn_from = 2024-07-01")
    with at(own) as world:
        files = [product(world, "tech_credit", day).file for day in (date(2024, 12, 31), date(2025, 1, 1))]
        assert files == ["tech_credit.toml", "tech_credit.2025.toml"]
        assert own_file(world, "equipment", date(2024, 6, 30)).name == "equipment"
        assert product(world, "equipment", DAY).code == "PRODUCT_WITHDRAWN"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("step_ppm = 500", "", "PRODUCT_INCOMPLETE"), ("step_ppm = 500", "step_ppm = 1e3", "PRODUCT_VALUE"), ("[amount]", "[amount", "NOT_TOML"),
        ('owner = "科技金融部"\n', "", "POLICY_HEAD"), ("approved_on = 2024-01-01", "approved_on = 2024-01-01T00:00:00", "POLICY_HEAD"),
        ("approved_on = 2024-01-01", "approved_on = 2024-01-01\nuntil = 1", "PRODUCT_KEY_UNKNOWN"), ("[policy]", "_x = 1\n[policy]", "PRODUCT_KEY_UNKNOWN"),
        ("[policy]", "x = 07:00:00\n[policy]", "PRODUCT_KEY_UNKNOWN"), ("enforced_open > 0", "(" * 900 + "enforced_open > 0" + ")" * 900, "NOT_AN_EXPRESSION"),
        ("enforced_open > 0", "x" * 300_000, "PRODUCT_FILE_TOO_LARGE"),
    ],
)  # fmt: skip
def test_a_file_with_a_fault_is_named_and_stops_no_other_product(own, old, new, code):
    edit(own, "tech_credit", old, new)
    with at(own) as world:
        said = product(world, "tech_credit", DAY)
        assert (said.code, dict(said.where)["file"]) == (code, "tech_credit.toml")
        assert not isinstance(product(world, "revolving", DAY), Refusal)


def test_bytes_that_are_no_text_and_names_that_are_no_names(own):
    folder = own / "policy" / "products"
    (folder / "odd.toml").write_bytes(b"\xff\xfe\x00")
    (folder / "My Product.toml").write_bytes((folder / "green.toml").read_bytes())
    with at(own) as world:
        codes = {file.path.name: file.refusal.code for file in product_files(world) if file.refusal}
    assert codes == {"odd.toml": "NOT_TOML", "My Product.toml": "NOT_A_PRODUCT_NAME"}


def test_a_version_that_cannot_be_read_is_not_passed_over_for_the_one_before(own):
    edit(own, "tech_credit", "step_ppm = 500", "", "tech_credit.2025")
    with at(own) as world:
        assert product(world, "tech_credit", DAY).code == "PRODUCT_INCOMPLETE"


def test_a_used_product_is_kept_once_by_what_it_says(own):
    with at(own) as world:
        before = product(world, "tech_credit", DAY)
        for _ in range(2):
            with world.log.write() as tx:
                keep(world, tx, before)
        assert [event.ref for event in world.log.events("product")] == [before.digest]
    edit(own, "tech_credit", "# 金额 / amount", "# another comment")
    with at(own) as world:
        assert product(world, "tech_credit", DAY).digest == before.digest  # comments say nothing
    edit(own, "tech_credit", "reset_months = 12", "reset_months = 6")
    with at(own) as world:
        assert product(world, "tech_credit", DAY).digest != before.digest
        again = kept_product(world, before.digest, DAY)
        assert (again.rate, again.law, again.digest) == (before.rate, before.law, before.digest)
        assert kept_product(world, "0" * 64, DAY).code == "NO_SUCH_PRODUCT"


def test_a_new_product_passes_validation_and_overwrites_nothing(own):
    with at(own) as world:
        for name, start in (("fresh", None), ("bond", "tech_credit")):
            path = new_product(world, name, start)
            assert own_file(world, name, DAY).effective_from == DAY
            text = path.read_bytes()
            assert new_product(world, name).code == "PRODUCT_EXISTS"
            assert path.read_bytes() == text
        assert own_file(world, "bond", DAY).rate == own_file(world, "tech_credit", DAY).rate
        assert new_product(world, "other", "nothing").code == "NO_SUCH_PRODUCT"
        assert {new_product(world, name).code for name in ("", "../x", "A", "9a", "a" * 41)} == {"NOT_A_PRODUCT_NAME"}
        assert not list((own / "policy" / "products").glob(".*"))


def test_an_older_home_gets_the_products_by_upgrade_and_keeps_its_own(own):
    import shutil

    folder = own / "policy" / "products"
    shutil.rmtree(folder)
    with at(own) as world:
        said = product(world, "tech_credit", DAY)
        assert (said.code, "kemiao upgrade" in said.en) == ("POLICY_NOT_IN_FORCE", True)
    upgrade_home(own)
    edit(own, "tech_credit", "reset_months = 12", "reset_months = 6")
    (folder / "revolving.toml").unlink()
    upgrade_home(own)
    with at(own) as world:
        assert product(world, "tech_credit", DAY).rate.reset_months == 6
        assert len(product_files(world)) == 8


@pytest.mark.slow
def test_a_trial_rests_on_the_newest_decision_and_appends_nothing(decided):
    with at(decided) as world:
        end = sum(1 for _ in world.log.events())
        answer = try_products(world, Trial(ME))
        assert sum(1 for _ in world.log.events()) == end
        assert answer.kept and answer.decision_id == world.log.last("decision", subject=ME).ref
        fits = {one.name: one.refusal.code if one.refusal else one.tried.assumed for one in answer.products}
        assert fits == {
            "equipment": ("SECURITY_VALUE_NEEDED",), "green": "LAW_NOT_IN_FORCE", "patent_pledge": ("SECURITY_VALUE_NEEDED",),
            "receivables_orders": ("SECURITY_VALUE_NEEDED",), "renewal": ("LOAN_TO_RENEW_NEEDED",), "revolving": (),
            "risk_sharing": ("GUARANTOR_NEEDED",), "tech_credit": (),
        }  # fmt: skip
        tech = answer.products[-1]
        own = product(world, "tech_credit", DAY)
        row = terms(own, Facts(), answer.decision, tech.tried.amount_fen, tech.tried.months, DAY, lpr_on(world.law, DAY))  # fmt: skip
        assert tech.tried.row == row
        assert not any(one.tried and one.tried.automatic and one.tried.assumed for one in answer.products)


@pytest.mark.slow
def test_what_cannot_be_tried_is_told(decided):
    with at(decided) as world:
        assert try_products(world, Trial(ME, "nothing")).code == "NO_SUCH_PRODUCT"
        assert try_products(world, Trial(ME, "green")).code == "LAW_NOT_IN_FORCE"
        assert try_products(world, Trial("uscc:91330106MA2NOBODY0")).code == "NO_FACTS"
        thin = {one.name: one.refusal.code for one in try_products(world, Trial(THIN)).products}
        assert thin["tech_credit"] in ("DECISION_DECLINES", "ABOVE_LIMIT")
