"""Near-duplicates: an equal variant under an unequal identifier. They are told to the registrant and kept for both holders.

State: variant/<hex> → blinded ids that share it and have rights; suspicion/<right id> → [{right, variants, at}], both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kemiao.chain.rules.rights import Seen, standing_of
from kemiao.chain.rules.state import Note, State, day_of

ASSETS_MAX = 32  # that one variant remembers: with so many there is a suspicion whatever comes
NAMED_MAX = 16  # rights that one registration is held against
KEPT_MAX = 64  # suspicions of one right: weak ones go first, then the oldest
# Consecutive numbers share all but their last character: alone this says little (docs/decisions/021 has the figures).
WEAK = frozenset(("number_less_last", "serial_less_last", "lot_less_last"))
WORDS: Mapping[str, tuple[str, str]] = {
    "number": ("号码相同", "the same number"), "parties_date_total": ("双方、日期与金额相同", "the same parties, date and total"),
    "number_less_last": ("号码只差末位", "the number but for its last character"), "serial": ("铭牌号相同", "the same serial number"),
    "serial_less_last": ("铭牌号只差末位", "the serial number but for its last character"),
    "folded": ("铭牌号只差 O/0 或 I/1", "the same but for O/0 or I/1"), "lot": ("批号相同", "the same lot"),
    "lot_less_last": ("批号只差末位", "the lot but for its last character"), "number_less_check": ("只差校验位", "the same but for the check digit"),
}  # fmt: skip


def suspicions(state: State, own: Seen, variants: Mapping[str, str], at: int) -> tuple[dict[str, Any], list[Note]]:
    """What the state keeps of a new right's near-duplicates, and the notes that its registrant is given."""
    kind, blinded_id = own.value["place"]["kind"], own.value["place"]["id"]
    day = day_of(at)
    puts: dict[str, Any] = {}
    against: dict[str, tuple[Seen, list[str]]] = {}
    for name in sorted(variants, key=lambda each: (each in WEAK, each)):
        key = f"variant/{variants[name]}"
        shared = []
        for other in puts.get(key, state.get(key)) or ():
            standing = standing_of(state, state.get(f"asset/{kind}/{other}") or (), day)
            if other == blinded_id or not standing:
                continue  # nothing stands there any more: the variant forgets it
            shared.append(other)
            for each in standing:
                if each.id in against or len(against) < NAMED_MAX:
                    against.setdefault(each.id, (each, []))[1].append(name)
        puts[key] = [*shared[-ASSETS_MAX + 1 :], blinded_id]
    if not against:
        return puts, []
    mine = [{"right": other, "variants": names, "at": at} for other, (_, names) in against.items()]
    puts[f"suspicion/{own.id}"] = mine
    for other, (_, names) in against.items():
        before: list[Any] = list(state.get(f"suspicion/{other}") or ())
        puts[f"suspicion/{other}"] = _kept([*before, {"right": own.id, "variants": names, "at": at}])
    return puts, [_note(seen, names) for seen, names in against.values()]


def is_weak(names: Iterable[str]) -> bool:
    return WEAK.issuperset(names)


def _kept(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One too many: a flood of weak ones must not push out what says something."""
    if len(told) <= KEPT_MAX:
        return told
    gone = next((place for place, each in enumerate(told) if is_weak(each["variants"])), 0)
    return [each for place, each in enumerate(told) if place != gone]


def _note(other: Seen, names: list[str]) -> Note:
    zh, en = (", ".join(WORDS[name][place] for name in names) for place in (0, 1))
    weak = is_weak(names)
    return Note(
        "SUSPICION", f"{'弱' if weak else ''}疑似重复:与 {other.holder} 的一项权利{zh}",
        f"a near-duplicate{' (weak)' if weak else ''} of a right of {other.holder}: {en}",
        (("right", other.id), ("holder", other.holder), ("variants", ",".join(names)), ("weight", "weak" if weak else "strong")),
    )  # fmt: skip
