"""SM2 and SM3 against the standards' examples and against another implementation in pure Python."""

from __future__ import annotations

import ctypes

import pytest
from gmssl import sm2 as other_sm2
from gmssl import sm3 as other_sm3
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.refusal import Outage
from kemiao.base.signing import is_public, libcrypto, signer_from_seed, sm2, verify

# GM/T 0003.5-2012, appendix A.2 (GB/T 32918.5-2017, appendix A.2)
SECRET = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
MESSAGE = b"message digest"
# GM/T 0004-2012, appendix A
SM3 = [
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
]


def peer(secret: bytes, public: bytes) -> other_sm2.CryptSM2:
    made = other_sm2.CryptSM2(public_key=public.hex(), private_key=secret.hex())
    made.public_key = public.hex()  # it takes leading digits 0 and 4 for a point's prefix
    return made


def test_the_signature_of_the_standard_holds():
    assert signer_from_seed("sm2", SECRET).public == PUBLIC
    assert is_public("sm2", PUBLIC)
    assert verify("sm2", PUBLIC, MESSAGE, SIGNATURE)
    assert not sm2.verify(PUBLIC, MESSAGE, SIGNATURE, distid=b"1234567812345679")


@pytest.mark.parametrize(("content", "expected"), SM3)
def test_sm3_of_the_standard(content, expected):
    assert sm2.sm3(content).hex() == expected


@given(st.binary(max_size=300))
def test_sm3_agrees_with_the_other_implementation(content):
    assert sm2.sm3(content).hex() == other_sm3.sm3_hash(list(content))


@settings(max_examples=10)
@given(st.integers(1, sm2.N - 2), st.integers(1, sm2.N - 1), st.binary(min_size=1, max_size=80))
def test_each_implementation_takes_the_others_signatures(number, nonce, message):
    secret = number.to_bytes(32)
    signer = signer_from_seed("sm2", secret)
    other = peer(secret, signer.public)
    assert other.verify_with_sm3(signer.sign(message).hex(), message)
    theirs = bytes.fromhex(other.sign_with_sm3(message, f"{nonce:064x}"))
    assert verify("sm2", signer.public, message, theirs)
    assert not verify("sm2", signer.public, message + b"\0", theirs)


def test_the_standards_signature_comes_out_of_the_other_implementation_too():
    nonce = "59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21"
    assert peer(SECRET, PUBLIC).sign_with_sm3(MESSAGE, nonce) == SIGNATURE.hex()


def test_numbers_outside_the_group_and_the_mirrored_scalar_are_refused():
    r, s = SIGNATURE[:32], SIGNATURE[32:]
    order, zero = sm2.N.to_bytes(32), bytes(32)
    mirrored = (sm2.N - int.from_bytes(s)).to_bytes(32)
    opposite = (sm2.N - int.from_bytes(r)).to_bytes(32)  # r + s = n
    for wrong in (zero + s, r + zero, order + s, r + order, b"\xff" * 32 + s, r + b"\xff" * 32, zero + zero, r + mirrored, r + opposite):  # fmt: skip
        assert not verify("sm2", PUBLIC, MESSAGE, wrong)


def test_a_point_off_the_curve_is_no_key():
    x, y = PUBLIC[:32], PUBLIC[32:]
    off = x + (int.from_bytes(y) ^ 1).to_bytes(32)
    for wrong in (off, bytes(64), y + x, b"\xff" * 64, x + (int.from_bytes(y) + sm2.P).to_bytes(33)[1:]):
        assert not is_public("sm2", wrong)
        assert not verify("sm2", wrong, MESSAGE, SIGNATURE)


def test_a_coordinate_beyond_the_prime_is_a_second_spelling_and_refused():
    # The point with the smallest x that can be written a second time as x + p.
    x = next(x for x in range(2**224) if pow((x**3 - 3 * x + sm2.B) % sm2.P, (sm2.P - 1) // 2, sm2.P) == 1)
    y = pow((x**3 - 3 * x + sm2.B) % sm2.P, (sm2.P + 1) // 4, sm2.P)
    assert is_public("sm2", x.to_bytes(32) + y.to_bytes(32))
    assert not is_public("sm2", (x + sm2.P).to_bytes(32) + y.to_bytes(32))


@pytest.fixture
def _fresh_library():
    libcrypto.libcrypto.cache_clear()
    yield
    libcrypto.libcrypto.cache_clear()


@pytest.mark.usefixtures("_fresh_library")
@pytest.mark.parametrize("candidates", [[], ["libnothing-of-that-name.so"], ["libc.so.6"]])
def test_without_a_libcrypto_of_three_the_outage_says_what_to_install(monkeypatch, candidates):
    monkeypatch.setattr(libcrypto, "_candidates", lambda: candidates)
    with pytest.raises(Outage) as outage:
        verify("sm2", PUBLIC, MESSAGE, SIGNATURE)
    assert outage.value.code == "NO_LIBCRYPTO"
    assert "apt install libssl3" in outage.value.zh
    assert "apt install libssl3" in outage.value.en


@pytest.mark.usefixtures("_fresh_library")
def test_an_older_libcrypto_is_passed_over(monkeypatch):
    monkeypatch.setattr(libcrypto, "_version", lambda library: 1 if isinstance(library, ctypes.CDLL) else 0)
    with pytest.raises(Outage) as outage:
        signer_from_seed("sm2", SECRET)
    assert "(1)" in dict(outage.value.where)["found"]
