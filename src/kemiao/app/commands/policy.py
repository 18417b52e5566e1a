"""kemiao policy list | show | check, kemiao features"""

from __future__ import annotations

from typing import Annotated

import typer

from kemiao.app.door import Door, command


def register(cli: typer.Typer) -> None:
    policy = typer.Typer(help="本行的政策 / the bank's own rules and numbers", no_args_is_help=True)
    cli.add_typer(policy, name="policy")

    @command(policy, "list")
    def list_(door: Door) -> object:
        """政策文件及其生效日 / The policy files and their days.  例 e.g.: kemiao policy list"""
        from kemiao.app.world import open_world

        with open_world(door) as world:
            in_force = world.policy.on(world.clock.today())
            rows = [
                {
                    "policy": file.name,
                    "file": file.file,
                    "effective_from": file.effective_from,
                    "in_force": in_force.get(file.name) is file.content,
                }
                for file in world.policy.files
            ]
            place = world.home.policy
        if door.as_json:
            door.lines(rows)
        else:
            door.table(str(place), [door.word("政策", "policy"), door.word("文件", "file"), door.word("生效", "from"), door.word("现行", "in force")],
                       [(row["policy"], row["file"], row["effective_from"], "✓" if row["in_force"] else "") for row in rows])  # fmt: skip
        return None

    @command(policy)
    def check(
        door: Door, on: Annotated[str | None, typer.Option("--on", help="以哪天为准 / as of DATE")] = None
    ) -> object:
        """检查全部政策,指出文件、行、列 / Read every policy and name file, line and column of what is wrong.  例 e.g.: kemiao policy check"""
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.lending.policies import unfit
        from kemiao.bank.reasons import NAME as REASONS
        from kemiao.bank.reasons import reasons_on
        from kemiao.bank.rulebook import grounds

        with open_world(door) as world:
            day = optional_day(on) or world.clock.today()
            base = grounds(world, day)
            if REASONS in world.policy.on(day):  # a home that was made before it has none
                reasons_on(world, day)
            wrong = [*unfit(world, day), *_unfit_access(world, day)]
        for other in wrong[1:]:
            door.say(other.text("zh"), other.text("en"))
        if wrong:
            return wrong[0]
        said = {
            "policy": base.policy,
            "rules": len(base.book.rules),
            "model": base.book.card.name,
            "grades": len(base.book.scale),
        }
        if door.as_json:
            door.document(said)
        else:
            door.text(door.word(f"政策可读:{said['rules']} 条规则,{said['grades']} 个等级,模型 {said['model']},摘要 {base.policy[:16]}",
                                f"the policy reads well: {said['rules']} rules, {said['grades']} grades, model {said['model']}, digest {base.policy[:16]}"))  # fmt: skip
        return None

    @command(policy)
    def columns(door: Door) -> object:
        """规则可用的列 / The columns that a rule may name.  例 e.g.: kemiao policy columns"""
        from kemiao.credit.assessment import judged_columns
        from kemiao.credit.profile import COLUMNS

        kinds = judged_columns({name: feature.unit for name, feature in COLUMNS.items()})
        rows = [
            {"column": name, "kind": kind, "unit": COLUMNS[name].unit if name in COLUMNS else None,
             "zh": COLUMNS[name].zh if name in COLUMNS else None, "en": COLUMNS[name].en if name in COLUMNS else None}
            for name, kind in sorted(kinds.items())
        ]  # fmt: skip
        if door.as_json:
            door.lines(rows)
        else:
            door.table(
                "",
                ["column", "kind", "unit", "zh" if door.lang == "zh" else "en"],
                [(row["column"], row["kind"], row["unit"], row[door.lang]) for row in rows],
            )
        return None

    @command(cli)
    def features(door: Door) -> object:
        """画像的全部特征:问题、单位、窗口、来源 / Every feature of the profile.  例 e.g.: kemiao features --lang en"""
        from kemiao.credit.profile import FEATURES, UNITS, WINDOWS

        if door.as_json:
            door.lines(
                {"name": f.name, "group": f.group, "zh": f.zh, "en": f.en, "question_zh": f.question_zh, "question_en": f.question_en,
                 "unit": f.unit, "window": f.window, "tables": list(f.tables), "leak": f.leak} for f in FEATURES
            )  # fmt: skip
        else:
            zh = door.lang == "zh"
            door.table(door.word(f"{len(FEATURES)} 项特征", f"{len(FEATURES)} features"), ["name", door.word("问题", "question"), door.word("单位", "unit"), door.word("窗口", "window"), door.word("来源", "source")],
                       [(f.name, f.question_zh if zh else f.question_en, UNITS[f.unit][not zh], WINDOWS[f.window][not zh], ", ".join(f.tables)) for f in FEATURES])  # fmt: skip
        return None


def _unfit_access(world, day):
    """access.toml as the portal reads it, and a rule for every route: a route without one is open to nobody."""
    from kemiao.base.refusal import Refusal
    from kemiao.portal.access import Unfit, read_rules, unruled

    there = world.policy.on(day)
    if "access" not in there:  # a home that was made before there was a portal
        return []
    roles = frozenset(row["name"] for row in there.get("organisation", {}).get("role", ()))
    try:
        rules = read_rules(there["access"], roles)
    except Unfit as error:
        return [Refusal.at("ACCESS_UNFIT", f"写法不对:{error}", f"is not as it must be: {error}", file="access.toml")]
    missing = unruled(rules)
    if not missing:
        return []
    some = ", ".join(missing[:5]) + (f" … (+{len(missing) - 5})" if len(missing) > 5 else "")
    zh = f"{len(missing)} 个地址没有规则,任何人都打不开:{some};请照随附文件补上"
    en = f"{len(missing)} routes have no rule and open to nobody: {some}; add them as in the packaged file"
    return [Refusal.at("ACCESS_UNFIT", zh, en, file="access.toml")]
