"""kemiao company add | list | show KEY"""

from __future__ import annotations

from pathlib import Path
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
    def show(
        door: Door,
        key: Annotated[str, typer.Argument(metavar="KEY")],
        portrait: Annotated[Path | None, typer.Option("--portrait", help="把 360° 画像(与同业相比)画到这个 SVG 文件 / draw the 360° portrait beside its peers into this SVG file", show_default=False)] = None,
        as_of: Annotated[str | None, typer.Option("--as-of", help="画像以哪天为准 / the day of the portrait", show_default=False)] = None,
    ):  # fmt: skip
        """一家企业的登记信息,各表有多少行、从何时到何时;与同业相比的画像 / What is known of one company, table by table; its portrait.

        例 e.g.: kemiao company show cumcm:E1 --portrait E1.svg
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
            seen = _portrait(door, world, company, as_of) if portrait or as_of else None
        if isinstance(answer, Refusal):
            return answer
        if isinstance(seen, Refusal):
            return seen
        if portrait is not None:
            _draw(door, seen, portrait)
        if door.as_json:
            from kemiao.bank.portrait_content import as_json

            return door.document(answer.as_json() | ({"portrait": as_json(seen)} if seen else {}))
        if seen:
            _show_portrait(door, seen)
            return None
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


def _portrait(door: Door, world, company: str, as_of: str | None):
    from kemiao.app.options import optional_day
    from kemiao.bank.commands.portrait import Request, see

    return see(world, Request(company, optional_day(as_of)))


def _draw(door: Door, seen, path: Path) -> None:
    from kemiao.bank.portrait_content import content_of
    from kemiao.base.refusal import Outage
    from kemiao.papers.font_face import standing_alone
    from kemiao.papers.portrait import portrait_chart

    try:
        path.write_text(standing_alone(portrait_chart(content_of(seen), door.lang)), "utf-8")
    except OSError as error:
        raise Outage("FILE_UNWRITABLE", f"无法写入:{error.strerror}", f"can't be written: {error.strerror}", {"file": path}) from error  # fmt: skip
    door.say(f"画像已写入 {path}", f"the portrait is in {path}")


def _show_portrait(door: Door, seen) -> None:
    """One line a figure: value, quartiles of the peers, standing; then the nearest peers and what parts them."""
    from kemiao.bank.portrait_content import content_of
    from kemiao.papers.figures import figure

    content = content_of(seen)
    door.text(door.word(
        f"{content.company}  {content.day}  同业 {content.peers} 家({content.circle.zh})", f"{content.company}  {content.day}  {content.peers} peers ({content.circle.en})",
    ))  # fmt: skip
    rows = [
        (
            sector.title.say(door.lang) if number == 0 else "",
            spoke.title.say(door.lang),
            figure(spoke.value, spoke.unit, door.lang),
            " · ".join(figure(each, spoke.unit, door.lang) for each in spoke.quartiles or ()),
            "—" if spoke.standing_ppm is None else f"{spoke.standing_ppm / 1e6:.0%}",
        )
        for sector in content.sectors
        for number, spoke in enumerate(sector.spokes)
    ]
    titles = (
        ("方面", "axis"),
        ("指标", "figure"),
        ("本企业", "value"),
        ("同业四分位", "peers' quartiles"),
        ("胜过同业", "beats"),
    )
    door.table("", [door.word(*pair) for pair in titles], rows)
    for near in content.near:
        apart, alike = ([one.say(door.lang) for one in some] for some in (near.apart, near.alike))
        door.text(door.word(
            f"同业 {near.number} 号,距离 {near.distance_ppm / 1e6:.0%}:差在 {'、'.join(apart)};同在 {'、'.join(alike)}",
            f"peer {near.number}, distance {near.distance_ppm / 1e6:.0%}: apart in {', '.join(apart)}; alike in {', '.join(alike)}",
        ))  # fmt: skip


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
