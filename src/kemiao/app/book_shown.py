"""The quality of the book as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kemiao.app.door import Door
from kemiao.bank.book_words import BUCKET_WORDS, CLASS_WORDS, FIELD_WORDS, KEY_WORDS, PART_WORDS

_BREAKDOWN = ("loans", "borrowers", "balance_fen", "share_ppm", "ecl_fen", "allowance_ratio_ppm", "rwa_fen")
_LOANS_SHOWN = 200


def show_book(door: Door, answer: dict[str, Any]) -> None:
    door.text(_title(door, answer))
    _ratios(door, answer)
    _breakdown(door, door.word("五级分类", "classes"), answer["by_class"])
    _breakdown(door, door.word("阶段", "stages"), answer["by_stage"])
    _breakdown(
        door,
        door.word("逾期", "past due"),
        answer["past_due"],
        ("loans", "borrowers", "balance_fen", "share_ppm", "ecl_fen"),
    )
    if answer["flags"]:
        show_flags(door, answer["flags"])
    _assumed(door, answer)


def show_classes(door: Door, answer: dict[str, Any]) -> None:
    from kemiao.base.money import yuan_text

    rows = answer["loans"]
    titles = [door.word(*FIELD_WORDS[name]) for name in ("loan", "company", "class", "class_reasons", "stage", "past_due_days", "balance_fen", "ecl_fen")]  # fmt: skip
    titles.append(door.word("观察期至", "observed until"))
    door.table(_title(door, answer), titles, [
        [row["loan"], row["company"], door.word(*CLASS_WORDS[row["class"]]), " ".join(row["class_reasons"]), row["stage"], row["past_due_days"],
         yuan_text(row["balance_fen"]), yuan_text(row["ecl_fen"]), row["observed_until"]]
        for row in rows[:_LOANS_SHOWN]
    ])  # fmt: skip
    if not rows:
        door.text(door.word("全部为正常类(--all 列出)", "all loans are normal (--all lists them)"))
    if len(rows) > _LOANS_SHOWN:
        door.text(door.word(f"共 {len(rows):,} 笔,只列前 {_LOANS_SHOWN} 笔;--json 列出全部", f"{len(rows):,} loans, the first {_LOANS_SHOWN} are shown; --json lists all"))  # fmt: skip
    door.text(door.word("依据见 kemiao law show five_class", "what the reasons mean: kemiao law show five_class"))


def show_provision(door: Door, answer: dict[str, Any]) -> None:
    from kemiao.base.rates import percent_text

    door.text(_title(door, answer))
    _ratios(door, answer)
    _breakdown(door, door.word("阶段", "stages"), answer["by_stage"], ("loans", "balance_fen", "ead_fen", "ecl_fen", "allowance_ratio_ppm"))  # fmt: skip
    _breakdown(door, door.word("五级分类", "classes"), answer["by_class"], ("loans", "balance_fen", "ecl_fen", "allowance_ratio_ppm"))  # fmt: skip
    said = ", ".join(f"{one['name']} {percent_text(one['weight_ppm'], 0)} × {one['multiplier_ppm'] / 1_000_000:g}" for one in answer["scenarios"])  # fmt: skip
    door.text(door.word(f"情景(权重 × 违约概率倍数):{said}", f"scenarios (weight × multiple of the PD): {said}"))
    _assumed(door, answer)


def show_capital(door: Door, answer: dict[str, Any]) -> None:
    door.text(_title(door, answer))
    _ratios(door, answer)
    _breakdown(door, door.word("权重法", "standardised approach"), answer["by_row"], ("loans", "balance_fen", "undrawn_fen", "rwa_fen", "capital_fen"))  # fmt: skip
    _assumed(door, answer)


def show_concentration(door: Door, answer: dict[str, Any]) -> None:
    door.text(_title(door, answer))
    for name, words in (
        ("single", ("单户", "borrowers")),
        ("group", ("集团", "groups")),
        ("industry", ("行业", "industries")),
    ):
        rows = answer[name]
        fields = ("key", "exposure_fen", "share_ppm", "limit_fen", "above")
        door.table(door.word(*words), [door.word(*FIELD_WORDS[field]) for field in fields], [[_word(door, field, row[field]) for field in fields] for row in rows])  # fmt: skip
        if answer["above_limit"][name]:
            door.text(door.word(f"超限 {answer['above_limit'][name]} 个", f"{answer['above_limit'][name]} above the limit"))  # fmt: skip
    for own, members in answer["group_members"].items():
        door.text(f"{own}: {', '.join(members)}")


def show_vintage(door: Door, answer: dict[str, Any]) -> None:
    from kemiao.base.rates import percent_text

    steps = (0, 3, 6, 9, 12, 18, 24, 30, 36)
    titles = [door.word("季度", "quarter"), *(door.word(*FIELD_WORDS[name]) for name in ("loans",)), door.word("金额(元)", "amount, yuan"), *(door.word(f"第{step}月", f"month {step}") for step in steps)]  # fmt: skip
    door.table(
        f"{answer['as_of']}  {door.word('曾逾期超过', 'ever past due by more than')} {answer['days_over']} {door.word('天或核销的金额占比', 'days, or written off: share of the amount')}",
        titles,
        [[row["quarter"], row["loans"], _word(door, "amount_fen", row["amount_fen"]), *(percent_text(row["ever_ppm"][step]) if step < len(row["ever_ppm"]) else "" for step in steps)] for row in answer["vintages"]],
    )  # fmt: skip


def show_roll(door: Door, answer: dict[str, Any]) -> None:
    from kemiao.base.rates import percent_text

    titles = [door.word("期初", "from"), door.word("本金(元)", "principal, yuan"), *(door.word(*BUCKET_WORDS[name]) for name in answer["buckets"])]  # fmt: skip
    rows = [[door.word(*BUCKET_WORDS[row["from"]]), _word(door, "principal_fen", row["principal_fen"]), *("" if row["to"][name] is None else percent_text(row["to"][name], 1) for name in answer["buckets"])] for row in answer["roll"]]  # fmt: skip
    door.table(f"{answer['since']} → {answer['as_of']}", titles, rows)


def show_movement(door: Door, answer: dict[str, Any]) -> None:
    from kemiao.base.money import yuan_text

    columns = ("stage1", "stage2", "stage3", "total")
    titles = ["", *(door.word(*words) for words in (KEY_WORDS[1], KEY_WORDS[2], KEY_WORDS[3], ("合计", "total")))]
    for name, words in (
        ("balance", ("余额(元)", "balances, yuan")),
        ("allowance", ("减值准备(元)", "allowances, yuan")),
    ):
        rows = [[door.word(*PART_WORDS[part]), *(yuan_text(answer[name][part][column]) for column in columns)] for part in PART_WORDS]  # fmt: skip
        door.table(f"{door.word(*words)}  {answer['since']} → {answer['as_of']}", titles, rows)


def show_flags(door: Door, rows: list[dict[str, Any]]) -> None:
    from kemiao.credit.quality.columns import FLAG_WORDS

    titles = [
        door.word("企业", "company"),
        door.word("标记", "flag"),
        door.word("自", "since"),
        door.word("经办", "by"),
    ]
    door.table(door.word("风险标记", "flags"), titles, [[row["company"], door.word(*FLAG_WORDS[row["flag"]]), row["on"], row["by"]] for row in rows])  # fmt: skip


def show_related(door: Door, answer: dict[str, Any]) -> None:
    for own, members in answer["members"].items():
        door.text(f"{own}: {', '.join(members)}")
    door.text(door.word(
        f"{answer['borrowers']:,} 户借款人,{answer['groups']:,} 个集团;{answer['left_out']:,} 户的资料未获授权,单独计算",
        f"{answer['borrowers']:,} borrowers, {answer['groups']:,} groups; the papers of {answer['left_out']:,} are not open: each stands by itself",
    ))  # fmt: skip


def _title(door: Door, answer: dict[str, Any]) -> str:
    how = door.word("已日终结账", "the day is closed") if answer["closed"] else door.word("即时判定,该日尚未结账", "judged now: the day is not closed")  # fmt: skip
    return f"{answer['as_of']}  {how}"


def _ratios(door: Door, answer: dict[str, Any]) -> None:
    names = ("loans", "borrowers", "balance_fen", "nonperforming_fen", "npl_ratio_ppm", "ecl_fen", "coverage_ppm", "allowance_ratio_ppm", "rwa_fen", "capital_fen", "raroc_ppm", "written_off_loans")  # fmt: skip
    door.table("", [door.word("指标", "figure"), ""], [[door.word(*FIELD_WORDS[name]), _word(door, name, answer[name])] for name in names])  # fmt: skip


def _breakdown(door: Door, title: str, rows: list[dict[str, Any]], names: Sequence[str] = _BREAKDOWN) -> None:
    fields = ("key", *names)
    door.table(title, [door.word(*FIELD_WORDS[name]) for name in fields], [[_word(door, name, row[name]) for name in fields] for row in rows])  # fmt: skip


def _word(door: Door, name: str, value: Any) -> str:
    from kemiao.base.money import yuan_text
    from kemiao.base.rates import percent_text

    if name == "key" and value in KEY_WORDS:
        return door.word(*KEY_WORDS[value])
    if value is None:
        return "—"
    if isinstance(value, bool):
        return door.word("是", "yes") if value else ""
    if name.endswith("_fen"):
        return yuan_text(value)
    return percent_text(value) if name.endswith("_ppm") else f"{value:,}" if isinstance(value, int) else str(value)


def _assumed(door: Door, answer: dict[str, Any]) -> None:
    words = {"pd_ppm": ("违约概率", "PD"), "lgd_ppm": ("违约损失率", "LGD"), "risk_weight_ppm": ("规模或营业收入(按最高权重)", "size or turnover (the largest weight)")}  # fmt: skip
    if answer["assumed"]:
        said = ", ".join(f"{door.word(*words[name])} {count:,}" for name, count in answer["assumed"].items())
        door.text(door.word(f"未知而按政策取值的笔数:{said}", f"loans for which it was unknown and taken from policy: {said}"))  # fmt: skip
