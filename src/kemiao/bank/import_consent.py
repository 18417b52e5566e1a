"""--basis consent:ID where ID is a consent on the shared chain: it must stand, cover the tables, and be the rows' own company's."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow.compute as pc

from kemiao.bank.consent_gate import consent_of
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from kemiao.data.intake import SheetIntake, Stage

_SHORTEST = 8  # hex digits by which a consent may be named
_NAMED = re.compile(rf"consent:([0-9a-f]{{{_SHORTEST},64}})")


def consented(world: World, basis: str, tables: Sequence[str], company: str | None) -> str | Refusal:
    """The basis with the consent's full id, or as it is where it names none on the chain.

    Refuses what the consent is refused for, TWO_CONSENTS for too short an id, OTHER_COMPANY where --company names another.
    An approval of a query is not asked for: an import brings papers, it reads nothing that the lake has.
    """
    named = _NAMED.fullmatch(basis.strip().lower())  # as it was copied: an id in capitals must not pass for paper
    if named is None or world.chain is None:
        return basis
    from kemiao.chain.rules.standing import standing

    chain = world.chain
    chain.refresh()
    found = [key.removeprefix("consent/") for key, _ in chain.node.scan(f"consent/{named[1]}", limit=2)]
    if not found and len(named[1]) < 64:
        return basis  # the number of a paper may look like that
    if len(found) > 1:
        return Refusal.at("TWO_CONSENTS", "有多份授权以此开头,请多写几位", "several consents begin like this: give more digits", basis=basis)  # fmt: skip
    consent_id = found[0] if found else named[1]
    value = chain.node.get(f"consent/{consent_id}")
    accounts = value["accounts"] if value else None
    consent = standing(chain.node, consent_id, chain.me, None, tables, accounts, chain.today())
    if isinstance(consent, Refusal):
        return consent
    if company is not None and company != consent["company"]:
        return Refusal.at("OTHER_COMPANY", "授权来自另一家企业", "the consent is another company's", consent=consent_id, company=company)  # fmt: skip
    return f"consent:{consent_id}"


def only_about(world: World, basis: str, intakes: Sequence[SheetIntake]) -> None:
    """Raises Refused OTHER_COMPANY where a row under a consent of the chain is about somebody else alone."""
    consent = consent_of(basis)
    value = world.chain.node.get(f"consent/{consent}") if world.chain is not None and consent else None
    if value is None:
        return
    for intake in intakes:
        for stage in intake.stages:
            if not _is_about(stage, value["company"]):
                raise Refused(Refusal.at(
                    "OTHER_COMPANY", "授权只允许导入该企业自己的资料,文件里有别家的行", "the consent is for the company's own papers: the file has rows of others",
                    file=intake.found.path.name, company=value["company"],
                ))  # fmt: skip


def _is_about(stage: Stage, company: str) -> bool:
    """Whether the company stands on every row."""
    subjects = list(stage.table.fact.subjects)
    for _, rows in stage.shelf.batches(subjects):
        there = pc.equal(rows[subjects[0]], company)
        for other in subjects[1:]:
            there = pc.or_(there, pc.equal(rows[other], company))
        if not pc.all(there).as_py() and rows.num_rows:
            return False
    return True
