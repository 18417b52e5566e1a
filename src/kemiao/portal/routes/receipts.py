"""Receipts of a company: what the chain has of its decisions, contracts and consents, as files that a stranger can check."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel
from starlette.responses import Response

from kemiao.portal.door import Asking, CompanyKey, Page, done, router

routes = router("receipts")
ReceiptId = Annotated[
    str, Path(pattern=r"^(dec-[0-9a-f]{20}|[0-9a-f]{64})$", description="a decision, or an entry of the chain")
]


class ReceiptShown(BaseModel):
    """what: decision, consent, revocation, contract_proposed, contract_signed. entry, index: where it stands on the chain; null while it waits,
    or where there is no chain. with_whom: the participant on the other side."""

    id: str
    what: str
    at: int
    entry: str | None
    index: int | None
    state: str | None
    with_whom: str | None


@routes.get("/companies/{company}/receipts")
def receipts(asked: Asking, company: CompanyKey) -> Page[ReceiptShown]:
    """The newest first."""
    from kemiao.bank.company_trust import receipts_of

    with asked.world() as world:
        found = receipts_of(world, company)
    return Page(items=[ReceiptShown(id=one.id, what=one.what, at=one.at, entry=one.entry, index=one.index, state=one.state, with_whom=one.with_whom) for one in found])  # fmt: skip


@routes.get(
    "/receipts/{receipt}/proof", response_class=Response, responses={200: {"content": {"application/json": {}}}}
)
def proof(asked: Asking, receipt: ReceiptId) -> Response:
    """A proof file (docs/chain-proofs.md): an entry or a decision in the tree, under a signed head, from the genesis on."""
    return _file(asked, receipt, promise=False)


@routes.get(
    "/receipts/{receipt}/promise", response_class=Response, responses={200: {"content": {"application/json": {}}}}
)
def promise(asked: Asking, receipt: ReceiptId) -> Response:
    """The node's signed word that it keeps the entry, and whether it did; for what was submitted from here."""
    return _file(asked, receipt, promise=True)


def _file(asked: Asking, receipt: str, *, promise: bool) -> Response:
    from kemiao.bank.commands.prove import Prove, prove

    with asked.world() as world:
        made = done(prove(world, Prove(receipt, receipt=promise)))
    name = f"{receipt[:24]}{'-promise' if promise else ''}.proof.json"
    return Response(made.content, media_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'})  # fmt: skip
