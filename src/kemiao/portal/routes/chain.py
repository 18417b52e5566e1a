"""The shared chain as this home holds it: entries, participants, heads, and files by which each is checked."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel
from starlette.responses import Response

from kemiao.base.refusal import Refusal, Refused
from kemiao.portal.door import Asking, Cursor, Limit, Page, closed_cursor, done, opened_cursor, router

routes = router("chain")
EntryId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{8,64}$|^[0-9]{1,15}$", description="id, its beginning (8 digits or more), or index")
]
Kind = Annotated[str | None, Query(pattern=r"^[a-z_.]{1,40}$")]
Author = Annotated[str | None, Query(pattern=r"^[a-z0-9][a-z0-9.-]{1,39}$")]
Subject = Annotated[str | None, Query(max_length=80)]


class ChainHead(BaseModel):
    """chain: null where this home takes part in none; then nothing else is told. behind: the node that is followed did not answer. head: the
    newest one that a node signed (C2SP checkpoint); null where none was received."""

    chain: str | None
    name: str | None = None
    me: str | None = None
    mode: str | None = None
    size: int | None = None
    root: str | None = None
    last_at: int | None = None
    waiting: int | None = None
    behind: bool = False
    head: str | None = None
    node_keys: list[str] = []


class ChainEntry(BaseModel):
    """at: milliseconds since 1970, UTC. entry: its content; of record 0 the genesis' name and participants."""

    index: int
    at: int
    id: str
    kind: str
    author: str | None
    subject: str | None
    entry: dict[str, Any]


class ParticipantKey(BaseModel):
    """since, until, distrusted_from: milliseconds since 1970, UTC."""

    key: str
    suite: str
    purposes: list[str]
    since: int
    until: int | None
    distrusted_from: int | None


class Participant(BaseModel):
    id: str
    name: str
    roles: list[str]
    company: str | None
    suspended: int | None
    me: bool
    keys: list[ParticipantKey]
    record: dict[str, int]


@routes.get("/chain")
def head(asked: Asking) -> ChainHead:
    """The chain that this home takes part in: its name, its newest head, how far this home has followed it."""
    from kemiao.bank.commands.prove import signed_head
    from kemiao.bank.commands.show_chain import chain_status

    with asked.world() as world:
        if world.chain is None:
            return ChainHead(chain=None)
        stands, text = chain_status(world), signed_head(world)
        genesis = world.chain.node.get("genesis") or {}
    return ChainHead(
        chain=stands.chain, name=genesis.get("name"), me=stands.participant, mode=stands.mode, size=stands.size, root=stands.root,
        last_at=stands.last_at, waiting=stands.waiting, behind=stands.behind, head=text, node_keys=list(stands.node_keys),
    )  # fmt: skip


@routes.get("/chain/entries")
def entries(
    asked: Asking, kind: Kind = None, author: Author = None, subject: Subject = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[ChainEntry]:  # fmt: skip
    """The newest first."""
    from kemiao.bank.commands.show_chain import chain_log

    before = _index(opened_cursor(cursor))
    with asked.world() as world:
        found = list(done(chain_log(world, start=0, kind=kind, author=author, subject=_company(subject), last=limit + 1, before=before)))[::-1]  # fmt: skip
    some = [_entry(one) for one in found[:limit]]
    return Page(items=some, next=closed_cursor(str(some[-1].index)) if len(found) > limit else None)


@routes.get("/chain/entries/{entry}")
def entry(asked: Asking, entry: EntryId) -> ChainEntry:
    """One entry: who signed what and when, and where it stands."""
    from kemiao.bank.chain_side import chain_of
    from kemiao.bank.commands.prove import find
    from kemiao.bank.commands.show_chain import shown

    with asked.world() as world:
        return _entry(shown(done(find(chain_of(world), entry))))


@routes.get(
    "/chain/entries/{entry}/proof", response_class=Response, responses={200: {"content": {"application/json": {}}}}
)
def entry_proof(asked: Asking, entry: EntryId) -> Response:
    """A proof file of the entry (docs/chain-proofs.md)."""
    from kemiao.bank.commands.prove import Prove, prove

    with asked.world() as world:
        made = done(prove(world, Prove(entry)))
    return _file(made.content, f"{entry[:24]}.proof.json")


@routes.get("/chain/consistency", response_class=Response, responses={200: {"content": {"application/json": {}}}})
def consistency(asked: Asking, older: Annotated[str, Query(min_length=1, max_length=4000)]) -> Response:
    """A proof file that the tree of an older head, which the reader holds, is the beginning of the newest."""
    from kemiao.bank.commands.prove import Prove, prove

    with asked.world() as world:
        made = done(prove(world, Prove(None, head=older)))
    return _file(made.content, "consistency.proof.json")


@routes.get("/chain/participants")
def participants(asked: Asking) -> list[Participant]:
    """Who takes part, with roles and keys."""
    from kemiao.bank.commands.participant import list_participants

    with asked.world() as world:
        found = list_participants(world).participants
    return [
        Participant(
            id=one["id"], name=one["name"], roles=one["roles"], company=one["company"], suspended=one["suspended"], me=one["me"], record=one["record"],
            keys=[ParticipantKey(key=key, suite=each["suite"], purposes=each["purposes"], since=each["from"], until=each["until"], distrusted_from=each["distrusted_from"]) for key, each in one["keys"].items()],
        )
        for one in found
    ]  # fmt: skip


def _entry(one: dict[str, Any]) -> ChainEntry:
    content = {name: value for name, value in one.items() if name not in ("index", "at", "id")}
    return ChainEntry(index=one["index"], at=one["at"], id=one["id"], kind=one["kind"], author=one["author"], subject=one["subject"], entry=content)  # fmt: skip


def _company(subject: str | None) -> str | None:
    from kemiao.base.keys import parse_company

    return None if subject is None else done(parse_company(subject))


def _index(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Refused(Refusal("BAD_REQUEST", "分页标记不对", "the cursor is none of ours"))
    return int(text)


def _file(content: bytes, name: str) -> Response:
    return Response(content, media_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'})  # fmt: skip
