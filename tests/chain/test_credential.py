"""Consents and attestations as credentials: W3C's own vector, round trips, and everything that must not pass."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.actors import ACME, Stage, cast, seeded, signed
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal
from kemiao.base.signing import signer_from_seed
from kemiao.chain.credential import (
    CREDENTIAL_BYTES,
    AuthorKey,
    Credential,
    from_credential,
    is_credential,
    on_chain,
    read_credential,
    shown,
    to_credential,
)
from kemiao.chain.data_integrity import proved_by, with_proof
from kemiao.chain.did_key import did_of, from_multibase, key_of_method, multibase
from kemiao.chain.entry import Signed, open_envelope
from kemiao.chain.node import Record

NOW = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)
GRANT = {
    "reader": "bank-a", "tables": ["invoice"], "purposes": ["credit_review"], "from": "2026-01-01", "until": "2026-12-31",
    "may_pass_on": False, "queries": None, "accounts": None, "ask": False, "notice": None,
}  # fmt: skip
BATCH = {"form": "batch", "table": None, "columns": ["金额"], "count": 2, "root": "ab" * 32}
# W3C Recommendation, Data Integrity EdDSA Cryptosuites v1.0, appendix B.2 (representation: eddsa-jcs-2022).
W3C_CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"]
W3C_DOCUMENT = {
    "@context": W3C_CONTEXT, "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33", "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential", "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678", "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
}  # fmt: skip
W3C_PUBLIC, W3C_SECRET = (
    "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq",
)
W3C_PROOF_VALUE = "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"


def test_the_vector_of_w3c_comes_out_to_the_letter() -> None:
    secret = from_multibase(W3C_SECRET)
    assert secret is not None and secret[:2] == b"\x80\x26"
    signer = signer_from_seed("ed25519", secret[2:])
    assert did_of(signer.public) == f"did:key:{W3C_PUBLIC}"
    secured = with_proof(W3C_DOCUMENT, signer, datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC))
    assert not isinstance(secured, Refusal)
    assert secured["proof"] == {
        "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "created": "2023-02-24T23:36:38Z",
        "verificationMethod": f"did:key:{W3C_PUBLIC}#{W3C_PUBLIC}", "proofPurpose": "assertionMethod",
        "@context": W3C_CONTEXT, "proofValue": W3C_PROOF_VALUE,
    }  # fmt: skip
    assert (
        sha256(canonical_bytes(W3C_DOCUMENT)).hexdigest()
        == "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"
    )
    assert proved_by(json.loads(json.dumps(secured, indent=2))) == signer.public


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "z"), (b"\0\0", "z11"), (b"a", "z2g"), (b"Hello World!", "z2NEpo7TZRRrLZSi2U"),
        (bytes.fromhex("0000287fb4cd"), "z11233QC4"),
    ],
)  # fmt: skip
def test_base58_as_its_draft_gives_it(raw: bytes, text: str) -> None:
    assert multibase(raw) == text and from_multibase(text) == raw


@given(st.binary(max_size=80))
def test_base58_comes_back(raw: bytes) -> None:
    assert from_multibase(multibase(raw)) == raw


def test_every_digit_of_base58_is_one() -> None:
    every = "z123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    raw = from_multibase(every)
    assert raw is not None and multibase(raw) == every


@pytest.mark.parametrize("text", ["", "2g", "z0", "zO", "zI", "zl", "z2g ", "ｚ2g", "z" + "2" * 200, None, 5])
def test_what_is_no_base58_is_none(text: Any) -> None:
    assert from_multibase(text) is None


@pytest.mark.parametrize("method", [
    W3C_PUBLIC, f"did:key:{W3C_PUBLIC}", f"did:web:{W3C_PUBLIC}#{W3C_PUBLIC}", f"did:key:{W3C_PUBLIC}#z6Mk", None, {},
    "did:key:zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP#zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP",
])  # fmt: skip
def test_only_a_did_key_of_ed25519_names_a_key(method: Any) -> None:
    assert key_of_method(method) is None


def entry_of(kind: str, author: str, suite: str = "ed25519", **parts: Any) -> Signed:
    opened = open_envelope(signed(kind, author, suite=suite, sequence=1, **parts))
    assert isinstance(opened, Signed)
    return opened


def granted(suite: str = "ed25519") -> Signed:
    return entry_of("consent.grant", "acme", suite, purpose="consent", subject=ACME, body=GRANT)


def credential() -> dict[str, Any]:
    made = to_credential(granted(), cast()["acme"].signers["consent"], NOW)
    assert not isinstance(made, Refusal)
    return made


def code(value: object) -> str:
    assert isinstance(value, Refusal), value
    return value.code


def test_a_consent_comes_back_whole_with_its_term_and_issuer() -> None:
    made = credential()
    assert made["type"] == ["VerifiableCredential", "KemiaoConsentCredential"]
    assert (made["validFrom"], made["validUntil"]) == ("2026-01-01T00:00:00+08:00", "2026-12-31T23:59:59+08:00")
    back = read_credential(json.dumps(made, ensure_ascii=True, indent=4).encode())
    assert isinstance(back, Credential) and back.signed == granted()
    assert (back.issuer_key_id, back.created) == (granted().entry.key, "2026-03-01T04:05:06Z")


def test_what_a_credential_proves_can_be_shown() -> None:
    made = credential()
    read = from_credential(made)
    assert not isinstance(read, Refusal)
    facts = shown(read)
    assert facts["what"] == "credential" and facts["same_key"] is True
    assert (facts["issuer"], facts["created"]) == (made["issuer"], "2026-03-01T04:05:06Z")
    assert (facts["entry"]["id"], facts["entry"]["body"], facts["chain"]) == (
        granted().id,
        GRANT,
        granted().entry.chain,
    )
    made["issuer"] += "x"
    assert code(from_credential(made)) == "BAD_CREDENTIAL_SIGNATURE"
    assert is_credential(made) and not is_credential({"type": "VerifiableCredential"}) and not is_credential([])


@pytest.mark.parametrize("subject", [ACME, None])
def test_an_attestation_comes_back_whole(subject: str | None) -> None:
    entry = entry_of("attestation", "tax-office", subject=subject, body=BATCH, basis={"office": "税务"})
    made = to_credential(entry, cast()["tax-office"].signers["entries"], NOW)
    assert not isinstance(made, Refusal) and "validFrom" not in made
    back = from_credential(made)
    assert isinstance(back, Credential) and back.signed == entry


def test_an_author_with_a_new_key_issues_what_the_old_one_signed() -> None:
    old, new = cast()["acme"].signers["consent"], seeded("acme's new key")
    assert code(to_credential(granted(), new, NOW)) == "FOREIGN_KEY"
    made = to_credential(granted(), new, NOW, AuthorKey("ed25519", old.public))
    assert not isinstance(made, Refusal)
    back = from_credential(made)
    assert isinstance(back, Credential) and back.issuer == new.public and back.author_key.id == old.key_id


def test_an_sm2_key_issues_no_credential_but_its_entry_may_stand_in_one() -> None:
    entry, sm2 = granted("sm2"), cast("sm2")["acme"].signers["consent"]
    assert code(to_credential(entry, sm2, NOW)) == "SUITE_HAS_NO_CREDENTIAL"
    made = to_credential(entry, seeded("acme's new key"), NOW, AuthorKey("sm2", sm2.public))
    assert not isinstance(made, Refusal) and isinstance(from_credential(made), Credential)


def test_other_kinds_are_no_credentials() -> None:
    entry = entry_of(
        "check", "bank-a", body={"attestation": "ab" * 32, "verdict": "agree", "evidence": None, "grounds": ""}
    )
    assert code(to_credential(entry, cast()["bank-a"].signers["entries"], NOW)) == "NO_CREDENTIAL_OF_THIS_KIND"


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [path for name, inner in value.items() for path in paths(inner, (*here, name))]
    if isinstance(value, list):
        return [path for place, inner in enumerate(value) for path in paths(inner, (*here, place))]
    return [here]


def test_whatever_is_altered_the_credential_falls() -> None:
    made = credential()
    for path in paths(made):
        altered = deepcopy(made)
        place = altered
        for step in path[:-1]:
            place = place[step]
        old = place[path[-1]]
        place[path[-1]] = not old if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old or ''}1"
        assert isinstance(from_credential(altered), Refusal), path
        del place[path[-1]]
        assert isinstance(from_credential(altered), Refusal), path


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("cryptosuite", "eddsa-rdfc-2022", "OTHER_CRYPTOSUITE"),
        ("type", "Ed25519Signature2020", "OTHER_CRYPTOSUITE"),
        ("proofPurpose", "authentication", "WRONG_PROOF_PURPOSE"),
        ("verificationMethod", "https://vc.example/issuers/5678#key", "NOT_A_DID_KEY"),
        ("verificationMethod", f"did:key:{W3C_PUBLIC}#{W3C_PUBLIC}", "BAD_CREDENTIAL_SIGNATURE"),
        ("proofValue", W3C_PROOF_VALUE, "BAD_CREDENTIAL_SIGNATURE"),
        ("proofValue", "u" + W3C_PROOF_VALUE[1:], "BAD_CREDENTIAL_SIGNATURE"),
        ("created", "yesterday", "MALFORMED_PROOF_OF_CREDENTIAL"),
        ("created", "20260302T000000Z", "MALFORMED_PROOF_OF_CREDENTIAL"),
        ("created", 5, "MALFORMED_PROOF_OF_CREDENTIAL"),
        ("created", "2026-02-30T00:00:00Z", "MALFORMED_PROOF_OF_CREDENTIAL"),
        ("expires", "2020-01-01T00:00:00Z", "MALFORMED_PROOF_OF_CREDENTIAL"),
        ("@context", ["https://example.org"], "MALFORMED_PROOF_OF_CREDENTIAL"),
    ],
)
def test_another_suite_purpose_or_key_is_refused_by_name(field: str, value: Any, expected: str) -> None:
    made = credential()
    made["proof"][field] = value
    assert code(from_credential(made)) == expected


def resigned(change: Any) -> Any:
    """A credential that somebody changed and put his own good proof on."""
    document = {name: value for name, value in credential().items() if name != "proof"}
    change(document)
    made = with_proof(document, seeded("mallory"), NOW)
    assert not isinstance(made, Refusal)
    return from_credential(made)


def test_a_good_proof_of_mallory_does_not_carry_another_content() -> None:
    assert code(resigned(lambda _: None)) == "CREDENTIAL_DIFFERS"  # the issuer is still acme
    mine = did_of(seeded("mallory").public)
    assert (
        code(resigned(lambda it: it.update(issuer=mine, validUntil="2099-12-31T23:59:59+08:00")))
        == "CREDENTIAL_DIFFERS"
    )
    assert code(resigned(lambda it: it.update(issuer=mine, evidence=[]))) == "CREDENTIAL_DIFFERS"
    assert (
        code(resigned(lambda it: it["credentialSubject"]["entry"]["body"].update(until="2099-12-31")))
        == "BAD_SIGNATURE"
    )
    own = {"suite": "ed25519", "public": seeded("mallory").public.hex()}
    assert code(resigned(lambda it: it["credentialSubject"].update(authorKey=own))) == "FOREIGN_KEY"
    assert (
        code(resigned(lambda it: it["credentialSubject"].update(authorKey={"suite": "rsa", "public": "00"})))
        == "NOT_A_CREDENTIAL"
    )
    for part, value in (
        ("signature", "zz"), ("signature", 5), ("entryId", 5), ("entryId", "AB" * 32), ("authorKey", []), ("authorKey", {"suite": "ed25519"}),
        ("authorKey", {"suite": "ed25519", "public": 5}), ("authorKey", {**own, "since": ""}), ("authorKey", {"suite": "ed25519", "public": "zz"}),
        ("more", 1),
    ):  # fmt: skip
        assert (
            code(resigned(lambda it, part=part, value=value: it["credentialSubject"].update({part: value})))
            == "NOT_A_CREDENTIAL"
        ), part
    upper = granted().signature.hex().upper()
    assert (
        code(resigned(lambda it: it.update(issuer=mine) or it["credentialSubject"].update(signature=upper)))
        == "CREDENTIAL_DIFFERS"
    )
    assert code(resigned(lambda it: it["credentialSubject"].update(entryId="ab" * 32))) == "CREDENTIAL_DIFFERS"
    assert code(resigned(lambda it: it.update(credentialSubject=[]))) == "NOT_A_CREDENTIAL"
    # As its own issuer, with the author's words untouched, it stands: the words are acme's, and only the chain knows mallory.
    assert isinstance(resigned(lambda it: it.update(issuer=mine)), Credential)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[]", "NOT_A_CREDENTIAL"), (b"{}", "MALFORMED_PROOF_OF_CREDENTIAL"), (b'{"a":1.0}', "NOT_JSON"), (b'{"a":1,"a":1}', "NOT_JSON"),
        (b"\xff", "NOT_JSON"), (b"[" * 100_000, "NOT_JSON"), (b" " * 200_000, "CREDENTIAL_TOO_LARGE"), (b'{"a":NaN}', "NOT_JSON"),
        (b"9" * 10_000, "NOT_JSON"),
    ],
)  # fmt: skip
def test_what_is_no_credential_is_refused_and_nothing_breaks(content: bytes, expected: str) -> None:
    assert code(read_credential(content)) == expected


def test_a_credential_of_the_largest_size_is_still_read() -> None:
    made = json.dumps(credential()).encode()
    assert isinstance(read_credential(made.ljust(CREDENTIAL_BYTES)), Credential)
    assert code(read_credential(made.ljust(CREDENTIAL_BYTES + 1))) == "CREDENTIAL_TOO_LARGE"


def test_numbers_beyond_json_and_depth_without_end_are_refused_in_a_parsed_document_too() -> None:
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    for bad in (2**60, 1.5, deep, "\ud800"):
        made = credential()
        made["evidence"] = bad
        assert code(from_credential(made)) == "NOT_CANONICAL"


class LittleNode:
    """What on_chain asks of a node, over the stage's memory."""

    def __init__(self, stage: Stage) -> None:
        self.chain, self.get, self._records = (
            stage.records[0].id,
            stage.state.get,
            {one.id: one for one in stage.records},
        )

    def find(self, entry_id: str) -> Record | None:
        return self._records.get(entry_id)


