"""kemiao product list | show | try | new | check | columns"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal

On = Annotated[str | None, typer.Option("--on", help="以哪天为准 / as of DATE", show_default=False)]
Name = Annotated[str, typer.Argument(help="产品 / the product")]


def register(cli: typer.Typer) -> None:
    product = typer.Typer(
        help="产品:面向谁、多少、利率、费用、还款 / products: for whom, how much, rate, fees, repayment.  例 e.g.: kemiao product list",
        no_args_is_help=True,
    )
    cli.add_typer(product, name="product")
    _list_show(product)
    _try(product)
    _files(product)


def _list_show(product: typer.Typer) -> None:
    @command(product, "list")
    def list_(door: Door, on: On = None) -> object:
        """全部产品 / Every product.  例 e.g.: kemiao product list --json"""
        from kemiao.app.options import optional_day
        from kemiao.app.product_shown import show_list
        from kemiao.app.world import open_world
        from kemiao.bank.lending.products import own_file, product_files, with_law

        day = optional_day(on)
        with open_world(door) as world:
            day = day or world.clock.today()
            rows = []
            if not product_files(world):
                return own_file(world, "", day)  # says that the home has none, and what writes them
            for name in sorted({file.name for file in product_files(world)}):
                own = own_file(world, name, day)
                rows.append((name, own, own if isinstance(own, Refusal) else with_law(world, own, day)))
        return show_list(door, rows)

    @command(product)
    def show(door: Door, name: Name, on: On = None) -> object:
        """一张看得懂的产品说明 / The product in plain language.  例 e.g.: kemiao product show tech_credit --lang en"""
        from kemiao.app.options import optional_day
        from kemiao.app.product_shown import show_sheet
        from kemiao.app.world import open_world
        from kemiao.bank.lending.products import own_file, with_law

        day = optional_day(on)
        with open_world(door) as world:
            day = day or world.clock.today()
            own = own_file(world, name, day)
            if isinstance(own, Refusal):
                return own
            lawful = with_law(world, own, day)
        return show_sheet(door, own, lawful)


def _try(product: typer.Typer) -> None:
    @command(product, "try")
    def try_(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业 / the company's key")],
        name: Annotated[str | None, typer.Option("--product", help="只看这一个,并列出还款计划 / one product, with its schedule", show_default=False)] = None,
        amount: Annotated[str | None, typer.Option(help="金额(默认最多可借) / amount (the most that can be lent)", show_default=False)] = None,
        months: Annotated[int | None, typer.Option(min=1, max=600, help="月数 / months", show_default=False)] = None,
        on: On = None,
        purpose: Annotated[str | None, typer.Option(help="用途 / what the money is for", show_default=False)] = None,
        security_value: Annotated[str | None, typer.Option(help="押品评估值 / appraised value of the security", show_default=False)] = None,
        guarantor: Annotated[str | None, typer.Option(help="保证人 / the guarantor", show_default=False)] = None,
        renews: Annotated[str | None, typer.Option(help="所续的贷款 / the loan that is to be renewed", show_default=False)] = None,
        green: Annotated[str | None, typer.Option(help="绿色目录类别 / heading of the green catalogue: G1 … G9", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """签约之前:合不合适、多少、利率、费用、还款计划、综合年化 / Before anybody signs: fit, amount, rate, fees, schedule, APR.

        例 e.g.: kemiao product try uscc:91110108MA01KPGK0L --product tech_credit --amount 50万 --months 12
        """
        from kemiao.app.options import amount_fen, company_keys, optional_day
        from kemiao.app.product_shown import show_trial
        from kemiao.app.world import open_world
        from kemiao.bank.commands.product_try import Trial, try_products
        from kemiao.credit.products.terms import Facts

        (key,) = company_keys([company]) or ("",)
        wanted, value, day = amount_fen(amount), amount_fen(security_value), optional_day(on)
        for option, fen in (("--amount", wanted), ("--security-value", value)):
            if fen is not None and fen <= 0:
                return Refusal.at("NOT_ABOVE_ZERO", "金额须大于零", "the amount must be above zero", option=option)
        facts = Facts(purpose=purpose, security_value_fen=value, guarantor=guarantor, renews=renews, green=green)
        if sys.stderr.isatty():
            door.say("首次运行要先编译,须等一会儿", "the first run compiles, which takes a while")
        with open_world(door) as world:
            answer = try_products(world, Trial(key, name, wanted, months, day, facts))
        return answer if isinstance(answer, Refusal) else show_trial(door, answer, whole=name is not None)


def _files(product: typer.Typer) -> None:
    @command(product)
    def new(
        door: Door,
        name: Annotated[str, typer.Argument(help="新产品的名字,如 bond_credit / its name")],
        start_from: Annotated[str | None, typer.Option("--from", help="照着哪个产品写 / start from a product", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """写一个带注释、能通过检查的产品文件;已有的不覆盖 / Write a commented product file; never overwrites.

        例 e.g.: kemiao product new bond_credit --from tech_credit
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.product_new import new_product

        with open_world(door) as world:
            path = new_product(world, name, start_from)
        if isinstance(path, Refusal):
            return path
        if door.as_json:
            return door.document({"product": name, "file": str(path)})
        return door.text(door.word(f"已写 {path}:改好后 kemiao product check", f"wrote {path}: make it yours, then kemiao product check"))  # fmt: skip

    @command(product)
    def check(door: Door) -> object:
        """检查全部产品文件,指出文件、项和应写什么 / Read every product file; name file, key and what was expected.

        例 e.g.: kemiao product check
        """
        from kemiao.app.product_shown import show_check
        from kemiao.app.world import open_world
        from kemiao.bank.lending.products import product_files

        with open_world(door) as world:
            found = product_files(world)
        return show_check(door, found)

    @command(product)
    def columns(door: Door) -> object:
        """产品规则可用的列 / The columns that a product's rules may name.  例 e.g.: kemiao product columns"""
        from kemiao.credit.products.qualifying import COLUMNS
        from kemiao.credit.profile import COLUMNS as FEATURES

        rows = [{"column": name, "kind": kind, "zh": FEATURES[name].zh if name in FEATURES else None, "en": FEATURES[name].en if name in FEATURES else None} for name, kind in sorted(COLUMNS.items())]  # fmt: skip
        if door.as_json:
            return door.lines(rows)
        return door.table("", ["column", "kind", door.lang], [(row["column"], row["kind"], row[door.lang]) for row in rows])  # fmt: skip
