"""How decisions, replays and traces are printed for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kemiao.app.door import Door
from kemiao.base.money import short_text, yuan_text
from kemiao.base.rates import percent_text

if TYPE_CHECKING:
    from kemiao.bank.commands.assess import Decided
    from kemiao.bank.commands.replay import Replayed
    from kemiao.bank.commands.trace import Traced

WORDS = {"approve": ("批准", "approve"), "refer": ("转人工", "refer"), "decline": ("拒绝", "decline")}
AUTHORITY = {"automatic": "系统自动审批", "branch": "支行审批官", "head_office": "总行审批部"}


def value_text(value: Any, unit: str, lang: str) -> str:
    """A feature's value with its unit, for people."""
    if value is None:
        return "未知" if lang == "zh" else "unknown"
    match unit:
        case "fen":
            return short_text(value, lang)
        case "ppm":
            return percent_text(value, 1)
        case "flag":
            return {True: "是", False: "否"}[value] if lang == "zh" else {True: "yes", False: "no"}[value]
        case "days":
            return f"{value} 天" if lang == "zh" else f"{value} days"
        case "months":
            return f"{value} 个月" if lang == "zh" else f"{value} months"
        case _:
            return str(value)


def show_decision(door: Door, document: Mapping[str, Any], since: Mapping[str, Any] | None) -> None:
    zh = door.lang == "zh"
    own = "zh" if zh else "en"
    word = WORDS[document["decision"]][0 if zh else 1]
    rate = percent_text(document["rate_ppm"])
    authority = AUTHORITY.get(document["authority"], document["authority"]) if zh else document["authority"]
    door.text(
        f"{document['company']}   {word}   {document['grade']}   PD {percent_text(document['pd_ppm'])}   {short_text(document['limit_fen'], door.lang)}   {rate}   {authority}"
    )
    door.text(door.word(f"  资料截至 {document['as_of']},法规与政策 {document['law_on']},模型 {document['model']['name']}({document['model']['kind']})",
                        f"  as of {document['as_of']}, law and policy of {document['law_on']}, model {document['model']['name']} ({document['model']['kind']})"))  # fmt: skip
    if "cycle" in document:
        door.text(f"  {document['cycle'][own]}")
    for reason in document["reasons"]:
        door.text(f"  · {reason[own]}  [{reason['code']}]")
    for condition in document["conditions"]:
        door.text(f"  {door.word('条件', 'condition')}:{condition[own]}  [{condition['code']}]")
    if document["adverse"]:
        door.text(f"  {document['adverse'][own]}")
    show_confidence(door, document["confidence"])
    show_themes(door, document["themes"])
    door.table(door.word("评分", "points"), [door.word("问题", "question"), door.word("取值", "value"), door.word("得分", "points"), door.word("最高", "best")],
               [(c[own], value_text(c["value"], c["unit"], door.lang), c["points"], c["best_points"]) for c in document["rating"]["contributions"]])  # fmt: skip
    door.table(door.word("额度:取已知各项的最小值", "limit: the smallest of what is known"), [door.word("上限", "ceiling"), door.word("金额", "amount"), ""],
               [(c[own], yuan_text(c["fen"]) if c["fen"] is not None else door.word("未知", "unknown"), "←" if c["name"] == document["limit"]["binding"] else "") for c in document["limit"]["candidates"]])  # fmt: skip
    show_technology(door, document["technology"], document["limit"]["allowed_fen"])
    door.table(door.word("利率", "price"), [door.word("构成", "part"), "%"],
               [(p[own], percent_text(p["ppm"], 3)) for p in document["price"]["parts"]] + [(door.word("报价", "rate"), rate)])  # fmt: skip
    show_unknown(door, document)
    if since:
        changed = ", ".join(
            f"{name} {pair[0]} → {pair[1]}"
            for name, pair in since.items()
            if name not in ("decision_id", "features", "rests_on")
        )
        door.text(door.word(f"  与上一份决定 {since['decision_id']} 相比:{changed or '结论未变'};变动的特征 {len(since['features'])} 项", f"  since {since['decision_id']}: {changed or 'same outcome'}; {len(since['features'])} features moved"))  # fmt: skip
    door.text(door.word(f"  决定编号 {document['decision_id']};追溯:kemiao trace {document['decision_id']}", f"  decision {document['decision_id']}; next: kemiao trace {document['decision_id']}"))  # fmt: skip


