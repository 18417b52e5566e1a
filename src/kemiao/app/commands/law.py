"""kemiao law list | show | check | load"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from kemiao.app.door import Door, command

RuleName = Annotated[str, typer.Argument(help="规则名,见 kemiao law list / name of the rule")]
On = Annotated[str | None, typer.Option("--on", help="按哪一天的法规(默认当日) / the day of the law (today)", show_default=False)]  # fmt: skip


def register(cli: typer.Typer) -> None:
    law = typer.Typer(
        name="law",
        help="法规:有哪些规则、依据什么、怎么判 / The rules of law.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    cli.add_typer(law)

    @command(law, name="list")
    def list_rules(door: Door) -> object:
        """列出规则 / List the rules.  例 e.g.: kemiao law list --json"""
        from kemiao.law.registry import RULES

        rows = [{"rule": rule.name, "zh": rule.zh, "en": rule.en, "source": rule.source, "tables": list(rule.tables)} for rule in RULES.values()]  # fmt: skip
        if door.as_json:
            door.lines(rows)
        else:
            door.table("", [door.word("规则", "rule"), door.word("名称", "title"), door.word("依据", "source")], [(row["rule"], row[door.lang], row["source"]) for row in rows])  # fmt: skip
        return None

    @command(law)
    def show(door: Door, rule: RuleName, on: On = None) -> object:
        """某日生效的规则行、输入列与单位 / The rows in force on a day, the input columns and their units.

        例 e.g.: kemiao law show sme_size --on 2024-07-01
        """
        from kemiao.base.refusal import Refusal

        chosen = _rule(rule)
        if isinstance(chosen, Refusal):
            return chosen
        with _law(door) as (tables, policy, today):
            day = _day(on, today)
            if isinstance(day, Refusal):
                return day
            document = _shown(chosen, tables, policy, day)
        if isinstance(document, Refusal):
            return document
        if door.as_json:
            door.document(document)
        else:
            _show_tables(door, document)
        return None

    @command(law)
    def check(
        door: Door,
        rule: RuleName,
        file: Annotated[Path, typer.Argument(help="CSV、XLSX、Parquet 或 JSON Lines,一行一例 / one case a row")],
        on: On = None,
    ) -> object:
        """按规则逐行判断;缺数据就说缺什么,从不当作零 / Judge each row; what is missing is named, never taken for zero.

        例 e.g.: kemiao law check sme_size companies.csv --on 2024-07-01 --json
        列名与单位见 kemiao law show RULE / column names and units: kemiao law show RULE
        """
        from kemiao.app.law_cases import judged, read_cases
        from kemiao.base.refusal import Refusal

        chosen = _rule(rule)
        if isinstance(chosen, Refusal):
            return chosen
        cases = read_cases(chosen, file)
        if isinstance(cases, Refusal):
            return cases
        if cases.ignored:
            names = ", ".join(cases.ignored)
            door.say(f"没有用到的列:{names}", f"columns not used: {names}")
        with _law(door) as (tables, policy, today):
            day = _day(on, today)
            if isinstance(day, Refusal):
                return day
            choices = _choices(chosen, policy, day)
            if isinstance(choices, Refusal):
                return choices
            rows = judged(chosen, cases, tables, day, choices)
        if door.as_json:
            door.lines(rows)
        else:
            _show_judged(door, chosen, list(rows))
        return None

    @command(law)
    def load(
        door: Door,
        table: Annotated[str, typer.Argument(help="lpr")],
        file: Annotated[Path, typer.Argument(help="date, 1Y, 5Y(百分数 / percent), source")],
    ) -> object:
        """载入新公布的数据 / Load newly published rows.  例 e.g.: kemiao law load lpr fixings.csv"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.load_law import load_lpr
        from kemiao.base.refusal import Refusal

        if table != "lpr":
            return Refusal.at("NOT_A_SERIES", f"“{table}”不能载入,可载入的有:lpr", f"{table!r} is not loaded from files; lpr is", table=table)  # fmt: skip
        with open_world(door, create=True) as world:
            loaded = load_lpr(world, file)
        if isinstance(loaded, Refusal):
            return loaded
        changed = [{"on": change.on, "tenor": change.tenor, "before_ppm": change.before_ppm, "after_ppm": change.after_ppm} for change in loaded.changes]  # fmt: skip
        if door.as_json:
            door.document({"table": loaded.table, "fixings": loaded.fixings, "changes": changed, "observed_until": loaded.observed_until})  # fmt: skip
        else:
            door.text(door.word(
                f"已载入 {loaded.fixings} 次报价,其中 {len(changed)} 个值与原来不同;观察到 {loaded.observed_until}",
                f"loaded {loaded.fixings} fixings, {len(changed)} values differ from before; observed until {loaded.observed_until}",
            ))  # fmt: skip
        return None


def _rule(name: str) -> Any:
    from kemiao.base.refusal import Refusal
    from kemiao.law.registry import RULES

    known = ", ".join(RULES)
    return RULES.get(name) or Refusal.at("NO_SUCH_RULE", f"没有规则“{name}”,有:{known}", f"there is no rule {name!r}; there are {known}", rule=name)  # fmt: skip


