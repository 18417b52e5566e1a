"""kemiao import MAP PATH…, and what is asked about imports: undo, list, maps, show"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal, Refused


class _MapFirst(typer.core.TyperGroup):
    """`kemiao import MAP PATH…` is `kemiao import files MAP PATH…`: what is no verb is a map."""

    def parse_args(self, ctx, args):
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["files", *args]
        return super().parse_args(ctx, args)


def register(cli: typer.Typer) -> None:
    group = typer.Typer(cls=_MapFirst, no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(
        group,
        name="import",
        help="导入文件 / Brings files in through a map.  例 e.g.: kemiao import etax_invoices 发票/ --company 91…  |  kemiao import undo 3",
    )

    @command(group)
    def files(
        door: Door,
        map_: Annotated[str, typer.Argument(metavar="MAP", help="映射的名称或 .toml 文件 / a map's name, or a .toml file")],
        paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="文件或目录 / files or folders")],
        company: Annotated[str | None, typer.Option("--company", help="这些文件属于哪家企业 / whose papers these are", metavar="KEY")] = None,
        basis: Annotated[str | None, typer.Option("--basis", help="依据 / consent:FILE, office:ARTICLE, anonymised, own")] = None,
        set_: Annotated[list[str] | None, typer.Option("--set", help="映射的其他选项 / another option of the map", metavar="NAME=VALUE")] = None,
    ):  # fmt: skip
        """导入(默认动作,“files”可省略) / Imports; the word "files" may be left out.

        例 e.g.: kemiao import cumcm2020c ../data/cumcm2020c --json
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.import_files import ImportFiles, import_files
        from kemiao.data.map import load_map

        source = load_map(map_)
        request = ImportFiles(source, _ref(map_), tuple(paths), _options(company, set_), basis)
        with open_world(door, create=True) as world, door.progress("导入", "importing") as bar:
            answer = import_files(world, request, told=bar)  # rows of the file that is being read
            if not isinstance(answer, Refusal) and world.chain is not None:
                _say_basis(door, str(world.log.last("import").public["basis"]))
        if isinstance(answer, Refusal):
            return answer
        return show(door, answer)

    @command(group)
    def undo(
        door: Door, batch: Annotated[int, typer.Argument(help="批次号 / the batch's number (kemiao import list)")]
    ):
        """撤销一次导入,并列出依赖它的决定 / Undoes an import and lists the decisions that rested on it.

        例 e.g.: kemiao import undo 3
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.undo_import import undo_import

        with open_world(door) as world:
            answer = undo_import(world, batch)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(answer.as_json())
        rows = sum(answer.removed.values())
        door.text(door.word(f"批次 {batch} 已撤销,移除 {rows} 行", f"batch {batch} is undone, {rows} rows removed"))
        if answer.decisions:
            door.table(
                door.word("依据过它的决定", "decisions that rested on it"),
                ["decision"],
                [[d] for d in answer.decisions],
            )
        if answer.confirmed_by:
            again = ", ".join(map(str, answer.confirmed_by))
            door.text(
                door.word(
                    f"批次 {again} 的文件也说过其中的事实:重新导入可找回",
                    f"the files of batches {again} told some of these facts too: import them again to have those back",
                )
            )
        return None

    @command(group, name="list")
    def list_(door: Door):
        """已有的导入 / The imports so far.  例 e.g.: kemiao import list --json"""
        from kemiao.app.world import open_world

        with open_world(door) as world:
            undone = {event.public["batch"] for event in world.log.events("import_undone")}
            events = [(event.at, event.public) for event in world.log.events("import")]
        keys = ("batch", "map", "basis", "taken", "duplicates", "quarantined", "tables", "files")
        answers = [
            {"at": at, **{key: public[key] for key in keys}, "undone": public["batch"] in undone}
            for at, public in events
        ]
        if door.as_json:
            return door.lines(answers)
        titles = [
            door.word(*pair)
            for pair in (
                ("批次", "batch"),
                ("时间", "at"),
                ("映射", "map"),
                ("依据", "basis"),
                ("新增", "taken"),
                ("重复", "duplicates"),
                ("隔离", "quarantined"),
                ("文件", "files"),
                ("状态", "state"),
            )
        ]
        door.table(
            "", titles,
            [[a["batch"], a["at"][:16], a["map"], a["basis"], a["taken"], a["duplicates"], a["quarantined"], len(a["files"]), door.word("已撤销", "undone") if a["undone"] else ""] for a in answers],
        )  # fmt: skip
        return None

    @command(group)
    def maps(door: Door):
        """自带的映射 / The maps that come with the program.  例 e.g.: kemiao import maps"""
        from kemiao.data.map import packaged_maps, read_map

        found = [read_map(text, f"{name}.toml") for name, text in packaged_maps().items()]
        if door.as_json:
            return door.lines(
                {"name": m.name, "title": dict(m.title), "basis": m.basis, "facts": sorted({t.fact.name for t in m.tables}), "options": sorted(m.options)}
                for m in found
            )  # fmt: skip
        door.table(
            "",
            ["map", door.word("来源", "source"), door.word("事实表", "facts")],
            [[m.name, m.title[door.lang], ", ".join(dict.fromkeys(t.fact.name for t in m.tables))] for m in found],
        )
        return None

    @command(group)
    def show_map(door: Door, name: str):
        """打印一个自带的映射,可另存后修改 / Prints a map that comes with the program, to be copied and changed.

        例 e.g.: kemiao import show bank_statement > mine.toml
        """
        from kemiao.data.map import load_map, packaged_maps

        texts = packaged_maps()
        if name not in texts:
            load_map(name)  # refuses, or reads the user's own, which needs no printing
            return door.text(Path(name).read_text("utf-8"))
        if door.as_json:
            return door.document({"name": name, "toml": texts[name]})
        return door.text(texts[name])

    group.registered_commands[-1].name = "show"


def _say_basis(door: Door, basis: str) -> None:
    """What a consent was taken for: a mistyped id must not pass for paper unseen."""
    from kemiao.bank.consent_gate import consent_of, is_paper

    if is_paper(basis):
        door.say(f"{basis}:链上没有这份授权,按纸质授权的文号登记", f"{basis}: no consent on the chain has this id; taken as the number of a paper")  # fmt: skip
    elif (consent := consent_of(basis)) is not None:
        door.say(f"依链上授权 {consent[:12]} 导入:只在它有效时可读", f"under the consent {consent[:12]} of the chain: readable while it stands")  # fmt: skip


def show(door: Door, imported) -> None:
    """Counts for each file, and the way to what was not taken."""
    if door.as_json:
        return door.document(imported.as_json())
    titles = [
        door.word(*pair)
        for pair in (
            ("文件", "file"),
            ("行数", "rows"),
            ("新增", "taken"),
            ("重复", "duplicates"),
            ("隔离", "quarantined"),
            ("空白", "blank"),
        )
    ]
    rows = [
        [f"{f.file}[{f.sheet}]" if f.sheet else f.file, f.rows, f.taken, f.duplicates, f.quarantined, f.blank]
        for f in imported.files
    ]
    total = [sum(row[place] for row in rows) for place in range(1, 6)]
    door.table(
        door.word(f"批次 {imported.batch}", f"batch {imported.batch}"),
        titles,
        [*rows, [door.word("合计", "all"), *total]] if len(rows) > 1 else rows,
    )
    for left in imported.left_out:
        door.say(
            f"未导入 {left.file}{'[' + left.sheet + ']' if left.sheet else ''}:{left.zh}",
            f"left out {left.file}{'[' + left.sheet + ']' if left.sheet else ''}: {left.en}",
        )
    if imported.settled:
        door.say(f"{imported.settled} 行离开隔离区", f"{imported.settled} rows left quarantine")
    if imported.confirmed:
        door.say(
            f"{imported.confirmed} 条事实由第二个来源再次证实",
            f"{imported.confirmed} facts were told by a second source",
        )
    if imported.quarantined:
        door.say(
            f"查看隔离的行:kemiao quarantine list --batch {imported.batch}",
            f"see the rows in quarantine: kemiao quarantine list --batch {imported.batch}",
        )
    return None


def _ref(name: str) -> str:
    path = Path(name)
    return str(path.resolve()) if path.suffix == ".toml" and path.is_file() else name


def _options(company: str | None, given: list[str] | None) -> dict[str, str]:
    from kemiao.base.keys import parse_company

    options = {}
    for item in given or []:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise typer.BadParameter("NAME=VALUE", param_hint="--set")
        options[name] = value
    if company is not None:
        key = parse_company(company)
        if isinstance(key, Refusal):
            raise Refused(Refusal(key.code, key.zh, key.en, (("option", "--company"),)))
        options["company"] = key
    return options
