"""An entry: one signed, timed, authorised statement. Its id is a digest of its canonical form; the signature is outside it.

An envelope is what travels: canonical JSON of {"entry": …, "signature": hex}. The same entry has one spelling only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Refusal
from kemiao.base.strict_json import parse_strict

ENVELOPE_BYTES = 64 * 1024
DEPTH = 10  # of JSON inside an envelope
REFS = 256
SUITES = ("ed25519", "sm2")
_FIELDS = frozenset(
    {"about", "author", "basis", "body", "chain", "commitment", "key", "kind", "refs", "sequence", "subject"}
)
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{1,39}")  # of a participant
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[0-9a-f]{32}")
_KIND = re.compile(r"[a-z_]+(\.[a-z_]+)?")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_SUBJECT = re.compile(r"(uscc|cumcm|foreign|person):\S{1,64}")
BASES = ("consent", "office", "paper", "own", "anonymised")  # of an entry: {one of them: text}


class Entry(NamedTuple):  # a frozen dataclass takes four times as long to make, and a node makes one for each entry
    """sequence: the author's own count from 1, without gaps. subject: a company's key, or None where it is about nobody or
    nobody may know. about: None or {"from", "until"} (days, both inside). basis: None or one of BASES → text (for consent the
    id of its entry). body: what everybody on the chain may read. commitment: salted digest of what they may not. refs: ids of
    entries that this one rests on. chain: id of the genesis. key: id of the signing key."""

    kind: str
    author: str
    key: str
    sequence: int
    chain: str
    subject: str | None = None
    about: Mapping[str, str] | None = None
    basis: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    commitment: str | None = None
    refs: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "about": self.about, "author": self.author, "basis": self.basis, "body": self.body or {}, "chain": self.chain,
            "commitment": self.commitment, "key": self.key, "kind": self.kind, "refs": list(self.refs),
            "sequence": self.sequence, "subject": self.subject,
        }  # fmt: skip

    def id(self) -> str:
        return digest_bytes("entry", canonical_bytes(self.as_json()))


class Signed(NamedTuple):
    """An entry whose form was checked, with its id and its signature (which may still be wrong)."""

    entry: Entry
    id: str
    signature: bytes


def signed_bytes(entry_id: str) -> bytes:
    """What an author signs: the entry's id behind a domain of its own."""
    return b"kemiao/signature/entry\0" + bytes.fromhex(entry_id)


LEAF = b"kemiao/leaf\0"


def leaf(at: int, entry_id: str) -> bytes:
    """Leaf data of the chain's tree: when the entry was accepted (milliseconds since 1970, UTC) and which it was."""
    return LEAF + at.to_bytes(8, "big") + bytes.fromhex(entry_id)


def envelope(entry: Entry, signature: bytes) -> bytes:
    return canonical_bytes({"entry": entry.as_json(), "signature": signature.hex()})


def open_envelope(content: bytes) -> Signed | Refusal:
    """Checks size, spelling and form; not the signature, and nothing that needs the state."""
    if len(content) > ENVELOPE_BYTES:
        return Refusal(
            "ENTRY_TOO_LARGE", f"条目超过 {ENVELOPE_BYTES} 字节", f"the entry has more than {ENVELOPE_BYTES} bytes"
        )
    value = parse_strict(content, depth=DEPTH)
    if isinstance(value, Refusal):
        return value
    if not isinstance(value, dict) or value.keys() != {"entry", "signature"}:
        return _malformed("envelope")
    made = entry_from_json(value["entry"])
    if isinstance(made, Refusal):
        return made
    if not (isinstance(value["signature"], str) and _SIGNATURE.fullmatch(value["signature"])):
        return _malformed("signature")
    # The entry's own bytes stand inside the canonical envelope: nothing is written twice.
    inner = content[len(b'{"entry":') : -len(b',"signature":""}') - 128]
    own = hashlib.sha256(b"kemiao/entry\0" + inner).hexdigest()
    return Signed(made, own, bytes.fromhex(value["signature"]))


def entry_from_json(value: Any) -> Entry | Refusal:
    if not isinstance(value, dict) or value.keys() != _FIELDS:
        return _malformed("entry")
    for name, fits in _FORM:
        if not fits(value[name]):
            return _malformed(name)
    return Entry(
        value["kind"], value["author"], value["key"], value["sequence"], value["chain"], value["subject"], value["about"],
        value["basis"], value["body"], value["commitment"], tuple(value["refs"]),
    )  # fmt: skip


def is_digest(value: object) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def is_participant_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def is_day(value: object) -> bool:
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_about(value: object) -> bool:
    return value is None or (
        isinstance(value, dict)
        and value.keys() == {"from", "until"}
        and is_day(value["from"])
        and is_day(value["until"])
        and value["from"] <= value["until"]
    )


def _is_basis(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((name, text),) = value.items()
    if name == "consent":
        return is_digest(text)
    return name in BASES and isinstance(text, str) and len(text) <= 200


def _is_text(form: re.Pattern[str]) -> Callable[[Any], bool]:
    fullmatch = form.fullmatch
    return lambda value: value.__class__ is str and fullmatch(value) is not None


def _is_subject(value: Any) -> bool:
    return value is None or (value.__class__ is str and _SUBJECT.fullmatch(value) is not None)


def _are_refs(value: Any) -> bool:
    if value == []:
        return True
    return (
        isinstance(value, list) and len(value) <= REFS and all(map(is_digest, value)) and len(set(value)) == len(value)
    )


_FORM: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("kind", _is_text(_KIND)),
    ("author", _is_text(_ID)),
    ("key", _is_text(_KEY)),
    ("sequence", lambda value: value.__class__ is int and value >= 1),
    ("chain", _is_text(_DIGEST)),
    ("subject", _is_subject),
    ("about", _is_about),
    ("basis", _is_basis),
    ("body", lambda value: value.__class__ is dict),
    ("commitment", lambda value: value is None or is_digest(value)),
    ("refs", _are_refs),
)


def _malformed(field: str) -> Refusal:
    return Refusal.at("MALFORMED_ENTRY", "条目的格式不对", "the entry is malformed", field=field)
