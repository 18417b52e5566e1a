"""sign, at the bank: the contract of an accepted offer, by both keys on the chain, by the company's account at the portal, or on paper;
then there is a loan.

On the chain: the bank proposes (its key), the company signs in its own home (its key; kemiao sign FILE), the bank takes note.
At the portal: the bank proposes, and the company's account signs the text that it was shown (sign_at_portal), up to an amount of lending.toml.
Killed between the two, the same command goes on: the contract is kept before it is proposed, and the chain knows it by its digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kemiao.bank.commands import due_diligence
from kemiao.bank.commands.apply import step
from kemiao.bank.commands.condition import still_open
from kemiao.bank.commands.offer import frozen, terms_on
from kemiao.bank.lending import contract
from kemiao.bank.lending.applications import Application, Effort, at_step, lending_policy
from kemiao.bank.lending.clearance import Clearance, clear
from kemiao.bank.lending.loan_store import loan_draft, loan_id
from kemiao.bank.lending.paper import paper_digest
from kemiao.bank.lending.settlement import settlement
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain.rules.contracts import seen
from kemiao.chain.rules.state import day_of
from kemiao.credit.servicing.columns import LOANS
from kemiao.law.lpr import Lpr, lpr_for_signing


@dataclass(frozen=True, slots=True)
class Paper:
    """A contract that was signed by hand; only its digest is kept."""

    path: Path


@dataclass(frozen=True, slots=True)
class Proposed:
    """The company's turn. entry: of the chain; at the portal the contract's digest. file: what the company is to be handed, for its own
    kemiao sign; empty at the portal. again: it waited already."""

    application: Application
    entry: str
    file: bytes
    until: str
    again: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """how: chain, portal or paper. signature: the company's entry, the contract's digest, or that of the paper."""

    application: Application
    loan: Mapping[str, Any]
    how: str
    signature: str


def sign(
    world: World, own: str, paper: Paper | None, effort: Effort, *, portal: bool = False
) -> Proposed | Signed | Refusal:
    """portal: the company is to sign by its account there."""
    found = at_step(world, own, "accepted", "proposed")
    if isinstance(found, Refusal):
        return found
    if found.step == "proposed":  # the bank's key has signed, and who may do that was looked at then
        if found.contract is not None and found.contract["how"] == "portal":
            if paper is not None:
                return Refusal.at("WAITS_AT_PORTAL", "合同待企业账户在门户签署;改签纸质合同须先 kemiao application withdraw 再 reopen", "the contract waits for the company's account at the portal: to sign on paper, kemiao application withdraw it and reopen", application=found.id)  # fmt: skip
            return Proposed(found, str(found.contract["commitment"]), b"", str(found.contract["until"]), again=True)
        if paper is not None:
            return Refusal.at("WAITS_ON_CHAIN", "合同已在链上待企业签署;改签纸质合同须先 kemiao application withdraw 再 reopen", "the contract waits on the chain: to sign on paper, kemiao application withdraw it and reopen", application=found.id)  # fmt: skip
        return _taken_note(world, found, effort)  # by the program itself too: the chain says who signed
    if effort.account is None:
        return Refusal("NO_ACCOUNT_NAMED", "签约须由人办理:用 --as 账户,或设 KEMIAO_ACCOUNT", "a contract is signed by a person: --as ACCOUNT, or set KEMIAO_ACCOUNT")  # fmt: skip
    looked = due_diligence.standing(world, found.company)
    if isinstance(looked, Refusal):
        return looked
    refused = still_open(found, "signing")
    if refused is not None:
        return refused
    unit = found.offer["terms"].get("unit") if found.offer else None
    bound = {"application": found.id, "company": found.company, "round": found.round}
    may = clear(world, effort.account, "sign", int(found.asked["amount_fen"]), bound, unit=unit or effort.account.unit)
    if isinstance(may, Refusal):
        return may
    if paper is not None:
        return _on_paper(world, found, paper, effort, may)
    if portal:
        return _at_portal(world, found, effort, may)
    return _on_chain(world, found, effort, may)


def sign_at_portal(world: World, own: str, digest: str, effort: Effort) -> Signed | Refusal:
    """The company's account signs the contract that it was shown. That it is the account's person who asks was proved before (password,
    code). Refuses NOT_THE_APPLICANT, NOT_AT_THIS_STEP, SIGNED_ELSEWHERE, OTHER_TEXT, PORTAL_SIGNING_NOT_ALLOWED."""
    found = at_step(world, own, "proposed")
    if isinstance(found, Refusal):
        return found
    said, document = found.contract, _kept(world, found)
    if said is None or document is None:
        raise BrokenInvariant(f"{found.id} is proposed, and its contract is gone")
    if effort.applicant is None or effort.applicant.company != found.company:
        return Refusal.at("NOT_THE_APPLICANT", "须由申请企业自己的账户签署", "the applicant's own account signs", application=found.id)  # fmt: skip
    if said["how"] != "portal":
        return Refusal.at("SIGNED_ELSEWHERE", "这份合同在链上签署,须用企业密钥", "this contract is signed on the chain, by the company's key", application=found.id)  # fmt: skip
    if digest != said["commitment"]:
        return Refusal.at("OTHER_TEXT", "所见文本与待签合同不是同一份:请重新打开", "the text that was seen is not the contract: open it again", application=found.id)  # fmt: skip
    refused = portal_may(world, int(found.asked["amount_fen"]))
    if refused is not None:
        return refused
    day = world.clock.today()
    row = {**document["terms"], "signed_on": day.isoformat()}
    public = {"how": "portal", "contract": digest, "commitment": digest, "signature": digest}
    return _signed(world, found, row, public, None, "portal", digest, effort)


def portal_may(world: World, amount_fen: int) -> Refusal | None:
    """Whether a company may sign so much by its account at the portal: lending.toml, [signing] portal_max_fen; without it, nothing.
    Refuses PORTAL_SIGNING_NOT_ALLOWED."""
    rules = lending_policy(world)
    if isinstance(rules, Refusal):
        return rules
    most = rules.get("signing", {}).get("portal_max_fen", 0)
    if type(most) is int and 0 < amount_fen <= most:
        return None
    return Refusal.at("PORTAL_SIGNING_NOT_ALLOWED", "这一金额不能用门户账户签署:请用链上密钥或纸质合同(lending.toml [signing])", "such an amount is not signed by an account at the portal: by a key on the chain or on paper (lending.toml, [signing])", amount_fen=amount_fen)  # fmt: skip


def signing_rates(world: World, day: date) -> Lpr | Refusal:
    """The LPR that a contract of the day may be signed on. Refuses LPR_STALE, LAW_NOT_IN_FORCE, POLICY_NOT_IN_FORCE."""
    choices = world.policy.on(day).get("law_choices", {}).get("lpr", {})
    grace = choices.get("signing_grace_days")
    if type(grace) is not int:
        return Refusal.at("POLICY_NOT_IN_FORCE", "law_choices.toml 没有 [lpr] signing_grace_days", "law_choices.toml has no [lpr] signing_grace_days", on=day)  # fmt: skip
    return lpr_for_signing(world.law, day, grace_days=grace)


def take_back(world: World, found: Application) -> Refusal | None:
    """The proposal of an application, taken back on the chain; nothing is done where it was taken back before."""
    if world.chain is None or found.contract is None:
        return None
    done = world.chain.act("contract.withdraw", subject=found.company, body={"contract": found.contract["contract"]})
    if isinstance(done, Refusal) and done.code not in ("CONTRACT_WITHDRAWN", "CONTRACT_EXPIRED"):
        return done
    return None


def _on_paper(world: World, found: Application, paper: Paper, effort: Effort, may: Clearance) -> Signed | Refusal:
    sha256 = paper_digest(paper.path)
    if isinstance(sha256, Refusal):
        return sha256
    day = world.clock.today()
    row = _terms(world, found, day)
    if isinstance(row, Refusal):
        return row
    said = {"how": "paper", "paper": sha256}
    return _signed(world, found, row, said, {"file": paper.path.name}, "paper", sha256, effort, may)


def _on_chain(world: World, found: Application, effort: Effort, may: Clearance) -> Proposed | Refusal:
    chain = world.chain
    if chain is None:
        return Refusal.at("PAPER_NEEDED", "本目录没有加入共享链:签纸质合同,用 --paper 文件", "this home takes no part in a chain: sign on paper, --paper FILE", application=found.id)  # fmt: skip
    chain.refresh()
    if chain.node.get(f"company/{found.company}") is None:
        return Refusal.at("PAPER_NEEDED", "链上没有代表该企业的参与方:签纸质合同,用 --paper 文件", "nobody on the chain speaks for the company: sign on paper, --paper FILE", company=found.company)  # fmt: skip
    document = _kept(world, found) or _drawn_up(world, found, chain.me)
    if isinstance(document, Refusal):
        return document
    mark = contract.commitment(document)
    done = chain.act("contract.propose", subject=found.company, body={"until": document["until"]}, commitment=mark)
    if isinstance(done, Refusal):
        entry = chain.node.get(f"proposed/{chain.me}/{mark}") if done.code == "PROPOSED_ALREADY" else None
        if entry is None:
            return done
    else:
        entry = done.id
    public = {"how": "chain", "contract": entry, "commitment": mark, "until": document["until"]}
    told = step(world, found.id, ("accepted",), "proposed", effort, public, clearance=may)
    if isinstance(told, Refusal):
        return told
    return Proposed(told.application, entry, _file(chain.chain, entry, document), document["until"], again=False)


def _at_portal(world: World, found: Application, effort: Effort, may: Clearance) -> Proposed | Refusal:
    refused = portal_may(world, int(found.asked["amount_fen"]))
    if refused is not None:
        return refused
    own = settlement(world, world.clock.today())
    if isinstance(own, Refusal):
        return own
    document = _kept(world, found) or _drawn_up(world, found, own.payer.name)
    if isinstance(document, Refusal):
        return document
    mark = contract.commitment(document)
    public = {"how": "portal", "contract": mark, "commitment": mark, "until": document["until"]}
    told = step(world, found.id, ("accepted",), "proposed", effort, public, clearance=may)
    return told if isinstance(told, Refusal) else Proposed(told.application, mark, b"", document["until"], again=False)


def kept_contract(world: World, found: Application) -> dict[str, Any] | None:
    """The document of this round, as it was drawn up; None before that, or where it was erased."""
    return _kept(world, found)


def contract_file(world: World, found: Application) -> bytes | None:
    """What the company is handed of a contract that was proposed on the chain, for its own kemiao sign."""
    document = _kept(world, found)
    if world.chain is None or document is None or found.contract is None or found.contract["how"] != "chain":
        return None
    return _file(world.chain.chain, str(found.contract["contract"]), document)


def _taken_note(world: World, found: Application, effort: Effort) -> Proposed | Signed | Refusal:
    """Whether the company has signed meanwhile."""
    chain, said = world.chain, found.contract
    document = _kept(world, found)
    if chain is None or said is None or document is None:
        raise BrokenInvariant(f"{found.id} is proposed on a chain, and chain or contract are gone")
    chain.refresh()
    now = seen(chain.node, str(said["contract"]), chain.today())
    if now is None:
        return Refusal.at("NO_SUCH_CONTRACT", "没有这份合同", "there is no such contract", contract=said["contract"])
    if now.word == "proposed":
        return Proposed(found, now.id, _file(chain.chain, now.id, document), document["until"], again=True)
    if now.word != "signed":
        return Refusal.at("CONTRACT_NOT_SIGNED", f"合同状态:{now.word};可 kemiao application withdraw 后 reopen", f"the contract is {now.word}: kemiao application withdraw, then reopen", contract=now.id)  # fmt: skip
    by_company = now.value["signed"]
    row = {**document["terms"], "signed_on": day_of(by_company["at"])}
    public = {"how": "chain", "contract": now.id, "commitment": said["commitment"], "signature": by_company["entry"]}
    return _signed(world, found, row, public, None, "chain", by_company["entry"], effort)


def _signed(
    world: World, found: Application, row: Mapping[str, Any], said: Mapping[str, Any], private: Mapping[str, Any] | None,
    how: str, signature: str, effort: Effort, may: Clearance | None = None,
) -> Signed | Refusal:  # fmt: skip
    """The loan and the application's step in one transaction."""
    account = effort.account
    placed = (
        {"unit": account.unit, "manager": account.account} if account else _proposer(found)
    )  # who signs keeps it where nobody offered
    loan = {**placed, **{name: value for name, value in row.items() if value is not None}, "loan": _loan_id(found)}
    days = {field.name for field in LOANS if str(field.type) == "date32[day]"}
    typed = {name: date.fromisoformat(value) if name in days and isinstance(value, str) else value for name, value in loan.items()}  # fmt: skip
    done = step(
        world, found.id, (found.step,), "signed", effort, {**said, "loan": loan["loan"]}, private,
        beside=[loan_draft(typed)], clearance=may,
    )  # fmt: skip
    return done if isinstance(done, Refusal) else Signed(done.application, frozen(typed), how, signature)


