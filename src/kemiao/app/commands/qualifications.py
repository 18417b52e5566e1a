"""kemiao qualifications COMPANY"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal, Refused


def register(cli: typer.Typer) -> None:
    @command(cli)
    def qualifications(
        door: Door, key: Annotated[str, typer.Argument(metavar="KEY", help="企业 / the company")]
    ) -> object:
        """法定资质:有哪些、还差什么、依据哪一条 / Law's qualifications: which it has, what is missing, by which article.

        例 e.g.: kemiao qualifications 91990100MA0EXAMP1C
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.own_view import qualifications as run
        from kemiao.base.keys import parse_company

        company = parse_company(key)
        if isinstance(company, Refusal):
            raise Refused(company)
        with open_world(door) as world:
            answer = run(world, company)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(answer.as_json())
        _show(door, answer.tech_sme)
        rows = [(each.kind, each.number, each.granted_on, each.expires_on) for each in answer.certificates]
        titles = (("证书", "certificate"), ("编号", "number"), ("发证", "granted"), ("有效期至", "until"))
        door.table("", [door.word(*title) for title in titles], rows, ("没有证书", "no certificates"))
        return None


def _show(door: Door, tech: Any) -> None:
    from kemiao.credit.rating.actionable import said_value

    def value(unit: str, own: object) -> str:
        return "?" if own is None else str(getattr(said_value(unit, own), door.lang))

    states = {"met": ("满足", "met"), "missing": ("不满足", "missing"), "unknown": ("未知", "unknown")}
    door.table(
        door.word("科技型中小企业", "technology-based SME"), [door.word(*each) for each in (("条件", "condition"), ("现在", "now"), ("", ""), ("依据", "source"))],
        [(f"{each.code} {door.word(each.zh, each.en)}", value(each.unit, each.have), door.word(*states[each.state]), each.source) for each in (*tech.conditions, *tech.routes)],
    )  # fmt: skip
    door.table(
        door.word(f"评分(须 {tech.needs} 分)", f"score ({tech.needs} needed)"),
        [door.word(*each) for each in (("指标", "measure"), ("现在", "now"), ("得分", "points"), ("最高", "most"), ("下一档", "next step"), ("还差", "missing"))],
        [
            (door.word(each.zh, each.en), value(each.unit, each.have), each.points, each.most, "" if each.need is None else f"{value(each.unit, each.need)} → {each.earns}", "" if each.more is None else value(each.more_unit, each.more))
            for each in tech.scores
        ],
    )  # fmt: skip
