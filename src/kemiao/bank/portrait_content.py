"""A portrait in words and units: what is drawn and what `--json` says."""

from __future__ import annotations

from typing import Any

from kemiao.bank.commands.portrait import Seen
from kemiao.credit.portrait import AxisStanding, Neighbour, Portrait
from kemiao.credit.profile import COLUMNS
from kemiao.credit.technology.rules import STAGE_WORDS
from kemiao.law.sme_size import SIZE_WORDS
from kemiao.papers.content import Text
from kemiao.papers.portrait import Near, PortraitContent, Sector, Spoke

_TRAITS = {"industry_named": Text("同行业", "same industry"), "size_class": Text("同规模", "same size"), "stage": Text("同阶段", "same stage")}  # fmt: skip


def content_of(seen: Seen) -> PortraitContent:
    found = seen.portrait
    return PortraitContent(
        seen.name or found.company, seen.as_of.isoformat(), _circle(found), found.peers, found.known_ppm,
        tuple(_sector(each) for each in found.axes), tuple(_near(each) for each in found.neighbours),
    )  # fmt: skip


def _circle(found: Portrait) -> Text:
    if not found.same:
        return Text("全部企业", "all companies")
    return Text("、".join(_TRAITS[name].zh for name in found.same), ", ".join(_TRAITS[name].en for name in found.same))


def traits_words(found: Portrait) -> dict[str, Text]:
    """What is known of industry, size and stage, in words."""
    size, stage = found.traits["size_class"], found.traits["stage"]
    words = {
        "size_class": Text(SIZE_WORDS[size][0], size) if size else None,
        "stage": Text(*STAGE_WORDS[stage]) if stage else None,
    }
    return {name: said for name, said in words.items() if said}


def _sector(each: AxisStanding) -> Sector:
    spokes = tuple(
        Spoke(_title(one.feature), COLUMNS[one.feature].unit, one.value, one.quartiles, one.standing_ppm)
        for one in each.figures
    )
    return Sector(Text(each.axis.zh, each.axis.en), each.standing_ppm, spokes)


def _near(each: Neighbour) -> Near:
    apart, alike = (tuple(_title(name) for name, _, _ in some) for some in (each.apart, each.alike))
    return Near(each.number, each.distance_ppm, apart, alike)


def _title(feature: str) -> Text:
    return Text(COLUMNS[feature].zh, COLUMNS[feature].en)


def as_json(seen: Seen) -> dict[str, Any]:
    """Standings in ppm: the share of peers that are worse. Peers have numbers, never names."""
    found = seen.portrait
    return {
        "company": found.company, "as_of": seen.as_of.isoformat(), "traits": dict(found.traits),
        "peers": {"count": found.peers, "same": list(found.same), "too_few": [{"same": list(same), "count": count} for same, count in found.wider]},
        "known_ppm": found.known_ppm,
        "axes": [
            {
                "axis": each.axis.name, "zh": each.axis.zh, "en": each.axis.en, "standing_ppm": each.standing_ppm,
                "figures": [
                    {
                        "feature": one.feature, "value": one.value, "unit": COLUMNS[one.feature].unit, "standing_ppm": one.standing_ppm,
                        "peers_quartiles": list(one.quartiles) if one.quartiles else None, "peers_known": one.peers, "better": "more" if one.more_is_better else "less",
                    }
                    for one in each.figures
                ],
            }
            for each in found.axes
        ],
        "nearest": [
            {
                "peer": each.number, "distance_ppm": each.distance_ppm, "figures_shared": each.shared,
                "apart": [{"feature": name, "own_ppm": own, "peer_ppm": theirs} for name, own, theirs in each.apart],
                "alike": [{"feature": name, "own_ppm": own, "peer_ppm": theirs} for name, own, theirs in each.alike],
            }
            for each in found.neighbours
        ],
    }  # fmt: skip
