"""The vault: one key a subject. What is encrypted under a key can be forgotten by destroying the key.

Encryption is XSalsa20-Poly1305 (libsodium). The nonce is a keyed hash of the plaintext, so the same text under the same
key gives the same bytes, and a nonce never serves two texts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pyarrow as pa

from kemiao.base.refusal import Outage

KEY_BYTES = 32
_NONCE_BYTES = 24
_MANY = 500  # subjects asked for in one statement; SQLite's own bound on parameters is far above


class Vault:
    """Keys in a SQLite file that only its owner may read. `random_bytes(n)` comes from the door."""

    def __init__(self, path: Path, random_bytes: Callable[[int], bytes]) -> None:
        self._path, self._random_bytes = path, random_bytes

    @classmethod
    def create(cls, path: Path, random_bytes: Callable[[int], bytes]) -> Vault:
        path.touch(mode=0o600, exist_ok=False)
        vault = cls(path, random_bytes)
        with vault._open() as connection:
            connection.execute("CREATE TABLE subject_key (subject TEXT PRIMARY KEY, key BLOB) WITHOUT ROWID")
            connection.execute("CREATE TABLE erased (subject TEXT PRIMARY KEY) WITHOUT ROWID")
        return vault

    def _connect(self) -> sqlite3.Connection:
        # As a URI, so that a missing vault is not made anew; quoted, because a folder may be called `100% #1?`.
        connection = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=rw", uri=True, timeout=60)
        connection.execute("PRAGMA secure_delete = ON")  # a destroyed key leaves no bytes in free pages
        return connection

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection and one transaction. A vault that is gone, damaged or on a full disk is an outage."""
        try:
            with closing(self._connect()) as connection, connection:
                yield connection
        except sqlite3.DatabaseError as error:
            raise Outage(
                "VAULT_UNAVAILABLE",
                f"密钥库无法使用:{error}",
                f"the vault can't be used: {error}",
                {"file": self._path},
            ) from error

    def keys(self, subjects: Iterable[str], *, make: bool) -> dict[str, bytes]:
        """Keys of the subjects that have one. With `make`, the others get a new one (also after an erasure)."""
        wanted = sorted(set(subjects))
        with self._open() as connection:
            found = dict(self._find(connection, wanted))
            new = (
                [(subject, self._random_bytes(KEY_BYTES)) for subject in wanted if subject not in found] if make else []
            )
            connection.executemany("INSERT INTO subject_key VALUES (?, ?)", new)
        return found | dict(new)

    @staticmethod
    def _find(connection: sqlite3.Connection, wanted: list[str]) -> Iterable[tuple[str, bytes]]:
        for start in range(0, len(wanted), _MANY):
            part = wanted[start : start + _MANY]
            marks = ",".join("?" * len(part))
            yield from connection.execute(f"SELECT subject, key FROM subject_key WHERE subject IN ({marks})", part)  # noqa: S608 - question marks only

    def destroy(self, subject: str) -> bool:
        """Destroys a subject's key for good. False when there was none."""
        with self._open() as connection:
            gone = connection.execute("DELETE FROM subject_key WHERE subject = ?", (subject,)).rowcount > 0
            connection.execute("INSERT OR IGNORE INTO erased VALUES (?)", (subject,))
        return gone

    def is_erased(self, subject: str) -> bool:
        with self._open() as connection:
            return connection.execute("SELECT 1 FROM erased WHERE subject = ?", (subject,)).fetchone() is not None

    def seal_many(self, texts: Iterable[tuple[str, bytes]]) -> list[bytes]:
        """Encrypts (subject, plaintext) pairs, each under its subject's key."""
        pairs = list(texts)
        keys = self.keys((subject for subject, _ in pairs), make=True)
        return [seal(keys[subject], text) for subject, text in pairs]

    def seal_column(self, subjects: pa.Array, values: pa.Array) -> pa.Array:
        """subjects, values: text arrays of one length → binary array; a null value stays null."""
        rows = list(zip(subjects.to_pylist(), values.to_pylist(), strict=True))
        keys = self.keys((subject for subject, value in rows if value is not None), make=True)
        return pa.array(
            [None if value is None else seal(keys[subject], value.encode()) for subject, value in rows], pa.binary()
        )

    def open_column(self, subjects: pa.Array, sealed: pa.Array) -> pa.Array:
        """The way back; null where the subject's key is gone."""
        rows = list(zip(subjects.to_pylist(), sealed.to_pylist(), strict=True))
        keys = self.keys((subject for subject, value in rows if value is not None), make=False)
        return pa.array([_open_text(keys, subject, value) for subject, value in rows], pa.string())


def _open_text(keys: Mapping[str, bytes], subject: str, value: bytes | None) -> str | None:
    if value is None or subject not in keys:
        return None
    return unseal(keys[subject], value).decode()


def seal(key: bytes, text: bytes) -> bytes:
    from hashlib import blake2b

    from nacl.bindings import crypto_secretbox

    nonce = blake2b(text, key=key, digest_size=_NONCE_BYTES, person=b"kemiao/nonce").digest()
    return nonce + bytes(crypto_secretbox(text, nonce, key))


def unseal(key: bytes, sealed: bytes) -> bytes:
    """Raises nacl.exceptions.CryptoError where the bytes were changed."""
    from nacl.bindings import crypto_secretbox_open

    return bytes(crypto_secretbox_open(sealed[_NONCE_BYTES:], sealed[:_NONCE_BYTES], key))
