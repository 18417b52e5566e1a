"""Signatures of two suites behind one door: Ed25519 (libsodium) and SM2 with SM3 (libcrypto). Decision 018."""

from kemiao.base.signing.suites import (
    PUBLIC_BYTES,
    SIGNATURE_BYTES,
    SUITES,
    Signer,
    in_domain,
    is_public,
    key_id,
    new_seed,
    signer_from_seed,
    verify,
)

__all__ = [
    "PUBLIC_BYTES",
    "SIGNATURE_BYTES",
    "SUITES",
    "Signer",
    "in_domain",
    "is_public",
    "key_id",
    "new_seed",
    "signer_from_seed",
    "verify",
]
