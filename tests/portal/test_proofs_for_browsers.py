"""The proof files that the browser's checker is tried on (web/src/verify/proofs) are those that the chain makes.

`KEMIAO_WRITE_PROOFS=1 pytest tests/portal/test_proofs_for_browsers.py` writes them anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from chain.proving import files, told
from kemiao.base.digest import digest
from kemiao.base.signing import signer_from_seed
from kemiao.chain.entry import Entry, signed_bytes
from kemiao.chain.genesis import make_card
from kemiao.chain.proof_checking import Proved, check
from kemiao.chain.rules.participants import added_key_bytes

FOLDER = Path(__file__).parents[2] / "web" / "src" / "verify" / "proofs"


def vector() -> str:
    """What a browser has to compute alike: ids, digests, a signature, a card, the proof of a key."""
    seed = bytes(range(32))
    signer, keeper = signer_from_seed("ed25519", seed), signer_from_seed("ed25519", bytes(range(1, 33)))
    entry = Entry("consent.revoke", "co-某", signer.key_id, 7, "ab" * 32, "uscc:91310000MA1FL0L951", body={"consent": None, "reader": "bank-a", "€": "𝄞\u2028\"\\\n"})  # fmt: skip
    card = make_card("co-1", "企业甲", ("company",), "uscc:91310000MA1FL0L951", [(keeper, ("keys",)), (signer, ("consent", "entries"))])  # fmt: skip
    added = {
        "key": signer.key_id,
        "suite": "ed25519",
        "public": signer.public.hex(),
        "purposes": ["consent", "entries"],
    }
    return json.dumps({
        "seed": seed.hex(), "keeper_seed": bytes(range(1, 33)).hex(), "key": signer.key_id, "public": signer.public.hex(), "entry": entry.as_json(), "id": entry.id(),
        "signature": signer.sign(signed_bytes(entry.id())).hex(), "card": card, "chain": "ab" * 32, "notice": "甲授权乙\n", "notice_digest": _notice("甲授权乙\n"),
        "contract": {"a": [1, None, "x"]}, "contract_digest": digest("contract", {"a": [1, None, "x"]}),
        "added": {**added, "proof": signer.sign(added_key_bytes("ab" * 32, "co-1", added)).hex()},
    }, ensure_ascii=False, indent=1, sort_keys=True)  # fmt: skip


def _notice(text: str) -> str:
    from kemiao.base.digest import digest_bytes

    return digest_bytes("notice", text.encode())


def made(suite: str) -> dict[str, str]:
    named = {f"{suite}-{name}.json": content.decode() for name, content in files(suite).items()}
    return {**named, f"{suite}-older.txt": told(suite).older}


@pytest.mark.parametrize("suite", ["ed25519", "sm2"])
def test_the_files_are_what_the_chain_makes_and_hold(suite: str) -> None:
    if os.environ.get("KEMIAO_WRITE_PROOFS"):
        for name, text in {**made(suite), "vector.json": vector() + "\n"}.items():
            (FOLDER / name).write_text(text, "utf-8")
    for name, text in made(suite).items():
        kept = (FOLDER / name).read_text("utf-8")
        # SM2 draws a number for each signature: the same statements, signed anew.
        assert suite == "sm2" or kept == text, name
        if name.endswith(".json"):
            assert isinstance(check(kept.encode()), Proved)


def test_the_vector_is_what_the_server_computes() -> None:
    assert (FOLDER / "vector.json").read_text("utf-8") == vector() + "\n"