def _proposer(found: Application) -> dict[str, Any]:
    """Where the company signed last: who proposed the contract."""
    said = next((event.public for event in reversed(found.steps) if event.public["step"] == "proposed"), None)
    return {} if said is None else {"unit": said["unit"], "manager": said["by"]}


def _drawn_up(world: World, found: Application, bank: str) -> dict[str, Any] | Refusal:
    """The contract's document, kept under the company's key before anybody sees it. bank: as the contract names it."""
    day = world.clock.today()
    row = _terms(world, found, day)
    if isinstance(row, Refusal):
        return row
    if found.offer is None or found.until is None:
        raise BrokenInvariant(f"{found.id} was accepted without an offer")
    document = {
        "application": found.id, "bank": bank, "company": found.company, "loan": _loan_id(found), "on": day.isoformat(),
        "nonce": world.random_bytes(contract.NONCE_BYTES).hex(), "round": found.round, "until": found.until.isoformat(), "terms": frozen(row),
        "offer": {name: found.offer[name] for name in ("apr_ppm", "conditions", "covenants", "decision", "product_digest")},
    }  # fmt: skip
    with world.log.write() as tx:
        kept = _kept(world, found)
        if kept is not None:
            return kept
        tx.append(contract.KIND, found.company, _place(found), {"digest": contract.commitment(document)}, document)
    return document


def _terms(world: World, found: Application, day: date) -> dict[str, Any] | Refusal:
    rates = signing_rates(world, day)
    return rates if isinstance(rates, Refusal) else terms_on(world, found, day, rates)


def _kept(world: World, found: Application) -> dict[str, Any] | None:
    event = world.log.last(contract.KIND, ref=_place(found))
    return None if event is None else world.log.private(event)


def _place(found: Application) -> str:
    return f"{found.id}/{found.round}"


def _loan_id(found: Application) -> str:
    return loan_id(found.company, {"application": found.id, "round": found.round})


def _file(chain: str, entry: str, document: Mapping[str, Any]) -> bytes:
    return contract.file_bytes(contract.ContractFile(chain, entry, document))