def show_confidence(door: Door, said: Mapping[str, Any] | None) -> None:
    """How sure the grade is, and why."""
    if said is None:
        return
    why = door.word(";", "; ").join(each[door.lang] for each in said["reasons"])
    best, worst = (percent_text(each) for each in said["pd_unknown_band_ppm"])
    door.text(door.word(f"  把握:{said['zh']}({why})", f"  confidence: {said['confidence']} ({why})"))
    if best != worst:
        door.text(door.word(f"  未知项全部补齐后,违约概率在 {best} 与 {worst} 之间", f"  with all that is unknown answered, PD lies between {best} and {worst}"))  # fmt: skip


def show_themes(door: Door, themes: Sequence[Mapping[str, Any]] | None) -> None:
    """Where points were lost, by what a person can act on."""
    if not themes:
        return
    change = {"company": ("可以改变", "can be changed"), "time": ("随时间改善", "time alone"), "none": ("不能改变", "can't be changed")}  # fmt: skip
    door.table(door.word("失分的主题(kemiao assess 企业 --lift:什么能提升等级)", "themes that cost points (kemiao assess COMPANY --lift: what would lift the grade)"),
               [door.word("主题", "theme"), door.word("失分", "lost"), ""],
               [(each[door.lang], each["lost"], change[each["change"]][door.lang != "zh"]) for each in themes])  # fmt: skip


def show_technology(door: Door, said: Mapping[str, Any], allowed_fen: int) -> None:
    """What the technology grade did to the limit, from which reference."""
    if said["status"] == "no_reference":
        door.text(f"  {said[door.lang]}")
        return
    named = door.word(f"参照 {said['reference'][:12]}", f"reference {said['reference'][:12]}")
    if said["cell"] is None:
        door.text(f"  {said[door.lang]}({named})" if door.lang == "zh" else f"  {said[door.lang]} ({named})")
        return
    factor = f"{said['factor_ppm'] / 10**6:.2f}"
    before, after = short_text(said["before_fen"], door.lang), short_text(allowed_fen, door.lang)
    door.text(door.word(f"  双维评价:{said['cell']} → 额度 × {factor}:{before} → {after}({named};不超过公式需求与产品上限)",
                        f"  credit × technology: {said['cell']} → limit × {factor}: {before} → {after} ({named}; never above the formula's need or the product's cap)"))  # fmt: skip


def show_unknown(door: Door, document: Mapping[str, Any]) -> None:
    """Which paper would settle what, where that alone moves the limit; and how far all of them together would."""
    own = door.lang
    moving = [paper for paper in document["unknown_papers"] if paper["limit_fall_fen"] or paper["limit_rise_fen"]]
    if moving:
        door.table(door.word("未知项:补什么资料,额度会怎样变", "unknown: the paper that settles it, and how far the limit would move"),
                   [door.word("项目", "item"), door.word("资料", "paper"), door.word("额度变化", "limit moves")],
                   [(paper[f"name_{own}"], paper[own], _span(paper["limit_fall_fen"], paper["limit_rise_fen"], own)) for paper in moving])  # fmt: skip
    rest = [paper[f"name_{own}"] for paper in document["unknown_papers"] if paper not in moving]
    if rest:
        door.text(
            door.word(f"  单独补齐不改变额度:{'、'.join(rest)}", f"  alone they would not move it: {', '.join(rest)}")
        )
    together = document["limit"]["all_unknown_move_fen"]
    if together:
        door.text(
            door.word(
                f"  全部补齐后额度变化:{_span(*together, own)}", f"  all of them together: {_span(*together, own)}"
            )
        )


def _span(fall_fen: int, rise_fen: int, lang: str) -> str:
    return f"{short_text(fall_fen, lang)} … +{short_text(rise_fen, lang)}"


def show_book(door: Door, answer: Decided) -> None:
    """A summary of many decisions: by outcome and by grade."""
    documents = answer.documents
    outcomes = Counter(document["decision"] for document in documents)
    amounts = {word: sum(d["limit_fen"] for d in documents if d["decision"] == word) for word in outcomes}
    door.table(door.word(f"{len(documents)} 家企业", f"{len(documents)} companies"), [door.word("决定", "decision"), door.word("家数", "count"), door.word("额度合计", "limits")],
               [(WORDS[word][door.lang != "zh"], outcomes[word], short_text(amounts[word], door.lang)) for word in ("approve", "refer", "decline") if word in outcomes])  # fmt: skip
    grades = Counter(document["grade"] for document in documents)
    order = ["AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C", "D"]
    door.table(
        door.word("评级", "grades"),
        [door.word("等级", "grade"), door.word("家数", "count")],
        [(grade, grades[grade]) for grade in order if grade in grades],
    )
    if documents:
        first = documents[0]
        door.text(door.word(f"资料截至 {first['as_of']},法规与政策 {first['law_on']};新决定 {answer.appended} 份。看一家:kemiao assess {first['company']}",
                            f"as of {first['as_of']}, law and policy of {first['law_on']}; {answer.appended} new decisions. One of them: kemiao assess {first['company']}"))  # fmt: skip


