"""company key: a company's signature at its bank. What it is to sign is drafted here, shown in words, and signed by the key that it
holds, or by the one in our custody at its command. Nothing of the chain's rules is bent: an entry is the company's only under its key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kemiao.bank.chain_ids import named
from kemiao.bank.chain_side import SharedChain, chain_of
from kemiao.bank.commands.consent import Grant, known_purposes, known_tables, name_of
from kemiao.bank.company_keys import CARD, SIGNATURE, How, company_keys, speaks
from kemiao.bank.consent_notice import notice
from kemiao.bank.intents import EntryDraft
from kemiao.bank.lending import contract
from kemiao.bank.own_keys import current_keys, kept_for_others
from kemiao.bank.world import World
from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import digest, digest_bytes
from kemiao.base.refusal import Refusal
from kemiao.base.signing import SUITES, Signer, new_seed, signer_from_seed, verify
from kemiao.base.strict_json import parse_strict
from kemiao.chain.entry import DEPTH, ENVELOPE_BYTES, Entry, entry_from_json, envelope, signed_bytes
from kemiao.chain.genesis import check_card, is_name, make_card
from kemiao.chain.keyring import KeyStore
from kemiao.chain.node import Accepted
from kemiao.chain.rules.apply import KINDS
from kemiao.chain.rules.contracts import seen
from kemiao.chain.rules.participants import added_key_bytes, public_key
from kemiao.chain.sealed import Cost

SIGNABLE = ("consent.grant", "consent.approve", "consent.revoke", "contract.sign", "key.rotate")
KEPT = {"keys": ("keys",), "entries": ("consent", "entries")}  # files of a key in custody; a company is no node
Passphrase = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Drafted:
    """entry: the exact text that is signed over (its id is the digest). shown: in plain words, both languages or the whole contract."""

    entry: str
    id: str
    kind: str
    key: str
    how: How
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class SignedThere:
    """An entry that the chain accepted."""

    entry: str
    kind: str
    index: int
    at: int
    how: How
    key: str
    again: bool


# -- drafts


def draft_grant(world: World, company: str, asked: Grant, key: str | None = None) -> Drafted | Refusal:
    chain = chain_of(world)
    for read in (known_tables(asked.tables), known_purposes(asked.purposes)):
        if isinstance(read, Refusal):
            return read
    if asked.own_text is not None:
        return Refusal(
            "UNFIT_INPUT", "在此授权不附对方自己的告知书", "no notice of the reader's own goes with a consent here"
        )
    if chain.node.get(f"participant/{asked.reader}") is None:
        return Refusal.at("NO_SUCH_PARTICIPANT", "没有这个参与方", "there is no such participant", participant=asked.reader)  # fmt: skip
    shown = notice(chain, company, asked)
    zh, en = shown.rstrip("\n").split("\n\n", 1)
    return _drafted(world, company, EntryDraft("consent.grant", company, body=_body(asked, shown)), key, zh, en)


def draft_revoke(
    world: World, company: str, consent: str | None, reader: str | None, key: str | None = None
) -> Drafted | Refusal:
    """One consent, or everything from one reader, of which exactly one is given."""
    chain = chain_of(world)
    if (consent is None) == (reader is None):
        return Refusal("UNFIT_INPUT", "请给出一份授权,或一个机构", "name one consent, or one reader")
    if reader is not None:
        name = name_of(chain, reader)
        zh = (
            f"{company} 撤回给 {name}({reader})的全部授权,包括纸质授权和由它转授的。即刻生效;此前已作出的决定不受影响。"
        )
        en = f"{company} takes back everything from {name} ({reader}), what it has on paper and what it passed on, too. At once; decisions made before stand."
        return _drafted(world, company, EntryDraft("consent.revoke", company, body={"consent": None, "reader": reader}), key, zh, en)  # fmt: skip
    own = named(chain.node, "consent", str(consent))
    if isinstance(own, Refusal):
        return own
    held: Mapping[str, Any] = chain.node.get(f"consent/{own}") or {}
    if held["company"] != company:
        return Refusal.at("NO_SUCH_CONSENT", "没有这份授权", "there is no such consent", consent=str(consent)[:70])
    name = name_of(chain, held["reader"])
    zh = f"{company} 撤回给 {name}({held['reader']})的授权 {own[:8]}。即刻生效;此前已作出的决定不受影响。"
    en = f"{company} takes back consent {own[:8]} from {name} ({held['reader']}). At once; decisions made before stand."
    return _drafted(world, company, EntryDraft("consent.revoke", company, body={"consent": own, "reader": None}), key, zh, en)  # fmt: skip


def draft_approve(world: World, company: str, request: str, key: str | None = None) -> Drafted | Refusal:
    chain = chain_of(world)
    own = named(chain.node, "request", request)
    if isinstance(own, Refusal):
        return own
    asked: Mapping[str, Any] = chain.node.get(f"request/{own}") or {}
    if asked["company"] != company:
        return Refusal.at("NO_SUCH_REQUEST", "没有这份申请", "there is no such request", request=request[:70])
    name, tables = name_of(chain, asked["reader"]), ", ".join(asked["tables"])
    zh = f"{company} 同意 {name}({asked['reader']})读取一次:{tables}。用途:{asked['purpose']}。"
    en = f"{company} lets {name} ({asked['reader']}) read once: {tables}. For: {asked['purpose']}."
    return _drafted(world, company, EntryDraft("consent.approve", company, body={"request": own}), key, zh, en)


def draft_contract(world: World, company: str, entry: str, key: str | None = None) -> Drafted | Refusal:
    """The signature under a contract that this bank proposed: its very text is shown, and what is signed names the text's digest."""
    chain = chain_of(world)
    chain.refresh()
    found = seen(chain.node, entry, chain.today())
    document = contract_document(world, company, entry)
    if found is None or document is None or found.value["company"] != company:
        return Refusal.at("NO_SUCH_CONTRACT", "没有这份合同", "there is no such contract", contract=entry[:70])
    mark = contract.commitment(document)
    if mark != found.value["commitment"]:
        return Refusal.at("OTHER_TEXT", "文本与链上提出的合同不是同一份", "the text is not the contract that was proposed on the chain", contract=found.id)  # fmt: skip
    draft = EntryDraft("contract.sign", company, body={"contract": found.id}, commitment=mark)
    return _drafted(world, company, draft, key, contract.text(document, "zh"), contract.text(document, "en"))


