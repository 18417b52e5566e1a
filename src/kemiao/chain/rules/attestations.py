"""Attestations and checks: who stated what, who agreed, who contradicted with what evidence; and the record that follows.

State: attestation/<id> → {author, key, at, subject, form, tables, agreed, contradicted}; attestations/<author>/<id> and, where
it names a company, attested/<company>/<id> → at; check/<attestation>/<check id> → {checker, key, at, sequence, verdict, evidence,
commitment, grounds}; checked/<attestation>/<checker> → the last verdict; contradicted/<attestation> → at of the first;
record/<author> → {statements, checked, agreed, contradicted, upheld}: numbers of statements.
"""

from __future__ import annotations

from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.chain.entry import Entry, Signed
from kemiao.chain.rules import bodies as form
from kemiao.chain.rules.standing import standing
from kemiao.chain.rules.state import Effects, State, Value, day_of
from kemiao.facts.tables import TABLES

NO_RECORD = {"statements": 0, "checked": 0, "agreed": 0, "contradicted": 0, "upheld": 0}
OFFICES = frozenset({"government", "regulator", "auditor"})  # the roles that check by their office
_VALUE_MAX = 2_000


def _rows_of_tables(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and 1 <= len(value) <= len(TABLES)
        and all(form.is_table(name) and form.number(0)(rows) for name, rows in value.items())
    )


def _plain(value: Any) -> bool:
    return value is None or type(value) in (bool, int) or form.text(_VALUE_MAX, 0, lines=True)(value)


def _statement(value: Any) -> bool:
    """Text, or names with plain values."""
    if isinstance(value, dict):
        return 1 <= len(value) <= 50 and all(
            form.text(64, lines=True)(name) and _plain(each) for name, each in value.items()
        )
    return form.text(_VALUE_MAX, lines=True)(value)


_COLUMNS = form.many(form.text(64, lines=True), 200, 0)  # heads of workbooks are broken into lines
_BATCH = {"form": form.one_of("batch"), "count": form.number(0), "root": form.DIGEST}
_BATCH_ALSO = {
    "table": form.nothing_or(form.is_table), "tables": _rows_of_tables, "columns": _COLUMNS, "source": form.text(200, 0),
    "batch": form.number(0),
}  # fmt: skip
_SAID = {"form": form.one_of("statement"), "statement": _statement}
_SAID_ALSO = {"table": form.nothing_or(form.is_table), "columns": _COLUMNS}
_CHECK = {
    "attestation": form.DIGEST, "verdict": form.one_of("agree", "contradict"), "evidence": form.nothing_or(form.DIGEST),
    "grounds": form.text(200, 0),
}  # fmt: skip


