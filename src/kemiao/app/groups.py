"""Groups of commands that several modules add to, such as `kemiao chain` and `kemiao loan`."""

from __future__ import annotations

import typer

_WORDS = {
    "chain": "共享链:状态、证明、审计、跟随 / the shared chain: state, proofs, audit, following.  例 e.g.: kemiao chain status",
    "loan": "贷款:欠多少、还了多少、变更 / loans: what is owed, what was paid, what changes.  例 e.g.: kemiao loan list",
    "books": "账务:凭证、试算平衡、对账单、导出 / books: postings, trial balance, statements, exports.  例 e.g.: kemiao books balance",
    "book": "资产质量:分类、减值、资本 / quality of the loan book: classes, allowances, capital.  例 e.g.: kemiao book show",
    "market": "资金撮合:需求、资金、密封撮合、结果 / the market: requests, mandates, sealed calls, results.  例 e.g.: kemiao market clear --requests r.csv --mandates m.csv",
    "audit": "审计:访问日志、日志是否完整、例外 / audit: who asked for what, whether the logs are whole, exceptions.  例 e.g.: kemiao audit check",
    "payments": "收付款:报文进出与对账 / payments: messages in and out, reconciliation.  例 e.g.: kemiao payments in FILE.xml",
}


def group(cli: typer.Typer, name: str) -> typer.Typer:
    """The one group of that name, made by whoever asks first."""
    for known in cli.registered_groups:
        if known.name == name and known.typer_instance is not None:
            return known.typer_instance
    made = typer.Typer(no_args_is_help=True, help=_WORDS[name])
    cli.add_typer(made, name=name)
    return made