def contract_document(world: World, company: str, entry: str) -> dict[str, Any] | None:
    """The text behind a proposal of ours on the chain, as we keep it. None where we have none, or it was erased."""
    chain = chain_of(world)
    found = chain.node.get(f"contract/{entry}")
    if found is None:
        return None
    for event in world.log.events(contract.KIND, subject=company, newest_first=True):
        if event.public["digest"] == found["commitment"]:
            return world.log.private(event)
    return None


def _drafted(world: World, company: str, draft: EntryDraft, key: str | None, zh: str, en: str) -> Drafted | Refusal:
    keys = speaks(world, company)
    if isinstance(keys, Refusal):
        return keys
    purpose = KINDS[draft.kind].purpose
    fitting = keys.for_purpose(purpose)
    chosen = next((one for one in fitting if key in (None, one.key) and (key or one.custody or keys.how == "own")), None)  # fmt: skip
    if chosen is None:
        return Refusal.at("NO_SUCH_KEY", "这把密钥不是该企业现用的密钥", "this is no key that the company has in use", key=str(key)[:40])  # fmt: skip
    entry = chain_of(world).numbered(str(keys.participant), chosen.key, draft)
    text = canonical_bytes(entry.as_json()).decode()
    return Drafted(text, entry.id(), entry.kind, chosen.key, "custody" if chosen.custody else "own", zh, en)