def show_replay(door: Door, answer: Replayed) -> None:
    words = {
        "identical": ("完全一致", "identical"), "differs": ("不一致", "differs"),
        "inputs_erased": ("资料已删除,无法重演", "the inputs were erased"), "other_code_version": ("由另一版本的程序作出", "decided by another version of the code"),
    }[answer.result]  # fmt: skip
    rows = {"identical": ("原始行未变", "its rows still say the same"), "differs": ("原始行已变", "its rows say something else now"),
            "not_kept": ("当时的数据湖快照已清理", "its snapshot of the lake was swept"), "unchecked": ("", ""),
            "closed": ("原始行现在不可读取(授权)", "its rows may not be read now (consent)")}[answer.rows]  # fmt: skip
    door.text(f"{answer.decision_id}  {words[door.lang != 'zh']}  {rows[door.lang != 'zh']}")
    for name, (then, now) in answer.differing.items():
        door.text(f"  {name}: {then} → {now}")
    if answer.command:
        door.text(f"  {answer.command}")


def show_trace(door: Door, answer: Traced) -> None:
    from rich.console import Console
    from rich.tree import Tree

    own = "zh" if door.lang == "zh" else "en"
    document = answer.decision
    root = Tree(
        f"{document['decision_id']}  {document['company']}  {WORDS[document['decision']][own == 'en']}  {document['grade']}  {short_text(document['limit_fen'], door.lang)}"
    )
    said = root.add(door.word("依据", "rests on"))
    for name, words in (("model", ("模型", "model")), ("policy", ("政策", "policy")), ("law_tables", ("法规", "law")), ("code", ("代码", "code"))):  # fmt: skip
        said.add(f"{door.word(*words)}  {document['rests_on'][name]}")
    said.add(
        f"{door.word('资料截至', 'as of')} {document['as_of']}  {door.word('法规日', 'law on')} {document['law_on']}  {door.word('快照', 'snapshot')} {answer.snapshot}  {answer.at}"
    )
    for reason in document["reasons"]:
        root.add(f"{reason[own]}  [{reason['code']}]")
    features = root.add(door.word(f"{len(answer.features)} 项已知特征", f"{len(answer.features)} known features"))
    for feature in answer.features:
        rows = ", ".join(f"{table} × {count}" for table, count in feature["rows"].items())
        features.add(f"{feature[own]} = {value_text(feature['value'], feature['unit'], door.lang)}   ← {rows}")
    brought = root.add(door.word("导入批次", "batches"))
    for batch in answer.batches:
        files = brought.add(f"{batch['batch']}  {batch['map']}  {batch['basis']}")
        for number, file in enumerate(batch["files"][:20]):
            files.add(f"{number}  {file}")
    if answer.own_book:
        book = root.add(
            door.word(f"本行账簿 {answer.own_book['day']}", f"this bank's book on {answer.own_book['day']}")
        )
        for row in answer.own_book["loans"]:
            book.add(
                "  ".join(f"{name}={value}" for name, value in row.items()) + f"   kemiao loan show {row['loan_no']}"
            )
    for table, rows in answer.rows.items():
        left = answer.rows_left_out.get(table, 0)
        branch = root.add(
            f"{table}  " + (door.word(f"另有 {left} 行(--rows)", f"and {left} more (--rows)") if left else "")
        )
        for row in rows:
            cells = "  ".join(
                f"{name}={value}"
                for name, value in row.items()
                if name not in ("fact_id", "batch", "file", "row") and value is not None
            )
            branch.add(f"{row['batch']}:{row['file']}:{row['row']}  {cells}")
    if not answer.rows_kept:
        root.add(
            door.word("当时的数据湖快照已清理,行不可再读", "the snapshot was swept: its rows can't be read any more")
        )
    if answer.closed:
        root.add(door.word(f"原始行不可读取:{answer.closed['code']} {answer.closed['zh']}", f"the rows may not be read: {answer.closed['code']} {answer.closed['en']}"))  # fmt: skip
    if answer.chain:
        from kemiao.app.chain_shown import add_chain

        add_chain(door, root, answer.chain)
    # What others wrote (grounds, cells) is shown as it is: "[/b]" is no end of anything.
    Console(width=200, markup=False, emoji=False).print(root, highlight=False)
