"""kemiao version"""

from __future__ import annotations

import typer

from kemiao import __version__
from kemiao.app.door import Door, command


def register(cli: typer.Typer) -> None:
    @command(cli)
    def version(door: Door) -> None:
        """版本 / The version.  例 e.g.: kemiao version --json"""
        door.document({"version": __version__}) if door.as_json else door.text(__version__)
