"""A company's own keys at the portal: a backup as its browser saves it, and a signature by the key of its browser."""

from __future__ import annotations

import hashlib
import json
import os

from playwright.sync_api import Page, expect

from flows.portal_acting import Bank
from kemiao.bank.commands.company_key import participant_id
from kemiao.base.canonical import canonical_bytes
from kemiao.chain.genesis import key_card
from little_bank import OTHER
from portal.trust_home import signer

PHRASE = "a passphrase of the backup"
# What web/src/shared/keys.ts does, for keys that are known already.
_SEAL = """async ([phrase, salt, nonce, around, seeds]) => {
    const bytes = text => Uint8Array.from(text.match(/../g), pair => parseInt(pair, 16));
    const said = text => new TextEncoder().encode(text);
    const typed = await crypto.subtle.importKey("raw", said(phrase), "PBKDF2", false, ["deriveKey"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: 100000 };
    const key = await crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv: bytes(nonce), additionalData: said(around) }, key, bytes(seeds));
    return btoa(String.fromCharCode(...new Uint8Array(box)));
}"""


def backup(page: Page) -> bytes:
    """The company's keys as its browser saves them, sealed by the browser."""
    kinds = (("keys", ("keys",)), ("entries", ("consent", "entries")))
    seeds = b"".join(
        hashlib.sha256(f"portal theirs {name}".encode()).digest() for name, _ in kinds
    )  # trust_home.signer
    salt, nonce = os.urandom(16).hex(), os.urandom(12).hex()
    said = {
        "form": "kemiao.browser-keys/1", "company": OTHER, "participant": participant_id(OTHER), "made": 1_719_800_000_000,
        "keys": [key_card(signer(f"theirs {name}"), purposes) for name, purposes in kinds],
        "kdf": {"name": "PBKDF2-SHA-256", "iterations": 100_000, "salt": salt}, "nonce": nonce,
    }  # fmt: skip
    box = page.evaluate(_SEAL, [PHRASE, salt, nonce, canonical_bytes(said).decode(), seeds.hex()])
    return json.dumps({**said, "box": box}).encode()


def signed(bank: Bank, page: Page) -> str:
    """Signs what the box shows, by the key of this browser; the entry."""
    box = page.get_by_role("dialog").filter(has_text="签署前请确认")
    box.get_by_text("密钥由您自己持有").wait_for()
    box.get_by_role("button", name="签署", exact=True).click()
    expect(page.get_by_text("已签署并记入共享链").first).to_be_visible()
    event = bank.last("company_signature", subject=OTHER)
    entry = str(event.ref)
    assert (event.public["account"], bank.proved("theirs", entry)["entry"]["id"]) == ("theirs", entry)
    return entry
