"""Data Integrity proofs of the suite eddsa-jcs-2022 (W3C, Data Integrity EdDSA Cryptosuites 1.0, section 3.3).

What is signed: SHA-256 of the proof's options in canonical form (RFC 8785), then SHA-256 of the document without its proof.
The form of these 64 bytes is W3C's, not in_domain's: it would take a digest that begins with our domain to pass for another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.base.signing import Signer, verify
from kemiao.chain.did_key import from_multibase, key_of_method, method_of, multibase

SUITE, PURPOSE = "eddsa-jcs-2022", "assertionMethod"
_FIXED = {"type": "DataIntegrityProof", "cryptosuite": SUITE, "proofPurpose": PURPOSE}
_FIELDS = frozenset({*_FIXED, "created", "verificationMethod", "proofValue"})
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")


def with_proof(document: Mapping[str, Any], signer: Signer, created: datetime) -> dict[str, Any] | Refusal:
    """document: without a proof, with its @context. Refuses SUITE_HAS_NO_CREDENTIAL."""
    if signer.suite != "ed25519":
        return Refusal.at(
            "SUITE_HAS_NO_CREDENTIAL", "W3C 凭证证明只有 Ed25519 的做法,SM2 密钥没有;可改用证明文件(kemiao chain prove)",
            "the credentials' proof exists for Ed25519 keys only, not for SM2: a proof file does the same (kemiao chain prove)", suite=signer.suite,
        )  # fmt: skip
    if created.tzinfo is None:
        raise BrokenInvariant("an instant has a zone")
    instant = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    options = {
        **_FIXED, "created": instant, "verificationMethod": method_of(signer.public), "@context": document["@context"],
    }  # fmt: skip
    return {**document, "proof": {**options, "proofValue": multibase(signer.sign(_signed(options, document)))}}


def proved_by(secured: Mapping[str, Any]) -> bytes | Refusal:
    """The public key whose proof stands on the document. Refuses MALFORMED_PROOF_OF_CREDENTIAL, OTHER_CRYPTOSUITE,
    WRONG_PROOF_PURPOSE, NOT_A_DID_KEY, BAD_CREDENTIAL_SIGNATURE, NOT_CANONICAL."""
    proof, document = secured.get("proof"), {name: value for name, value in secured.items() if name != "proof"}
    # A field that we don't know may forbid what we would allow (expires, domain, challenge): it is refused, not skipped.
    if not isinstance(proof, dict) or proof.keys() - {"@context"} != _FIELDS or not _is_instant(proof["created"]):
        return Refusal("MALFORMED_PROOF_OF_CREDENTIAL", "凭证的 proof 格式不对", "the credential's proof is malformed")
    if (proof["type"], proof["cryptosuite"]) != (_FIXED["type"], SUITE):
        return Refusal.at(
            "OTHER_CRYPTOSUITE", f"只认 {SUITE}", f"only {SUITE} is taken", cryptosuite=str(proof["cryptosuite"])[:40]
        )
    if proof["proofPurpose"] != PURPOSE:
        return Refusal.at(
            "WRONG_PROOF_PURPOSE",
            f"证明用途应为 {PURPOSE}",
            f"the proof's purpose should be {PURPOSE}",
            purpose=str(proof["proofPurpose"])[:40],
        )
    public = key_of_method(proof["verificationMethod"])
    if public is None:
        return Refusal.at(
            "NOT_A_DID_KEY",
            "验证方法须为 Ed25519 的 did:key",
            "the verification method should be a did:key of Ed25519",
            method=str(proof["verificationMethod"])[:200],
        )
    signature = from_multibase(proof["proofValue"])
    if "@context" in proof and not _begins(document.get("@context"), proof["@context"]):
        return Refusal(
            "MALFORMED_PROOF_OF_CREDENTIAL",
            "proof 的 @context 与凭证的不一致",
            "the proof's @context is not the credential's",
        )
    try:
        message = _signed({name: value for name, value in proof.items() if name != "proofValue"}, document)
    except (BrokenInvariant, RecursionError):
        return Refusal(
            "NOT_CANONICAL",
            "凭证含小数、过大的整数或嵌套过深",
            "the credential has floats, integers too large, or is nested too deep",
        )
    if signature is None or not verify("ed25519", public, message, signature):
        return Refusal(
            "BAD_CREDENTIAL_SIGNATURE",
            "凭证的签名不成立:内容被改过,或不是该密钥签的",
            "the credential's signature does not hold: it was altered, or another key signed",
        )
    return public


def _signed(options: Mapping[str, Any], document: Mapping[str, Any]) -> bytes:
    return sha256(canonical_bytes(dict(options))).digest() + sha256(canonical_bytes(dict(document))).digest()


def _is_instant(value: object) -> bool:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _begins(whole: object, part: object) -> bool:
    """As section 3.3.2 asks: the document's contexts begin with the proof's."""
    wholes, parts = (value if isinstance(value, list) else [value] for value in (whole, part))
    return wholes[: len(parts)] == parts
