from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.refusal import BrokenInvariant
from kemiao.base.signing import PUBLIC_BYTES, SUITES, in_domain, is_public, key_id, new_seed, signer_from_seed, verify

SEED = bytes(range(1, 33))
MESSAGE = in_domain("entry", bytes(32))


@pytest.fixture(params=SUITES)
def suite(request) -> str:
    return request.param


def test_a_signature_holds_for_its_message_and_key_only(suite):
    signer, other = signer_from_seed(suite, SEED), signer_from_seed(suite, SEED[::-1])
    signature = signer.sign(MESSAGE)
    assert len(signature) == 64
    assert len(signer.public) == PUBLIC_BYTES[suite]
    assert verify(suite, signer.public, MESSAGE, signature)
    assert not verify(suite, signer.public, MESSAGE + b"\0", signature)
    assert not verify(suite, signer.public, b"", signature)
    assert not verify(suite, other.public, MESSAGE, signature)


def test_the_same_seed_gives_the_same_key_and_each_suite_another_name(suite):
    signer = signer_from_seed(suite, SEED)
    assert signer.public == signer_from_seed(suite, SEED).public
    assert signer.key_id == key_id(suite, signer.public) != key_id("other", signer.public)
    assert len(signer.key_id) == 32


def test_no_bit_of_a_signature_can_be_turned(suite):
    signer = signer_from_seed(suite, SEED)
    signature = signer.sign(MESSAGE)
    for bit in range(512):
        turned = bytearray(signature)
        turned[bit // 8] ^= 1 << bit % 8
        assert not verify(suite, signer.public, MESSAGE, bytes(turned)), bit


@given(st.sampled_from([*SUITES, "", "rsa"]), st.binary(max_size=70), st.binary(max_size=40), st.binary(max_size=70))
def test_garbage_is_no_signature_and_raises_nothing(suite, public, message, signature):
    assert not verify(suite, public, message, signature)


@given(st.sampled_from(SUITES), st.data())
def test_garbage_of_the_right_length_is_no_signature_and_raises_nothing(suite, data):
    public = data.draw(st.binary(min_size=PUBLIC_BYTES[suite], max_size=PUBLIC_BYTES[suite]))
    signature = data.draw(st.binary(min_size=64, max_size=64))
    assert not verify(suite, public, MESSAGE, signature)


def test_a_key_or_signature_of_another_length_is_refused(suite):
    signer = signer_from_seed(suite, SEED)
    signature = signer.sign(MESSAGE)
    for wrong in (b"", signature[:-1], signature + b"\0", b"\0" + signature):
        assert not verify(suite, signer.public, MESSAGE, wrong)
    for wrong in (b"", signer.public[:-1], signer.public + b"\0", b"\4" + signer.public):
        assert not verify(suite, wrong, MESSAGE, signature)
        assert not is_public(suite, wrong)


def test_a_signature_of_one_suite_is_none_of_the_other(suite):
    signer = signer_from_seed(suite, SEED)
    (other,) = set(SUITES) - {suite}
    assert not verify(other, signer.public, MESSAGE, signer.sign(MESSAGE))
    assert not is_public(other, signer.public)


def test_public_keys_of_signers_are_public_keys(suite):
    assert is_public(suite, signer_from_seed(suite, SEED).public)


def test_a_signature_in_one_domain_is_none_in_another(suite):
    signer = signer_from_seed(suite, SEED)
    assert not verify(suite, signer.public, in_domain("receipt", bytes(32)), signer.sign(MESSAGE))


def test_many_threads_check_at_once_and_each_gets_its_own_answer(suite):
    signer = signer_from_seed(suite, SEED)
    messages = [number.to_bytes(4) for number in range(200)]
    signatures = [signer.sign(message) for message in messages]
    wrong = signatures[1:] + signatures[:1]
    with ThreadPoolExecutor(8) as pool:
        right = pool.map(lambda pair: verify(suite, signer.public, *pair), zip(messages, signatures, strict=True))
        others = pool.map(lambda pair: verify(suite, signer.public, *pair), zip(messages, wrong, strict=True))
        assert all(right)
        assert not any(others)


def test_a_signer_never_shows_its_secret(suite):
    assert SEED.hex() not in repr(signer_from_seed(suite, SEED))
    assert str(SEED) not in repr(signer_from_seed(suite, SEED))


def test_what_is_no_seed_is_a_fault(suite):
    for wrong in (b"", SEED[:-1], SEED + b"\0"):
        with pytest.raises(BrokenInvariant):
            signer_from_seed(suite, wrong)
    with pytest.raises(BrokenInvariant):
        signer_from_seed("rsa", SEED)


def test_a_seed_beyond_the_group_of_sm2_is_drawn_again():
    order = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
    drawn = iter([bytes(32), b"\xff" * 32, order.to_bytes(32), (order - 1).to_bytes(32), (order - 2).to_bytes(32)])
    assert new_seed("sm2", lambda _: next(drawn)) == (order - 2).to_bytes(32)
    assert new_seed("ed25519", lambda size: b"\xff" * size) == b"\xff" * 32
    last = signer_from_seed("sm2", (order - 2).to_bytes(32))
    assert verify("sm2", last.public, MESSAGE, last.sign(MESSAGE))
