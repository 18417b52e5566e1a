"""Routes, by what they are about. Each module has `routes`, made by portal.door.router()."""

from __future__ import annotations

from fastapi import APIRouter


def all_routes() -> list[APIRouter]:
    from kemiao.portal.routes import (
        applications,
        chain,
        companies,
        consents,
        loans,
        offers,
        products,
        readings,
        receipts,
        session,
        signing,
    )

    money = [products.routes, applications.routes, offers.routes, loans.routes]
    trust = [signing.routes, consents.routes, readings.routes, receipts.routes, chain.routes]
    from kemiao.portal.routes import approvals, casework, complaints, payments, worklist

    work = [worklist.routes, casework.routes, approvals.routes, complaints.routes, payments.routes]
    from kemiao.portal.routes import plans, reviews, seen

    own = [seen.routes, reviews.routes, plans.routes]
    from kemiao.portal.routes import account, imports, staff, users

    accounts = [account.routes, users.routes, staff.routes, imports.routes]
    from kemiao.portal.routes import calls, company_view, portfolio

    book = [calls.routes, company_view.routes, portfolio.routes]
    from kemiao.portal.routes import audit, mandates, market

    markets = [market.routes, mandates.routes, audit.routes]
    from kemiao.portal.routes import events

    return [events.routes, *markets, *book, *accounts, *own, *work, *trust, *money, session.routes, companies.routes]
