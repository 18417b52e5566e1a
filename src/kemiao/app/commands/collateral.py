"""kemiao collateral register|search|transfer|release|renew|history|searched|due|proof: security rights on the shared chain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kemiao.app.door import DONE, REFUSED, Door, command
from kemiao.base.refusal import Refusal


def _option(names: str, zh: str, en: str) -> Any:
    return typer.Option(names, help=f"{zh} / {en}", show_default=False)


Kind = Annotated[str | None, _option("--kind", "担保物种类", "invoice | machine | stock | patent | other | movables")]
Number = Annotated[str | None, _option("--number", "发票号、专利申请号或登记号", "number of the invoice, the patent's application, or in the register")]  # fmt: skip
Day = Annotated[str | None, _option("--date", "开票日期", "date of the invoice")]
Seller = Annotated[str | None, _option("--seller", "销方代码", "code of the seller")]
Buyer = Annotated[str | None, _option("--buyer", "购方代码", "code of the buyer")]
Total = Annotated[str | None, _option("--total", "价税合计", "total of the invoice: 12,345.60 | 500万")]
Serial = Annotated[str | None, _option("--serial", "设备铭牌号", "serial number on the nameplate")]
Maker = Annotated[str | None, _option("--maker", "制造商", "maker of the machine")]
Lot = Annotated[str | None, _option("--lot", "仓单号或批号", "warehouse receipt or lot")]
Keeper = Annotated[str | None, _option("--keeper", "保管人代码", "code of the keeper")]
Register = Annotated[str | None, _option("--register", "其他登记簿的名称", "name of another register")]
Debtor = Annotated[str | None, _option("--debtor", "债务人", "the debtor")]
Right = Annotated[
    str, typer.Argument(help="权利编号或其开头至少 8 位 / id of the right, or its first 8 digits or more")
]


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(
        group,
        name="collateral",
        help="担保物权:登记、查询、顺位、转让、解除 / Security rights on the shared chain.  例 e.g.: kemiao collateral search --debtor 91…",
    )

    @command(group, name="register")
    def register_(
        door: Door, kind: Kind = None, number: Number = None, date: Day = None, seller: Seller = None, buyer: Buyer = None,
        total: Total = None, serial: Serial = None, maker: Maker = None, lot: Lot = None, keeper: Keeper = None, register: Register = None,
        right: Annotated[str | None, _option("--right", "权利", "mortgage | pledge | lien | factoring | lease | retention | floating")] = None,
        debtor: Debtor = None,
        claim: Annotated[str | None, _option("--claim", "债权额", "the claim: 90万")] = None,
        pledged: Annotated[str | None, _option("--pledged", "出质部分(应收账款;不写为全部)", "the part of the receivable that is pledged; all of it without")] = None,
        until: Annotated[str | None, _option("--until", "登记到期日(含)", "last day of the registration")] = None,
        contract: Annotated[Path | None, _option("--contract", "合同文件,只把加盐摘要上链", "the contract; only its salted digest goes to the chain")] = None,
        contract_on: Annotated[str | None, _option("--contract-on", "合同日,不写为未说明", "day of the contract; not stated without")] = None,
        delivered: Annotated[str | None, _option("--delivered", "担保价款:标的物交付日", "for purchase money: the day of delivery")] = None,
        behind: Annotated[list[str] | None, _option("--behind", "承认在先的权利,可多次", "an earlier right that is acknowledged; several times")] = None,
        file: Annotated[Path | None, _option("--file", "成批登记:CSV、XLSX、JSON Lines", "many: one registration a row")] = None,
    ) -> object:  # fmt: skip
        """登记担保物权;其上已有权利时拒绝或排位,绝不沉默 / Registers a right; a second one over a thing is refused or ranked, never silent.

        例 e.g.: kemiao collateral register --kind invoice --number 24312000000012345678 --date 2026-03-05 --seller 91… --buyer 91… --total 12,345.60 --right pledge --debtor 91… --claim 1万 --until 2027-03-05
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.collateral import register as run

        if file is not None:
            return _many(door, file)
        parts = _parts(locals())
        asked = _registration(
            kind, parts, right, debtor, claim, until, (pledged, contract, contract_on, delivered, behind)
        )
        with open_world(door) as world:
            (answer,) = run(world, [asked])
        if isinstance(answer, Refusal):
            _hint(door, answer)
            return answer
        if door.as_json:
            return door.document(_as_json(answer))
        from kemiao.app.collateral_shown import registered

        return registered(door, answer.right, answer.notes, answer.odd_check_digit)

    @command(group)
    def search(
        door: Door, kind: Kind = None, number: Number = None, date: Day = None, seller: Seller = None, buyer: Buyer = None,
        total: Total = None, serial: Serial = None, maker: Maker = None, lot: Lot = None, keeper: Keeper = None, register: Register = None,
        debtor: Debtor = None,
        reason: Annotated[str | None, typer.Option("--reason", help="事由,债务人看得到;不写即显示未说明 / why: the debtor sees it, or that none was stated")] = None,
    ) -> object:  # fmt: skip
        """查询某物或某债务人的担保物权(有上限、留回执) / What stands over a thing, or on a debtor; limited, and it leaves a receipt.

        例 e.g.: kemiao collateral search --kind machine --serial SN-0071 --maker 沈阳机床
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.collateral import search as run

        thing = _thing(kind, _parts(locals()), debtor)
        company = _company(debtor)
        if thing is None and company is None:
            raise typer.BadParameter("--kind … | --debtor")
        with open_world(door) as world:
            found = run(world, thing, company, reason)
        if isinstance(found, Refusal):
            return found
        if door.as_json:
            return door.document({"receipt": found.entry, "rights": list(found.rights), "near": list(found.near)})
        return _show_found(door, found)

    @command(group)
    def transfer(door: Door, right: Right, to: Annotated[str, typer.Option("--to", help="受让的参与方 / the participant that gets it")]) -> object:  # fmt: skip
        """转让权利,顺位不变 / Hands a right over; its rank goes with it.  例 e.g.: kemiao collateral transfer 3fa9c1d0 --to bank-b"""
        return _change(door, "transfer", right, to=to)

    @command(group)
    def release(
        door: Door, right: Right,
        amount: Annotated[str | None, _option("--amount", "只解除一部分(应收账款为出质额,其他为债权额)", "a part only: of what is pledged of a receivable, else of the claim")] = None,
    ) -> object:  # fmt: skip
        """解除权利或其一部分 / Gives a right up, or a part of it.  例 e.g.: kemiao collateral release 3fa9c1d0 --amount 20万"""
        from kemiao.app.options import amount_fen

        return _change(door, "release", right, amount_fen=amount_fen(amount))

    @command(group)
    def renew(door: Door, right: Right, until: Annotated[str, typer.Option("--until", help="新的到期日 / the new last day")]) -> object:  # fmt: skip
        """届满前展期,顺位不变 / Longer, before it lapses; the rank stays.  例 e.g.: kemiao collateral renew 3fa9c1d0 --until 2028-12-31"""
        from kemiao.app.options import optional_day

        return _change(door, "renew", right, until=optional_day(until).isoformat())

    @command(group)
    def history(
        door: Door, right: Annotated[str | None, typer.Argument(help="权利编号 / id of the right", show_default=False)] = None,
        kind: Kind = None, number: Number = None, date: Day = None, seller: Seller = None, buyer: Buyer = None,
        total: Total = None, serial: Serial = None, maker: Maker = None, lot: Lot = None, keeper: Keeper = None, register: Register = None,
        debtor: Debtor = None,
    ) -> object:  # fmt: skip
        """一项权利(或某物上全部权利)的经过 / What happened to a right, or to all rights over a thing.

        例 e.g.: kemiao collateral history 3fa9c1d0
        """
        from kemiao.app.collateral_shown import acts
        from kemiao.app.last_known import catch_up
        from kemiao.app.world import open_world
        from kemiao.bank.commands.collateral import history as run

        thing = _thing(kind, _parts(locals()), debtor)
        if (right is None) == (thing is None):
            raise typer.BadParameter("RIGHT | --kind …")
        with open_world(door) as world:
            catch_up(door, world)
            answer = run(world, right, thing)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.lines(answer)
        for each in answer:
            acts(door, each)
        if not answer:
            door.text(door.word("其上没有登记过权利", "no right was ever registered over it"))
        return None

    @command(group)
    def searched(door: Door, debtor: Annotated[str, typer.Option("--debtor", help="债务人 / the debtor")]) -> object:
        """谁查过这家企业的担保登记 / Who searched for a company's collateral.  例 e.g.: kemiao collateral searched --debtor 91…"""
        from kemiao.app.collateral_shown import searches_table
        from kemiao.app.last_known import catch_up
        from kemiao.app.world import open_world
        from kemiao.bank.commands.collateral import searched as run

        with open_world(door) as world:
            catch_up(door, world)
            answer = run(world, _company(debtor))
        return door.lines(answer) if door.as_json else searches_table(door, answer)

    @command(group)
    def due(door: Door, days: Annotated[int | None, typer.Option("--days", min=0, max=3660, help="多少天内届满(默认按政策) / lapses within (policy's days)", show_default=False)] = None) -> object:  # fmt: skip
        """本方即将届满的登记 / Our registrations that lapse soon.  例 e.g.: kemiao collateral due --days 90"""
        from kemiao.app.collateral_shown import right_words
        from kemiao.app.last_known import catch_up
        from kemiao.app.world import open_world
        from kemiao.bank.commands.collateral import due as run

        with open_world(door) as world:
            catch_up(door, world)
            answer = run(world, days)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.lines(answer)
        for each in answer:
            door.text(door.word(f"还有 {each['days_left']} 天", f"{each['days_left']} days left") + f"  {each['id']}\n  {right_words(door, each)}")  # fmt: skip
        if not answer:
            door.text(door.word("没有即将届满的登记", "none of ours lapses soon"))
        return None

    @command(group)
    def proof(
        door: Door, debtor: Annotated[str, typer.Option("--debtor", help="债务人 / the debtor")],
        out: Annotated[Path, typer.Option("--out", help="新目录:每个条目一个证明文件 / a new folder: a proof file for each entry")],
    ) -> object:  # fmt: skip
        """某企业名下登记的证明,各文件可用 kemiao-verify 独立核验 / Proofs of what is registered on a company; kemiao-verify checks each alone.

        例 e.g.: kemiao collateral proof --debtor 91… --out proofs
        """
        from kemiao.app.collateral_shown import right_words
        from kemiao.app.world import open_world
        from kemiao.bank.commands.collateral import proof as run

        with open_world(door) as world:
            answer = run(world, _company(debtor), out)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.lines(answer)
        for each in answer:
            door.text(f"{each['id']}\n  {right_words(door, each)}\n  {' '.join(each['files'])}")
        return door.text(door.word(f"证明写到 {out};逐个核验:kemiao-verify FILE --chain 链编号(kemiao chain status)", f"the proofs are in {out}; check each: kemiao-verify FILE --chain ID (kemiao chain status)"))  # fmt: skip


