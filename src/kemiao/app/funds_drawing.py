"""The drawing of a tracing of funds: who held the money, where it ended, in an SVG that carries its own font."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kemiao.app.door import Door
from kemiao.app.funds_shown import unseen, verdict, way
from kemiao.base.money import yuan_text
from kemiao.credit.tracing.columns import OUTCOMES, REASONS
from kemiao.papers.flows import Band, Node, Place, Words, flow_chart
from kemiao.papers.font_face import standing_alone

_ENDS_SHOWN = 14  # of a column; what is smaller is drawn together, by outcome
_SMALL_PPM = 10_000
_EXPECTED = ("purpose", "untraced", "cash")
_ORDER = sorted(OUTCOMES, key=lambda outcome: outcome in _EXPECTED)  # what somebody has to look at stands above
_KNOWN = {"reached": "purpose", "related": "related"}


def drawing(door: Door, finding: Mapping[str, Any], method: str) -> str:
    """By one method. Payments from one holder to one end are one band; small ends of one outcome are one."""
    payments = sorted(finding["payments"].get(method, ()), key=lambda each: each["hop"])
    whole = finding["amount_fen"]
    names = {each["from"]: each["from_name"] for each in payments if each["from_name"]}
    names.setdefault(finding["company"], finding["name"] or finding["company"])
    held: dict[Place, int] = {(0, finding["company"]): whole}
    onward: dict[tuple[Place, Place, str], int] = {}
    ended: dict[tuple[Place, str, str], list[int]] = {}  # holder, outcome, label → amounts
    said = finding["methods"][method]
    if finding["arrived_at"] is None:  # nothing was followed: the one reason says it all
        ((reason, fen),) = said["reasons"].items()
        held[(0, finding["company"])] -= fen
        ended[((0, finding["company"]), REASONS[reason][0], door.word(*REASONS[reason][1:]))] = [fen]
    elif finding["arrived_at"] != finding["company"]:  # the bank itself paid the payee
        onward[((0, finding["company"]), (1, finding["arrived_at"]), "purpose")] = whole
        held[(0, finding["company"])], held[(1, finding["arrived_at"])] = 0, whole
    for each in payments:
        source, fen = (each["hop"] - 1, each["from"]), each["amount_fen"]
        held[source] = held.get(source, 0) - fen
        if each["outcome"] is None:
            target = (each["hop"], each["to"])
            names.setdefault(each["to"], each["to_name"] or each["to"])
            held[target] = held.get(target, 0) + fen
            key = (source, target, _KNOWN.get(each["known"], ""))
            onward[key] = onward.get(key, 0) + fen
        else:
            ended.setdefault((source, each["outcome"], _label(door, each)), []).append(fen)
    _left(door, said["outcomes"], held, onward, ended)
    nodes, bands = _drawn(door, names, onward, _pooled(door, ended, whole), whole, held)
    heads = [door.word("放款", "paid out"), *(door.word(f"第 {n} 次付款", f"payment {n}") for n in range(1, 8))]
    shares = {name: fen * 100 / whole for name, fen in said["outcomes"].items() if fen}
    legend = [(name, f"{door.word(*OUTCOMES[name])} {share:.1f}%") for name, share in shares.items()]
    words = Words(
        f"{names[finding['company']]}  {yuan_text(whole)} {door.word('元', 'yuan')}  {finding['booked_on'] or finding['value_day']}",
        "  ·  ".join((finding["loan"], way(door, method), verdict(door, finding), door.word(f"截至 {finding['as_of']}", f"as of {finding['as_of']}"))),
        heads, legend, unseen(door, finding),
    )  # fmt: skip
    return standing_alone(flow_chart(words, nodes, bands))


def _left(
    door: Door, said: Mapping[str, int], held: Mapping[Place, int], onward: Mapping[tuple[Place, Place, str], int],
    ended: dict[tuple[Place, str, str], list[int]],
) -> None:  # fmt: skip
    """What holders did not pay on ends with them: as what they got it, so far as the sums by outcome leave that open."""
    open_ = dict(said)
    for (_, outcome, _), fens in ended.items():
        open_[outcome] -= sum(fens)
    settled = {target: state for (_, target, state) in onward if state}
    for place, fen in held.items():
        left = fen
        for outcome in (settled.get(place, "cash"), "cash", "purpose", "related"):
            part = min(left, open_[outcome])
            if part > 0:
                words = ("尚在账上", "still there") if outcome == "cash" else OUTCOMES[outcome]
                ended.setdefault((place, outcome, door.word(*words)), []).append(part)
                open_[outcome] -= part
                left -= part


def _label(door: Door, each: Mapping[str, Any]) -> str:
    """Who got it; where that is nobody, or the payer's own name, what it was for."""
    if each["to_name"] and each["to_name"] != each["from_name"]:
        elsewhere = each["outcome"] not in _EXPECTED and each["summary"]
        return f"{each['to_name']} · {each['summary']}" if elsewhere else str(each["to_name"])
    return str(each["summary"] or door.word(*REASONS[each["reason"]][1:]))