def _body(asked: Grant, shown: str) -> dict[str, Any]:
    return {
        "reader": asked.reader, "tables": list(asked.tables), "purposes": list(asked.purposes), "from": asked.from_on,
        "until": asked.until, "queries": asked.queries, "ask": asked.ask, "may_pass_on": asked.may_pass_on,
        "notice": digest_bytes("notice", shown.encode()), "accounts": None if asked.accounts is None else list(asked.accounts),
    }  # fmt: skip


# -- signing


def submit(world: World, company: str, drafted: str, signature: str, account: str | None) -> SignedThere | Refusal:
    """What the company signed with a key of its own."""
    read = _read(world, company, drafted)
    if isinstance(read, Refusal):
        return read
    if any(one.custody and one.key == read.key for one in company_keys(world, company).keys):
        return Refusal("IN_CUSTODY", "这把密钥由本行托管:须用您的密码下令签署", "this key is in the bank's custody: it signs at your command, with your password")  # fmt: skip
    known = public_key(chain_of(world).node, read.author, read.key)
    raw = bytes.fromhex(signature)
    if known is None or not verify(*known, signed_bytes(read.id()), raw):
        return Refusal("BAD_SIGNATURE", "签名不成立", "the signature does not hold")
    return _brought(world, company, read, raw, "own", account)


def sign_kept(world: World, company: str, drafted: str, account: str | None) -> SignedThere | Refusal:
    """By the key in custody. That the company commands it was made sure of before: its account has shown its password again."""
    read = _read(world, company, drafted)
    if isinstance(read, Refusal):
        return read
    chain = chain_of(world)
    keys = [one.key for one in company_keys(world, company).keys if one.custody and one.key == read.key]
    signer = chain.custodian(keys, KINDS[read.kind].purpose)
    return _brought(world, company, read, signer.sign(signed_bytes(read.id())), "custody", account)


def _read(world: World, company: str, drafted: str) -> Entry | Refusal:
    """A draft as it comes back: only what may be signed here, only this company's, and a consent only under the notice that we show."""
    keys = speaks(world, company)
    if isinstance(keys, Refusal):
        return keys
    content = drafted.encode()
    if len(content) > ENVELOPE_BYTES:
        return Refusal("ENTRY_TOO_LARGE", "条目过大", "the entry is too large")
    value = parse_strict(content, depth=DEPTH - 1)
    entry = value if isinstance(value, Refusal) else entry_from_json(value)
    if isinstance(entry, Refusal):
        return entry
    if entry.author != keys.participant or entry.kind not in SIGNABLE or entry.subject not in (company, None):
        return Refusal("NOT_THIS_DRAFT", "这不是该企业可在此签署的内容", "this is nothing that the company signs here")
    if entry.kind == "consent.grant":
        refused = _other_notice(chain_of(world), company, entry)
        if refused is not None:
            return refused
    return entry


def _other_notice(chain: SharedChain, company: str, entry: Entry) -> Refusal | None:
    shown = _shown(chain, company, entry)
    if shown is not None and dict(entry.body or {}).get("notice") == digest_bytes("notice", shown.encode()):
        return None
    return Refusal("OTHER_NOTICE", "授权所附告知与其内容不符", "the notice of the consent is not that of its content")


def _shown(chain: SharedChain, company: str, entry: Entry) -> str | None:
    body = dict(entry.body or {})
    try:
        asked = Grant(
            body["reader"], tuple(body["tables"]), tuple(body["purposes"]), body["from"], body["until"], body["queries"],
            None if body["accounts"] is None else tuple(body["accounts"]), body["ask"], body["may_pass_on"],
        )  # fmt: skip
        return notice(chain, company, asked)
    except (KeyError, TypeError, ValueError):
        return None