def _parts(given: dict[str, Any]) -> dict[str, Any]:
    names = ("number", "date", "seller", "buyer", "total", "serial", "maker", "lot", "keeper", "register")
    return {name: given[name] for name in names if given[name] is not None}


def _thing(kind: str | None, parts: dict[str, Any], debtor: str | None) -> Any:
    from kemiao.bank.commands.collateral import Thing

    if kind is None:
        if parts:
            raise typer.BadParameter("--kind")
        return None
    return Thing(kind, parts | ({"debtor": debtor} if kind == "movables" else {}))


def _company(text: str | None) -> str | None:
    from kemiao.app.options import company_keys

    keys = company_keys([text] if text else None)
    return keys[0] if keys else None


def _registration(kind: Any, parts: Any, right: Any, debtor: Any, claim: Any, until: Any, more: Any) -> Any:
    from kemiao.app.options import amount_fen, optional_day
    from kemiao.bank.commands.collateral import Registration
    from kemiao.law.priority import KINDS

    lacking = [name for name, value in (("--kind", kind), ("--right", right), ("--debtor", debtor), ("--claim", claim), ("--until", until)) if value is None]  # fmt: skip
    if lacking:
        raise typer.BadParameter(" ".join(lacking) + " | --file")
    words = {word: name for name, both in KINDS.items() for word in (name, *both)}
    if right not in words:
        raise typer.BadParameter(" | ".join(KINDS), param_hint="--right")
    pledged, contract, contract_on, delivered, behind = more
    return Registration(
        _thing(kind, parts, debtor), words[right], _company(debtor), amount_fen(claim), optional_day(until), optional_day(contract_on),
        amount_fen(pledged), optional_day(delivered), tuple(behind or ()), contract,
    )  # fmt: skip


