"""The chain's law once more, told slowly: a list of what was accepted, asked from its beginning for every question.

Written from the words of the rules, not from their code: no counters, no keys of a state. Refusals are codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kemiao.chain.entry import Entry

OFFICIAL = {"government", "regulator", "auditor"}
CONSENT_KINDS = {"consent.grant", "consent.approve", "consent.revoke"}
ALSO_COVERED = {
    "credit_review": {"credit_review", "report", "trace"}
}  # a purpose that covers others; the rest cover themselves


@dataclass
class Happened:
    id: str
    entry: Entry
    at: int

    @property
    def body(self) -> Mapping[str, Any]:
        return self.entry.body or {}


@dataclass
class NaiveChain:
    """cards: participant → {"roles", "company", "keys": {key id: purposes}}."""

    cards: Mapping[str, Mapping[str, Any]]
    past: list[Happened] = field(default_factory=list)

    def take(self, entry: Entry, own: str, at: int) -> str | None:
        """None where it is accepted."""
        refused = self.stranger(entry) or self.out_of_turn(entry) or _RULES[entry.kind](self, entry, at)
        if refused is None:
            self.past.append(Happened(own, entry, at))
        return refused

    # -- who and when

    def of(self, kind: str) -> list[Happened]:
        return [one for one in self.past if one.entry.kind == kind]

    def found(self, own: str | None, *kinds: str) -> Happened | None:
        return next((one for one in self.past if one.id == own and one.entry.kind in kinds), None)

    def stranger(self, entry: Entry) -> str | None:
        card = self.cards.get(entry.author)
        if card is None:
            return "NO_SUCH_PARTICIPANT"
        about_keys = entry.kind in ("key.rotate", "participant.suspend")
        if self.suspended(entry.author) and not about_keys:
            return "SUSPENDED"
        if entry.key not in card["keys"]:
            return "FOREIGN_KEY"
        if any(one.body["retire"] == entry.key for one in self.of("key.rotate")):
            return "KEY_RETIRED"
        needed = "keys" if about_keys else "consent" if entry.kind in CONSENT_KINDS else "entries"
        return None if needed in card["keys"][entry.key] else "KEY_NOT_FOR_THIS"

    def suspended(self, who: str) -> bool:
        said = [one.body["suspended"] for one in self.of("participant.suspend") if one.entry.author == who]
        return bool(said and said[-1])

    def out_of_turn(self, entry: Entry) -> str | None:
        turn = 1 + len([one for one in self.past if one.entry.author == entry.author])
        if entry.sequence == turn:
            return None
        return "SEQUENCE_USED" if entry.sequence < turn else "SEQUENCE_GAP"

    def stolen(self, one: Happened) -> bool:
        """Signed by a key that was in wrong hands by then."""
        told = [each.body["distrusted_from"] for each in self.of("key.rotate") if each.body["retire"] == one.entry.key]
        since = [each for each in told if each is not None]
        return bool(since) and one.at >= min(since)

    def speaks_for(self, who: str) -> str | None:
        return self.cards[who]["company"]

    # -- consents

    def forebears(self, consent: Happened) -> list[Happened]:
        line = [consent]
        while line[-1].entry.kind == "consent.pass":
            line.append(self.consent(line[-1].body["consent"]))  # type: ignore[arg-type]
        return line

    def consent(self, own: str | None) -> Happened | None:
        return self.found(own, "consent.grant", "consent.pass")

    def given(self, consent: Happened) -> Mapping[str, Any]:
        """What the company itself said, at the root of it."""
        return self.forebears(consent)[-1].body

    def withdrew(self, company: str | None, reader: str) -> list[Happened]:
        return [
            one for one in self.of("consent.revoke") if one.entry.subject == company and one.body["reader"] == reader
        ]

    def readings_under(self, consent: Happened) -> list[Happened]:
        under = [one for one in self.of("reading") if one.body.get("consent") is not None]
        return [one for one in under if consent in self.forebears(self.consent(one.body["consent"]))]  # type: ignore[arg-type]

    def lapsed(self, consent: Happened, today: str) -> str | None:
        """Of one link alone."""
        after = self.past[self.past.index(consent) :]
        taken_back = [
            one for one in after if one.entry.kind == "consent.revoke" and one.entry.subject == consent.entry.subject
        ]
        if any(one.body["consent"] == consent.id or one.body["reader"] == consent.body["reader"] for one in taken_back):
            return "CONSENT_REVOKED"
        if self.stolen(consent):
            return "CONSENT_DISTRUSTED"
        if today < self.given(consent)["from"]:
            return "CONSENT_NOT_YET"
        if today > consent.body["until"]:
            return "CONSENT_EXPIRED"
        most = consent.body.get("queries")
        return "CONSENT_USED_UP" if most is not None and len(self.readings_under(consent)) >= most else None

    def standing(self, own: str | None, reader: str, purpose: str | None, tables: list[str], accounts: list[str] | None, today: str) -> str | None:  # fmt: skip
        consent = self.consent(own)
        if consent is None:
            return "NO_SUCH_CONSENT"
        if consent.body["reader"] != reader:
            return "NOT_THE_READER"
        for link in self.forebears(consent):
            if self.lapsed(link, today) is not None:
                return self.lapsed(link, today)
        if purpose is not None and not any(
            purpose in ALSO_COVERED.get(each, {each}) for each in consent.body["purposes"]
        ):
            return "PURPOSE_NOT_COVERED"
        if not set(tables) <= set(consent.body["tables"]):
            return "TABLE_NOT_COVERED"
        picked = self.given(consent)["accounts"]
        if picked is not None:
            wants_all = accounts is None and "bank_transaction" in tables
            if wants_all or not set(accounts or []) <= set(picked):
                return "ACCOUNT_NOT_COVERED"
        return None

    def approved(self, request: str | None, consent: str, purpose: str, tables: list[str]) -> bool:
        asked = self.found(request, "consent.request")
        if asked is None or asked.body["consent"] != consent:
            return False
        said = [one for one in self.of("consent.approve") if one.body["request"] == request]
        used = any(one.body.get("request") == request for one in self.of("reading"))
        fits = purpose in ALSO_COVERED.get(asked.body["purpose"], {asked.body["purpose"]}) and set(tables) <= set(
            asked.body["tables"]
        )
        return bool(said) and not used and not self.stolen(said[0]) and fits

    # -- the rules, one for each kind

    def grant(self, entry: Entry, at: int) -> str | None:
        body = entry.body or {}
        if "strange" in body or not body["tables"]:
            return "MALFORMED_BODY"
        if self.speaks_for(entry.author) is None or self.speaks_for(entry.author) != entry.subject:
            return "NOT_THE_COMPANY"
        if body["reader"] not in self.cards:
            return "NO_SUCH_PARTICIPANT"
        if body["reader"] == entry.author:
            return "READER_IS_THE_COMPANY"
        if body["from"] > body["until"]:
            return "MALFORMED_BODY"
        return "CONSENT_EXPIRED" if body["until"] < day(at) else None

    def request(self, entry: Entry, at: int) -> str | None:
        body = entry.body or {}
        if body["consent"] is None:
            if entry.subject not in [card["company"] for card in self.cards.values()] or entry.subject is None:
                return "NO_SUCH_COMPANY"
            return "WITHDRAWN" if self.withdrew(entry.subject, entry.author) else None
        refused = self.standing(body["consent"], entry.author, body["purpose"], body["tables"], [], day(at))
        if refused is not None:
            return refused
        consent = self.consent(body["consent"])
        if consent.entry.subject != entry.subject:  # type: ignore[union-attr]
            return "OTHER_COMPANY"
        return None if self.given(consent)["ask"] else "NO_APPROVAL_NEEDED"  # type: ignore[arg-type]

    def approve(self, entry: Entry, at: int) -> str | None:
        asked = self.found((entry.body or {})["request"], "consent.request")
        if asked is None:
            return "NO_SUCH_REQUEST"
        if asked.entry.subject != entry.subject:
            return "OTHER_COMPANY"
        if self.speaks_for(entry.author) != entry.subject:
            return "NOT_THE_COMPANY"
        if asked.body["consent"] is None:
            return "NO_SUCH_CONSENT"
        if any(one.body["request"] == asked.id for one in self.of("consent.approve")):
            return "APPROVED_ALREADY"
        wanted = asked.body
        return self.standing(wanted["consent"], asked.entry.author, wanted["purpose"], wanted["tables"], [], day(at))

    def revoke(self, entry: Entry, at: int) -> str | None:
        body = entry.body or {}
        if self.speaks_for(entry.author) is None or self.speaks_for(entry.author) != entry.subject:
            return "NOT_THE_COMPANY"
        if (body["consent"] is None) == (body["reader"] is None):
            return "MALFORMED_BODY"
        if body["reader"] is not None:
            if body["reader"] not in self.cards:
                return "NO_SUCH_PARTICIPANT"
            return "READER_IS_THE_COMPANY" if body["reader"] == entry.author else None
        consent = self.consent(body["consent"])
        if consent is None:
            return "NO_SUCH_CONSENT"
        if consent.entry.subject != entry.subject:
            return "OTHER_COMPANY"
        return (
            "CONSENT_REVOKED" if any(one.body["consent"] == consent.id for one in self.of("consent.revoke")) else None
        )

    def pass_on(self, entry: Entry, at: int) -> str | None:
        body = entry.body or {}
        refused = self.standing(body["consent"], entry.author, None, [], [], day(at))
        if refused is not None:
            return refused
        parent = self.consent(body["consent"])
        assert parent is not None
        if parent.entry.subject != entry.subject:
            return "OTHER_COMPANY"
        if not parent.body.get("may_pass_on", False) or len(self.forebears(parent)) > 4:
            return "PASSING_NOT_ALLOWED"
        if body["reader"] not in self.cards:
            return "NO_SUCH_PARTICIPANT"
        if self.speaks_for(body["reader"]) == entry.subject:
            return "READER_IS_THE_COMPANY"
        if body["reader"] == entry.author:
            return "MALFORMED_BODY"
        if self.withdrew(entry.subject, body["reader"]):
            return "WITHDRAWN"
        if not set(body["purposes"]) <= set(parent.body["purposes"]):
            return "PURPOSE_NOT_COVERED"
        if not set(body["tables"]) <= set(parent.body["tables"]):
            return "TABLE_NOT_COVERED"
        return "CONSENT_EXPIRED" if body["until"] > parent.body["until"] or body["until"] < day(at) else None

    def reading(self, entry: Entry, at: int) -> str | None:
        body, basis = entry.body or {}, entry.basis or {}
        if entry.subject is None:
            return "NO_BASIS" if not basis or "consent" in basis else None
        if body["consent"] is None and "consent" not in basis:
            if not basis:
                return "NO_BASIS"
            if body["request"] is not None:
                return "MALFORMED_BODY"
            return "WITHDRAWN" if "paper" in basis and self.withdrew(entry.subject, entry.author) else None
        if basis.get("consent") != body["consent"]:
            return "MALFORMED_BODY"
        refused = self.standing(
            body["consent"], entry.author, body["purpose"], body["tables"], body["accounts"], day(at)
        )
        if refused is not None:
            return refused
        consent = self.consent(body["consent"])
        assert consent is not None
        if consent.entry.subject != entry.subject:
            return "OTHER_COMPANY"
        if self.given(consent)["ask"]:
            fits = self.approved(body["request"], consent.id, body["purpose"], body["tables"])
            return None if fits else "APPROVAL_NEEDED"
        return None if body["request"] is None else "NO_APPROVAL_NEEDED"

    def attest(self, entry: Entry, at: int) -> str | None:
        return "MALFORMED_BODY" if "strange" in (entry.body or {}) else None

    def check(self, entry: Entry, at: int) -> str | None:
        body = entry.body or {}
        said, evidence = self.found(body["attestation"], "attestation"), self.found(body["evidence"], "attestation")
        if said is None:
            return "NO_SUCH_ATTESTATION"
        if said.entry.author == entry.author:
            return "OWN_STATEMENT"
        if said.entry.subject != entry.subject:
            return "OTHER_COMPANY"
        if body["evidence"] is not None and (evidence is None or evidence is said):
            return "NO_SUCH_EVIDENCE"
        if body["verdict"] == "contradict" and evidence is None and entry.commitment is None:
            return "EVIDENCE_NEEDED"
        if not self.sees_both_sides(entry, said, evidence, day(at)):
            return "MAY_NOT_CHECK"
        mine = [one.body["verdict"] for one in self.checks(said.id) if one.entry.author == entry.author]
        return "CHECKED_ALREADY" if body["verdict"] in mine or "contradict" in mine else None

    def sees_both_sides(self, entry: Entry, said: Happened, evidence: Happened | None, today: str) -> bool:
        if OFFICIAL & set(self.cards[entry.author]["roles"]):
            return True
        company = said.entry.subject
        if company is None:
            return evidence is not None and evidence.entry.author == entry.author
        if self.speaks_for(entry.author) == company:
            return True
        consent = self.consent((entry.basis or {}).get("consent"))
        refused = (
            None if consent is None else self.standing(consent.id, entry.author, None, [said.body["table"]], [], today)
        )
        return consent is not None and refused is None and consent.entry.subject == company

    def decision(self, entry: Entry, at: int) -> str | None:
        there = [self.found(ref, "attestation") is not None for ref in entry.refs]
        return None if all(there) else "NO_SUCH_ATTESTATION"

    def rotate(self, entry: Entry, at: int) -> str | None:
        retire, since = (entry.body or {})["retire"], (entry.body or {})["distrusted_from"]
        if retire is None:
            return "MALFORMED_BODY"
        if retire not in self.cards[entry.author]["keys"]:
            return "NO_SUCH_KEY"
        return "DISTRUST_AHEAD" if since is not None and since > at else None

    def suspend(self, entry: Entry, at: int) -> str | None:
        return "NOTHING_TO_CHANGE" if self.suspended(entry.author) is (entry.body or {})["suspended"] else None

    # -- questions

    def checks(self, attestation: str) -> list[Happened]:
        return [one for one in self.of("check") if one.body["attestation"] == attestation]

    def word(self, consent: Happened, today: str) -> str:
        lapsed = [self.lapsed(link, today) for link in self.forebears(consent)]
        return next((each for each in lapsed if each is not None), "standing")

    def readings_of(self, company: str) -> list[str]:
        return [one.id for one in self.of("reading") if one.entry.subject == company]

    def record(self, author: str) -> dict[str, int]:
        """Statements by trusted keys, by what trusted keys said of them."""
        said = [one for one in self.of("attestation") if one.entry.author == author and not self.stolen(one)]
        heard = [{one.body["verdict"] for one in self.checks(each.id) if not self.stolen(one)} for each in said]
        return {
            "statements": len(said), "checked": len([each for each in heard if each]),
            "agreed": len([each for each in heard if "agree" in each]),
            "contradicted": len([each for each in heard if "contradict" in each]),
            "upheld": len([each for each in heard if each == {"agree"}]),
        }  # fmt: skip

    def contradicted(self) -> dict[str, list[str]]:
        """Statement → the decisions that rested on it."""
        no = {
            one.body["attestation"]
            for one in self.of("check")
            if one.body["verdict"] == "contradict" and not self.stolen(one)
        }
        return {own: [one.id for one in self.of("decision") if own in one.entry.refs] for own in no}


def day(at: int) -> str:
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at, hours=8)).date().isoformat()


_RULES = {
    "consent.grant": NaiveChain.grant, "consent.request": NaiveChain.request, "consent.approve": NaiveChain.approve,
    "consent.revoke": NaiveChain.revoke, "consent.pass": NaiveChain.pass_on, "reading": NaiveChain.reading,
    "attestation": NaiveChain.attest, "check": NaiveChain.check, "decision": NaiveChain.decision, "key.rotate": NaiveChain.rotate,
    "participant.suspend": NaiveChain.suspend,
}  # fmt: skip
