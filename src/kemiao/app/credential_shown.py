"""Checks a credential file and says in words what it proves, and what the chain of this home says about it, where there is one."""

from __future__ import annotations

from typing import Any

from kemiao.app.door import Door
from kemiao.base.china_time import when
from kemiao.base.refusal import Refusal

_SHOWN = 120  # of what strangers wrote


def verify_if_credential(door: Door, content: bytes, chain: str | None) -> bool | Refusal:
    """False where the file means to be something else. chain: the id that the reader knows from elsewhere."""
    from kemiao.base.loose_json import parse_loose
    from kemiao.chain.credential import CREDENTIAL_BYTES, from_credential, is_credential, shown

    value = parse_loose(content) if len(content) <= CREDENTIAL_BYTES else None
    if not is_credential(value):
        return False
    credential = from_credential(value)
    if isinstance(credential, Refusal):
        return credential
    facts = shown(credential)
    if chain is not None and chain != facts["chain"]:
        return Refusal.at(
            "OTHER_CHAIN", "凭证属于另一条链", "the credential is about another chain", chain=facts["chain"]
        )
    stands = _on_chain(door, credential)
    if isinstance(stands, Refusal):
        return stands
    facts |= {"chain_compared": chain is not None or stands is not None, "on_chain": stands}
    if door.as_json:
        door.document({"proved": True, **facts})
    else:
        _show(door, facts)
    return True


def _on_chain(door: Door, credential: Any) -> dict[str, Any] | Refusal | None:
    """None where this home has no chain, or another one."""
    from kemiao.app.world import world_if_any
    from kemiao.bank.last_known import node_is_away
    from kemiao.chain.credential import on_chain

    with world_if_any(door, needed=False) as world:
        if world is None or world.chain is None or world.chain.chain != credential.signed.entry.chain:
            return None
        if node_is_away(world.chain):
            door.say("节点没有应答,以下按本地副本", "the node does not answer: this is what our replica knows")
        found = on_chain(credential, world.chain.node)
    return found if isinstance(found, Refusal) else {"index": found.index, "at": found.at, "revoked": found.revoked}


def _show(door: Door, facts: dict[str, Any]) -> None:
    entry, stands = facts["entry"], facts["on_chain"]
    lines = [
        (f"凭证的签名成立,{facts['issuer']} 于 {facts['created']} 签发", f"the credential's signature holds: issued by {facts['issuer']} at {facts['created']}"),
        (f"条目 {entry['id']}({entry['kind']}),{entry['author']} 签署,签名成立", f"entry {entry['id']} ({entry['kind']}), signed by {entry['author']}: the signature holds"),
        *((f"  {name}:{_text(value)}", f"  {name}: {_text(value)}") for name, value in {"subject": entry["subject"], **entry["body"]}.items()),
    ]  # fmt: skip
    if stands is None:
        lines.append(("未与链比对:密钥是否属于该作者、授权是否已撤回,只有链上可查", "not compared with the chain: only the chain says whether the key is the author's, and whether a consent was revoked"))  # fmt: skip
    else:
        lines.append((f"链上第 {stands['index']} 号,{when(stands['at'])} 收录", f"on the chain at index {stands['index']}, accepted {when(stands['at'])}"))  # fmt: skip
        if stands["revoked"] is not None:
            lines.append((f"注意:已于 {when(stands['revoked'])} 撤回", f"CAUTION: it was revoked at {when(stands['revoked'])}"))  # fmt: skip
    lines.append((f"链 {facts['chain']}", f"chain {facts['chain']}"))
    for zh, en in lines:
        door.text("".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in door.word(zh, en)))


def _text(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