def attest(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """A batch under one root, of which each fact is provable alone; or a statement that everybody may read."""
    entry, body = signed.entry, signed.entry.body or {}
    batch = body.get("form") == "batch"
    refused = form.faulty(entry, _BATCH, _BATCH_ALSO) if batch else form.faulty(entry, _SAID, _SAID_ALSO)
    if refused is not None:
        return refused
    if batch and ("table" in body) == ("tables" in body):
        return form.malformed("table")
    if batch and "tables" in body and sum(body["tables"].values()) != body["count"]:
        return form.malformed("count")
    tables = sorted(body["tables"]) if "tables" in body else [body["table"]] if body.get("table") else []
    kept = {
        "author": entry.author, "key": entry.key, "at": at, "subject": entry.subject, "form": body["form"], "tables": tables,
        "agreed": 0, "contradicted": 0,
    }  # fmt: skip
    record = record_of(state, entry.author)
    puts: dict[str, Value | None] = {
        f"attestation/{signed.id}": kept,
        f"attestations/{entry.author}/{signed.id}": at,
        f"record/{entry.author}": {**record, "statements": record["statements"] + 1},
    }
    if entry.subject is not None:
        puts[f"attested/{entry.subject}/{signed.id}"] = at
    return Effects(puts)


def check(state: State, signed: Signed, at: int) -> Effects | Refusal:
    entry, body = signed.entry, signed.entry.body or {}
    refused = form.faulty(entry, _CHECK)
    if refused is not None:
        return refused
    own, evidence, verdict = body["attestation"], body["evidence"], body["verdict"]
    attested = state.get(f"attestation/{own}")
    if attested is None:
        return Refusal.at("NO_SUCH_ATTESTATION", "没有这份存证声明", "there is no such attestation", attestation=own)
    if attested["author"] == entry.author:
        return Refusal.at(
            "OWN_STATEMENT", "不能核对自己的声明", "nobody checks a statement of its own", attestation=own
        )
    if entry.subject != attested["subject"]:
        return Refusal.at("OTHER_COMPANY", "条目写的是另一家企业", "the entry names another company", of=own)
    if evidence is not None and (evidence == own or state.get(f"attestation/{evidence}") is None):
        return Refusal.at("NO_SUCH_EVIDENCE", "证据不是链上另一份声明", "the evidence is not another attestation on the chain", evidence=evidence)  # fmt: skip
    if verdict == "contradict" and ((evidence is None and entry.commitment is None) or not body["grounds"].strip()):
        return Refusal.at("EVIDENCE_NEEDED", "反驳须附证据与理由", "a contradiction needs evidence and grounds", attestation=own)  # fmt: skip
    if not _may_check(state, entry, attested, day_of(at)):
        return Refusal.at("MAY_NOT_CHECK", "只有能看到双方资料的一方可以核对", "only who may see both sides may check", attestation=own)  # fmt: skip
    last = state.get(f"checked/{own}/{entry.author}")
    if last in (verdict, "contradict"):
        return Refusal.at("CHECKED_ALREADY", "已经核对过;反驳不能自行收回", "was checked already; a contradiction is not taken back", attestation=own)  # fmt: skip
    return Effects(_checked(state, signed, attested, at))


def _checked(state: State, signed: Signed, attested: dict[str, Any], at: int) -> dict[str, Value | None]:
    entry, body = signed.entry, signed.entry.body or {}
    own, author = body["attestation"], attested["author"]
    verdict = "agreed" if body["verdict"] == "agree" else "contradicted"
    after = {**attested, verdict: attested[verdict] + 1}
    puts: dict[str, Value | None] = {
        f"attestation/{own}": after,
        f"check/{own}/{signed.id}": {
            "checker": entry.author, "key": entry.key, "at": at, "sequence": entry.sequence, "verdict": body["verdict"], "evidence": body["evidence"],
            "commitment": entry.commitment, "grounds": body["grounds"],
        },
        f"checked/{own}/{entry.author}": body["verdict"],
        f"record/{author}": moved(record_of(state, author), attested, after),
    }  # fmt: skip
    if verdict == "contradicted" and not attested["contradicted"]:
        puts[f"contradicted/{own}"] = at
    return puts


def moved(record: dict[str, int], before: dict[str, Any], after: dict[str, Any]) -> dict[str, int]:
    """The author's record once a statement's checks went from `before` to `after`."""
    was, now = _standing_of(before), _standing_of(after)
    return {name: count + now.get(name, 0) - was.get(name, 0) for name, count in record.items()}


def _standing_of(attested: dict[str, Any]) -> dict[str, int]:
    agreed, contradicted = int(attested["agreed"] > 0), int(attested["contradicted"] > 0)
    checked = agreed | contradicted
    return {"checked": checked, "agreed": agreed, "contradicted": contradicted, "upheld": checked - contradicted}


def record_of(state: State, participant: str) -> dict[str, int]:
    return dict(state.get(f"record/{participant}") or NO_RECORD)


def _may_check(state: State, entry: Entry, attested: dict[str, Any], day: str) -> bool:
    """The company itself; a reader with its standing consent for the tables; an office; about nobody in particular: whoever
    has a statement of its own to hold against it."""
    company = attested["subject"]
    if company is not None and state.get(f"company/{company}") == entry.author:
        return True
    if not OFFICES.isdisjoint(state.get(f"participant/{entry.author}")["roles"]):  # type: ignore[index]
        return True
    if company is None:
        evidence = state.get(f"attestation/{(entry.body or {})['evidence']}")
        return evidence is not None and evidence["author"] == entry.author
    consent_id = (entry.basis or {}).get("consent")
    if consent_id is None:
        return False
    # An account of the company's is not asked for: the checker names none, so a consent for some accounts is enough.
    consent = standing(state, consent_id, entry.author, None, attested["tables"], (), day)
    return not isinstance(consent, Refusal) and consent["company"] == company
