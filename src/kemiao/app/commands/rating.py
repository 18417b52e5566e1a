"""kemiao rating validate | fit | promote | list | show"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command

Table = Annotated[Path | None, typer.Option("--table", help="每户(笔)一行的表,CSV/XLSX/Parquet;不给则用本目录的资料 / one row a company or loan; without it the home's own facts", show_default=False)]  # fmt: skip
Label = Annotated[str | None, typer.Option("--label", help="标签列(违约=1) / the column that says who defaulted", show_default=False)]  # fmt: skip
Drop = Annotated[str | None, typer.Option("--drop", help="不用的列,逗号分隔 / columns to leave out: A,B", show_default=False)]  # fmt: skip
Key = Annotated[str | None, typer.Option("--key", help="编号列:不参与学习 / the identifier: not learnt from", show_default=False)]  # fmt: skip
Event = Annotated[str | None, typer.Option("--event", help="标签中表示违约的值 / the label's value that means default", show_default=False)]  # fmt: skip
Baseline = Annotated[str | None, typer.Option("--baseline", help="与这一列单独排序相比,同样的折 / compare with this column alone, same folds", show_default=False)]  # fmt: skip
Seed = Annotated[int, typer.Option("--seed", min=0, help="折的种子 / seed of the folds")]
Horizon = Annotated[int | None, typer.Option("--horizon-days", min=1, help="标签看多少天内的违约 / the label means default within DAYS", show_default=False)]  # fmt: skip
AsOf = Annotated[str | None, typer.Option("--as-of", help="特征以哪天为准(只用于本目录的资料) / the day of the features (home's facts only)", show_default=False)]  # fmt: skip


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="rating", help="评级模型:验证、训练、启用 / Rating models.  例 e.g.: kemiao rating validate --table loans.csv --label default")  # fmt: skip

    @command(group)
    def validate(
        door: Door, table: Table = None, label: Label = None, drop: Drop = None, key: Key = None, event: Event = None, baseline: Baseline = None,
        seed: Seed = 0, horizon_days: Horizon = None, as_of: AsOf = None,
    ) -> object:  # fmt: skip
        """折外验证:选列、分箱、校准全在折内 / Out-of-fold validation, everything learnt inside the fold.

        例 e.g.: kemiao rating validate --table loans.csv --label default --drop id,grade --baseline sales --json
        """
        from kemiao.bank.commands.fit_rating import validate_rating
        from kemiao.base.refusal import Refusal
        from kemiao.credit.rating.findings import as_json

        asked = _request(door, table, label, drop, key, event, baseline, seed, horizon_days, as_of)
        with _world_if_any(door, needed=table is None) as world, door.progress("验证", "validating") as bar:
            answer = validate_rating(world, asked, world.clock.today() if world else None, bar)
        if isinstance(answer, Refusal):
            return answer
        found, material = answer
        document = as_json(found, material.table, material.horizon_days, door.lang)
        document |= {"source": dict(material.source), "rows_unreadable": material.left_out}
        if door.as_json:
            door.document(document)
        else:
            from kemiao.app.rating_shown import show_validation

            show_validation(door, document)
        return None

    @command(group)
    def fit(
        door: Door, table: Table = None, label: Label = None, drop: Drop = None, key: Key = None, event: Event = None, baseline: Baseline = None,
        seed: Seed = 0, horizon_days: Horizon = None, as_of: AsOf = None,
        name: Annotated[str, typer.Option("--name", help="模型名 / a name for the model")] = "rating",
    ) -> object:  # fmt: skip
        """验证并训练一张评分卡,存入 models;启用另用 promote / Validate and fit a scorecard; promote puts it into use.

        例 e.g.: kemiao rating fit --as-of 2023-07-01 --name first
        """
        from dataclasses import replace

        from kemiao.app.world import open_world
        from kemiao.bank.commands.fit_rating import fit_rating
        from kemiao.base.refusal import Refusal
        from kemiao.credit.rating.findings import as_json

        asked = replace(_request(door, table, label, drop, key, event, baseline, seed, horizon_days, as_of), name=name)
        with open_world(door, create=table is not None) as world, door.progress("训练", "fitting") as bar:
            answer = fit_rating(world, asked, bar)
        if isinstance(answer, Refusal):
            return answer
        document = as_json(answer.validation, answer.material.table, answer.material.horizon_days, door.lang)
        document |= {
            "model": answer.card.digest,
            "name": name,
            "promoted": False,
            "few_events": answer.card.facts["few_events"],
        }
        if door.as_json:
            door.document(document)
        else:
            from kemiao.app.rating_shown import show_card, show_validation

            show_card(door, answer.card)
            show_validation(door, document)
            door.say(f"已存为 {answer.card.digest[:12]};启用:kemiao rating promote {answer.card.digest[:12]} --by 姓名 --reason 理由",
                     f"stored as {answer.card.digest[:12]}; put into use: kemiao rating promote {answer.card.digest[:12]} --by NAME --reason WHY")  # fmt: skip
        return None

    @command(group)
    def promote(
        door: Door,
        by: Annotated[str, typer.Option("--by", help="谁决定的 / who decided it")],
        reason: Annotated[str, typer.Option("--reason", help="为什么 / why")],
        model: Annotated[str | None, typer.Argument(help="模型摘要或名称 / digest or name")] = None,
        expert: Annotated[bool, typer.Option("--expert", help="回到专家评分卡 / back to the expert card")] = False,
    ) -> object:
        """启用一个模型,assess 此后用它 / Make a model the one that assess uses.

        例 e.g.: kemiao rating promote 1a2b3c4d --by 王敏 --reason 折外AUC高于专家卡
        """
        from dataclasses import asdict

        from kemiao.app.world import open_world
        from kemiao.bank.commands.promote_rating import Request, promote_rating
        from kemiao.base.refusal import Refusal

        if (model is None) != expert:
            raise typer.BadParameter(door.word("给出模型,或 --expert", "name a model, or --expert"))
        with open_world(door) as world:
            answer = promote_rating(world, Request(model, by, reason))
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            door.document(asdict(answer))
        else:
            door.text(door.word(f"assess 现在用:{answer.name} {(answer.now or '')[:12]}", f"assess now uses {answer.name} {(answer.now or '')[:12]}"))  # fmt: skip
        return None

    @command(group, name="list")
    def list_(door: Door) -> object:
        """所有训练过的模型 / The models that were fitted.  例 e.g.: kemiao rating list --json"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.fit_rating import in_use, models

        with open_world(door) as world:
            used, events = in_use(world), models(world)
        rows = [{"model": event.ref, "at": event.at, "in_use": event.ref == used, **event.public} for event in events]
        if door.as_json:
            door.lines(rows)
            return None
        titles = [door.word(*pair) for pair in (("模型", "model"), ("名称", "name"), ("行数", "rows"), ("违约", "events"), ("AUC", "AUC"), ("启用", "in use"))]  # fmt: skip
        door.table("", titles, ([row["model"][:12], row["name"], row["rows"], row["events"], _auc(row["validation"]), "✓" if row["in_use"] else ""] for row in rows))  # fmt: skip
        if used is None:
            door.say("assess 用专家评分卡", "assess uses the expert card")
        return None

    @command(group)
    def show(door: Door, model: Annotated[str | None, typer.Argument(help="模型摘要或名称;不给则显示在用的 / digest or name; without it the one in use")] = None) -> object:  # fmt: skip
        """一张评分卡:每个指标、每个分箱、分数 / A card: characteristics, bins, points.  例 e.g.: kemiao rating show 1a2b3c4d"""
        import json

        from kemiao.app.world import open_world
        from kemiao.bank.commands.promote_rating import read_model
        from kemiao.bank.rulebook import grounds
        from kemiao.base.refusal import Refusal
        from kemiao.credit.rating.scorecard import to_bytes

        with open_world(door) as world:
            card = read_model(world, model) if model else grounds(world, world.clock.today()).book.card
        if isinstance(card, Refusal):
            return card
        if door.as_json:
            door.document({"model": card.digest, "card": json.loads(to_bytes(card))})
        else:
            from kemiao.app.rating_shown import show_card

            show_card(door, card)
        return None


def _request(door, table, label, drop, key, event, baseline, seed, horizon_days, as_of):
    from kemiao.app.options import optional_day
    from kemiao.bank.commands.fit_rating import Request

    if table is not None and label is None:
        raise typer.BadParameter(door.word("--table 需要 --label", "--table needs --label"))
    dropped = tuple(name.strip() for name in drop.split(",") if name.strip()) if drop else ()
    return Request(
        table, label or "defaulted", dropped, key, event, baseline, seed, "rating", horizon_days, optional_day(as_of)
    )


@contextmanager
def _world_if_any(door: Door, *, needed: bool) -> Iterator:
    """A table can be validated without a home, under the policy that the package brings."""
    if not needed and not (door.home / "kemiao.toml").exists():
        yield None
        return
    from kemiao.app.world import open_world

    with open_world(door) as world:
        yield world


def _auc(figures) -> str:
    return f"{figures['auc_ppm'] / 1e6:.3f} [{figures['auc_low_ppm'] / 1e6:.3f}, {figures['auc_high_ppm'] / 1e6:.3f}]"
