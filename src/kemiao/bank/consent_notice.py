"""What a company is told before it signs a consent, in plain words and both languages (个人信息保护法 17, 征信业管理条例 19).

The consent carries the digest of exactly this text, so that later nobody has to argue about what was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kemiao.bank.chain_side import SharedChain
from kemiao.bank.commands.consent import name_of
from kemiao.facts.tables import TABLES

if TYPE_CHECKING:
    from kemiao.bank.commands.consent import Grant

PURPOSES = {
    "credit_review": ("授信审查(含其报告与追溯)", "credit review (with its report and trace)"),
    "post_loan": ("贷后管理", "monitoring after the loan"), "planning": ("额度配置测算", "planning of limits"),
    "model_fitting": ("拟合评级模型", "fitting rating models"), "peer_comparison": ("同业比较", "comparison with peers"),
    "report": ("出具报告", "reports"), "trace": ("追溯决定", "tracing decisions"),
    "subject_access": ("答复企业本身的查询", "answering the company's own enquiry"), "import": ("导入资料", "import of papers"),
}  # fmt: skip


def notice(chain: SharedChain, company: str, asked: Grant) -> str:
    """Chinese, a blank line, English; then the reader's own text where the company was given one."""
    parts = [_zh(chain, company, asked), _en(chain, company, asked)]
    return "\n\n".join([*parts, asked.own_text] if asked.own_text else parts) + "\n"


def _zh(chain: SharedChain, company: str, asked: Grant) -> str:
    tables = "、".join(TABLES[name].zh for name in asked.tables)
    purposes = "、".join(PURPOSES[name][0] for name in asked.purposes)
    lines = [
        f"{company} 授权 {name_of(chain, asked.reader)}({asked.reader})读取本企业的:{tables}。",
        f"用途:{purposes};不得用于其他用途。",
        f"期限:{asked.from_on} 至 {asked.until}(含当日),次数:{'不限' if asked.queries is None else f'{asked.queries} 次'}。",
        f"账户:{'全部' if asked.accounts is None else '仅' + '、'.join(asked.accounts)}。",
        "每次查询须另经本企业同意。" if asked.ask else "期限内每次查询不再另行征求同意。",
        "该机构可以在此范围内转授他人,转授随本授权失效。" if asked.may_pass_on else "该机构不得转授他人。",
        "每次读取都在链上留下回执:kemiao consent reads。可随时撤回,撤回即刻生效:kemiao consent revoke;此前已经作出的决定不受影响,已读资料的保存期限依法律和双方约定。",
        "本授权的内容(谁、哪些表、用途、期限、次数、账户尾号)对链上各参与方公开;企业资料本身不上链。",
    ]
    return "\n".join(lines)


def _en(chain: SharedChain, company: str, asked: Grant) -> str:
    tables = ", ".join(TABLES[name].en for name in asked.tables)
    purposes = "; ".join(PURPOSES[name][1] for name in asked.purposes)
    lines = [
        f"{company} lets {name_of(chain, asked.reader)} ({asked.reader}) read its: {tables}.",
        f"For: {purposes}; for nothing else.",
        f"From {asked.from_on} until {asked.until} (that day included), {'any number of times' if asked.queries is None else _times(asked.queries)}.",
        f"Accounts: {'all' if asked.accounts is None else 'only ' + ', '.join(asked.accounts)}.",
        "Each query needs the company's approval." if asked.ask else "Within the term no query is asked about again.",
        "The reader may pass this on within these bounds; what is passed on ends with this consent." if asked.may_pass_on else "The reader may not pass this on.",
        "Each reading leaves a receipt on the chain: kemiao consent reads. It can be revoked at any time, at once: kemiao consent revoke; decisions made before stand, and papers already read are kept as the law and the parties' agreement say.",
        "Who may read which tables, for what, until when, how often and which accounts is open to all participants of the chain; the papers themselves are not on it.",
    ]  # fmt: skip
    return "\n".join(lines)


def _times(queries: int) -> str:
    return "once" if queries == 1 else f"{queries} times"


def purposes_text(purposes: Sequence[str], lang: str) -> str:
    """For lists: a purpose that is not known here keeps its name."""
    return ("、" if lang == "zh" else ", ").join(
        PURPOSES.get(name, (name, name))[lang != "zh"].split("(")[0].rstrip() for name in purposes
    )
