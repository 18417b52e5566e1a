"""kemiao participant create|list|rotate|sealing-key|suspend: identities on a shared chain and their keys."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kemiao.app.door import Door, command
from kemiao.base.china_time import CHINA, when
from kemiao.base.clock import epoch_ms
from kemiao.base.refusal import Refusal, Refused

if TYPE_CHECKING:
    from kemiao.bank.commands.participant import Listing

Suite = Annotated[str | None, typer.Option("--suite", help="ed25519 | sm2", show_default=False)]


def register(cli: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True,
        help="链上身份与密钥 / identities on the shared chain and their keys.  例 e.g.: kemiao participant list",
    )
    cli.add_typer(group, name="participant")

    @command(group)
    def create(
        door: Door,
        participant: Annotated[str, typer.Argument(help="编号,如 bank-a / an id, such as bank-a")],
        name: Annotated[str, typer.Option("--name", help="名称 / the name that others see")],
        role: Annotated[list[str], typer.Option("--role", help="角色,可多次 / a role, several times: bank company government guarantor operator leasing factor funder data_provider regulator auditor")],
        company: Annotated[str | None, typer.Option("--company", help="代表哪家企业 / the company it speaks for", show_default=False)] = None,
        suite: Suite = None,
    ) -> object:  # fmt: skip
        """新建身份:三个加密密钥文件和一张交给他人的名片;不需要先有链 / An identity: three encrypted key files and a card to hand to others; needs no chain.

        例 e.g.: kemiao participant create bank-a --role bank --name 甲银行
        """
        from kemiao.app.options import company_keys
        from kemiao.app.passphrase import new_passphrase_of
        from kemiao.app.world import open_world
        from kemiao.bank.commands.participant import Create
        from kemiao.bank.commands.participant import create as create_identity

        keys = company_keys([company] if company else None)
        asked = Create(participant, name.strip(), tuple(role), keys[0] if keys else None, suite or "ed25519")
        with open_world(door, create=True) as world:
            answer = create_identity(world, asked, new_passphrase_of(door))
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"participant": answer.participant, "card": str(answer.card), "keys": [str(file) for file in answer.files]})  # fmt: skip
        door.text(door.word(f"已建立身份 {answer.participant}", f"made the identity {answer.participant}"))
        for file in answer.files:
            door.text(f"  {file}")
        return door.text(
            door.word(
                f"名片交给建链者:{answer.card}\n由一方建链:kemiao chain start --participant 名片…;其余各方:kemiao chain join",
                f"the card, for whoever starts the chain: {answer.card}\n"
                "one of you runs kemiao chain start --participant CARD…, the others kemiao chain join",
            )
        )

    @command(group, name="list")
    def list_all(
        door: Door,
        records: Annotated[Path | None, typer.Option("--records", help="另写 CSV:每家企业的陈述记录,可并入评级的训练表 / write a CSV as well: how each company's statements held up, to join to a training table", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """链上的参与方:角色、密钥、是否暂停、声明的核对记录 / Participants: roles, keys, suspension, how their statements held up.

        例 e.g.: kemiao participant list --json
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.participant import list_participants

        with open_world(door) as world:
            answer = list_participants(world)
        if records is not None:
            _write_records(records, answer)
        if answer.behind:
            door.say("节点没有应答,以下为本地副本所知", "the node does not answer: this is what our replica knows")
        if door.as_json:
            return door.lines(answer.participants)
        return _show(door, answer)

    @command(group)
    def rotate(
        door: Door,
        purpose: Annotated[str | None, typer.Option("--purpose", help="keys | consent | entries | node [entries]", show_default=False)] = None,
        key: Annotated[str | None, typer.Option("--key", help="指定本方的一把密钥(编号或其开头至少 8 位);已停用的只声明失信,不换新 / one of our keys, by its id or at least its first 8 digits; a retired one is disowned, not replaced", metavar="KEYID", show_default=False)] = None,
        compromised_since: Annotated[str | None, typer.Option("--compromised-since", help="泄露起点,其后所签不再算数 / since when the old key was in wrong hands: 2026-11-01 | 2026-11-01T08:30 (UTC+8)", show_default=False)] = None,
        suite: Suite = None,
    ) -> object:  # fmt: skip
        """更换密钥:旧条目仍有效;泄露的密钥自某时起不再算数 / A new key for an old one: old entries stay valid, a stolen key is cut off from a time on.

        例 e.g.: kemiao participant rotate --purpose entries --compromised-since 2026-11-01
        例 e.g.: kemiao participant rotate --key 3f2a9c01 --compromised-since 2026-10-15
        """
        from kemiao.app.passphrase import passphrase_of
        from kemiao.app.world import open_world
        from kemiao.bank.commands.participant import Rotate
        from kemiao.bank.commands.participant import rotate as rotate_key

        if key is not None and purpose is not None:
            raise typer.BadParameter("--key | --purpose", param_hint="--key")
        asked = Rotate(purpose or "entries", _instant(compromised_since), suite, key)
        ask = passphrase_of(door)
        with open_world(door, passphrase=ask) as world:
            answer = rotate_key(world, asked, ask)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"retired": answer.retired, "added": answer.added, "file": str(answer.file) if answer.file else None, "entry": answer.accepted.id, "index": answer.accepted.index})  # fmt: skip
        if answer.added is None:
            since = when(asked.compromised_since or 0)
            return door.text(door.word(f"密钥 {answer.retired} 自 {since} 起失信", f"the key {answer.retired} is distrusted from {since}"))  # fmt: skip
        door.text(
            door.word(
                f"密钥 {answer.retired} 已停用,现用 {answer.added}({answer.file})",
                f"the key {answer.retired} is retired, {answer.added} is in use ({answer.file})",
            )
        )
        if "node" in answer.purposes:
            door.say(
                "正在运行的 kemiao chain serve 仍用旧密钥签名,其他参与方会拒绝:请重新启动它",
                "a running kemiao chain serve still signs with the old key, and the others refuse it: start it again",
            )
        return None

    @command(group, name="sealing-key")
    def sealing_key(
        door: Door,
        renew: Annotated[bool, typer.Option("--renew", help="换一把新的;旧的留着,仍可打开以前的密封内容 / a new one; the old one stays and opens what was sealed for it")] = False,
    ) -> object:  # fmt: skip
        """建立并登记封存密钥:他人用它把内容密封给本方(如密封报价)/ Makes and registers the key that others seal parcels for us with.

        例 e.g.: kemiao participant sealing-key
        """
        from kemiao.app.passphrase import passphrase_of
        from kemiao.app.world import open_world
        from kemiao.bank.commands.sealing_key import make_sealing_key

        ask = passphrase_of(door)
        with open_world(door, passphrase=ask) as world:
            answer = make_sealing_key(world, ask, renew=renew)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"participant": answer.participant, "public": answer.public, "file": str(answer.file), "entry": answer.entry, "made": answer.made})  # fmt: skip
        if not answer.made:
            return door.text(
                door.word(f"封存密钥 {answer.public} 已在用", f"the sealing key {answer.public} is in use")
            )
        return door.text(door.word(f"已登记封存密钥 {answer.public}({answer.file})", f"registered the sealing key {answer.public} ({answer.file})"))  # fmt: skip

    @command(group)
    def suspend(
        door: Door,
        resume: Annotated[bool, typer.Option("--resume", help="恢复 / take part again")] = False,
    ) -> object:
        """暂停自己:除更换密钥外不再接受本方条目;--resume 恢复 / Suspends ourselves: nothing of ours is taken but changes of keys.

        例 e.g.: kemiao participant suspend --resume
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.participant import suspend as suspend_us

        with open_world(door) as world:
            answer = suspend_us(world, suspended=not resume)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"suspended": not resume, "entry": answer.id, "index": answer.index})
        return door.text(
            door.word("已恢复", "taking part again")
            if resume
            else door.word(
                "已暂停;恢复:kemiao participant suspend --resume",
                "suspended; to come back: kemiao participant suspend --resume",
            )
        )


def _instant(text: str | None) -> int | None:
    """Milliseconds since 1970, UTC, of a day or a time as people in China write it, or with its own zone."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise typer.BadParameter("2026-11-01 | 2026-11-01T08:30", param_hint="--compromised-since") from error
    return epoch_ms(read if read.tzinfo else read.replace(tzinfo=CHINA))


