"""Routes, by what they are about. Each module has `routes`, made by portal.door.router()."""

from __future__ import annotations

from fastapi import APIRouter


def all_routes() -> list[APIRouter]:
    from kemiao.portal.routes import chain, companies, consents, readings, receipts, session, signing

    trust = [signing.routes, consents.routes, readings.routes, receipts.routes, chain.routes]
    return [*trust, session.routes, companies.routes]
