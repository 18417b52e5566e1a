"""Our keys for the chain: which of them is for a purpose now, its file unlocked."""

from __future__ import annotations

from collections.abc import Callable, Container
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kemiao.base.refusal import Refusal, Refused

if TYPE_CHECKING:
    from kemiao.bank.home import Home
    from kemiao.base.signing import Signer
    from kemiao.chain.keyring import KeyStore
    from kemiao.chain.node import Node

BLINDING_FILE = "blinding.key"
CUSTODY = "custody"  # below HOME/keys


def current_keys(node: Node, participant: str, purpose: str) -> list[str]:
    """Key ids of a participant that are neither retired nor distrusted, for a purpose; the newest first."""
    known: dict[str, Any] = (node.get(f"participant/{participant}") or {}).get("keys", {})
    usable = [
        (key["from"], name)
        for name, key in known.items()
        if purpose in key["purposes"] and key["until"] is None and key["distrusted_from"] is None
    ]
    return [name for _, name in sorted(usable, reverse=True)]


def unlock(home: Home, current: Container[str], purpose: str, passphrase: Callable[[], str]) -> Signer:
    """Our key for a purpose, of those that are current on the chain. Raises Refused NO_KEY where no file of one lies here,
    PASSPHRASE_NEEDED, WRONG_PASSPHRASE, and what the file is refused for."""
    from kemiao.chain.keyring import KeyStore

    store = KeyStore(home.keys)
    file = store.find(current)
    if file is None:
        raise Refused(Refusal.at("NO_KEY", f"这里没有用途为 {purpose} 的可用密钥", f"there is no key for {purpose} here that the chain knows", home=home.keys))  # fmt: skip
    return store.unlock(file, passphrase())


def kept_for_others(home: Home) -> KeyStore:
    """Keys of companies that chose our custody, in a folder of their own: none of them is ever taken for ours."""
    from kemiao.chain.keyring import KeyStore

    return KeyStore(home.keys / CUSTODY)


def unlock_kept(home: Home, current: Container[str], purpose: str, passphrase: Callable[[], str]) -> Signer:
    """Raises Refused NO_KEY, PASSPHRASE_NEEDED, WRONG_PASSPHRASE, and what the file is refused for."""
    store = kept_for_others(home)
    file = store.find(current)
    if file is None:
        raise Refused(Refusal.at("NO_KEY", f"本行没有托管该企业用途为 {purpose} 的密钥", f"no key of the company for {purpose} is in our custody", purpose=purpose))  # fmt: skip
    return store.unlock(file, passphrase())


def sealing_secret(home: Home, participant: str, public: str, passphrase: Callable[[], str]) -> bytes:
    """The secret half of a sealing key of ours, an older one too. Raises Refused NO_SEALING_KEY, PASSPHRASE_NEEDED, WRONG_PASSPHRASE."""
    from kemiao.chain.sealing import SealingKeys

    return SealingKeys(home.keys).unlock(participant, public, passphrase)


def blinding_key(home: Home, node: Node, passphrase: Callable[[], str]) -> bytes:
    """The consortium's key, from its sealed file; held against the check value that the genesis names."""
    from kemiao.chain.blinding import key_check
    from kemiao.chain.sealed import open_secret

    path = home.chain / BLINDING_FILE
    if not path.is_file():
        raise Refused(
            _no_blinding_key("没有联盟的盲化密钥文件", "there is no file of the consortium's blinding key", path)
        )
    key, _ = open_secret(path, passphrase())
    check = (node.get("genesis") or {}).get("parameters", {}).get("blinding_check")
    if check != key_check(key):
        raise Refused(_no_blinding_key("密钥文件不是这条链的", "the key in the file is not this chain's", path))
    return key


def _no_blinding_key(zh: str, en: str, path: Path) -> Refusal:
    return Refusal.at("NO_BLINDING_KEY", zh, en, file=path)
