"""A scorecard and a validation as people read them on a terminal."""

from __future__ import annotations

from kemiao.app.door import Door


def show_model(door: Door, model) -> None:
    """A card with its bins; of a challenger what it asks and the most that each answer earns."""
    if model.kind != "challenger":
        show_card(door, model)
        return
    low, high = model.points_range
    door.text(door.word(f"{model.name}(挑战者,{len(model.trees)} 棵树) {model.digest[:12]}  {low} 至 {high} 分", f"{model.name} (challenger, {len(model.trees)} trees) {model.digest[:12]}  {low} to {high} points"))  # fmt: skip
    ways = {1: ("越大风险越高", "risk rises with it"), -1: ("越大风险越低", "risk falls with it"), 0: ("", "")}
    rows = [(each.zh if door.lang == "zh" else each.en, "" if each.choice else door.word(*ways[each.direction]), each.best_points) for each in model.features]  # fmt: skip
    door.table(
        "", [door.word("指标", "feature"), door.word("方向", "direction"), door.word("最多得分", "most points")], rows
    )


def show_card(door: Door, card) -> None:
    low, high = card.points_range
    door.text(door.word(f"{card.name}({card.kind}) {card.digest[:12]}  基础分 {card.base_points},{low} 至 {high} 分", f"{card.name} ({card.kind}) {card.digest[:12]}  base {card.base_points}, {low} to {high} points"))  # fmt: skip
    rows = [
        ((each.zh if door.lang == "zh" else each.en) if number == 0 else "", one.zh if door.lang == "zh" else one.en, one.points)
        for each in card.characteristics
        for number, one in enumerate(each.bins)
    ]  # fmt: skip
    door.table("", [door.word("指标", "characteristic"), door.word("分箱", "bin"), door.word("分数", "points")], rows)


def show_lineage(door: Door, about: dict, states: dict) -> None:
    """Where a model comes from and where it stands."""
    lineage = about["lineage"]
    titles = {
        "fitted_by": ("训练者", "fitted by"), "source": ("资料", "source"), "snapshot": ("湖版本", "snapshot"), "table_digest": ("资料摘要", "digest of the table"),
        "label": ("标签", "label"), "horizon_days": ("时间跨度(天)", "horizon, days"), "rows": ("行数", "rows"), "events": ("违约", "events"), "seed": ("种子", "seed"),
        "code": ("代码", "code"), "libraries": ("程序库", "libraries"), "policy": ("评级政策", "rating policy"), "before": ("当时在用", "in use then"),
    }  # fmt: skip
    rows = [(door.word(*title), _told(lineage[name])) for name, title in titles.items() if lineage.get(name) is not None]  # fmt: skip
    rows.insert(0, (door.word("状态", "state"), door.word(*states[about["state"]])))
    rows.append((door.word("文件", "files"), ", ".join(about["files"])))
    door.table("", [door.word("来历", "lineage"), ""], rows)
    if about["not_of_the_model"]:
        names = ", ".join(about["not_of_the_model"])
        door.say(f"清单以外的文件不算:{names}", f"files that the manifest does not name don't count: {names}")


def _told(value: object) -> str:
    return ", ".join(f"{name} {item}" for name, item in value.items()) if isinstance(value, dict) else str(value)


def show_validation(door: Door, found: dict) -> None:
    auc = f"{found['auc']:.4f} [{found['auc_low']:.4f}, {found['auc_high']:.4f}]"
    door.text(door.word(
        f"折外 AUC {auc}  KS {found['ks']:.3f}  Brier {found['brier']:.4f}  {found['rows']} 行,违约 {found['events']}  {found['folds']} 折 × {found['repeats']} 次,内层 {found['inner_folds']} 折",
        f"out-of-fold AUC {auc}  KS {found['ks']:.3f}  Brier {found['brier']:.4f}  {found['rows']} rows, {found['events']} events  {found['folds']} folds x {found['repeats']}, {found['inner_folds']} inner",
    ))  # fmt: skip
    for name, zh, en in (("card", "评分卡", "scorecard"), ("challenger", "挑战者", "challenger")):
        if found[name] and found["kind"] == "best":
            shown = f"{found[name]['auc']:.4f} [{found[name]['auc_low']:.4f}, {found[name]['auc_high']:.4f}]"
            door.text(door.word(f"  {zh} AUC {shown}", f"  {en} AUC {shown}"))
    if found["challenger_less_card"]:
        gap, times = found["challenger_less_card"], f"{found['challenger_chosen']}/{found['fits']}"
        shown = f"{gap['value']:+.4f} [{gap['low']:+.4f}, {gap['high']:+.4f}]"
        door.text(door.word(f"  挑战者减评分卡 {shown};各折自己的训练行选了挑战者 {times} 次", f"  challenger less card {shown}; chosen by its fold's own training rows {times} times"))  # fmt: skip
    if found["baseline"]:
        base = found["baseline"]
        gap = f"{base['difference']:+.4f} [{base['difference_low']:+.4f}, {base['difference_high']:+.4f}]"
        door.text(door.word(f"只用 {base['column']}:AUC {base['auc']:.4f};差 {gap}", f"{base['column']} alone: AUC {base['auc']:.4f}; difference {gap}"))  # fmt: skip
    rows = [(row["rows"], f"{row['pd']:.2%}", f"{row['event_rate']:.2%}") for row in found["calibration"]]
    door.table(door.word("校准", "calibration"), [door.word("行数(全部重复)", "rows (all repeats)"), door.word("预测", "predicted"), door.word("实际", "came")], rows)  # fmt: skip
    for name, zh, en in (("refused", "拒绝的列", "refused columns"), ("suspect", "可疑的列", "suspect columns")):
        if found[name]:
            door.table(door.word(zh, en), [door.word("列", "column"), door.word("原因", "why")], [(each["column"], each["why"]) for each in found[name]])  # fmt: skip
    if found["weighted"]:
        door.say(
            "以上数字按样本权重计;检验报告中每行算一次",
            "these figures count rows by their weights; in the report each row counts once",
        )
    if found["horizon"]:
        door.say(found["horizon"], found["horizon"])
    if found.get("rows_unreadable"):
        door.say(f"{found['rows_unreadable']} 行读不了,已略过", f"{found['rows_unreadable']} rows can't be read and were left out")  # fmt: skip
    if found["rows_without_label"]:
        door.say(f"{found['rows_without_label']} 行没有标签,已略过", f"{found['rows_without_label']} rows have no label and were left out")  # fmt: skip
