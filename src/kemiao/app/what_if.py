"""assess --what-if and --lift: judged otherwise, decided nothing; as JSON and for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import typer

from kemiao.app.door import Door
from kemiao.base.money import short_text
from kemiao.base.rates import percent_text

if TYPE_CHECKING:
    from kemiao.bank.commands.what_if import Lifted, WhatIf
    from kemiao.credit.what_if import Judged


def supposed(
    door: Door, companies: Sequence[str], as_of: date | None, law_on: date | None, changed: Sequence[str] | None, lifting: bool, as_subject: bool = False
) -> object:  # fmt: skip
    from kemiao.app.options import changed_inputs, company_keys
    from kemiao.app.world import open_world
    from kemiao.bank.commands.assess import Request
    from kemiao.bank.commands.what_if import lift, what_if
    from kemiao.base.refusal import Refusal

    keys = company_keys(companies)
    if keys is None or len(keys) != 1 or (changed and lifting):
        raise typer.BadParameter(door.word("--what-if 与 --lift 各自用于一家企业", "--what-if and --lift are for one company, one of them at a time"))  # fmt: skip
    request = Request(keys, as_of, law_on)
    values = changed_inputs(changed)
    with open_world(door) as world:
        purpose = "subject_access" if as_subject else "credit_review"
        answer: Any = lift(world, request, purpose) if lifting else what_if(world, request, values, purpose)
    if isinstance(answer, Refusal):
        return answer
    if door.as_json:
        door.document(answer.as_json())
    elif lifting:
        show_lift(door, answer)
    else:
        show_what_if(door, answer)
    return None


def show_what_if(door: Door, answer: WhatIf) -> None:
    from kemiao.credit.profile import COLUMNS
    from kemiao.credit.rating.actionable import said_value

    door.text(door.word(f"{answer.company}  若(不作决定;资料截至 {answer.as_of}):", f"{answer.company}  what if (nothing is decided; facts as of {answer.as_of}):"))  # fmt: skip
    for name, (was, to) in answer.changed.items():
        feature = COLUMNS[name]
        before, after = (getattr(said_value(feature.unit, each), door.lang) for each in (was, to))
        door.text(f"  {getattr(feature, door.lang)}  {before} → {after}")
    pairs = zip(_names(door), _cells(door, answer.before), _cells(door, answer.after), strict=True)
    rows = [(name, before, after if after != before else "=") for name, before, after in pairs]
    door.table("", ["", door.word("现在", "now"), door.word("若如此", "then")], rows)


def show_lift(door: Door, answer: Lifted) -> None:
    from kemiao.credit.profile import COLUMNS, PAPERS

    found = answer.lift
    door.text(door.word(f"{answer.company}  什么能提升等级(不作决定;资料截至 {answer.as_of};逐项重新评估得出)",
                        f"{answer.company}  what would lift the grade (nothing is decided; facts as of {answer.as_of}; each was judged again)"))  # fmt: skip
    heads = [door.word("变化", "change"), *_names(door)]
    rows = [(getattr(each.changes[0].text, door.lang), *_cells(door, each.after)) for each in found.changes]
    door.table("", heads, [(door.word("现在", "now"), *_cells(door, found.now)), *rows])
    if not rows:
        door.text(door.word("  没有可以改变的单项能带来提升", "  no single figure that can be changed would lift it"))
    for number, each in enumerate(found.paths, 1):
        ways = door.word(";", "; ").join(getattr(one.text, door.lang) for one in each.changes)
        door.text(door.word(f"  走法 {number},达到 {each.after.grade}:{ways} → {'  '.join(_cells(door, each.after))}",
                            f"  way {number} to {each.after.grade}: {ways} → {'  '.join(_cells(door, each.after))}"))  # fmt: skip
    if found.next_grade and not found.paths:
        door.text(door.word("  在可以改变的范围内,合起来也达不到下一等级", "  together, within what can be changed, the next grade is not reached"))  # fmt: skip
    moving = [each for each in found.papers if each.points[0] != each.points[1]]
    if moving:
        door.table(
            door.word("未知项:补什么资料,结果在哪两端之间", "unknown: which paper settles it, and between which ends"),
            [door.word("项目", "item"), door.word("资料", "paper"), door.word("分数", "points"), door.word("等级", "grade")],
            [(getattr(COLUMNS[each.feature], door.lang), PAPERS[each.table][door.lang != "zh"], f"{each.points[0]} … {each.points[1]}", f"{each.grade[0]} … {each.grade[1]}") for each in moving],
        )  # fmt: skip


def _names(door: Door) -> list[str]:
    pairs = (("分数", "points"), ("违约概率", "PD"), ("等级", "grade"), ("额度", "limit"), ("利率", "rate"), ("决定", "decision"))  # fmt: skip
    return [door.word(*pair) for pair in pairs]


def _cells(door: Door, each: Judged) -> list[str]:
    from kemiao.app.shown import WORDS

    return [
        str(each.points), percent_text(each.pd_ppm), each.grade, short_text(each.limit_fen, door.lang), percent_text(each.rate_ppm) if each.rate_ppm is not None else "—",
        WORDS[each.decision][door.lang != "zh"],
    ]  # fmt: skip