def _show(door: Door, answer: Listing) -> None:
    rows = []
    for each in answer.participants:
        state = door.word("暂停", "suspended") if each["suspended"] is not None else door.word("正常", "active")
        rows.append([
            each["id"] + (door.word("(本方)", " (we)") if each["me"] else ""), each["name"], " ".join(each["roles"]),
            each["company"], state, "\n".join(_key(door, name, key) for name, key in sorted(each["keys"].items(), key=lambda one: one[1]["from"])),
            _record(each["record"]),
        ])  # fmt: skip
    titles = [
        door.word("编号", "id"), door.word("名称", "name"), door.word("角色", "roles"), door.word("企业", "company"),
        door.word("状态", "state"), door.word("密钥", "keys"), door.word("声明/核对/相符/反驳/维持", "stated/checked/agreed/contradicted/upheld"),
    ]  # fmt: skip
    door.table(door.word(f"共 {answer.size} 条记录", f"{answer.size} records"), titles, rows)


def _key(door: Door, name: str, key: dict[str, Any]) -> str:
    state = ""
    if key["distrusted_from"] is not None:
        since = when(key["distrusted_from"])
        state = door.word(f" 自 {since} 起失信", f" distrusted from {since}")
    elif key["until"] is not None:
        state = door.word(" 已停用", " retired")
    return f"{name[:8]} {key['suite']} {'+'.join(key['purposes'])}{state}"


def _record(record: dict[str, int]) -> str:
    return "/".join(str(record[name]) for name in _RECORD) if record["statements"] else "—"


_RECORD = ("statements", "checked", "agreed", "contradicted", "upheld")


def _write_records(file: Path, answer: Listing) -> None:
    """One row for each participant that speaks for a company."""
    import csv

    if file.exists():
        raise Refused(
            Refusal.at("FILE_EXISTS", "文件已存在,不覆盖", "the file exists; it is not overwritten", file=file)
        )
    with file.open("x", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("company", *(f"statements_{name}" if name != "statements" else name for name in _RECORD)))
        writer.writerows(
            (each["company"], *(each["record"][name] for name in _RECORD))
            for each in answer.participants
            if each["company"]
        )