def _day(on: str | None, today: Any) -> Any:
    from kemiao.base.dates import parse_date

    return parse_date(on) if on else today


@contextmanager
def _law(door: Door) -> Any:
    """Tables, policy and today: of the home where there is one, otherwise as they are shipped."""
    from importlib.resources import as_file, files

    from kemiao.app.world import MachineClock, open_world
    from kemiao.bank.policy import read_policy
    from kemiao.base.tables import read_all_packaged

    if (door.home / "kemiao.toml").exists():
        with open_world(door) as world:
            yield world.law, world.policy, world.clock.today()
        return
    with as_file(files("kemiao.bank.default_policy")) as folder:
        policy = read_policy(folder)
    yield read_all_packaged("kemiao.law.tables"), policy, MachineClock().today()


def _choices(rule: Any, policy: Any, on: Any) -> Any:
    from kemiao.base.refusal import Refusal

    chosen = policy.on(on).get("law_choices", {}).get(rule.name, {})
    missing = [name for name in rule.choices if name not in chosen]
    if missing:
        names = ", ".join(missing)
        return Refusal.at("POLICY_NOT_IN_FORCE", f"{on} 没有生效的选择:{names}(law_choices.toml)", f"no choice of {names} is in force on {on} (law_choices.toml)", rule=rule.name)  # fmt: skip
    return {name: chosen[name] for name in rule.choices}


def _shown(rule: Any, tables: Any, policy: Any, on: Any) -> Any:
    from kemiao.base.refusal import Refusal
    from kemiao.law.case_columns import unit_text
    from kemiao.law.lpr import standing_rows

    in_force = {name: standing_rows(tables[name], on) if name == "lpr" else tables[name].on(on) for name in rule.tables}
    if not any(in_force.values()):
        return Refusal.at("LAW_NOT_IN_FORCE", f"{on} 没有生效的规则行:{rule.name}", f"no rows of {rule.name} are in force on {on}", rule=rule.name, on=on)  # fmt: skip
    choices = _choices(rule, policy, on)
    return {
        "rule": rule.name, "zh": rule.zh, "en": rule.en, "source": rule.source, "on": on,
        "inputs": [
            {"name": item.name, "zh": item.zh, "en": item.en, "unit": unit_text(item), "elected": item.elected, "other_headers": list(item.aliases)}
            for item in rule.inputs
        ],
        "outputs": [{"name": item.name, "zh": item.zh, "en": item.en, "kind": item.kind} for item in rule.outputs],
        "choices": {} if isinstance(choices, Refusal) else choices,
        "tables": [
            {
                "table": name,
                **tables[name].head,
                "rows": [
                    {**row.cells, "source": row.source, "effective_from": row.effective_from, "effective_to": row.effective_to, "confidence": row.confidence}
                    for row in rows
                ],
            }
            for name, rows in in_force.items()
        ],
    }  # fmt: skip


def _show_tables(door: Door, document: Any) -> None:
    word = door.word
    door.text(f"{document['rule']}  {document[door.lang]}  {document['source']}  {document['on']}")
    inputs = [(item["name"], item[door.lang], item["unit"], ", ".join(item["other_headers"])) for item in document["inputs"]]  # fmt: skip
    door.table(word("输入列", "input columns"), [word("列", "column"), word("含义", "meaning"), word("单位", "unit"), word("其他列名", "other headers")], inputs)  # fmt: skip
    for table in document["tables"]:
        dated = ("source", "effective_from", "effective_to", "confidence")
        rows = [
            (
                ", ".join(f"{key}={value}" for key, value in row.items() if key not in dated),
                row["source"], f"{row['effective_from']} – {row['effective_to'] or ''}", row["confidence"],
            )
            for row in table["rows"]
        ]  # fmt: skip
        door.table(table["table"], [word("内容", "row"), word("依据", "source"), word("生效", "in force"), word("可信度", "confidence")], rows)  # fmt: skip
    for name, value in document["choices"].items():
        door.text(word(f"本行的选择:{name} = {value}", f"the bank's choice: {name} = {value}"))


def _show_judged(door: Door, rule: Any, rows: list[dict[str, Any]]) -> None:
    shown = [output.name for output in rule.outputs]
    used = [name for name in shown if any(row[name] not in (None, []) for row in rows)]
    columns = [door.word("行", "row"), "id", *used, door.word("缺少", "missing"), door.word("可信度", "confidence"), door.word("未判", "not judged")]  # fmt: skip
    door.table("", columns, [
        (
            row["row"], row["id"], *(", ".join(row[name]) if isinstance(row[name], list) else row[name] for name in used), ", ".join(row["missing"]), row["confidence"],
            "; ".join(reason[door.lang] for reason in ([row["refused"]] if row["refused"] else row["errors"])),
        )
        for row in rows
    ])  # fmt: skip
