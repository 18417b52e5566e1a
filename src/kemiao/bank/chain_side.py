"""The bank's side of the shared chain: what this home reads from it, and its own entries under its own keys.

A home takes part where HOME/chain/chain.toml stands. It either is a node or follows one; a follower keeps a replica that checks
everything itself, so that no answer of a node is trusted.
"""

from __future__ import annotations

import fcntl
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from kemiao.base.refusal import BrokenInvariant, Outage, Refusal, Refused

if TYPE_CHECKING:  # a command that never asks the chain loads none of it
    from kemiao.bank.chain_link import Link
    from kemiao.bank.event_log import EventLog
    from kemiao.bank.home import Home
    from kemiao.bank.intents import EntryDraft, Intent
    from kemiao.bank.world import World
    from kemiao.base.clock import Clock
    from kemiao.base.signing import Signer
    from kemiao.chain.entry import Entry
    from kemiao.chain.mailbox import Parcel
    from kemiao.chain.node import Accepted, Node, Submission
    from kemiao.facts.permit import Reading

    Submit = Callable[[Sequence[Intent]], list[Accepted | Refusal]]

Passphrase = Callable[[], str]
SETTINGS = "chain.toml"
_GROUP = 500  # entries submitted at once
_TRIES = 5  # of finding our next number while somebody else writes in our name


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """participant: who we are there. chain: id of the genesis. node: address of the node that is followed."""

    participant: str
    chain: str
    mode: Literal["node", "follow"]
    node: str | None = None


def read_settings(home: Home) -> ChainSettings | None:
    """None where this home takes no part in a chain. Raises Refused BAD_CHAIN_SETTINGS."""
    path = home.chain / SETTINGS
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(
            Refusal.at("BAD_CHAIN_SETTINGS", f"不是合法的 TOML:{error}", f"is not valid TOML: {error}", file=path)
        ) from error
    named = {name: content.get(name) for name in ("participant", "chain", "mode", "node")}
    texts = all(isinstance(named[name], str) for name in ("participant", "chain"))
    if (
        not texts
        or named["mode"] not in ("node", "follow")
        or (named["mode"] == "follow") != isinstance(named["node"], str)
    ):
        raise Refused(Refusal.at(
            "BAD_CHAIN_SETTINGS", "须有 participant、chain、mode(node 或 follow),follow 还须有 node 地址",
            "participant, chain and mode (node or follow) are needed, and with follow the address of a node", file=path,
        ))  # fmt: skip
    return ChainSettings(**named)  # type: ignore[arg-type]


def write_settings(home: Home, settings: ChainSettings) -> None:
    lines = [f'participant = "{settings.participant}"', f'chain = "{settings.chain}"', f'mode = "{settings.mode}"']
    if settings.node is not None:
        lines.append(f'node = "{settings.node}"')
    home.chain.mkdir(mode=0o700, exist_ok=True)
    building = home.chain / f".{SETTINGS}.new"
    building.write_text("\n".join(lines) + "\n", "utf-8")
    building.rename(home.chain / SETTINGS)


def chain_of(world: World) -> SharedChain:
    """Raises Refused NO_CHAIN where this home takes no part in one."""
    if world.chain is None:
        raise Refused(Refusal.at(
            "NO_CHAIN", "本目录没有加入共享链:kemiao participant create 建立身份,kemiao chain start 或 kemiao chain join 加入",
            "this home takes no part in a chain: kemiao participant create makes an identity, kemiao chain start or kemiao chain join takes part", home=world.home.root,
        ))  # fmt: skip
    return world.chain


def open_chain(
    home: Home, log: EventLog, clock: Clock, random_bytes: Callable[[int], bytes], passphrase: Passphrase | None
) -> SharedChain | None:
    settings = read_settings(home)
    return (
        None
        if settings is None
        else SharedChain(home, settings, log, clock, random_bytes, passphrase or _no_passphrase)
    )


def _no_passphrase() -> str:
    raise Refused(Refusal(
        "PASSPHRASE_NEEDED", "需要密钥文件的口令(KEMIAO_PASSPHRASE 或 KEMIAO_PASSPHRASE_FILE)",
        "the passphrase of the key files is needed (KEMIAO_PASSPHRASE or KEMIAO_PASSPHRASE_FILE)",
    ))  # fmt: skip


