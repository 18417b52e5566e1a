"""kemiao user and what policy check says of the portal, by the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.credentials import fits
from little_bank import ME, at, new_home

pytestmark = pytest.mark.slow
ADMINISTRATOR = ("--role", "administrator", "--unit", "head_office")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = new_home(tmp_path / "home")
    settings = root / "kemiao.toml"
    settings.write_text(settings.read_text("utf-8") + "today = 2024-07-01\n", "utf-8")
    run(root, "staff", "add", "chen", "--person", "陈静", *ADMINISTRATOR)
    run(root, "user", "add", "zhang", "--kind", "company", "--company", ME, "--person", "张伟", "--as", "chen")
    return root


def run(home: Path, *words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(cli, [*words, "--home", str(home), "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[0] if len(lines) == 1 else lines


def test_a_password_is_made_or_read_from_a_closed_file_and_never_typed_on_the_line(home: Path, tmp_path: Path) -> None:
    made = run(home, "user", "password", "zhang", "--generate", "--as", "chen")
    assert (len(made["password"]), made["first"], made["until"]) == (23, True, "2024-07-08")
    file = tmp_path / "password"
    file.write_text("这是张伟自己的首个密码 2024\n", "utf-8")
    refused = run(home, "user", "password", "zhang", "--password-file", str(file), "--as", "chen", code=3)
    assert refused["refused"]["code"] == "PASSWORD_FILE_OPEN_TO_OTHERS"
    file.chmod(0o600)
    assert "password" not in run(home, "user", "password", "zhang", "--password-file", str(file), "--as", "chen")
    with at(home) as world:
        assert fits(world, "zhang", "这是张伟自己的首个密码 2024") is not None
        assert fits(world, "zhang", made["password"]) is None
        assert b"2024\n" not in (home / "event_log.db").read_bytes()
    assert run(home, "user", "password", "zhang", "--as", "chen", code=3)["refused"]["code"] == "PASSWORD_NEEDED"


def test_tokens_are_made_for_oneself_listed_and_revoked(home: Path) -> None:
    made = run(home, "user", "token", "add", "取数", "--scope", "companies", "--until", "2024-12-31", "--as", "zhang")
    assert made["text"].startswith("km_")
    refused = run(
        home, "user", "token", "add", "x", "--scope", "everything", "--until", "2024-12-31", "--as", "zhang", code=3
    )
    assert refused["refused"]["code"] == "NO_SUCH_SCOPE"
    assert (
        run(
            home, "user", "token", "add", "x", "--scope", "companies", "--until", "2030-01-01", "--as", "zhang", code=3
        )["refused"]["code"]
        == "TOO_LONG"
    )
    row = run(home, "user", "token", "list")
    assert (row["token"], row["revoked"], "text" in row) == (made["token"], False, False)
    run(home, "user", "token", "revoke", made["token"], "--as", "chen")
    assert run(home, "user", "token", "list")["revoked"]


def test_accounts_are_listed_with_staff_and_closed(home: Path) -> None:
    rows = {row["account"]: row for row in run(home, "user", "list")}
    assert (rows["chen"]["kind"], rows["zhang"]["kind"], rows["zhang"]["password"]) == ("staff", "company", "none")
    assert (
        run(home, "staff", "add", "zhang", "--person", "别人", *ADMINISTRATOR, "--as", "chen", code=3)["refused"][
            "code"
        ]
        == "ACCOUNT_EXISTS"
    )
    run(home, "user", "close", "zhang", "--as", "chen")
    assert (
        run(home, "user", "password", "zhang", "--generate", "--as", "chen", code=3)["refused"]["code"]
        == "ACCOUNT_CLOSED"
    )
    assert run(home, "user", "totp", "chen") == {
        "account": "chen",
        "password": "none",
        "password_at": None,
        "totp": False,
        "recovery_left": None,
        "totp_needed": False,
    }


def test_with_two_administrators_the_second_approves(home: Path) -> None:
    run(home, "staff", "add", "gao", "--person", "高洁", *ADMINISTRATOR, "--as", "chen")
    again = ("user", "password", "zhang", "--generate", "--as", "chen")
    request = run(home, *again, code=3)["refused"]["where"]["request"]
    run(home, "approval", "give", request, "--as", "gao")
    assert run(home, *again)["approved_by"] == "gao"
    assert run(home, *again, code=3)["refused"]["code"] == "FOUR_EYES_NEEDED"  # it served once


@pytest.mark.parametrize(("file", "old", "new", "where"), [
    ("sign_in.toml", "length_min = 12", "length_min = 3", {"file": "sign_in.toml", "key": "password.length_min"}),
    ("access.toml", 'route = "GET /session"', 'route = "GET /sessionn"', {"file": "access.toml"}),
    ("access.toml", 'credit = ["customer_manager"', 'credit = ["customer_managers"', {"file": "access.toml"}),
])  # fmt: skip
def test_policy_check_names_what_is_wrong_with_the_portals_policies(
    home: Path, file: str, old: str, new: str, where: dict[str, str]
) -> None:
    assert "rules" in run(home, "policy", "check")
    path = home / "policy" / file
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    assert run(home, "policy", "check", code=3)["refused"]["where"] == where
