"""kemiao tech COMPANY | --all, kemiao tech-reference make | list | show | load"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command


def register(cli: typer.Typer) -> None:
    @command(cli)
    def tech(
        door: Door,
        companies: Annotated[list[str] | None, typer.Argument(help="企业 / companies")] = None,
        every: Annotated[bool, typer.Option("--all", help="全部企业;没有参照时先建立 / every company; makes the reference where there is none")] = False,
        as_of: Annotated[str | None, typer.Option("--as-of", help="以哪天所知为准 / what was known on DATE")] = None,
    ) -> object:  # fmt: skip
        """技术评价:创新积分、技术流 T1–T10、负面清单 / The technology grade: innovation points, technology flow, negative list.

        例 e.g.: kemiao tech --all;kemiao tech 91110108MA01KPGK0L --json
        """
        from kemiao.app.options import company_keys, optional_day
        from kemiao.app.technology_shown import show_all, show_one
        from kemiao.app.world import open_world
        from kemiao.bank.commands.technology import Request, technology
        from kemiao.base.refusal import Refusal

        if bool(companies) == every:
            raise typer.BadParameter(door.word("给出企业,或 --all", "name companies, or --all"))
        keys, day = company_keys(companies), optional_day(as_of)
        with open_world(door) as world, door.progress("技术评价", "grading technology") as bar:
            answer = technology(world, Request(keys, day, make=every), bar)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.lines({"as_of": answer.as_of.isoformat()} | document for document in answer.documents)
        if every:
            return show_all(door, answer)
        for document in answer.documents:
            show_one(door, answer, document)
        return None

    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="tech-reference", help="技术参照:百分位在哪些企业中取 / The populations that technology grades are given against.  例 e.g.: kemiao tech-reference list")  # fmt: skip

    @command(group, name="make")
    def make_(
        door: Door,
        as_of: Annotated[str | None, typer.Option("--as-of", help="以哪天所知为准 / what was known on DATE")] = None,
    ) -> object:
        """由全部企业建立参照;此后的评价与评估都用它 / From all companies; grades and assessments use it from now on.

        例 e.g.: kemiao tech-reference make --as-of 2024-07-01
        """
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.technology import make
        from kemiao.base.refusal import Refusal

        day = optional_day(as_of)
        with open_world(door) as world:
            made = make(world, day)
        return made if isinstance(made, Refusal) else _show(door, made)

    @command(group)
    def load(door: Door, file: Annotated[Path, typer.Argument(help="参照文件 / the file of a reference")]) -> object:
        """载入别处建立的参照(如总行的) / A reference made elsewhere, at the head office say.

        例 e.g.: kemiao tech-reference load reference.json
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.technology import load as run
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            loaded = run(world, file)
        return loaded if isinstance(loaded, Refusal) else _show(door, loaded)

    @command(group)
    def show(
        door: Door, reference: Annotated[str, typer.Argument(help="摘要或其开头 / its digest, or the beginning")]
    ) -> object:
        """一份参照的来历与分组 / Where a reference comes from, and its groups.  例 e.g.: kemiao tech-reference show 3fa96b"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.technology import read_reference, reference_named

        with open_world(door) as world:
            found = read_reference(world, reference_named(world, reference))
        return _show(door, found)

    @command(group, name="list")
    def list_(door: Door) -> object:
        """全部参照,后一份为新 / All references, the newest last.  例 e.g.: kemiao tech-reference list --json"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.technology import references

        with open_world(door) as world:
            found = references(world)
        if door.as_json:
            return door.lines({"reference": event.ref, "at": event.at, **event.public} for event in found)
        titles = [door.word(*pair) for pair in (("参照", "reference"), ("资料截至", "as of"), ("企业", "companies"), ("建立于", "made at"))]  # fmt: skip
        return door.table("", titles, [((event.ref or "")[:12], event.public["as_of"], event.public.get("companies"), event.at[:10]) for event in found])  # fmt: skip


def _show(door: Door, reference) -> None:
    groups = {key: group.companies for key, group in reference.groups.items()}
    if door.as_json:
        return door.document({"reference": reference.digest, **reference.lineage, "groups": groups})
    lineage = reference.lineage
    door.text(door.word(f"技术参照 {reference.digest[:12]}  资料截至 {lineage['as_of']}  企业 {reference.companies} 家",
                        f"technology reference {reference.digest[:12]}  as of {lineage['as_of']}  {reference.companies} companies"))  # fmt: skip
    door.table("", [door.word("阶段/行业", "stage/industry"), door.word("企业", "companies")],
               [(key or door.word("全部", "all"), count) for key, count in groups.items()])  # fmt: skip
    return None
