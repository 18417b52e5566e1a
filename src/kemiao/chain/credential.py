"""Consents and attestations as W3C Verifiable Credentials 2.0, for those who read credentials and not our chain.

The credential carries the whole entry with its signature and the key that made it, so that it can be compared with the one on
the chain; everything else in it follows from these and is built again when it is read. It says what its issuer said; whether
the consent still stands, or whether the key is the author's, only the chain says (on_chain).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kemiao.base.loose_json import parse_loose
from kemiao.base.refusal import Refusal
from kemiao.base.signing import Signer, is_public, key_id, verify
from kemiao.chain.data_integrity import proved_by, with_proof
from kemiao.chain.did_key import did_of
from kemiao.chain.entry import ENVELOPE_BYTES, Entry, Signed, entry_from_json, is_digest, signed_bytes
from kemiao.chain.node import Node
from kemiao.chain.rules.participants import distrusted

TYPES = {"consent.grant": "KemiaoConsentCredential", "attestation": "KemiaoAttestationCredential"}
CREDENTIAL_BYTES = 2 * ENVELOPE_BYTES
_VOCABULARY = "urn:kemiao:chain#"
_CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    {"@vocab": _VOCABULARY, "entry": {"@id": f"{_VOCABULARY}entry", "@type": "@json"}},
]


@dataclass(frozen=True, slots=True)
class AuthorKey:
    suite: str
    public: bytes

    @property
    def id(self) -> str:
        return key_id(self.suite, self.public)

    def as_json(self) -> dict[str, str]:
        return {"suite": self.suite, "public": self.public.hex()}


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential whose proof and whose entry's signature hold. issuer: the Ed25519 key that issued it."""

    signed: Signed
    author_key: AuthorKey
    issuer: bytes
    created: str

    @property
    def issuer_key_id(self) -> str:
        return key_id("ed25519", self.issuer)


@dataclass(frozen=True, slots=True)
class OnChain:
    """Where the entry stands. revoked: of a consent, when; None otherwise."""

    index: int
    at: int
    revoked: int | None


def to_credential(
    signed: Signed, signer: Signer, created: datetime, author_key: AuthorKey | None = None
) -> dict[str, Any] | Refusal:
    """signer: of the issuer. author_key: the key that signed the entry, where it isn't the signer's (it was rotated since).

    Refuses SUITE_HAS_NO_CREDENTIAL, NO_CREDENTIAL_OF_THIS_KIND, FOREIGN_KEY, BAD_SIGNATURE.
    """
    key = author_key or AuthorKey(signer.suite, signer.public)
    wrong = _unfit(signed, key)
    return wrong or with_proof(_document(signed, key, did_of(signer.public)), signer, created)


def from_credential(document: Mapping[str, Any]) -> Credential | Refusal:
    """What is told in it, after every signature was checked. Refuses what data_integrity.proved_by refuses, and
    NOT_A_CREDENTIAL, CREDENTIAL_DIFFERS, NO_CREDENTIAL_OF_THIS_KIND, FOREIGN_KEY, BAD_SIGNATURE, and entries without form."""
    issuer = proved_by(document)
    if isinstance(issuer, Refusal):
        return issuer
    told = document.get("credentialSubject")
    read = _read(told)
    if isinstance(read, Refusal):
        return read
    signed, key = read
    wrong = _unfit(signed, key)
    if wrong is not None:
        return wrong
    if {**_document(signed, key, did_of(issuer)), "proof": document["proof"]} != document:
        return Refusal(
            "CREDENTIAL_DIFFERS",
            "凭证的内容与其中的条目不一致",
            "the credential does not say what the entry in it says",
        )
    return Credential(signed, key, issuer, document["proof"]["created"])


def read_credential(content: bytes) -> Credential | Refusal:
    """A credential file, in whatever spelling of JSON. Refuses CREDENTIAL_TOO_LARGE, NOT_JSON, and as from_credential does."""
    if len(content) > CREDENTIAL_BYTES:
        return Refusal.at(
            "CREDENTIAL_TOO_LARGE",
            f"凭证超过 {CREDENTIAL_BYTES} 字节",
            f"the credential has more than {CREDENTIAL_BYTES} bytes",
        )
    value = parse_loose(content)
    if isinstance(value, Refusal):
        return value
    return from_credential(value) if isinstance(value, dict) else _not_one()


def shown(credential: Credential) -> dict[str, Any]:
    """What is proved, as JSON. What is not among it is not proved: that the entry stands on its chain, that the issuer is its
    author, that a consent was not revoked since; on_chain says these."""
    entry = credential.signed.entry
    told = {name: value for name, value in entry.as_json().items() if name not in ("chain", "key")}
    return {
        "what": "credential", "chain": entry.chain, "entry": {**told, "id": credential.signed.id, "key": entry.key},
        "issuer": did_of(credential.issuer), "issuer_key": credential.issuer_key_id,
        "same_key": credential.issuer_key_id == entry.key, "created": credential.created,
    }  # fmt: skip


