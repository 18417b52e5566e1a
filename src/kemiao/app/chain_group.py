"""The group `kemiao chain`: several modules of commands add to it."""

from __future__ import annotations

import typer


def chain_group(cli: typer.Typer) -> typer.Typer:
    """The one group of that name, made by whoever asks first."""
    for known in cli.registered_groups:
        if known.name == "chain" and known.typer_instance is not None:
            return known.typer_instance
    group = typer.Typer(
        no_args_is_help=True,
        help="共享链:状态、证明、审计、跟随 / the shared chain: state, proofs, audit, following.  例 e.g.: kemiao chain status",
    )
    cli.add_typer(group, name="chain")
    return group
