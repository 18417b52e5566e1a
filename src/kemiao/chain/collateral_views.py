"""What can be read off a node's state about security: over a thing, of a debtor, of a holder; histories, searches, suspicions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain.rules.participants import distrusted
from kemiao.chain.rules.rights import Seen, after, in_order, over, seen, standing_of
from kemiao.chain.rules.state import day_of
from kemiao.chain.rules.suspicions import WORDS, is_weak
from kemiao.chain.views import Scanned, every
from kemiao.law.priority import GROUNDS, Place


def over_thing(node: Scanned, place: Mapping[str, str], debtor: str | None, day: str) -> list[dict[str, Any]]:
    """Rights that stand, in the order of payment. The chain ranked each of them when it came: the law has an answer."""
    rights = {each.id: each for each in over(node, place, debtor, day)}
    places = in_order(list(rights.values()), day)
    if isinstance(places, Refusal):
        raise BrokenInvariant(f"rights over one thing that can't be ranked: {places.code}")
    return [shown(node, rights[each.right.id], each) for each in places]


def of_debtor(node: Scanned, debtor: str, day: str) -> list[Seen]:
    """All that was ever registered on a company, in the order of registration."""
    return _of(node, f"debtor/{debtor}/", day)


def of_holder(node: Scanned, participant: str, day: str) -> list[Seen]:
    return [each for each in _of(node, f"holder/{participant}/", day) if each.holder == participant]


def rank_of(node: Scanned, right: Seen, day: str) -> dict[str, Any]:
    """As over_thing shows it; a right that no longer stands has no rank."""
    if right.stands:
        for each in over_thing(node, right.value["place"], right.value["debtor"], day):
            if each["id"] == right.id:
                return each
    return shown(node, right, None)


def shown(node: Scanned, right: Seen, place: Place | None) -> dict[str, Any]:
    value = right.value
    ground = None if place is None else place.ground
    return {
        "id": right.id, "state": right.word, "rank": None if place is None else place.rank, "ground": ground,
        "ground_zh": GROUNDS[ground][0] if ground else None, "ground_en": GROUNDS[ground][1] if ground else None,
        "confidence": None if place is None else place.confidence, "asset": dict(value["place"]), "right": value["right"],
        "holder": right.holder, "registered_by": value["by"], "registered_at": value["at"], "debtor": value["debtor"],
        "claim_fen": right.claim_fen, "total_fen": value["total_fen"],
        "pledged_fen": None if value["total_fen"] is None else right.pledged_of_total_fen,
        "contract_on": value["contract_on"], "delivered_on": value["delivered_on"], "until": right.until,
        "commitment": value["commitment"], "suspicions": suspicions_of(node, right.id),
    }  # fmt: skip


def suspicions_of(node: Scanned, right_id: str) -> list[dict[str, Any]]:
    return [
        {**each, "holder": other.holder, **_worded(each["variants"])}
        for each in node.get(f"suspicion/{right_id}") or ()
        if (other := seen(node, each["right"], day_of(each["at"]))) is not None
    ]


def near(node: Scanned, kind: str, blinded_id: str, variants: Mapping[str, str], day: str) -> list[dict[str, Any]]:
    """Rights over what may be the same thing under another spelling: before anything is registered."""
    found: dict[str, tuple[Seen, list[str]]] = {}
    for name in sorted(variants):
        for other in node.get(f"variant/{variants[name]}") or ():
            if other != blinded_id:
                for each in standing_of(node, node.get(f"asset/{kind}/{other}") or (), day):
                    found.setdefault(each.id, (each, []))[1].append(name)
    return [{"right": own, "holder": each.holder, "variants": names, **_worded(names)} for own, (each, names) in found.items()]  # fmt: skip


def history(node: Scanned, right: Seen) -> list[dict[str, Any]]:
    """What happened to a right, in time. counts: whether by a trusted key of whoever then held it."""
    value = right.value
    first = {"act": "register", "by": value["by"], "at": value["at"], "entry": right.id, "counts": right.word != "distrusted"}  # fmt: skip
    now = Seen(right.id, "standing", value["by"], value["claim_fen"], value["pledged_fen"], value["until"], value)
    acts = [first]
    for act in value["acts"]:
        trusted = act["by"] == now.holder and now.stands and not distrusted(node, act["by"], act["key"], act["at"])
        changed = after(now, act) if trusted and first["counts"] else now
        acts.append({name: text for name, text in act.items() if name != "key"} | {"counts": changed is not now})
        now = changed
    return acts


def searches(node: Scanned, *, debtor: str | None = None, place: Mapping[str, str] | None = None) -> list[dict[str, Any]]:  # fmt: skip
    """Who looked, when and why, in time."""
    prefix = f"searched/debtor/{debtor}/" if place is None else f"searched/asset/{place['kind']}/{place['id']}/"
    found = [{"entry": key[len(prefix) :], **value} for key, value in every(node, prefix) if "/" not in key[len(prefix) :]]  # fmt: skip
    return sorted(found, key=lambda each: (each["at"], each["entry"]))


def ever_over(node: Scanned, place: Mapping[str, str], day: str) -> list[Seen]:
    """Rights over a thing that the state still lists, lapsed and released ones too."""
    ids: Iterable[str] = node.get(f"asset/{place['kind']}/{place['id']}") or ()
    return [each for own in ids if (each := seen(node, own, day)) is not None]


def _of(node: Scanned, prefix: str, day: str) -> list[Seen]:
    ids = [key[len(prefix) :] for key, _ in every(node, prefix) if "/" not in key[len(prefix) :]]
    found = [each for own in ids if (each := seen(node, own, day)) is not None]
    return sorted(found, key=lambda each: each.value["number"])


def _worded(names: Sequence[str]) -> dict[str, Any]:
    words = {lang: ", ".join(WORDS[name][place] for name in names) for place, lang in enumerate(("zh", "en"))}
    return {**words, "weight": "weak" if is_weak(names) else "strong"}
