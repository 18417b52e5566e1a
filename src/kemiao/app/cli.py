"""`kemiao`: the command line. Importing this module must stay cheap; see app/commands for the nouns and verbs."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

from kemiao.app import commands

cli = typer.Typer(
    name="kemiao",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.callback()
def root() -> None:
    """科苗:看懂科技型小微企业,评级、定价、决策、配置。 / Sees, rates, prices and finances small technology companies."""


for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda module: module.name):
    importlib.import_module(f"{commands.__name__}.{module.name}").register(cli)


def main() -> None:
    """Entry point. A fault prints its trace and exits 1."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    cli()
