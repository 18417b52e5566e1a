"""The form of a proof file: exactly these parts, each with its type, paths as bytes."""

from __future__ import annotations

import re
from typing import Any

from kemiao_verify.canonical import is_count
from kemiao_verify.entry import is_digest
from kemiao_verify.outcome import NotProved, malformed

FORMAT = "kemiao.proof/1"
_PARTS = {"format", "what", "chain", "checkpoint", "genesis", "keys", "entry", "row", "decision", "older", "receipt"}
_NEEDS = {
    "entry": {"entry"}, "row": {"entry", "row"}, "decision": {"entry", "decision"}, "consistency": {"older"}, "receipt": {"receipt"}
}  # fmt: skip


def read_form(value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and isinstance(value.get("type"), list) and "VerifiableCredential" in value["type"]:
        raise NotProved(
            "A_CREDENTIAL", "这是凭证,不是证明文件:用 kemiao chain verify 核验", "this is a credential, not a proof file: check it with kemiao chain verify"
        )  # fmt: skip
    if not isinstance(value, dict) or value.keys() != _PARTS or value["format"] != FORMAT:
        raise malformed("file")
    needs = _NEEDS.get(value["what"]) if isinstance(value["what"], str) else None
    if needs is None:
        raise malformed("file")
    for part in ("entry", "row", "decision", "receipt", "older"):
        if (value[part] is None) is (part in needs) and not (part == "older" and value[part] is not None):
            raise malformed(part)
    if not is_digest(value["chain"]) or not isinstance(value["checkpoint"], str):
        raise malformed("chain")
    if not isinstance(value["keys"], list) or len(value["keys"]) > 1024:
        raise malformed("keys")
    file = dict(value)
    file["genesis"] = _fields(value["genesis"], "genesis", content=dict, path=list)
    file["keys"] = [_placed(one, "keys") for one in value["keys"]]
    if value["entry"] is not None:
        file["entry"] = _placed(value["entry"], "entry")
    if value["row"] is not None:
        file["row"] = _row(value["row"])
    if value["decision"] is not None:
        decision = file["decision"] = _fields(value["decision"], "decision", id=str, commitment=str, number=int, path=list)  # fmt: skip
        if not is_digest(decision["commitment"]) or "\0" in decision["id"] or len(decision["id"]) > 200:
            raise malformed("decision")
    if value["older"] is not None:
        file["older"] = _fields(value["older"], "older", checkpoint=str, path=list)
    if value["receipt"] is not None:
        file["receipt"] = _receipt(value["receipt"])
    return file


def _row(value: Any) -> dict[str, Any]:
    row = _fields(value, "row", columns=list, cells=list, salt=str, number=int, path=list)
    fits = (
        re.fullmatch(r"[0-9a-f]{32}", row["salt"])
        and len(row["cells"]) <= 4096
        and len(row["columns"]) <= 4096
        and all(isinstance(name, str) for name in row["columns"])
        and all(cell is None or isinstance(cell, str) for cell in row["cells"])
    )
    if not fits:
        raise malformed("row")
    return row


def _receipt(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != {"receipt", "standing"}:
        raise malformed("receipt")
    standing = value["standing"]
    if standing is not None:
        standing = _fields(standing, "standing", at=int, id=str, path=list)
        if not is_digest(standing["id"]):
            raise malformed("standing")
    return {"receipt": value["receipt"], "standing": standing}


def _placed(value: Any, part: str) -> dict[str, Any]:
    placed = _fields(value, part, entry=dict, signature=str, at=int, index=int, path=list)
    if not re.fullmatch(r"[0-9a-f]{128}", placed["signature"]):
        raise malformed(part)
    return placed


def _fields(value: Any, part: str, **form: type) -> dict[str, Any]:
    """The mapping with these fields and no others; numbers are counts, `path` becomes hashes."""
    if not isinstance(value, dict) or value.keys() != form.keys():
        raise malformed(part)
    for field, kind in form.items():
        if not (is_count(value[field]) if kind is int else isinstance(value[field], kind)):
            raise malformed(part)
    path = value["path"]
    if len(path) > 64 or not all(is_digest(step) for step in path):
        raise malformed(part)
    return {**value, "path": [bytes.fromhex(step) for step in path]}
