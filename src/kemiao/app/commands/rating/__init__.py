"""kemiao rating …: fit.py learns and validates, life.py promotes and carries, compare.py and score.py use, watch.py looks after."""

from __future__ import annotations

import typer

from kemiao.app.commands.rating import compare, fit, life, rejects, report, score, watch


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="rating", help="评级模型:验证、训练、启用、打分 / Rating models.  例 e.g.: kemiao rating validate --table loans.csv --label default")  # fmt: skip
    for part in (fit, life, compare, score, report, rejects, watch):
        part.register(group)
