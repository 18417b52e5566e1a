"""Commands as a person types them, on a day of the home's own clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from kemiao.app.cli import cli


def run(home: Path, today: str, *words: str, code: int = 0) -> str:
    """What the command wrote to stdout, with --json."""
    settings = home / "kemiao.toml"
    kept = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith("today")]
    settings.write_text("\n".join([f"today = {today}", *kept]) + "\n", "utf-8")
    done = CliRunner().invoke(cli, [*words, "--home", str(home), "--json"])
    assert done.exit_code == code, done.output
    return done.stdout


def refused(home: Path, today: str, *words: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(home, today, *words, code=3))["refused"]
    return told


def by_two(home: Path, today: str, *words: str, other: str) -> str:
    """Refused first, for a second person is to see it; then approved, and done."""
    told = refused(home, today, *words)
    assert told["code"] == "FOUR_EYES_NEEDED", told
    run(home, today, "approval", "give", told["where"]["request"], "--as", other)
    return run(home, today, *words)
