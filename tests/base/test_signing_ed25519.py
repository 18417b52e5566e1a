"""Vectors of RFC 8032, section 7.1, and the forgeries that a lax reading of it lets through."""

from __future__ import annotations

import pytest
from nacl.bindings import crypto_core_ed25519_add

from kemiao.base.signing import is_public, signer_from_seed, verify

# seed, public key, message, signature
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493
SMALL = [  # points of order 1, 2, 4 and 8, and two spellings beyond p
    "01" + "00" * 31,
    "ec" + "ff" * 30 + "7f",
    "00" * 32,
    "00" * 31 + "80",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
]


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_vectors_of_rfc_8032(seed, public, message, signature):
    signer = signer_from_seed("ed25519", bytes.fromhex(seed))
    assert signer.public.hex() == public
    assert signer.sign(bytes.fromhex(message)).hex() == signature
    assert verify("ed25519", signer.public, bytes.fromhex(message), bytes.fromhex(signature))


def test_the_same_signature_with_a_scalar_beyond_the_order_is_refused():
    signer = signer_from_seed("ed25519", bytes(range(32)))
    signature = signer.sign(b"once")
    scalar = int.from_bytes(signature[32:], "little")
    for times in range(1, 16):
        beyond = scalar + times * ORDER
        if beyond < 2**256:
            assert not verify("ed25519", signer.public, b"once", signature[:32] + beyond.to_bytes(32, "little"))


@pytest.mark.parametrize("point", SMALL)
def test_a_key_or_point_of_small_order_is_refused(point):
    # With the group's zero as key and as R, and the scalar 0, the equation of RFC 8032 holds for every message.
    for nonce in SMALL:
        assert not verify("ed25519", bytes.fromhex(point), b"anything", bytes.fromhex(nonce) + bytes(32))
    assert not is_public("ed25519", bytes.fromhex(point))


def test_a_key_with_a_small_part_is_no_public_key():
    public = signer_from_seed("ed25519", bytes(range(32))).public
    assert is_public("ed25519", public)
    assert not is_public("ed25519", crypto_core_ed25519_add(public, bytes.fromhex(SMALL[4])))