def test_the_chain_says_where_the_entry_stands_and_whose_the_issuing_key_is() -> None:
    stage = Stage()
    own = stage.accepted("consent.grant", "acme", subject=ACME, body=GRANT)
    opened = open_envelope(stage.records[-1].envelope)
    assert isinstance(opened, Signed)
    acme = cast()["acme"].signers["consent"]

    def standing(signer: Any = acme) -> Any:
        made = to_credential(opened, signer, NOW, AuthorKey("ed25519", acme.public))
        assert not isinstance(made, Refusal)
        back = from_credential(made)
        assert isinstance(back, Credential)
        return on_chain(back, LittleNode(stage))  # type: ignore[arg-type]

    found = standing()
    assert (found.index, found.revoked) == (1, None)
    assert code(standing(seeded("mallory"))) == code(standing(cast()["bank-a"].signers["consent"])) == "FOREIGN_KEY"
    for distrusted, issuer in (
        (acme, cast()["acme"].signers["keys"]),
        (cast()["acme"].signers["keys"], acme),
        (acme, acme),
    ):
        before = stage.state.values["participant/acme"]
        cut_off = {
            **before["keys"][distrusted.key_id],
            "distrusted_from": stage.at if issuer is not acme else stage.at + 1,
        }
        stage.state.values["participant/acme"] = {**before, "keys": {**before["keys"], distrusted.key_id: cut_off}}
        wrong = standing(issuer)
        assert isinstance(wrong, Refusal) is (distrusted is acme)
        assert not isinstance(wrong, Refusal) or wrong.code == "KEY_DISTRUSTED"
        stage.state.values["participant/acme"] = before
    stage.accepted("consent.revoke", "acme", subject=ACME, body={"consent": own, "reader": None})
    assert standing().revoked == stage.at
    stage.records.pop(1)
    assert code(standing()) == "NOT_ON_THE_CHAIN"
