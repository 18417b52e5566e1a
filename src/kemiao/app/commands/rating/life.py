"""kemiao rating promote | retire | list | show | export | import"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command

Model = Annotated[str, typer.Argument(help="模型摘要或名称 / digest or name")]
By = Annotated[str, typer.Option("--by", help="谁决定的 / who decided it")]
Reason = Annotated[str, typer.Option("--reason", help="为什么 / why")]


def register(group: typer.Typer) -> None:
    @command(group)
    def promote(
        door: Door,
        by: By,
        reason: Reason,
        model: Annotated[str | None, typer.Argument(help="模型摘要或名称 / digest or name")] = None,
        expert: Annotated[bool, typer.Option("--expert", help="回到专家评分卡 / back to the expert card")] = False,
        approved_by: Annotated[
            str | None, typer.Option("--approved-by", help="第三人批准 / a third person's approval", show_default=False)
        ] = None,
    ) -> object:
        """启用一个模型,assess 此后用它;训练者不得启用 / Make a model the one that assess uses; not by who fitted it.

        例 e.g.: kemiao rating promote 1a2b3c4d --by 王敏 --reason 折外AUC高于专家卡
        """
        from dataclasses import asdict

        from kemiao.app.world import open_world
        from kemiao.bank.commands.promote_rating import Request, promote_rating
        from kemiao.base.refusal import Refusal

        if (model is None) != expert:
            raise typer.BadParameter(door.word("给出模型,或 --expert", "name a model, or --expert"))
        with open_world(door) as world:
            answer = promote_rating(world, Request(model, by, reason, approved_by))
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            door.document(asdict(answer))
            return None
        door.text(door.word(f"assess 现在用:{answer.name} {(answer.now or '')[:12]}", f"assess now uses {answer.name} {(answer.now or '')[:12]}"))  # fmt: skip
        if answer.without_horizon:
            door.say("标签没有时间跨度:它的违约率说的是训练表里的事,不是一年内的事", "its label has no horizon: its PD speaks of the table that it learnt from, not of a year")  # fmt: skip
        return None

    @command(group)
    def retire(door: Door, model: Model, by: By, reason: Reason) -> object:
        """让一个模型退役,不能再启用;文件留着 / Retire a model: never promoted again; its files stay.

        例 e.g.: kemiao rating retire 1a2b3c4d --by 王敏 --reason 样本过旧
        """
        from dataclasses import asdict

        from kemiao.app.world import open_world
        from kemiao.bank.commands.promote_rating import retire_rating
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            answer = retire_rating(world, model, by, reason)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            door.document(asdict(answer))
        else:
            door.text(door.word(f"已退役:{answer.name} {answer.model[:12]}", f"retired {answer.name} {answer.model[:12]}"))  # fmt: skip
        return None

    @command(group, name="list")
    def list_(door: Door) -> object:
        """所有模型,各在哪一步 / The models, and where each stands.  例 e.g.: kemiao rating list --json"""
        from kemiao.app.world import open_world
        from kemiao.bank.models import known_models

        with open_world(door) as world:
            known = known_models(world)
        if door.as_json:
            door.lines({"model": each.digest, "at": each.at, "state": each.state, "in_use": each.state == "in_use", "fitters": list(each.fitters), **each.public} for each in known)  # fmt: skip
            return None
        titles = (("模型", "model"), ("名称", "name"), ("行数", "rows"), ("违约", "events"), ("AUC", "AUC"), ("训练者", "fitted by"), ("状态", "state"))  # fmt: skip
        rows = ((each.digest[:12], each.name, each.public["rows"], each.public["events"], _auc(each.public["validation"]), ", ".join(each.fitters), door.word(*STATES[each.state])) for each in known)  # fmt: skip
        door.table("", [door.word(*pair) for pair in titles], rows)
        if not any(each.state == "in_use" for each in known):
            door.say("assess 用专家评分卡", "assess uses the expert card")
        return None

    @command(group)
    def show(door: Door, model: Annotated[str | None, typer.Argument(help="模型摘要或名称;不给则显示在用的 / digest or name; without it the one in use")] = None) -> object:  # fmt: skip
        """一个模型:来历、指标、分箱、分数 / A model: where it comes from, characteristics, bins, points.  例 e.g.: kemiao rating show 1a2b3c4d"""
        import json

        from kemiao.app.world import open_world
        from kemiao.bank.models import stored_model
        from kemiao.bank.rulebook import grounds
        from kemiao.base.refusal import Refusal
        from kemiao.credit.rating.cycle import cycle_of, mean_words
        from kemiao.credit.rating.model import model_files

        with open_world(door) as world:
            if model is None:
                book = grounds(world, world.clock.today()).book
                card, about = book.model, {"cycle": cycle_of(book.cycle)} if book.cycle else {}
            else:
                read = stored_model(world, model)
                if isinstance(read, Refusal):
                    return read
                known, one = read
                card = one.model
                about = {
                    "kind": one.kind, "state": known.state, "fitters": list(known.fitters), "lineage": dict(one.lineage), "files": sorted(one.files),
                    "not_of_the_model": list(one.strangers), "validated": one.validation is not None,
                }  # fmt: skip
        if door.as_json:
            door.document(
                {
                    "model": card.digest,
                    **about,
                    "card": json.loads(
                        next(content for name, content in model_files(card).items() if name.endswith(".json"))
                    ),
                }
            )
            return None
        from kemiao.app.rating_shown import show_lineage, show_model

        if "lineage" in about:
            show_lineage(door, about, STATES)
        show_model(door, card)
        if "cycle" in about:
            door.text(door.word(*mean_words(about["cycle"])))
        return None

    @command(group)
    def export(
        door: Door,
        model: Annotated[str | None, typer.Argument(help="模型摘要或名称;不给则为在用的 / digest or name; without it the one in use")] = None,
        to: Annotated[Path | None, typer.Option("--to", help="写成目录 / write the model's directory", show_default=False)] = None,
        sql: Annotated[str | None, typer.Option("--sql", help="duckdb | postgres | spark", show_default=False)] = None,
        table: Annotated[str, typer.Option("--table", help="SQL 里的表名 / the table in the SQL")] = "companies",
        key: Annotated[str, typer.Option("--key", help="编号列;空为无 / the column that identifies a row; empty for none")] = "company",
        lacking: Annotated[str | None, typer.Option("--lacking", help="表里没有的可选列,逗号分隔 / optional columns that the table lacks: A,B", show_default=False)] = None,
        output: Annotated[Path | None, typer.Option("--output", help="SQL 写入文件 / write the SQL to a file", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """导出:模型目录,或得分完全相同的 SQL / Export a model's directory, or SQL that gives the very same points.

        例 e.g.: kemiao rating export 1a2b3c4d --sql duckdb --table loans --key loan_no --output score.sql
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.carry_model import export_model
        from kemiao.bank.models import stored_model
        from kemiao.bank.rulebook import grounds
        from kemiao.base.refusal import Refusal
        from kemiao.credit.rating.sql_export import DIALECTS
        from kemiao.credit.rating.sql_models import model_sql

        if (to is None) == (sql is None) or (sql is not None and sql not in DIALECTS):
            raise typer.BadParameter(door.word("--to 目录,或 --sql duckdb|postgres|spark", "--to DIR, or --sql duckdb|postgres|spark"))  # fmt: skip
        with open_world(door) as world:
            if to is not None:
                if model is None:
                    raise typer.BadParameter(door.word("请指明模型", "name a model"))
                one = export_model(world, model, to)
                if isinstance(one, Refusal):
                    return one
                if door.as_json:
                    door.document({"model": one.digest, "name": one.name, "to": str(to), "files": sorted(one.files)})
                else:
                    door.text(door.word(f"{one.name} {one.digest[:12]} → {to}", f"{one.name} {one.digest[:12]} → {to}"))
                return None
            if model is None:
                card = grounds(world, world.clock.today()).book.model  # by its own curve
            else:
                read = stored_model(world, model)
                if isinstance(read, Refusal):
                    return read
                card = read[1].model
        absent = tuple(name.strip() for name in lacking.split(",") if name.strip()) if lacking else ()
        text = model_sql(card, sql, table, key or None, absent)
        if isinstance(text, Refusal):
            return text
        if output is not None:
            output.write_text(text, "utf-8")
        if door.as_json:
            door.document({"model": card.digest, "dialect": sql, "sql": text, "output": str(output) if output else None})  # fmt: skip
        elif output is None:
            door.text(text.rstrip())
        else:
            door.text(door.word(f"已写入 {output}", f"written to {output}"))
        return None

    @command(group, name="import")
    def import_(
        door: Door,
        folder: Annotated[Path, typer.Argument(help="rating export --to 写的目录 / a directory written by rating export --to")],
        by: Annotated[str | None, typer.Option("--by", help="谁导入的,默认为系统用户 / who brings it in; the system's user by default", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """导入一个模型目录,逐个文件核对摘要 / Take in a model's directory, each file checked by its digest.

        例 e.g.: kemiao rating import model-1a2b3c4d --by 王敏
        """
        from kemiao.app.options import person
        from kemiao.app.world import open_world
        from kemiao.bank.commands.carry_model import import_model
        from kemiao.base.refusal import Refusal

        with open_world(door, create=True) as world:
            one = import_model(world, folder, person(by))
        if isinstance(one, Refusal):
            return one
        if door.as_json:
            door.document({"model": one.digest, "name": one.name, "fitted_by": one.fitted_by, "not_of_the_model": list(one.strangers)})  # fmt: skip
            return None
        door.text(door.word(f"已导入 {one.name} {one.digest[:12]};启用另用 promote", f"imported {one.name} {one.digest[:12]}; promote puts it into use"))  # fmt: skip
        if one.strangers:
            names = ", ".join(one.strangers)
            door.say(f"清单以外的文件没有导入:{names}", f"files that the manifest does not name were left: {names}")
        return None


STATES = {
    "fitted": ("已训练", "fitted"), "imported": ("已导入", "imported"), "in_use": ("在用 ✓", "in use ✓"), "promoted": ("曾启用", "was in use"),
    "retired": ("已退役", "retired"),
}  # fmt: skip


def _auc(figures) -> str:
    if not figures:
        return ""
    return f"{figures['auc_ppm'] / 1e6:.3f} [{figures['auc_low_ppm'] / 1e6:.3f}, {figures['auc_high_ppm'] / 1e6:.3f}]"