def _brought(
    world: World, company: str, entry: Entry, signature: bytes, how: How, account: str | None
) -> SignedThere | Refusal:  # fmt: skip
    chain = chain_of(world)
    shown = _shown(chain, company, entry) if entry.kind == "consent.grant" else None
    own = entry.id()
    with world.log.write() as tx:
        if shown is not None:
            tx.append("consent_notice", company, digest_bytes("notice", shown.encode()), public={"text": shown})
        tx.append(SIGNATURE, company, own, {"kind": entry.kind, "how": how, "key": entry.key, "account": account})
    answer = chain.bring(envelope(entry, signature))
    if isinstance(answer, Refusal):
        return answer
    return SignedThere(answer.id, entry.kind, answer.index, answer.at, how, entry.key, answer.again)


# -- keys


def take_into_custody(
    world: World, company: str, name: str, suite: str, passphrase: Passphrase, account: str | None = None, cost: Cost | None = None
) -> Mapping[str, Any] | Refusal:  # fmt: skip
    """Keys of a company that chose so, sealed under the bank's passphrase; answers its card, for `kemiao chain start --participant`.

    Refuses KEY_EXISTS, ON_THE_CHAIN (its own keys say who keeps the next), NO_IDENTITY (the bank's own comes first), and what a card is
    refused for."""
    if suite not in SUITES or not is_name(name):
        return Refusal.at("NO_SUCH_SUITE" if suite not in SUITES else "NOT_A_NAME", "签名算法或名称不对", "the suite or the name is unfit", suite=suite)  # fmt: skip
    found = company_keys(world, company)
    if found.participant is not None:
        return Refusal.at("ON_THE_CHAIN", "链上已有代表该企业的参与方", "somebody on the chain speaks for the company already", participant=found.participant)  # fmt: skip
    participant, store = participant_id(company), kept_for_others(world.home)
    own = KeyStore(world.home.keys)
    mine = own.files()
    if not mine:
        return Refusal.at("NO_IDENTITY", "本目录还没有身份,请先 kemiao participant create", "this home has no identity: kemiao participant create makes one", folder=world.home.keys)  # fmt: skip
    if found.waiting is not None:
        return Refusal.at("KEY_EXISTS", "该企业已有密钥或已交名片", "the company has keys here, or has handed in its card", participant=participant)  # fmt: skip
    for file in store.files():  # no card of them was ever written down: left by a process that died
        if file.participant == participant:
            file.path.unlink()
    typed = passphrase()
    own.unlock(mine[0], typed)  # a mistyped passphrase must not become the key's
    keys: list[tuple[Signer, tuple[str, ...]]] = []
    for part, purposes in KEPT.items():
        seed = new_seed(suite, world.random_bytes)
        store.save(participant, part, suite, seed, purposes, typed, world.random_bytes, cost=cost)
        keys.append((signer_from_seed(suite, seed), purposes))
    card = make_card(participant, name, ("company",), company, keys)
    with world.log.write() as tx:
        tx.append(CARD, company, participant, {"card": card, "how": "custody", "account": account})
    return card


def hand_in_card(world: World, company: str, card: object, account: str | None) -> str | Refusal:
    """A card that the company made itself, in its browser: it waits for a chain to start. Each key has shown that it is held."""
    refused = check_card(card)
    if refused is not None:
        return refused
    made: dict[str, Any] = dict(card)  # type: ignore[call-overload]
    found = company_keys(world, company)
    if made["company"] != company or made["roles"] != ["company"] or made["id"] != participant_id(company):
        return Refusal("OTHER_COMPANY", "名片写的是另一家企业", "the card is another company's")
    if any("node" in key["purposes"] for key in made["keys"]):
        return Refusal("KEY_NOT_FOR_THIS", "企业的密钥不作节点之用", "a company's key is for no node")
    if found.participant is not None:
        return Refusal.at("ON_THE_CHAIN", "链上已有代表该企业的参与方", "somebody on the chain speaks for the company already", participant=found.participant)  # fmt: skip
    if any(file.participant == made["id"] for file in kept_for_others(world.home).files()):
        return Refusal.at("KEY_EXISTS", "该企业的密钥由本行托管", "the company's keys are in our custody", participant=made["id"])  # fmt: skip
    with world.log.write() as tx:
        tx.append(CARD, company, made["id"], {"card": made, "how": "own", "account": account})
    return str(made["id"])


