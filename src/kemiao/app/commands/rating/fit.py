"""kemiao rating validate | fit"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

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
Kind = Annotated[Literal["card", "challenger", "best"], typer.Option("--kind", help="评分卡、挑战者模型,或其中更好的 / a scorecard, a challenger, or the better one")]  # fmt: skip
Fold = Annotated[str | None, typer.Option("--fold", help="按这一列的值轮流留出,此列不参与学习 / hold out each value of this column in turn", show_default=False)]  # fmt: skip
Test = Annotated[str | None, typer.Option("--test", help="列=值:这些行只用来检验 / COLUMN=VALUE: these rows are held out once", show_default=False)]  # fmt: skip
Weight = Annotated[str | None, typer.Option("--weight", help="样本权重列 / a column of case weights", show_default=False)]  # fmt: skip
Groups = Annotated[str | None, typer.Option("--groups", help="按这些列分组检验公平性,逗号分隔 / look at groups by these columns: A,B", show_default=False)]  # fmt: skip
Size = Annotated[str | None, typer.Option("--size", help="规模列:三等分检验,并作单列基准 / a column of size: in terciles, and alone as baseline", show_default=False)]  # fmt: skip
Time = Annotated[str | None, typer.Option("--time", help="日期或年份列:检验跨期稳定 / a column of dates or years: stability over time", show_default=False)]  # fmt: skip
Report = Annotated[Path | None, typer.Option("--report", help="检验报告写入此文件 / write the validation report to FILE.pdf | .html | .json", show_default=False)]  # fmt: skip
AsOf = Annotated[str | None, typer.Option("--as-of", help="特征以哪天为准(只用于本目录的资料) / the day of the features (home's facts only)", show_default=False)]  # fmt: skip


def register(group: typer.Typer) -> None:
    @command(group)
    def validate(
        door: Door, table: Table = None, label: Label = None, drop: Drop = None, key: Key = None, event: Event = None, baseline: Baseline = None,
        seed: Seed = 0, horizon_days: Horizon = None, as_of: AsOf = None, kind: Kind = "best", fold: Fold = None, test: Test = None, weight: Weight = None,
        groups: Groups = None, size: Size = None, time: Time = None, report: Report = None,
        predictions: Annotated[Path | None, typer.Option("--predictions", help="折外预测写入此 CSV / write the out-of-fold predictions to this CSV", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """折外验证:选列、分箱、校准全在折内 / Out-of-fold validation, everything learnt inside the fold.

        例 e.g.: kemiao rating validate --table loans.csv --label default --drop id,grade --groups region --size sales --report report.pdf
        """
        from kemiao.app.validation_file import report_room, show_findings
        from kemiao.app.world import day_of, world_if_any
        from kemiao.bank.commands.fit_rating import validate_rating
        from kemiao.base.refusal import Refusal
        from kemiao.credit.rating.findings import as_json

        asked = request_of(door, table, label, drop, key, event, baseline, seed, horizon_days, as_of, kind, fold, test, weight, groups, size, time)  # fmt: skip
        examine = any(each is not None for each in (report, groups, size, time))
        with report_room(report) as paper, world_if_any(door, needed=table is None) as world:
            with door.progress("验证", "validating") as bar:
                answer = validate_rating(world, asked, world.clock.today() if world else None, bar, examine=examine)
            if isinstance(answer, Refusal):
                return answer
            told = paper.write(answer.examination, door.lang, day_of(world)) if answer.examination else {}
        found, material = answer.validation, answer.material
        if predictions is not None:
            from kemiao.bank.predictions import write_predictions

            write_predictions(predictions, found, material.table)
        document = as_json(found, material.table, material.horizon_days, door.lang)
        document |= {"source": dict(material.source), "rows_unreadable": material.left_out}
        document |= {"report": told} if told else {}
        if door.as_json:
            door.document(document)
        else:
            from kemiao.app.rating_shown import show_validation

            show_validation(door, document)
            if told:
                show_findings(door, told)
        return None

    @command(group)
    def fit(
        door: Door, table: Table = None, label: Label = None, drop: Drop = None, key: Key = None, event: Event = None, baseline: Baseline = None,
        seed: Seed = 0, horizon_days: Horizon = None, as_of: AsOf = None, kind: Kind = "best", fold: Fold = None, test: Test = None, weight: Weight = None,
        groups: Groups = None, size: Size = None, time: Time = None, report: Report = None,
        name: Annotated[str, typer.Option("--name", help="模型名 / a name for the model")] = "rating",
        by: Annotated[str | None, typer.Option("--by", help="谁训练的(此人不能启用),默认为系统用户 / who fits, and so can't promote; the system's user by default", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """验证并训练模型(评分卡或挑战者),存入 models;启用另用 promote / Validate and fit a model; promote puts it into use.

        例 e.g.: kemiao rating fit --as-of 2023-07-01 --name first --by 李强
        """
        from dataclasses import replace

        from kemiao.app.options import person
        from kemiao.app.validation_file import report_room, show_findings
        from kemiao.app.world import day_of, open_world
        from kemiao.bank.commands.fit_rating import fit_rating
        from kemiao.base.refusal import Refusal
        from kemiao.credit.profile import COLUMNS
        from kemiao.credit.rating.findings import as_json
        from kemiao.credit.rating.model import features_of, kind_of

        asked = request_of(door, table, label, drop, key, event, baseline, seed, horizon_days, as_of, kind, fold, test, weight, groups, size, time)  # fmt: skip
        asked = replace(asked, name=name, by=person(by))
        with report_room(report) as paper, open_world(door, create=table is not None) as world:
            with door.progress("训练", "fitting") as bar:
                answer = fit_rating(world, asked, bar)
            if isinstance(answer, Refusal):
                return answer
            told = paper.write(answer.examination, door.lang, day_of(world))
        document = as_json(answer.validation, answer.material.table, answer.material.horizon_days, door.lang)
        document |= {
            "model": answer.model.digest,
            "model_kind": kind_of(answer.model),
            "name": name,
            "promoted": False,
            "fitted_by": asked.by,
            "few_events": answer.model.facts["few_events"],
            "report": told,
        }
        if door.as_json:
            door.document(document)
        else:
            from kemiao.app.rating_shown import show_model, show_validation

            show_model(door, answer.model)
            show_validation(door, document)
            show_findings(door, told)
            digest = answer.model.digest[:12]
            if any(feature not in COLUMNS for feature in features_of(answer.model)):
                door.say(f"已存为 {digest};它的列不是画像特征,只能用来打分和导出:kemiao rating score {digest} --table 文件",
                         f"stored as {digest}; its columns are no features of the profile, so it scores tables and is exported: kemiao rating score {digest} --table FILE")  # fmt: skip
            else:
                door.say(f"已存为 {digest};由另一人启用:kemiao rating promote {digest} --by 姓名 --reason 理由",
                         f"stored as {digest}; another person puts it into use: kemiao rating promote {digest} --by NAME --reason WHY")  # fmt: skip
        return None


def request_of(
    door, table, label, drop, key, event, baseline, seed, horizon_days, as_of, kind, fold, test, weight, groups, size, time
):  # fmt: skip
    from kemiao.app.options import optional_day
    from kemiao.bank.commands.fit_rating import Request

    if table is not None and label is None:
        raise typer.BadParameter(door.word("--table 需要 --label", "--table needs --label"))

    def names(text):
        return tuple(name.strip() for name in text.split(",") if name.strip()) if text else ()

    return Request(
        table, label or "defaulted", names(drop), key, event, baseline, seed, "rating", horizon_days, optional_day(as_of),
        kind=kind, fold=fold, test=test, weight=weight, groups=names(groups), size=size, time=time,
    )  # fmt: skip
