"""The worklist through the API says what the command line says."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from kemiao.app.cli import cli
from little_bank import ME
from portal.served import served
from portal.test_casework import apply


def test_the_page_and_the_command_line_have_the_same_list(home: Path) -> None:
    apply(home)
    printed = CliRunner().invoke(cli, ["work", "--as", "li", "--home", str(home), "--json"]).stdout
    lines = [json.loads(line) for line in printed.splitlines()]
    with served(home) as portal:
        shown = portal.get("li", "/work").json()
        assert [item["ref"] for item in shown["items"] if item["todo"]] == [line["ref"] for line in lines]
        assert shown["counts"]["todo"] == 1 and shown["items"][0]["company"] == ME
        assert shown["items"][0]["next_en"] == "offer, refer or decline"
        assert portal.get("qian", "/work").json()["items"] == []
        assert [portal.get(name, "/work").status_code for name in ("mine", "fund", "audit")] == [403, 403, 403]