def cards(world: World) -> list[dict[str, Any]]:
    """Cards that wait for a chain: the newest of each company that nobody speaks for yet."""
    there = world.chain
    return [
        {**event.public, "company": event.subject, "participant": event.ref}
        for event in world.log.last_of_each(CARD)
        if there is None or there.node.get(f"company/{event.subject}") is None
    ]


def participant_id(company: str) -> str:
    """The id that a company of ours takes on a chain: from its key, so that it is nobody else's."""
    scheme, _, value = company.partition(":")
    return f"co-{value.lower()}" if scheme == "uscc" else f"co-{digest('participant', company)[:20]}"


def release(
    world: World, company: str, entries: Mapping[str, Any], keys: Mapping[str, Any], account: str | None
) -> list[SignedThere] | Refusal:  # fmt: skip
    """Out of our custody: the company's new keys, each a card with its proof, take the place of those that we keep, whose files go.

    A repeat after a crash goes on where it was cut off. What the old keys signed stays valid."""
    found = speaks(world, company)
    if isinstance(found, Refusal):
        return found
    chain, done = chain_of(world), []
    for purpose, given in (("consent", entries), ("keys", keys)):
        refused = _unproved(chain, str(found.participant), given, KEPT["keys" if purpose == "keys" else "entries"])
        if refused is not None:
            return refused
    for purpose, given in (("consent", entries), ("keys", keys)):  # the key that changes keys goes last
        if str(given["key"]) in current_keys(chain.node, str(found.participant), purpose):
            continue
        answer = _replace(world, company, purpose, given, account)
        if isinstance(answer, Refusal):
            return answer
        done.append(answer)
    store = kept_for_others(world.home)
    for file in store.files():
        if file.participant == found.participant:
            file.path.unlink()
    return done


def _replace(world: World, company: str, purpose: str, given: Mapping[str, Any], account: str | None) -> SignedThere | Refusal:  # fmt: skip
    chain, found = chain_of(world), company_keys(world, company)
    old = next((one for one in found.for_purpose(purpose) if one.custody), None)
    changer = next((one for one in found.for_purpose("keys") if one.custody), None)
    if old is None or changer is None:
        return Refusal.at("NOT_IN_CUSTODY", "该企业的密钥不在本行托管", "the company's key is not in our custody", company=company)  # fmt: skip
    signer = chain.custodian([changer.key], "keys")
    draft = EntryDraft("key.rotate", body={"retire": old.key, "add": dict(given), "distrusted_from": None})
    entry = chain.numbered(str(found.participant), changer.key, draft)
    return _brought(world, company, entry, signer.sign(signed_bytes(entry.id())), "custody", account)


def add_key(world: World, given: Mapping[str, Any]) -> Accepted | Refusal:
    """In the company's own home: a key that it made elsewhere (in its browser) joins those that it has. given: card with proof."""
    chain = chain_of(world)
    chain.refresh()
    refused = _unproved(chain, chain.me, given, KEPT["entries"])
    if refused is not None:
        return refused
    return chain.act("key.rotate", body={"retire": None, "add": dict(given), "distrusted_from": None})


def _unproved(
    chain: SharedChain, participant: str, given: Mapping[str, Any], purposes: tuple[str, ...]
) -> Refusal | None:
    from kemiao.chain.genesis import check_key, not_proved, proves

    card = {name: value for name, value in given.items() if name != "proof"}
    refused = check_key(card)
    if refused is not None:
        return refused
    if tuple(card["purposes"]) != tuple(sorted(purposes)):
        return Refusal.at("KEY_NOT_FOR_THIS", "密钥的用途不对", "the key's purposes are not these", purposes=" ".join(purposes))  # fmt: skip
    if not proves(card, added_key_bytes(chain.chain, participant, card), given.get("proof")):
        return not_proved(str(card["key"]))
    return None
