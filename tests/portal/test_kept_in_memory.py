"""What a server has in memory goes with what it rests on: an erased company, a closed account, another policy, another day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.commands.users import AddUser, add_user, set_password
from kemiao.bank.event_log import EventLog
from kemiao.bank.portal_accounts import USER_CLOSED, portal_account
from kemiao.base.refusal import Refusal
from kemiao.portal.knowing import _OF_ACCOUNTS
from kemiao.portal.published import PUBLISHED
from little_bank import ME, OTHER, at
from portal.served import little_home, served

pytestmark = pytest.mark.slow
CODE = ME.partition(":")[2]
PERSON = "周海棠"  # of an account of the company
SAID = "海棠牌车床三台"  # what was noted of it


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = little_home(tmp_path / "home")
    with at(root) as world:
        made = add_user(world, "chen", AddUser("own", "company", PERSON, company=ME))
        assert not isinstance(made, Refusal)
        assert not isinstance(set_password(world, "chen", "own", "院子东边的那一棵海棠又开花了"), Refusal)
    return root


def erase(home: Path) -> None:
    done = CliRunner().invoke(cli, ["erase", CODE, "--reason", "撤回", "--home", str(home)])
    assert done.exit_code == 0, done.output


def readings() -> Iterator[str]:
    """Every reading that needs nothing but the company, and that ends."""
    for address, methods in json.loads(PUBLISHED.read_text("utf-8"))["paths"].items():
        needed = {one["name"] for one in methods.get("get", {}).get("parameters", ()) if one.get("required")}
        if "get" in methods and needed <= {"company"} and not address.endswith("/events"):
            yield address.removeprefix("/api/v1").replace("{company}", ME)


def test_of_an_erased_company_nothing_is_served_any_more(home: Path) -> None:
    note = {"outcome": "called", "note": SAID}
    with served(home) as portal:
        assert (
            portal.get("li", f"/companies/{ME}/view").json()["name"]
            and portal.get("own", "/session").json()["person"] == PERSON
        )
        for path in ("/companies", "/calls", f"/companies/{ME}/portrait", "/portfolio"):
            assert portal.get("li", path).status_code == 200
        first = portal.post("li", f"/companies/{ME}/calls", note, key="k" * 12)
        assert first.status_code == 201 and SAID in first.text
        erase(home)
        assert portal.get("own", "/session").json()["code"] == "NOT_SIGNED_IN"
        again = portal.post("li", f"/companies/{ME}/calls", note, key="k" * 12)
        assert again.json()["code"] == "DONE_BEFORE", "its answer told of the company"
        told = [path for path in readings() if any(each in portal.get("li", path).text for each in (PERSON, SAID))]
        assert told == []
        named = {row["company"]: row["name"] for row in portal.get("li", "/companies").json()["items"]}
        called = {row["company"] for row in portal.get("li", "/calls").json()["rows"]}
        assert named.get(ME) is None and ME not in called and OTHER in called
    kept = b"".join(path.read_bytes() for path in home.glob("*.db*"))
    assert [each for each in (PERSON, SAID) if each.encode() in kept] == []


def test_an_erased_company_s_accounts_are_closed_and_their_credentials_unreadable(home: Path) -> None:
    erase(home)
    erase(home)
    with at(home) as world:
        closed = [event.ref for event in world.log.events(USER_CLOSED)]
        assert closed == ["mine", "own"], "once each, however often it is erased"
        assert isinstance(portal_account(world, "own"), Refusal) and not isinstance(
            portal_account(world, "theirs"), Refusal
        )
        password = world.log.last("credential_set", ref="own")
        assert password is not None and world.log.private(password) is None


def test_another_policy_and_another_day_count_from_the_next_request(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kemiao.app.portal_serving._LOOK_SECONDS", 0.0)
    with served(home) as portal:
        assert portal.get("li", "/calls").status_code == portal.get("li", "/work").status_code == 200
        changed(home / "policy" / "calling.toml", "tried = 150", "tried = -1")
        assert portal.get("li", "/calls").status_code == 409
        changed(home / "policy" / "access.toml", 'route = "GET /work"\nanyone = ["bank", "administrator"]', 'route = "GET /work"\nanyone = ["administrator"]')  # fmt: skip
        assert portal.get("li", "/work").status_code == 403
        changed(home / "kemiao.toml", "today = 2024-07-01", "today = 2024-07-02")
        assert portal.get("li", "/session").json()["day"] == "2024-07-02"


def changed(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


def test_every_kind_of_event_that_says_who_may_what_drops_who_is_known(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(home) as portal:
        kinds: set[str] = set()
        for name in ("last", "events"):
            real = getattr(EventLog, name)
            monkeypatch.setattr(EventLog, name, lambda log, kind=None, real=real, **of: (kinds.add(kind), real(log, kind, **of))[1])  # fmt: skip
        for account in ("li", "chen", "own", "fund", "audit"):
            kinds.clear()
            assert portal.get(account, "/session").json()["account"] == account
            assert len(kinds) >= 4 and [kind for kind in kinds if not kind.startswith(_OF_ACCOUNTS)] == []


def test_what_an_event_is_not_about_is_read_once_and_what_it_is_about_is_read_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(home) as portal:
        read: list[str] = []
        newest = EventLog.last
        monkeypatch.setattr(EventLog, "last", lambda log, kind, **of: (read.append(f"{kind} {of.get('subject') or of.get('ref')}"), newest(log, kind, **of))[1])  # fmt: skip

        def asked(company: str) -> list[str]:
            read.clear()
            assert portal.get("li", f"/companies/{company}").status_code == 200
            return list(read)

        assert f"decision {ME}" in asked(ME) and f"decision {OTHER}" in asked(OTHER)
        appended(home, "market_note", OTHER)
        assert asked(ME) == [] and asked(OTHER) == [f"decision {OTHER}"]
        appended(home, "staff_changed", None, "sun")
        assert asked(ME) and f"decision {ME}" not in read, "who asks is found out anew, and no more"


def appended(home: Path, kind: str, subject: str | None, ref: str | None = None) -> None:
    with at(home) as world, world.log.write() as tx:
        tx.append(kind, subject, ref, {})
