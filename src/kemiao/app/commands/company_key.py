"""kemiao company key …: how a company signs at its bank: with a key that it holds, or with one in the bank's custody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kemiao.app.door import Account, Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Refusal, Refused

_FILE_BYTES = 100_000
Company = Annotated[str, typer.Argument(metavar="COMPANY", help="企业 / a company's key")]
Folder = Annotated[Path, typer.Option("--out", help="名片写到哪个目录 / the folder for cards")]


def register(cli: typer.Typer) -> None:
    keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group(cli, "company").add_typer(keys, name="key", help="企业的签名密钥:托管、自持、名片 / A company's signing keys: in custody or its own, cards.  例 e.g.: kemiao company key show 91…")  # fmt: skip

    @command(keys)
    def show(door: Door, company: Company) -> object:
        """企业如何签名:自持密钥还是本行托管 / How a company signs: its own key, or the bank's custody.  例 e.g.: kemiao company key show 91310000MA1FL0L951"""
        from kemiao.app.options import company_keys as parsed
        from kemiao.app.world import open_world
        from kemiao.bank.company_keys import company_keys

        (own,) = parsed([company]) or ("",)
        with open_world(door) as world:
            found = company_keys(world, own)
        if door.as_json:
            return door.document({
                "company": own, "chain": found.chain, "participant": found.participant, "how": found.how, "waiting": found.waiting,
                "keys": [{"key": one.key, "suite": one.suite, "purposes": list(one.purposes), "since": one.since, "custody": one.custody} for one in found.keys],
            })  # fmt: skip
        if found.chain is None or found.participant is None:
            waits = found.waiting and door.word(f";名片 {found.waiting} 待链启动时登记", f"; the card {found.waiting} waits for a chain to start")  # fmt: skip
            return door.text(door.word("链上没有代表该企业的参与方:授权与合同以纸质办理", "nobody on a chain speaks for the company: consents and contracts are on paper") + (waits or ""))  # fmt: skip
        door.text(door.word(
            f"{found.participant}:{'本行托管,按企业指令签署' if found.how == 'custody' else '企业自持'}",
            f"{found.participant}: {'in the bank’s custody, signs at the company’s command' if found.how == 'custody' else 'held by the company'}",
        ))  # fmt: skip
        titles = [("密钥", "key"), ("算法", "suite"), ("用途", "purposes"), ("保管", "held by")]
        door.table("", [door.word(*title) for title in titles], [
            (one.key[:8], one.suite, " ".join(one.purposes), door.word("本行", "the bank") if one.custody else door.word("企业", "the company")) for one in found.keys
        ])  # fmt: skip
        return None

    @command(keys)
    def custody(
        door: Door,
        company: Company,
        name: Annotated[str, typer.Option("--name", help="企业名称,写在名片上 / the company's name, for its card")],
        out: Folder,
        suite: Annotated[str, typer.Option("--suite", help="ed25519 | sm2")] = "ed25519",
        as_: Account = None,
    ) -> object:  # fmt: skip
        """企业选择托管:本行生成并封存其密钥,给出名片;链启动时登记 / The company chose custody: keys are made and sealed here; its card is for `chain start`.

        例 e.g.: kemiao company key custody 91310000MA1FL0L951 --name 某科技 --suite sm2 --out cards
        """
        from kemiao.app.options import company_keys as parsed
        from kemiao.app.passphrase import passphrase_of
        from kemiao.app.world import open_world
        from kemiao.bank.commands.company_key import take_into_custody

        (own,) = parsed([company]) or ("",)
        with open_world(door) as world:
            card = take_into_custody(world, own, name, suite, passphrase_of(door), as_)
        if isinstance(card, Refusal):
            return card
        path = _write(out, card)
        if door.as_json:
            return door.document({"participant": card["id"], "card": str(path)})
        return door.text(door.word(f"{card['id']} 由本行托管;名片 {path}:kemiao chain start --participant {path}", f"{card['id']} is in custody; its card {path}: kemiao chain start --participant {path}"))  # fmt: skip

    @command(keys)
    def cards(door: Door, out: Folder) -> object:
        """把待登记的企业名片写成文件,供 chain start 使用 / Cards of companies that wait for a chain, as files for chain start.  例 e.g.: kemiao company key cards --out cards"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.company_key import cards as waiting

        with open_world(door) as world:
            found = waiting(world)
        rows = [{"company": one["company"], "participant": one["participant"], "how": one["how"], "card": str(_write(out, one["card"]))} for one in found]  # fmt: skip
        if door.as_json:
            return door.lines(rows)
        titles = [("企业", "company"), ("参与方", "participant"), ("保管", "held by"), ("名片", "card")]
        return door.table("", [door.word(*title) for title in titles], [tuple(one.values()) for one in rows], none=("没有待登记的名片", "no card waits"))  # fmt: skip

    @command(keys)
    def add(door: Door, file: Annotated[Path, typer.Argument(metavar="FILE", help="浏览器给出的密钥文件 / the key's file from the browser")]) -> object:  # fmt: skip
        """在企业自己的目录里:登记一把在浏览器中生成的密钥,此后可在门户签署 / In the company's own home: a key made in its browser joins its keys, so that it can sign at the portal.

        例 e.g.: kemiao company key add browser.key.json --home acme
        """
        import json

        from kemiao.app.world import open_world
        from kemiao.bank.commands.company_key import add_key

        try:
            with file.open("rb") as opened:
                given = json.loads(opened.read(_FILE_BYTES))
        except (OSError, ValueError, RecursionError) as error:
            raise Refused(Refusal.at("NO_SUCH_FILE", "文件读不出,或不是密钥文件", "the file can't be read, or is no key's", file=file)) from error  # fmt: skip
        with open_world(door) as world:
            answer = add_key(world, given if isinstance(given, dict) else {})
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"entry": answer.id, "index": answer.index, "at": answer.at, "key": given["key"]})
        return door.text(door.word(f"密钥 {given['key'][:8]} 已登记(条目 {answer.id[:8]})", f"key {given['key'][:8]} has joined (entry {answer.id[:8]})"))  # fmt: skip


def _write(folder: Path, card: Any) -> Path:
    from kemiao.base.canonical import canonical_bytes

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{card['id']}.card.json"
    path.write_bytes(canonical_bytes(card) + b"\n")
    return path