def is_credential(value: object) -> bool:
    """Whether a JSON document means to be one: for a command that takes files of several forms."""
    return (
        isinstance(value, Mapping) and isinstance(value.get("type"), list) and "VerifiableCredential" in value["type"]
    )


def on_chain(credential: Credential, node: Node) -> OnChain | Refusal:
    """Compares with the chain: the entry stands there as it is told, and the issuer's key is the author's and not distrusted.
    Refuses OTHER_CHAIN, NOT_ON_THE_CHAIN, FOREIGN_KEY, KEY_DISTRUSTED."""
    entry = credential.signed.entry
    if entry.chain != node.chain:
        return Refusal.at("OTHER_CHAIN", "条目属于另一条链", "the entry belongs to another chain", chain=entry.chain)
    record = node.find(credential.signed.id)
    if record is None:
        return Refusal.at(
            "NOT_ON_THE_CHAIN", "链上没有这个条目", "there is no such entry on the chain", entry=credential.signed.id
        )
    if node.get(f"key/{credential.issuer_key_id}") != entry.author:
        return Refusal.at(
            "FOREIGN_KEY",
            "签发凭证的密钥不属于该作者",
            "the issuing key is not the author's",
            key=credential.issuer_key_id,
        )
    # What a key that is distrusted from some time on signed outside the chain has no time that anybody vouches for.
    author: Any = node.get(f"participant/{entry.author}")
    if author["keys"][credential.issuer_key_id]["distrusted_from"] is not None or distrusted(
        node, entry.author, entry.key, record.at
    ):
        return Refusal.at(
            "KEY_DISTRUSTED",
            "签名密钥已被声明不可信",
            "the signing key was declared distrusted",
            key=credential.issuer_key_id,
        )
    consent = node.get(f"consent/{credential.signed.id}") if entry.kind == "consent.grant" else None
    return OnChain(record.index, record.at, None if consent is None else consent["revoked"])


def _document(signed: Signed, key: AuthorKey, issuer: str) -> dict[str, Any]:
    """The credential without its proof: one for each entry, author's key and issuer."""
    entry = signed.entry
    subject = {} if entry.subject is None else {"id": f"urn:kemiao:{entry.subject}"}
    return {
        "@context": _CONTEXT,
        "id": f"urn:kemiao:entry:{signed.id}",
        "type": ["VerifiableCredential", TYPES[entry.kind]],
        "issuer": issuer,
        **_term(entry),
        "credentialSubject": {
            **subject, "entry": entry.as_json(), "entryId": signed.id, "signature": signed.signature.hex(), "authorKey": key.as_json(),
        },
    }  # fmt: skip


def _term(entry: Entry) -> dict[str, str]:
    """A consent runs from the first to the last of its days, in China. What an attestation is about is no term of it."""
    if entry.kind != "consent.grant":
        return {}
    body = entry.body or {}
    return {"validFrom": f"{body.get('from')}T00:00:00+08:00", "validUntil": f"{body.get('until')}T23:59:59+08:00"}


def _read(told: object) -> tuple[Signed, AuthorKey] | Refusal:
    if not isinstance(told, dict) or told.keys() - {"id"} != {"entry", "entryId", "signature", "authorKey"}:
        return _not_one()
    entry = entry_from_json(told["entry"])
    if isinstance(entry, Refusal):
        return entry
    given = told["authorKey"]
    fits = (
        isinstance(given, dict)
        and given.keys() == {"suite", "public"}
        and all(isinstance(part, str) for part in given.values())
    )
    if not fits or not is_digest(told["entryId"]):
        return _not_one()
    public, signature = _hex(given["public"]), _hex(told["signature"])
    if public is None or signature is None or not is_public(given["suite"], public):
        return _not_one()
    return Signed(entry, entry.id(), signature), AuthorKey(given["suite"], public)


def _unfit(signed: Signed, key: AuthorKey) -> Refusal | None:
    entry = signed.entry
    if entry.kind not in TYPES:
        return Refusal.at(
            "NO_CREDENTIAL_OF_THIS_KIND",
            "只有授权和存证声明可以成为凭证",
            "only consents and attestations become credentials",
            kind=entry.kind,
        )
    if key.id != entry.key:
        return Refusal.at("FOREIGN_KEY", "签署条目的是另一把密钥", "another key signed the entry", key=entry.key)
    if not verify(key.suite, key.public, signed_bytes(signed.id), signed.signature):
        return Refusal("BAD_SIGNATURE", "条目的签名不成立", "the entry's signature does not hold")
    return None


def _hex(text: object) -> bytes | None:
    """Another spelling of the same bytes is no matter here: the credential is built again from them."""
    try:
        return bytes.fromhex(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _not_one() -> Refusal:
    return Refusal("NOT_A_CREDENTIAL", "不是本系统的凭证", "is not a credential of this kind")
