"""Credentials of accounts: a password's argon2id hash, the secret of one-time codes, digests of recovery codes and of API tokens.

All are sealed in the event log: those of a company's accounts under the company's key, the others under the bank's own. The newest
counts. In the open stands who set them and when.
credential_set, credential_used (ref: the account; a first password opens once), totp_offered, totp_set, totp_cleared, recovery_used,
token_made, token_revoked (ref: the token's number).
"""

from __future__ import annotations

import hashlib
import hmac
import string
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kemiao.bank.event_log import Event
from kemiao.bank.portal_accounts import PortalAccount, portal_account
from kemiao.bank.sign_in_rules import SignInRules
from kemiao.bank.world import World
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Outage, Refusal

SET, USED = "credential_set", "credential_used"
TOTP_OFFERED, TOTP_SET, TOTP_CLEARED, RECOVERY_USED = "totp_offered", "totp_set", "totp_cleared", "recovery_used"
TOKEN_MADE, TOKEN_REVOKED = "token_made", "token_revoked"
_CHANGES = (SET, TOTP_SET, TOTP_CLEARED)
_AT_ONCE, _PATIENCE_S = 2, 15
_STEP_S = 30
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_RECOVERY_LETTERS = 24  # 120 bits: a plain digest keeps it
_SECRET_LETTERS = 32
_TOKEN_BYTES = 32
_AROUND = "".join(sorted(string.digits + string.punctuation + string.whitespace + "。,!?"))
_GUESSES_MIN = 10**8  # zxcvbn's score 3: "safely unguessable" where hashes are slow
_WORD_GUESSES = 10**5  # a word that stands in zxcvbn's lists, with nothing but digits and signs around it
_JUDGED = 72  # characters, as many as zxcvbn looks at: it takes the longer the more there are
_gate = threading.BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands at the door. version: number of the newest change of its credentials, 0 where it has none: a session that
    began under another has ended. first: its password was set by somebody else and has to be changed. totp: it has one-time codes."""

    account: PortalAccount
    version: int
    first: bool
    totp: bool


def standing(world: World, name: str) -> Standing | Refusal:
    """Refuses NO_SUCH_ACCOUNT, ACCOUNT_CLOSED."""
    account = portal_account(world, name)
    if isinstance(account, Refusal):
        return account
    newest = [world.log.last(kind, ref=name) for kind in _CHANGES]
    password, totp, cleared = newest
    return Standing(
        account, max((event.seq for event in newest if event is not None), default=0),
        password is not None and bool(password.public.get("first")), totp is not None and (cleared is None or cleared.seq < totp.seq),
    )  # fmt: skip


# -- passwords


def hashed(password: str, rules: SignInRules | None = None) -> str:
    """Raises Outage SIGN_IN_BUSY: of these computations only few run at a time."""
    with _one_of_few():
        return _hasher(rules).hash(_normal(password))


def fits(world: World, name: str, password: str, rules: SignInRules | None = None) -> Event | None:
    """The event that set the password, where it is the account's. Takes as long where there is no such account."""
    event = world.log.last(SET, ref=name)
    kept = world.log.private(event) if event else None
    with _one_of_few():
        try:
            _hasher(rules).verify(str(kept["password"]) if kept else _none(_hasher(rules)), _normal(password))
        except (VerificationError, InvalidHashError):
            return None
    return event if kept else None


def spent(world: World, event: Event, rules: SignInRules) -> bool:
    """Whether a first password has opened once before, or has waited too long."""
    if not event.public.get("first"):
        return False
    used = world.log.last(USED, ref=event.ref)
    until = datetime.fromisoformat(event.at).date() + timedelta(days=rules.first_days)
    return (used is not None and used.public["credential"] == event.seq) or world.clock.today() > until


def use_first(world: World, event: Event) -> bool:
    """Opens with a first password: true for one caller only."""
    with world.log.write() as tx:
        used = world.log.last(USED, ref=event.ref)
        if used is not None and used.public["credential"] == event.seq:
            return False
        tx.append(USED, None, event.ref, {"credential": event.seq})
    return True


def unfit_password(password: str, rules: SignInRules, *own: str) -> Refusal | None:
    """own: names that a guesser would try: of the account and of its person. Refuses PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMMON."""
    plain = _normal(password)
    if len(plain) < rules.length_min:
        return Refusal.at("PASSWORD_TOO_SHORT", f"密码至少 {rules.length_min} 个字符;一句自己记得住的话最好", f"a password has at least {rules.length_min} characters; a sentence that you remember does best")  # fmt: skip
    if len(plain) > rules.length_max:
        return Refusal.at("PASSWORD_TOO_LONG", f"密码至多 {rules.length_max} 个字符", f"a password has at most {rules.length_max} characters")  # fmt: skip
    known = (*own, *rules.words)
    if _guesses(plain, known) < _GUESSES_MIN or _guesses(_core(plain), known) < _WORD_GUESSES:
        return Refusal.at("PASSWORD_COMMON", "这个密码常见或含账户名,容易被猜到:请换一个", "this password is a common one or made of the account's name: choose another")  # fmt: skip
    return None