def _pooled(
    door: Door, ended: Mapping[tuple[Place, str, str], list[int]], whole: int
) -> dict[tuple[Place, str, str], tuple[int, str]]:
    """Ends with their amount and what is said of it. Small ones of one holder and outcome are one."""
    kept: dict[tuple[Place, str, str], tuple[int, str]] = {}
    small: dict[tuple[Place, str], list[tuple[Place, str, str]]] = {}
    columns: dict[int, int] = {}
    for (place, outcome, label), fens in sorted(ended.items(), key=lambda item: -sum(item[1])):
        number = columns[place[0]] = columns.get(place[0], 0) + 1
        times = door.word(f" · {len(fens)} 笔", f" · {len(fens)} payments") if len(fens) > 1 else ""
        kept[(place, outcome, label)] = sum(fens), times
        if outcome in _EXPECTED and (number > _ENDS_SHOWN or sum(fens) * 1_000_000 < whole * _SMALL_PPM):
            small.setdefault((place, outcome), []).append((place, outcome, label))
    for (place, outcome), keys in small.items():
        if len(keys) > 1:
            label = door.word(f"其他 {len(keys)} 家", f"{len(keys)} others")
            fen = sum(kept.pop(key)[0] for key in keys)
            kept[(place, outcome, f"{label} ({door.word(*OUTCOMES[outcome])})")] = fen, ""
    return kept


def _drawn(
    door: Door, names: Mapping[str, str], onward: Mapping[tuple[Place, Place, str], int],
    ends: Mapping[tuple[Place, str, str], tuple[int, str]], whole: int, held: Mapping[Place, int],
) -> tuple[dict[Place, Node], list[Band]]:  # fmt: skip
    """Nodes in the order in which they stand: who handed money on above, then ends by holder and outcome, the largest first."""
    into: dict[Place, int] = {}
    bands = []
    for (source, target, state), fen in onward.items():
        into[target] = into.get(target, 0) + fen
        said = f"{names.get(source[1], source[1])} → {names.get(target[1], target[1])}  {yuan_text(fen)}"
        bands.append(Band(source, target, fen, state, said))
    nodes: dict[Place, Node] = {}
    for place in sorted(held, key=lambda place: (place[0], -into.get(place, whole))):
        nodes[place] = Node(names.get(place[1]) or place[1], _share(into.get(place, whole), whole), "")
    standing = {place: number for number, place in enumerate(nodes)}
    for (source, outcome, label), (fen, times) in sorted(ends.items(), key=lambda item: (standing[item[0][0]], _ORDER.index(item[0][1]), -item[1][0])):  # fmt: skip
        target = (source[0] + 1, f"{outcome}\0{label}\0{source[1]}")
        nodes[target] = Node(label, _share(fen, whole) + times, outcome)
        bands.append(Band(source, target, fen, outcome, f"{names.get(source[1], source[1])} → {label}  {yuan_text(fen)}"))  # fmt: skip
    return nodes, bands


def _share(fen: int, whole: int) -> str:
    return f"{yuan_text(fen)} · {fen * 100 / whole:.1f}%"
