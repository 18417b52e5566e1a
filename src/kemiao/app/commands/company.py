"""kemiao company add | list | show KEY"""

from __future__ import annotations

from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal, Refused

_ASKED = (
    ("统一社会信用代码", "key"),
    ("企业名称", "name"),
    ("行业", "industry"),
    ("地区", "region"),
    ("成立日期", "registered on"),
    ("注册资本", "registered capital"),
)


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="company", help="企业 / Companies.  例 e.g.: kemiao company list")

    @command(group)
    def add(
        door: Door,
        key: Annotated[str | None, typer.Option("--key", help="统一社会信用代码或 scheme:value / unified social credit code")] = None,
        name: Annotated[str | None, typer.Option("--name", help="企业名称 / name")] = None,
        industry: Annotated[str | None, typer.Option("--industry", help="划型行业 / one of the 16 industries of the size standard")] = None,
        region: Annotated[str | None, typer.Option("--region", help="地区 / region")] = None,
        registered_on: Annotated[str | None, typer.Option("--registered-on", help="成立日期 / 2019-03-01")] = None,
        capital: Annotated[str | None, typer.Option("--capital", help="注册资本 / 500万")] = None,
        staff: Annotated[str | None, typer.Option("--staff", help="职工总数 / total staff")] = None,
        tech_staff: Annotated[str | None, typer.Option("--tech-staff", help="科技人员 / technology staff")] = None,
        revenue: Annotated[str | None, typer.Option("--revenue", help="上年营业收入 / last year's revenue, 1200万")] = None,
        profit: Annotated[str | None, typer.Option("--profit", help="上年净利润 / last year's net profit")] = None,
        assets: Annotated[str | None, typer.Option("--assets", help="上年末资产总额 / total assets at its end")] = None,
        liabilities: Annotated[str | None, typer.Option("--liabilities", help="上年末负债总额 / total liabilities at its end")] = None,
        basis: Annotated[str | None, typer.Option("--basis", help="依据 / consent:FILE, office:ARTICLE, anonymised, own")] = None,
    ):  # fmt: skip
        """手工录入一家企业;不给选项则逐项询问 / Types one company by hand; without options it asks.

        例 e.g.: kemiao company add --key 91110108MA01KPGK0L --name 某某科技有限公司 --industry software --staff 35 --revenue 1200万
        """
        from kemiao.app.commands.import_ import show as show_import
        from kemiao.app.world import open_world
        from kemiao.bank.commands.add_company import AddCompany, add_company, industries

        given = (key, name, industry, region, registered_on, capital)
        if key is None and name is None and not door.as_json:
            given = _ask(door, industries())
        cells = {raw: value for (raw, _), value in zip(_ASKED, given, strict=True) if value}
        with open_world(door, create=True) as world:
            today = world.clock.today()
            if staff:
                cells |= {"职工总数": staff, "统计日": today.isoformat()} | (
                    {"科技人员": tech_staff} if tech_staff else {}
                )
            figures = {"营业收入": revenue, "净利润": profit, "资产总额": assets, "负债总额": liabilities}
            if any(figures.values()):
                cells |= {"报表截止日": f"{today.year - 1}-12-31"} | {
                    raw: value for raw, value in figures.items() if value
                }
            answer = add_company(world, AddCompany(cells, basis))
        return answer if isinstance(answer, Refusal) else show_import(door, answer)

    @command(group, name="list")
    def list_(door: Door):
        """已有资料的企业 / The companies whose papers are here.  例 e.g.: kemiao company list --json"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.add_company import listed

        with open_world(door) as world:
            found = listed(world)
        if door.as_json:
            return door.lines(found)
        titles = [
            door.word(*pair)
            for pair in (("企业", "company"), ("名称", "name"), ("行业", "industry"), ("地区", "region"))
        ]
        door.table("", titles, [list(row.values()) for row in found])
        return None

    @command(group)
    def show(door: Door, key: Annotated[str, typer.Argument(metavar="KEY")]):
        """一家企业的登记信息,各表有多少行、从何时到何时 / What is known of one company, table by table.

        例 e.g.: kemiao company show cumcm:E1
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.add_company import known
        from kemiao.base.keys import parse_company
        from kemiao.base.money import short_text
        from kemiao.facts.tables import COMPANY, TABLES

        company = parse_company(key)
        if isinstance(company, Refusal):
            raise Refused(company)
        with open_world(door) as world:
            answer = known(world, company)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(answer.as_json())
        names = {column.name: door.word(column.zh, column.en) for column in COMPANY.columns}
        door.table(
            company,
            ["", ""],
            [
                [names[name], short_text(value, door.lang) if name.endswith("_fen") else value]
                for name, value in answer.register.items()
                if value is not None
            ],
        )
        titles = [door.word(*pair) for pair in (("事实表", "table"), ("行数", "rows"), ("从", "from"), ("到", "to"))]
        door.table(
            "",
            titles,
            [
                [door.word(TABLES[name].zh, TABLES[name].en), row["rows"], row["first"], row["last"]]
                for name, row in answer.tables.items()
            ],
        )
        return None


def _ask(door: Door, industries: tuple[str, ...]) -> tuple[str, ...]:
    answers = []
    for zh, en in _ASKED:
        hint = f" ({', '.join(industries)})" if en == "industry" else ""
        answers.append(
            typer.prompt(
                door.word(zh, en) + hint,
                default="" if en not in ("key", "name") else None,
                show_default=False,
                err=True,
            )
        )
    return tuple(answers)