@cache
def common_words() -> frozenset[str]:
    lines = (files("kemiao.bank") / "common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def generated(random_bytes: Callable[[int], bytes]) -> str:
    """A password of four groups of five letters: 100 bits."""
    text = _base32(random_bytes, 20).lower()
    return "-".join(text[at : at + 5] for at in range(0, 20, 5))


# -- one-time codes


def new_secret(random_bytes: Callable[[int], bytes]) -> str:
    return _base32(random_bytes, _SECRET_LETTERS)


def uri(secret: str, account: str, issuer: str = "Kemiao") -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def step_of(secret: str, code: str, at_ms: int) -> int | None:
    """Which step of half a minute a code is of: this one, the one before or the next; None: of neither."""
    now = at_ms // 1000 // _STEP_S
    maker = pyotp.TOTP(secret)
    return next((step for step in (now, now - 1, now + 1) if hmac.compare_digest(maker.generate_otp(step), code)), None)


def totp_of(world: World, name: str) -> Mapping[str, Any] | None:
    """secret and recovery (digests); None where it has none."""
    event, cleared = world.log.last(TOTP_SET, ref=name), world.log.last(TOTP_CLEARED, ref=name)
    if event is None or (cleared is not None and cleared.seq > event.seq):
        return None
    return world.log.private(event)


def recovery_codes(random_bytes: Callable[[int], bytes], count: int) -> list[str]:
    texts = [_base32(random_bytes, _RECOVERY_LETTERS) for _ in range(count)]
    return ["-".join(text[at : at + 4] for at in range(0, _RECOVERY_LETTERS, 4)) for text in texts]


def recovery_digest(code: str) -> str:
    return digest_bytes("recovery", "".join(letter for letter in code.upper() if letter in _BASE32).encode())


def use_recovery(world: World, name: str, code: str) -> bool:
    """Each opens once."""
    own = recovery_digest(code)
    with world.log.write() as tx:
        kept = totp_of(world, name)
        used = {event.public["code"] for event in world.log.events(RECOVERY_USED, ref=name)}
        if kept is None or own not in kept["recovery"] or own in used:
            return False
        tx.append(RECOVERY_USED, None, name, {"code": own})
    return True


# -- tokens


@dataclass(frozen=True, slots=True)
class Token:
    number: str
    account: str
    name: str
    scopes: tuple[str, ...]
    until: date
    made_at: str
    revoked: bool


def new_token(random_bytes: Callable[[int], bytes]) -> tuple[str, str, str]:
    """Number, the whole token, and the digest that is kept of it."""
    number, secret = random_bytes(8).hex(), random_bytes(_TOKEN_BYTES).hex()
    return number, f"km_{number}_{secret}", token_digest(secret)


def token_digest(secret: str) -> str:
    return hashlib.sha256(b"kemiao/token\0" + secret.encode()).hexdigest()


def token_of(world: World, text: str) -> Token | None:
    """The token that somebody sent, where it stands: known, not revoked, within its days."""
    kind, _, rest = text.partition("_")
    number, _, secret = rest.partition("_")
    if kind != "km" or len(number) != 16 or len(secret) != 2 * _TOKEN_BYTES:
        return None
    event = world.log.last(TOKEN_MADE, ref=number)
    kept = world.log.private(event) if event else None
    if event is None or kept is None or not hmac.compare_digest(str(kept["digest"]), token_digest(secret)):
        return None
    token = _token(world, event)
    return None if token.revoked or world.clock.today() > token.until else token


def tokens(world: World, account: str | None = None) -> Iterator[Token]:
    for event in world.log.events(TOKEN_MADE):
        if account in (None, event.public["account"]):
            yield _token(world, event)


def _token(world: World, event: Event) -> Token:
    said = event.public
    return Token(
        str(event.ref), said["account"], said["name"], tuple(said["scopes"]), date.fromisoformat(said["until"]), event.at,
        world.log.last(TOKEN_REVOKED, ref=event.ref) is not None,
    )  # fmt: skip


# -- below


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)  # however a keyboard composes it


def _core(text: str) -> str:
    """Without what guessers put around a word."""
    return unicodedata.normalize("NFKC", text).casefold().strip(_AROUND)


def _guesses(plain: str, known: Sequence[str]) -> int:
    """How many a guesser needs who knows what people choose: 30 000 passwords that were seen, words and names with digits and signs around
    them, dates, rows of keys, one thing over and over (zxcvbn); our own list, the bank's, and who it is for."""
    from zxcvbn import zxcvbn

    found = zxcvbn(plain[:_JUDGED], user_inputs=[*common_words(), *known, *(_core(name) for name in known)])
    return int(found["guesses"])


def _base32(random_bytes: Callable[[int], bytes], letters: int) -> str:
    return "".join(_BASE32[byte & 31] for byte in random_bytes(letters))


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _gate.acquire(timeout=_PATIENCE_S):
        raise Outage("SIGN_IN_BUSY", "同时登录的人太多,请稍候再试", "too many sign in at once: try again shortly")
    try:
        yield
    finally:
        _gate.release()


@cache
def _maker(memory_kib: int, passes: int, lanes: int) -> PasswordHasher:
    return PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)


def _hasher(rules: SignInRules | None) -> PasswordHasher:
    return _maker(47_104, 1, 1) if rules is None else _maker(rules.memory_kib, rules.passes, rules.lanes)


@cache
def _none(hasher: PasswordHasher) -> str:
    """Of no account: to try one that is not there takes as long."""
    return hasher.hash("kemiao: no such account")
