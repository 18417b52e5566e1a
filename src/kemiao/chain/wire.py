"""How a node's answers look as JSON, written by the server and read, with suspicion, by whoever asks it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

from kemiao.base.refusal import Outage, Refusal
from kemiao.chain.entry import is_digest, is_participant_id
from kemiao.chain.mailbox import Parcel
from kemiao.chain.node import Accepted, Record, Submission

Answer = TypeVar("Answer")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
BODY_BYTES = 8 * 1024 * 1024  # of a request
ENTRIES = 4096  # in one
ROWS = 1000  # of one answer: records, pairs of the state
ANSWER_BYTES = 8 * 1024 * 1024  # after which a list of rows is cut; one row more may come on top


def encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def record_json(record: Record) -> dict[str, Any]:
    return {"index": record.index, "at": record.at, "id": record.id, "envelope": record.envelope.decode()}


def submission_json(submission: Submission) -> dict[str, Any]:
    return {"results": [_result_json(result) for result in submission.results], "receipt": submission.receipt}


def refused_json(refusal: Refusal) -> dict[str, Any]:
    return {"refused": refusal.as_json()}


def _result_json(result: Accepted | Refusal) -> dict[str, Any]:
    if isinstance(result, Refusal):
        return refused_json(result)
    taken = {
        "id": result.id,
        "index": result.index,
        "at": result.at,
        "notes": list(result.notes),
        "again": result.again,
    }
    return {"accepted": taken}


def read(content: bytes, form: Callable[[Any], Answer]) -> Answer:
    """An answer, as `form` takes it apart; Outage NODE_NONSENSE where it isn't what a node says."""
    try:
        return form(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise nonsense() from error


def nonsense() -> Outage:
    return Outage("NODE_NONSENSE", "节点的答复看不懂", "the node's answer can't be understood")


def record_of(value: Any) -> Record:
    return Record(
        _number(value["index"]), _number(value["at"]), _digest(value["id"]), _text(value["envelope"]).encode()
    )


def submission_of(value: Any) -> Submission:
    receipt = value["receipt"]
    return Submission(tuple(rows_of(value, "results", _result_of)), None if receipt is None else _text(receipt))


def refusal_of(value: Any) -> Refusal:
    said = value["refused"]
    if not _CODE.fullmatch(said["code"]):
        raise ValueError(said["code"])
    where = tuple((_shown(name), _shown(word)) for name, word in said["where"].items())
    return Refusal(said["code"], _shown(said["zh"]), _shown(said["en"]), where)


def rows_of(value: Any, name: str, form: Callable[[Any], Answer]) -> list[Answer]:
    rows = value[name]
    if not isinstance(rows, list):
        raise TypeError(rows)
    return [form(row) for row in rows]


def parcel_of(value: Any) -> Parcel:
    sender, to = value["sender"], value["to"]
    if not (is_participant_id(sender) and is_participant_id(to)):
        raise ValueError(sender)
    return Parcel(
        _number(value["number"]), _digest(value["digest"]), sender, to, _number(value["at"]), _number(value["bytes"])
    )


def put_of(value: Any) -> str:
    return _digest(value["parcel"])


def path_of(value: Any) -> list[bytes]:
    return rows_of(value, "path", lambda step: bytes.fromhex(_digest(step)))


def pair_of(value: Any) -> tuple[str, Any]:
    key, held = value
    return _text(key), held


def _result_of(value: Any) -> Accepted | Refusal:
    if "refused" in value:
        return refusal_of(value)
    taken = value["accepted"]
    notes = tuple(dict(note) for note in taken["notes"])
    return Accepted(_digest(taken["id"]), _number(taken["index"]), _number(taken["at"]), notes, taken["again"] is True)


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError(value)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _shown(value: Any) -> str:
    """A stranger's words that come to a terminal: no escapes, no end of it."""
    return "".join(letter for letter in _text(value)[:500] if letter.isprintable())


def _digest(value: Any) -> str:
    if not is_digest(value):
        raise ValueError(value)
    return str(value)
