"""Tree heads as signed notes."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.actors import chain, seeded
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.base.signing import signer_from_seed
from kemiao.chain import checkpoint

ORIGIN = checkpoint.origin_of("ab" * 32)
ROOT = bytes(range(32))
ED, SM = seeded("node one"), seeded("node two", "sm2")
KEYS = [(signer.suite, signer.public) for signer in (ED, SM)]


def code(answer):
    assert isinstance(answer, Refusal), answer
    return answer.code


def test_the_note_of_another_implementation_has_the_key_hash_and_the_signature_that_we_compute():
    # golang.org/x/mod/sumdb/note, the example of the package documentation
    secret = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
    public = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signer = signer_from_seed("ed25519", secret[1:])
    assert (secret[0], public) == (1, b"\1" + signer.public)
    hint = checkpoint.key_hash("PeterNeumann", "ed25519", signer.public)
    assert hint.hex() == "c74f20a3"
    assert base64.b64encode(hint + signer.sign(text)).decode() == (
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )


def test_the_example_of_the_standard_is_read_and_written_alike():
    # C2SP tlog-checkpoint
    text = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )
    head = checkpoint.read(text)
    assert (head.size, head.chain, len(head.signatures), head.text()) == (20852163, None, 1, text)


def test_a_head_signed_by_keys_of_both_suites_is_verified_by_either():
    text = checkpoint.write(ORIGIN, 7, ROOT, ED, SM)
    head = checkpoint.verified(text, KEYS)
    assert (head.size, head.root, head.chain) == (7, ROOT, "ab" * 32)
    assert checkpoint.signers(head, KEYS) == (ED.key_id, SM.key_id)
    assert checkpoint.signers(head, KEYS[1:]) == (SM.key_id,)


def test_a_head_that_no_known_node_signed_is_refused():
    text = checkpoint.write(ORIGIN, 7, ROOT, seeded("a stranger"))
    assert code(checkpoint.verified(text, KEYS)) == "HEAD_NOT_SIGNED"
    assert code(checkpoint.verified(checkpoint.write(ORIGIN, 7, ROOT), KEYS)) == "HEAD_NOT_SIGNED"


def test_one_wrong_signature_of_a_known_key_spoils_the_head_even_beside_a_good_one():
    head = checkpoint.read(checkpoint.write(ORIGIN, 7, ROOT, ED, SM))
    bad = replace(head.signatures[0], signature=head.signatures[0].signature[::-1])
    assert code(checkpoint.verified(replace(head, signatures=(bad, head.signatures[1])).text(), KEYS)) == "HEAD_BADLY_SIGNED"  # fmt: skip
    assert code(checkpoint.verified(replace(head, size=8).text(), KEYS)) == "HEAD_BADLY_SIGNED"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("\n7\n", "\n07\n"),
        lambda text: text.replace("\n7\n", "\n+7\n"),
        lambda text: text.replace("\n7\n", "\n９\n"),
        lambda text: text.replace("\n7\n", "\n" + "9" * 17 + "\n"),
        lambda text: text.replace("\n7\n", "\n9999999999999999\n"),
        lambda text: text.replace("Hh8=\n", "Hh9=\n"),  # the same bytes in another spelling
        lambda text: text.replace("Hh8=\n", "Hh8\n"),
        lambda text: text.replace("\n7\n", "\n7\r\n"),
        lambda text: text.replace("\n\n", "\nextension\n\n"),
        lambda text: text.replace("— ", "- "),
        lambda text: text.rstrip("\n"),
        lambda text: text + "\n",
        lambda text: text + text,
        lambda text: text + text.split("\n\n")[1] * 16,
        lambda text: "\n" + text,
        lambda text: text.replace("kemiao.chain/", "kemiao chain/"),
        lambda text: text + "x" * checkpoint.CHECKPOINT_BYTES,
        lambda text: "",
    ],
)
def test_every_other_spelling_is_refused(spoil):
    text = checkpoint.write(ORIGIN, 7, ROOT, ED)
    assert spoil(text) != text
    assert code(checkpoint.read(spoil(text))) == "MALFORMED_HEAD"


def test_the_largest_size_and_sixteen_signatures_are_read_and_an_empty_signature_is_not():
    head = checkpoint.read(checkpoint.write(ORIGIN, 2**53 - 1, ROOT, ED))
    assert head.size == 2**53 - 1
    assert len(checkpoint.read(replace(head, signatures=head.signatures * 16).text()).signatures) == 16
    empty = replace(head.signatures[0], signature=b"")
    assert code(checkpoint.read(replace(head, signatures=(empty,)).text())) == "MALFORMED_HEAD"


@given(st.text(max_size=300))
def test_reading_never_fails_otherwise(text):
    answer = checkpoint.read(text)
    assert isinstance(answer, Refusal) or answer.text() == text


def test_a_head_that_cannot_be_is_a_fault_of_ours():
    for wrong in ((ORIGIN, -1, ROOT), (ORIGIN, 1, b""), ("two words", 1, ROOT)):
        with pytest.raises(BrokenInvariant):
            checkpoint.write(*wrong)
    assert checkpoint.chain_of("kemiao.chain/" + "AB" * 32) is None
    assert checkpoint.chain_of(checkpoint.origin_of(chain())) == chain()