def _hint(door: Door, refusal: Refusal) -> None:
    """How to go on where somebody stands there already."""
    rights = dict(refusal.where).get("rights")
    if refusal.code == "ALREADY_ENCUMBERED" and rights:
        options = " ".join(f"--behind {right}" for right in rights.split(","))
        door.say(f"如愿排在其后,再加上:{options}", f"to rank with them, add: {options}")


def _change(door: Door, act: str, right: str, **more: Any) -> object:
    from kemiao.app.collateral_shown import ACTS, right_words
    from kemiao.app.world import open_world
    from kemiao.bank.commands.collateral import change

    with open_world(door) as world:
        answer = change(world, act, right, **more)
    if isinstance(answer, Refusal):
        return answer
    if door.as_json:
        return door.document(answer)
    rank = door.word(f" · 顺位第 {answer['rank']}", f" · rank {answer['rank']}") if answer["rank"] else ""
    return door.text(f"{door.word(*ACTS[act])} {answer['id']}\n  {right_words(door, answer)}{rank}")


def _as_json(answer: Any) -> dict[str, Any]:
    return {"right": answer.right, "notes": list(answer.notes), "odd_check_digit": answer.odd_check_digit}


def _many(door: Door, file: Path) -> object:
    from kemiao.app.collateral_shown import registered
    from kemiao.app.world import open_world
    from kemiao.bank.commands.collateral import register as run
    from kemiao.bank.commands.collateral_file import read_registrations

    read = read_registrations(file)
    if isinstance(read, Refusal):
        return read
    with open_world(door) as world:
        done = iter(run(world, [each for each in read if not isinstance(each, Refusal)]))
    answers = [each if isinstance(each, Refusal) else next(done) for each in read]
    for answer in answers:
        if isinstance(answer, Refusal):
            if door.as_json:
                door.document({"refused": answer.as_json()})
            door.say(f"{answer.code}  {answer.text('zh')}", f"{answer.code}  {answer.text('en')}")
        elif door.as_json:
            door.document(_as_json(answer))
        else:
            registered(door, answer.right, answer.notes, answer.odd_check_digit)
    bad = sum(isinstance(answer, Refusal) for answer in answers)
    door.say(f"登记 {len(answers) - bad} 行,拒绝 {bad} 行", f"{len(answers) - bad} rows registered, {bad} refused")
    raise typer.Exit(REFUSED if bad and bad == len(answers) else DONE)


def _show_found(door: Door, found: Any) -> None:
    from kemiao.app.collateral_shown import rights_table, weak

    if found.rights:
        rights_table(door, found.rights)
        door.text(door.word("编号:", "ids: ") + " ".join(each["id"] for each in found.rights))
    else:
        door.text(
            door.word(
                "链上没有有效的登记(其他登记机关未查)", "nothing stands on the chain (other registers were not asked)"
            )
        )
    for each in found.near:
        door.text("! " + door.word(f"{weak(each, '弱')}疑似同一物:{each['right']}({each['holder']}),{each['zh']}", f"may be the same thing{weak(each, ' (weak)')}: {each['right']} ({each['holder']}), {each['en']}"))  # fmt: skip
    door.text(door.word("查询回执:", "receipt of the search: ") + found.entry)
