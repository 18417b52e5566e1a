"""What every command has in common: --home, --json, --lang, the exit codes, and how an answer is shown.

A command is a function `f(door: Door, ...)` that returns an answer or a Refusal; `@command(cli)` adds the options.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from kemiao.base.refusal import Outage, Refusal, Refused

DONE, FAULT, USAGE, REFUSED, OUTAGE = range(5)
# What others wrote is shown too (names, grounds, bases on the chain): nothing of it moves the cursor, clears the screen or turns
# the line around. Line feeds and tabs are ours.
_UNSEEN = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160), *range(8234, 8239), *range(8294, 8298)), "�")  # fmt: skip
Home = Annotated[
    Path | None, typer.Option("--home", help="目录 / the installation [KEMIAO_HOME, ./kemiao-home]", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="机器可读 / one JSON document, or JSON Lines for tables")]
Account = Annotated[
    str | None,
    typer.Option("--as", help="经办账户 / the account that acts [KEMIAO_ACCOUNT]", envvar="KEMIAO_ACCOUNT", show_default=False, show_envvar=False),
]  # fmt: skip
Lang = Annotated[str | None, typer.Option("--lang", help="zh | en [KEMIAO_LANG, zh]", show_default=False)]


@dataclass(frozen=True, slots=True)
class Door:
    """Where the user stands: the home, the language, and whether a machine is listening."""

    home: Path
    lang: str
    as_json: bool

    def say(self, zh: str, en: str) -> None:
        """A message for people, on stderr: never mixed with what a script reads."""
        sys.stderr.write(seen(zh if self.lang == "zh" else en) + "\n")

    def word(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def document(self, answer: object) -> None:
        """One JSON document on stdout."""
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, default=str) + "\n")

    def lines(self, answers: Iterable[object]) -> None:
        """JSON Lines on stdout."""
        for answer in answers:
            self.document(answer)

    def table(
        self, title: str, columns: list[str], rows: Iterable[Iterable[object]], none: tuple[str, str] | None = None
    ) -> None:
        """A table for people, on stdout. none: what is said instead where it has no rows (zh, en)."""
        rows = list(rows)
        if not rows and none is not None:
            return self.text(self.word(*none))
        from rich.console import Console
        from rich.table import Table

        table = Table(title=title or None, title_justify="left", header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*("" if cell is None else seen(str(cell)) for cell in row))
        return Console(width=None if sys.stdout.isatty() else 160, markup=False, emoji=False).print(table)

    def text(self, text: str) -> None:
        sys.stdout.write(seen(text) + "\n")

    def refuse(self, refusal: Refusal, code: int = REFUSED) -> NoReturn:
        """Shows a refusal and leaves. As JSON it is a document on stdout, so that a script can read the code."""
        if self.as_json:
            self.document({"refused": refusal.as_json()})
        sys.stderr.write(seen(f"{refusal.code}  {refusal.text(self.lang)}\n"))
        raise typer.Exit(code)

    def progress(self, zh: str, en: str) -> Any:
        """A progress bar on a terminal, silent elsewhere. `with door.progress(...) as bar: bar(done, total)`."""
        from kemiao.app.progress import Progress

        return Progress(self.word(zh, en))


def seen(text: str) -> str:
    """The text without what a terminal would obey."""
    return text.translate(_UNSEEN)


def command(
    cli: typer.Typer, name: str | None = None, **options: Any
) -> Callable[[Callable[..., object]], Callable[..., None]]:
    """Registers f(door, ...) on `cli`. A Refusal exits 3, an Outage 4, a fault 1; an answer of None prints nothing."""

    def register(function: Callable[..., object]) -> Callable[..., None]:
        @wraps(function)
        def run(
            *args: Any, home: Path | None = None, json: bool = False, lang: str | None = None, **kwargs: Any
        ) -> None:
            door = Door(
                home or Path(os.environ.get("KEMIAO_HOME", "kemiao-home")),
                lang or os.environ.get("KEMIAO_LANG", "zh"),
                json,
            )
            if door.lang not in ("zh", "en"):
                raise typer.BadParameter("zh | en", param_hint="--lang")
            try:
                answer = function(door, *args, **kwargs)
            except Refused as refused:
                door.refuse(refused.refusal)
            except Outage as outage:
                door.refuse(outage.as_refusal(), OUTAGE)
            except BrokenPipeError:  # the reader of our stdout has left (head, less): not a fault
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise typer.Exit(DONE) from None
            if isinstance(answer, Refusal):
                door.refuse(answer)

        own = [
            parameter
            for parameter in inspect.signature(function, eval_str=True).parameters.values()
            if parameter.name != "door"
        ]
        shared = [
            inspect.Parameter("home", inspect.Parameter.KEYWORD_ONLY, annotation=Home, default=None),
            inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, annotation=Json, default=False),
            inspect.Parameter("lang", inspect.Parameter.KEYWORD_ONLY, annotation=Lang, default=None),
        ]
        run.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *shared)}
        cli.command(name, **options)(run)
        return run

    return register
