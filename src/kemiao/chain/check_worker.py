"""A process that checks envelopes for its parent: form, id, signature. It is given keys by their ids and believes none of them.

Frames of both directions: length (4 bytes, big endian), then marshal. In: ({key id: (suite, public)}, [envelope, …]). Out: for each
envelope (verdict, what). Ends when its input does, so that it never outlives its parent.
"""

from __future__ import annotations

import gc
import marshal
import sys
from typing import IO, Any

from kemiao.base.refusal import Outage, Refusal
from kemiao.base.signing import key_id, verify
from kemiao.chain.entry import Entry, Signed, open_envelope, signed_bytes
from kemiao.chain.quick_form import Fields, fields_of

REFUSED, UNPROVED, BAD, GOOD = range(4)
_KNOWN = 100_000  # keys kept
Key = tuple[str, bytes]


def main() -> None:
    known: dict[str, Key] = {}
    gc.disable()  # nothing here refers to itself
    while (request := read(sys.stdin.buffer)) is not None:
        keys, envelopes = request
        if len(known) > _KNOWN:
            known.clear()
        known |= {key: found for key, found in keys.items() if key not in known and key_id(*found) == key}
        write(sys.stdout.buffer, [answer(content, known) for content in envelopes])


def answer(content: bytes, known: dict[str, Key]) -> tuple[int, Any]:
    """A verdict, with the refusal's parts or the entry's fields, id and signature."""
    parts = fields_of(content) or _fields_of(content)
    if isinstance(parts, Refusal):
        return REFUSED, (parts.code, parts.zh, parts.en, parts.where)
    key = known.get(parts[0][2])
    if key is None:
        return UNPROVED, parts
    try:
        held = verify(key[0], key[1], signed_bytes(parts[1]), parts[2])
    except Outage:  # no libcrypto: the parent meets the same and says so
        return UNPROVED, parts
    return GOOD if held else BAD, parts


def _fields_of(content: bytes) -> tuple[Fields, str, bytes] | Refusal:
    signed = open_envelope(content)
    if isinstance(signed, Refusal):
        return signed
    entry = signed.entry
    fields = (
        entry.kind, entry.author, entry.key, entry.sequence, entry.chain, entry.subject, entry.about, entry.basis, entry.body,
        entry.commitment, entry.refs,
    )  # fmt: skip
    return fields, signed.id, signed.signature


def opened(what: Any) -> Signed:
    fields, own, signature = what
    return Signed(Entry._make(fields), own, signature)


def read(source: IO[bytes]) -> Any | None:
    """None at the end."""
    head = source.read(4)
    if len(head) < 4:
        return None
    content = source.read(int.from_bytes(head, "big"))
    return marshal.loads(content)  # noqa: S302 - between a process of ours and its child, over their own pipe


def write(target: IO[bytes], value: Any) -> None:
    content = marshal.dumps(value)
    target.write(len(content).to_bytes(4, "big") + content)
    target.flush()


if __name__ == "__main__":
    main()