class SharedChain:
    """me, chain: our id there, and the chain's. Nothing is opened before it is asked for."""

    def __init__(
        self,
        home: Home,
        settings: ChainSettings,
        log: EventLog,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        passphrase: Passphrase,
    ) -> None:
        self._home, self._log, self._clock = home, log, clock
        self._random_bytes, self._passphrase = random_bytes, passphrase
        self.settings, self.me, self.chain = settings, settings.participant, settings.chain
        self._link: Link | None = None
        self._signers: dict[str, Signer] = {}  # by key
        self._secrets: dict[str, bytes] = {}  # of sealing keys, by public key
        self._finished = False  # whether no intent of ours is known to wait for its effect
        self.left_out: dict[str, Refusal] = {}  # companies that a reading of many went without, and why

    # -- reading

    @property
    def node(self) -> Node:
        """What to read from: our own node, or our replica."""
        return self._opened().reading

    def refresh(self) -> None:
        """Brings a replica up to date. Raises Outage where the node that it follows is away."""
        self._opened().refresh()

    def today(self) -> str:
        """The chain's day: that of China, as its rules have it."""
        from kemiao.base.clock import epoch_ms
        from kemiao.chain.rules.state import day_of

        return day_of(epoch_ms(self._clock.now()))

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    # -- keys

    def signer(self, purpose: str) -> Signer:
        """Our key for a purpose. Raises Refused PASSPHRASE_NEEDED, WRONG_PASSPHRASE, NO_KEY."""
        from kemiao.bank.own_keys import current_keys, unlock

        current = current_keys(self.node, self.me, purpose)
        known = next((key for key in current if key in self._signers), None)
        if known is None:
            made = unlock(self._home, current, purpose, self._passphrase)
            self._signers[made.key_id] = made
            return made
        return self._signers[known]

    @property
    def is_unlocked(self) -> bool:
        """Whether a key of ours was used already, so that nobody has to be asked for the passphrase."""
        return bool(self._signers)

    def blinding_key(self) -> bytes:
        """The consortium's key for identifiers of collateral. Raises Refused NO_BLINDING_KEY."""
        from kemiao.bank.own_keys import blinding_key

        return blinding_key(self._home, self.node, self._passphrase)

    # -- parcels: what is sealed for one participant lies with the node until it is fetched

    def seal(self, document: object, public: str) -> bytes | Refusal:
        """A parcel for a sealing key (hex). Refuses PARCEL_TOO_LARGE, NOT_A_SEALING_KEY."""
        from kemiao.chain.sealing import seal

        return seal(document, public, self._random_bytes)

    def open_parcel(self, parcel: bytes) -> Any | Refusal:
        """The document in a parcel that is for a key of ours. Refuses PARCEL_UNREADABLE; raises Refused NO_SEALING_KEY where
        the key's file is not here, PASSPHRASE_NEEDED, WRONG_PASSPHRASE."""
        from kemiao.bank.own_keys import sealing_secret
        from kemiao.chain.sealing import open_parcel, parcel_key

        public = parcel_key(parcel) or ""
        if public and public not in self._secrets:
            self._secrets[public] = sealing_secret(self._home, self.me, public, self._passphrase)
        return open_parcel(parcel, self._secrets.get(public, bytes(32)))

    def put_parcel(self, to: str, content: bytes) -> str:
        """Leaves a parcel for a participant with the node; its digest. Raises Refused PARCEL_TOO_LARGE, NO_SUCH_PARTICIPANT,
        QUOTA_USED, MAILBOX_FULL; Outage. The same once more is the same parcel."""
        return self._opened().mail().put_parcel(to, content)

    def parcel(self, digest: str) -> bytes | Refusal:
        """What we sent or what was sent to us, or NO_SUCH_PARCEL."""
        return self._opened().mail().parcel(digest)

    def parcels(self, after: int = 0) -> list[Parcel]:
        """For us, of higher numbers, in their order; at most mailbox.LISTED at once."""
        return self._opened().mail().parcels(after)

    def drop_parcel(self, digest: str) -> bool:
        """Drops what was sent to us; False where there was nothing."""
        return self._opened().mail().drop_parcel(digest)

    # -- writing

    def act(
        self, kind: str, *, subject: str | None = None, about: Mapping[str, str] | None = None,
        basis: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None, commitment: str | None = None,
        refs: Sequence[str] = (),
    ) -> Accepted | Refusal:  # fmt: skip
        """One entry of ours: intent, submission, effect. Raises Outage where the node is away: then the intent stands, and
        whoever writes next finishes it."""
        from kemiao.bank.intents import EntryDraft

        return self.act_many([EntryDraft(kind, subject, about, basis, body or {}, commitment, tuple(refs))])[0]

    def act_many(self, drafts: Sequence[EntryDraft]) -> list[Accepted | Refusal]:
        """In their order, in groups; a refused one stops none of the others."""
        with self._alone():
            self._finish()
            answers: list[Accepted | Refusal] = []
            for start in range(0, len(drafts), _GROUP):
                answers += self._settle(drafts[start : start + _GROUP], self._submit)
        return answers

    # -- entries of others, whose keys are not ours to use: a company signs at our portal, or its key lies here in custody

    def numbered(self, author: str, key: str, draft: EntryDraft) -> Entry:
        """What another participant would say next, for it to sign. Raises Outage as refresh does."""
        from kemiao.chain.entry import Entry

        self.refresh()
        sequence: int = self.node.get(f"sequence/{author}") or 0
        return Entry(
            draft.kind, author, key, sequence + 1, self.chain, draft.subject, draft.about, draft.basis, dict(draft.body),
            draft.commitment, draft.refs,
        )  # fmt: skip

    def bring(self, content: bytes) -> Accepted | Refusal:
        """An envelope that another has signed: intent, submission and effect as of our own. The node looks at the signature."""
        from kemiao.bank.intents import Intent
        from kemiao.chain.entry import open_envelope

        opened = open_envelope(content)
        if isinstance(opened, Refusal):
            return opened
        with self._alone():
            self._finish()
            return self._submit([Intent(opened, content, None)])[0]

    def custodian(self, keys: Sequence[str], purpose: str) -> Signer:
        """A key that we keep for another. Raises Refused NO_KEY, PASSPHRASE_NEEDED, WRONG_PASSPHRASE."""
        from kemiao.bank.own_keys import unlock_kept

        return unlock_kept(self._home, keys, purpose, self._passphrase)

    def read_many(self, drafts: Sequence[EntryDraft]) -> list[Reading | Refusal]:
        """Readings under consents. They leave no intent: a process that dies here has read nothing, and there is nothing to finish.
        Whoever is given the permit writes them down in the transaction of its own receipt, which saves two of three flushes."""
        from kemiao.facts.permit import Reading

        receipts: dict[str, str] = {}

        def submit(intents: Sequence[Intent]) -> list[Accepted | Refusal]:
            submission = self._asked(intents)
            receipts.update(
                {
                    result.id: submission.receipt or ""
                    for result in submission.results
                    if not isinstance(result, Refusal)
                }
            )
            return list(submission.results)

        with self._alone():
            if not self._finished:
                self._finish()
            results: list[Accepted | Refusal] = []
            for start in range(0, len(drafts), _GROUP):
                results += self._settle(drafts[start : start + _GROUP], submit)
        return [
            result
            if isinstance(result, Refusal)
            else Reading(str(draft.subject), result.id, result.index, result.at, receipts[result.id])
            for draft, result in zip(drafts, results, strict=True)
        ]

    def finish(self) -> int:
        """Finishes what a process that died has begun; returns how many entries that were."""
        from kemiao.bank.intents import unfinished

        if not unfinished(self._log):
            return 0
        with self._alone():
            return self._finish()

    def _finish(self) -> int:
        from kemiao.bank.intents import unfinished

        intents = unfinished(self._log)
        if intents:
            self._submit(intents)
        self._finished = True
        return len(intents)

    def _settle(self, drafts: Sequence[EntryDraft], submit: Submit) -> list[Accepted | Refusal]:
        """An entry that is refused takes no number: those after it come out of turn, get new numbers and go again."""
        answers: dict[int, Accepted | Refusal] = {}
        stuck = 0
        while len(answers) < len(drafts):
            waiting = [place for place in range(len(drafts)) if place not in answers]
            signed = self._signed([drafts[place] for place in waiting])
            unfit = {place: each for place, each in zip(waiting, signed, strict=True) if isinstance(each, Refusal)}
            if unfit:
                answers |= unfit
                continue  # the others are numbered anew
            results = submit(signed)  # type: ignore[arg-type]
            last = stuck >= _TRIES
            told = {
                place: result
                for place, result in zip(waiting, results, strict=True)
                if last or not _out_of_turn(result)
            }
            stuck = 0 if told else stuck + 1
            answers |= told
        return [answers[place] for place in range(len(drafts))]

    def _signed(self, drafts: Sequence[EntryDraft]) -> list[Intent | Refusal]:
        from kemiao.bank.intents import Intent
        from kemiao.chain.entry import Entry, envelope, open_envelope, signed_bytes
        from kemiao.chain.rules.apply import KINDS

        self.refresh()
        sequence: int = self.node.get(f"sequence/{self.me}") or 0
        made: list[Intent | Refusal] = []
        for draft in drafts:
            if draft.kind not in KINDS:
                raise BrokenInvariant(f"there is no entry of the kind {draft.kind}")
            signer = self.signer(KINDS[draft.kind].purpose)
            sequence += 1
            entry = Entry(
                draft.kind, self.me, signer.key_id, sequence, self.chain, draft.subject, draft.about, draft.basis,
                dict(draft.body), draft.commitment, draft.refs,
            )  # fmt: skip
            content = envelope(entry, signer.sign(signed_bytes(entry.id())))
            opened = open_envelope(content)  # what the node would not even open is never an intent
            made.append(opened if isinstance(opened, Refusal) else Intent(opened, content, draft.waited))
        return made

    def _submit(self, intents: Sequence[Intent]) -> list[Accepted | Refusal]:
        from kemiao.bank import intents as steps

        fresh = [intent for intent in intents if self._log.last("chain_intent", ref=intent.signed.id) is None]
        steps.begin(self._log, fresh)
        self._finished = False
        submission = self._asked(intents)
        steps.end(self._log, intents, submission.results, submission.receipt)
        self._finished = True
        with suppress(
            Outage, Refused
        ):  # it is done and written down: whoever reads next refreshes again, and is told what is wrong
            self.refresh()
        return list(submission.results)

    def _asked(self, intents: Sequence[Intent]) -> Submission:
        submission = self._opened().writing().submit([intent.envelope for intent in intents])
        self._check_receipt([intent.signed.id for intent in intents], submission)
        return submission

    def _check_receipt(self, asked: Sequence[str], submission: Submission) -> None:
        """A node whose word does not hold can't be relied on: what it answered is not written down. asked: the ids, in their order.
        An entry that stood there before has a receipt too: else "again" would be an acceptance that nobody ever answers for."""
        from kemiao.chain import receipt
        from kemiao.chain.node import Accepted
        from kemiao.chain.node_keys import node_keys

        taken = [result for result in submission.results if isinstance(result, Accepted)]
        if not taken and submission.receipt is None:
            return
        read = receipt.read(submission.receipt or "")
        wrong = read if isinstance(read, Refusal) else receipt.check(read, node_keys(self.node))
        if isinstance(read, receipt.Receipt) and wrong is None:
            promised = set(read.accepted) if read.chain == self.chain else set()
            if not {(result.index, result.at, result.id) for result in taken} <= promised:
                wrong = Refusal("OTHER_RECEIPT", "回执没有列全已接受的条目", "it does not name what was accepted")
        if any(
            isinstance(result, Accepted) and result.id != entry
            for entry, result in zip(asked, submission.results, strict=True)
        ):
            wrong = Refusal(
                "OTHER_ENTRY", "节点接受的是另一条目", "it is about another entry than the one that was sent"
            )
        if wrong is not None:
            raise Outage("BAD_RECEIPT", f"节点的回执不可信:{wrong.zh}", f"the node's receipt does not hold: {wrong.en}")

    def _opened(self) -> Link:
        if self._link is None:
            from kemiao.bank.chain_link import open_link

            link = open_link(self._home, self.settings, self._clock, self._random_bytes, self.signer)
            if link.reading.chain != self.chain:
                link.close()
                raise Refused(Refusal.at("BAD_CHAIN_SETTINGS", "本目录的节点文件属于另一条链", "the node's file in this home is of another chain", file=self._home.chain / SETTINGS, chain=self.chain))  # fmt: skip
            self._link = link
        return self._link

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process of this home writes at a time, so that our entries are numbered without holes."""
        with (self._home.chain / ".acting").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _out_of_turn(result: Accepted | Refusal) -> bool:
    return isinstance(result, Refusal) and result.code in ("SEQUENCE_USED", "SEQUENCE_GAP")
