"""The form of a plain entry seen by one pattern, at half the price: only its body is parsed. What the pattern does not take goes to
`entry.open_envelope`, which alone says what is wrong with it. Both agree on everything that the pattern takes (tests).

The pieces that the pattern takes have one spelling each; a canonical body between them makes a canonical whole.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.base.strict_json import parse_strict
from kemiao.chain.entry import DEPTH, ENVELOPE_BYTES, REFS, Entry, Signed, is_day, open_envelope

_DAY = rb'"(\d{4}-\d\d-\d\d)"'
_HASH = rb"[0-9a-f]{64}"
_PLAIN = rb"[ !#-\[\]-~]"  # in text: what needs no escape and no second byte
_ENVELOPE = re.compile(
    rb'\{"entry":(\{"about":(?:null|\{"from":' + _DAY + rb',"until":' + _DAY + rb"\})"
    rb',"author":"([a-z0-9][a-z0-9.-]{1,39})"'
    rb',"basis":(?:null|\{"(office|paper|own|anonymised)":"(' + _PLAIN + rb'{0,200})"\}|\{"consent":"(' + _HASH + rb')"\})'
    rb',"body":(\{.*\}),"chain":"(' + _HASH + rb')","commitment":(?:null|"(' + _HASH + rb')")'
    rb',"key":"([0-9a-f]{32})","kind":"([a-z_]+(?:\.[a-z_]+)?)"'
    rb',"refs":\[((?:"' + _HASH + rb'"(?:,"' + _HASH + rb'")*+)?)\]'
    rb',"sequence":([1-9][0-9]{0,14}),"subject":(?:null|"((?:uscc|cumcm|foreign|person):[!#-\[\]-~]{1,64})")\})'
    rb',"signature":"([0-9a-f]{128})"\}',
    re.DOTALL,
)  # fmt: skip
_is_day = lru_cache(4096)(is_day)
# Names that come again and again: one object for all, which a pipe sends once and a dictionary finds at once.
_name = lru_cache(4096)(bytes.decode)
Fields = tuple[Any, ...]  # of Entry, in its order


def opened(content: bytes) -> Signed | Refusal:
    """As entry.open_envelope."""
    parts = fields_of(content)
    return open_envelope(content) if parts is None else Signed(Entry._make(parts[0]), parts[1], parts[2])


def fields_of(content: bytes) -> tuple[Fields, str, bytes] | None:
    """The entry's fields, its id and its signature; None where the pattern does not take it."""
    found = _ENVELOPE.fullmatch(content) if len(content) <= ENVELOPE_BYTES else None
    if found is None:
        return None
    (
        inner, from_, until, author, office, text, consent, body, chain, commitment, key, kind, refs, sequence, subject, signature,
    ) = found.groups()  # fmt: skip
    value = parse_strict(body, depth=DEPTH - 2)
    if isinstance(value, Refusal):
        return None
    about = None
    if from_ is not None:
        about = {"from": _name(from_), "until": _name(until)}
        if not (about["from"] <= about["until"] and _is_day(about["from"]) and _is_day(about["until"])):
            return None
    basis = (
        {"consent": consent.decode()}
        if consent is not None
        else None
        if office is None
        else {_name(office): text.decode()}
    )
    named: tuple[str, ...] = tuple(refs.decode()[1:-1].split('","')) if refs else ()
    if len(named) > 1 and (len(named) > REFS or len(set(named)) != len(named)):
        return None
    fields = (
        _name(kind), _name(author), _name(key), int(sequence), _name(chain), None if subject is None else _name(subject),
        about, basis, value, None if commitment is None else commitment.decode(), named,
    )  # fmt: skip
    return fields, sha256(b"kemiao/entry\0" + inner).hexdigest(), bytes.fromhex(signature.decode())
