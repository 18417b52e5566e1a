"""What a participant needs to follow a node: the genesis, the node's address, whom to trust for it, the consortium's blinding key.

Signed by who invites. The genesis comes with it, so the signature is worth something only once the follower's own replica knows the
inviter's key; and the chain's id must be compared by another way (telephone, paper): it stands for everything in the genesis.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import digest
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.base.signing import Signer, in_domain, verify
from kemiao.chain.entry import is_participant_id
from kemiao.chain.genesis import GENESIS_BYTES, chain_id, check_genesis
from kemiao.chain.rules.participants import public_key
from kemiao.chain.rules.state import State

FORM = "kemiao.invitation/1"
INVITATION_BYTES = GENESIS_BYTES + 256 * 1024
CERTIFICATE_LENGTH = 64 * 1024
_FIELDS = frozenset({"form", "genesis", "address", "certificate", "blinding", "by", "key", "signature"})


@dataclass(frozen=True, slots=True)
class Invitation:
    """address: of the node. certificate: PEM of whom to trust for it, None for the machine's own list. blinding: a sealed file
    (chain.sealed), as JSON, under a passphrase that the two share. by: who invites, with the key of that id."""

    genesis: Mapping[str, Any]
    address: str
    certificate: str | None
    blinding: Mapping[str, Any] | None
    by: str
    key: str
    signature: bytes = b""

    @property
    def chain(self) -> str:
        return chain_id(self.genesis)

    def content(self) -> bytes:
        return canonical_bytes({**self._said(), "signature": self.signature.hex()}) + b"\n"

    def signed_bytes(self) -> bytes:
        return in_domain("invitation", bytes.fromhex(digest("invitation", self._said())))

    def _said(self) -> dict[str, Any]:
        return {
            "form": FORM, "genesis": self.genesis, "address": self.address, "certificate": self.certificate,
            "blinding": self.blinding, "by": self.by, "key": self.key,
        }  # fmt: skip


def write(
    genesis: Mapping[str, Any], address: str, certificate: str | None, blinding: Mapping[str, Any] | None, by: str, signer: Signer
) -> Invitation:  # fmt: skip
    said = Invitation(genesis, address, certificate, blinding, by, signer.key_id)
    made = replace(said, signature=signer.sign(said.signed_bytes()))
    if isinstance(read(made.content()), Refusal):
        raise BrokenInvariant("made an invitation that is none")
    return made


def read(content: bytes) -> Invitation | Refusal:
    """Form, and the genesis with the proofs in it; not the inviter's signature: see `check`."""
    if len(content) > INVITATION_BYTES:
        return _malformed("size")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return _malformed("JSON")
    if not isinstance(value, dict) or value.keys() != _FIELDS or value["form"] != FORM:
        return _malformed("form")
    refused = check_genesis(value["genesis"])
    if refused is not None:
        return refused
    for name, limit in (("address", 500), ("key", 32), ("signature", 128)):
        if not isinstance(value[name], str) or not 0 < len(value[name]) <= limit or not value[name].isprintable():
            return _malformed(name)
    certificate, blinding = value["certificate"], value["blinding"]
    if certificate is not None and not (isinstance(certificate, str) and len(certificate) <= CERTIFICATE_LENGTH):
        return _malformed("certificate")
    if blinding is not None and not isinstance(blinding, dict):
        return _malformed("blinding")
    if not is_participant_id(value["by"]):
        return _malformed("by")
    try:
        signature = bytes.fromhex(value["signature"])
    except ValueError:
        return _malformed("signature")
    return Invitation(
        value["genesis"], value["address"], certificate, blinding, value["by"], value["key"], signature
    )  # fmt: skip


def check(invitation: Invitation, state: State) -> Refusal | None:
    """state: of the follower's own replica. A key that was retired since is good, one that was in wrong hands is not."""
    owner = state.get(f"participant/{invitation.by}")
    key = public_key(state, invitation.by, invitation.key)
    known = key is not None and owner["keys"][invitation.key]["distrusted_from"] is None  # type: ignore[index]
    if key is None or not known or not verify(*key, invitation.signed_bytes(), invitation.signature):
        return Refusal.at(
            "INVITATION_NOT_SIGNED", "邀请不是所称的参与方签发的", "the invitation is not from the participant that it names", by=invitation.by
        )  # fmt: skip
    return None


def _malformed(part: str) -> Refusal:
    return Refusal.at("MALFORMED_INVITATION", "邀请文件的格式不对", "the invitation is malformed", part=part)
