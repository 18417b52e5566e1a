"""What is sent sealed through the node: documents of any size, in as many parcels as they take.

What a parcel is about it says itself; who sent it is nobody's guarantee. What is taken from it must match what stands on the chain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Literal

from kemiao.bank.chain_side import SharedChain
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.base.strict_json import parse_strict
from kemiao.chain.rules.calls import is_trusted

FORM = "kemiao.parcel_part/1"
PART_LENGTH = 1_200_000  # characters: of up to three bytes each, which a parcel surely holds
PARTS_MOST = 400
DEPTH = 32
What = Literal["sheet", "book"]
_FIELDS = {"form", "what", "call", "whole", "part", "parts", "text"}


def sealing_key(chain: SharedChain, participant: str) -> str | None:
    """Public key (hex) that a participant is sent to under now; None where it named none, or a stolen key of its did."""
    known: Mapping[str, Any] | None = chain.node.get(f"sealing/{participant}")
    return str(known["public"]) if known is not None and is_trusted(chain.node, participant, known) else None


def send(chain: SharedChain, to: str, public: str, document: Mapping[str, Any]) -> str | Refusal:
    """One parcel; its digest."""
    sealed = chain.seal(document, public)
    return sealed if isinstance(sealed, Refusal) else chain.put_parcel(to, sealed)


def opened(chain: SharedChain, parcel: str) -> Any | Refusal:
    """The document of a parcel by its digest. Refuses NO_SUCH_PARCEL, PARCEL_UNREADABLE."""
    content = chain.parcel(parcel)
    if isinstance(content, Refusal):
        return content
    try:
        return chain.open_parcel(content)
    except Refused as refused:
        if refused.refusal.code != "NO_SEALING_KEY":
            raise
        return Refusal.at("PARCEL_UNREADABLE", "不是封给本机构的", "is sealed for another key", part="key")


def send_whole(
    chain: SharedChain, to: str, public: str, what: What, call: str, value: Mapping[str, Any]
) -> list[str] | Refusal:
    """A document in as many parcels as it takes; their digests."""
    content = canonical_bytes(value)
    text, whole = content.decode(), sha256(content).hexdigest()
    parts = max(1, -(-len(text) // PART_LENGTH))
    if parts > PARTS_MOST:
        raise BrokenInvariant(f"a {what} of {len(content)} bytes")
    sent = []
    for part in range(parts):
        piece = text[part * PART_LENGTH : (part + 1) * PART_LENGTH]
        document = {
            "form": FORM,
            "what": what,
            "call": call,
            "whole": whole,
            "part": part,
            "parts": parts,
            "text": piece,
        }
        done = send(chain, to, public, document)
        if isinstance(done, Refusal):
            return done
        sent.append(done)
    return sent


def received(chain: SharedChain, sender: str, what: What, call: str) -> Iterator[dict[str, Any]]:
    """Every document of a kind about a call that a participant sent us whole."""
    known: dict[str, dict[int, str]] = {}
    for document in _parts(chain, sender, what, call):
        texts = known.setdefault(document["whole"], {})
        texts[document["part"]] = document["text"]
        if len(texts) != document["parts"]:
            continue
        whole = "".join(texts[place] for place in sorted(texts)).encode("utf-8", "surrogatepass")
        value = parse_strict(whole, depth=DEPTH) if sha256(whole).hexdigest() == document["whole"] else None
        if isinstance(value, dict):
            yield value


def _parts(chain: SharedChain, sender: str, what: What, call: str) -> Iterator[dict[str, Any]]:
    for parcel in _sent_by(chain, sender):
        document = opened(chain, parcel)
        if not isinstance(document, dict) or document.keys() != _FIELDS or document["form"] != FORM:
            continue
        part, parts = document["part"], document["parts"]
        whole_numbers = type(part) is int and type(parts) is int
        texts = isinstance(document["whole"], str) and isinstance(document["text"], str)
        if (
            (document["what"], document["call"]) == (what, call)
            and whole_numbers
            and texts
            and 0 <= part < parts <= PARTS_MOST
        ):
            yield document


def _sent_by(chain: SharedChain, sender: str) -> Iterator[str]:
    after = 0
    while True:
        some = chain.parcels(after)
        if not some:
            return
        yield from (parcel.digest for parcel in some if parcel.sender == sender)
        if some[-1].number <= after:  # the node's own making: it would go round for ever
            return
        after = some[-1].number
