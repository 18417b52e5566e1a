"""One application to disbursement, machine time, event log and chain included: every step as its command does it.

A node of its own on the measured disk, a bank and companies with keys; each application is made, assessed, offered, accepted,
ticked, proposed by the bank's key, signed by the company's, taken note of, and paid out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from kemiao.base.refusal import BrokenInvariant, Refusal

COUNT, WARM = 200, 3
_DAY = date(2024, 7, 1)
_SUITE = "ed25519"
_PASSPHRASE = "bench"  # noqa: S105 - of keys that live in a scratch folder for as long as the bench runs
_COST = (1, 8192)  # of unlocking a key file, once a process: not what is measured


def bench_way(folder: Path, divided_by: int) -> Iterable[dict[str, Any]]:
    """Rows of {what, reach, …}. folder: scratch on the disk that is measured."""
    import os

    from kemiao.bank.world import open_world
    from kemiao.base.clock import FixedClock

    clock = FixedClock(datetime(_DAY.year, _DAY.month, _DAY.day, 9, tzinfo=UTC))
    count = max(5, COUNT // divided_by)
    companies = [_company(number) for number in range(count + WARM)]
    root = _home(folder / "home", companies, clock)
    took: list[float] = []
    cpu: list[float] = []
    steps: dict[str, list[float]] = {}
    with open_world(root, clock, os.urandom, lambda: _PASSPHRASE) as world:
        for number, company in enumerate(companies):
            timed: dict[str, float] = {}
            start, busy = perf_counter(), process_time()
            _one(world, company, number, timed)
            if number >= WARM:
                took.append(perf_counter() - start - timed.pop("company", 0.0))
                cpu.append(process_time() - busy)  # both cores, the company's signature among it
                for name, seconds in timed.items():
                    steps.setdefault(name, []).append(seconds)
    p50, p99 = _percentiles(took)
    yield {
        "what": "one application to disbursement, log and chain included", "count": count, "p50_ms": p50, "p99_ms": p99,
        "cpu_p50_ms": _percentiles(cpu)[0], "cpu_p99_ms": _percentiles(cpu)[1], "reach": "p99 under 1 s of machine time", "practice": "3 minutes to apply, 1 second to pay out (MYbank, 2015 on)",
        "steps_p50_ms": {name: _percentiles(some)[0] for name, some in steps.items()},
    }  # fmt: skip


def _one(world: Any, company: str, number: int, timed: dict[str, float]) -> None:
    from kemiao.bank.commands.apply import Apply, accept, apply
    from kemiao.bank.commands.condition import Tick, conditions, tick
    from kemiao.bank.commands.disburse import Disburse, disburse
    from kemiao.bank.commands.due_diligence import Look, Owner, due_diligence
    from kemiao.bank.commands.offer import Offer, offer
    from kemiao.bank.commands.sign import sign
    from kemiao.bank.lending.applications import Effort
    from kemiao.bank.lending.people import account_of

    def step(name: str, run: Any) -> Any:
        start = perf_counter()
        answer = run()
        timed[name] = timed.get(name, 0.0) + perf_counter() - start
        if isinstance(answer, Refusal):
            raise BrokenInvariant(f"{name}: {answer.code} {answer.en} {dict(answer.where)}")
        return answer

    alone, clerk = Effort(), Effort(account_of(world, "clerk"))  # type: ignore[arg-type]
    asked = Apply(company, "tech_credit", 20_000_000, 12, "raw_materials")
    own = step("apply", lambda: apply(world, asked, alone)).application.id
    found = step("offer", lambda: offer(world, Offer(own), alone)).application
    if found.step != "offered":
        raise BrokenInvariant(f"the bench's company is declined: {found.why}")
    step("accept", lambda: accept(world, own, clerk))
    step("due diligence", lambda: due_diligence(world, Look(company, (Owner("张三", 600_000),), "low"), clerk))
    codes = tuple(each["code"] for each in conditions(found))
    step("conditions", lambda: tick(world, Tick(own, codes, note="bench"), clerk))
    proposed = step("sign, the bank", lambda: sign(world, own, None, clerk))
    step("company", lambda: _company_signs(world, company, number, proposed))
    step("sign, taking note", lambda: sign(world, own, None, clerk))
    step("disburse", lambda: disburse(world, Disburse(own), clerk))


def _company_signs(world: Any, company: str, number: int, proposed: Any) -> Any:
    """The company's own key, straight into the node: its time is its own and is not counted."""
    from kemiao.bank.chain_link import NODE_FILE
    from kemiao.bank.lending import contract
    from kemiao.chain.entry import Entry, envelope, signed_bytes
    from kemiao.chain.sqlite_node import SqliteNode

    read = contract.read_file(proposed.file)
    if isinstance(read, Refusal):
        return read
    signer, author = _key(f"company-{number}", "entries"), f"company-{number}"
    made = Entry(
        "contract.sign", author, signer.key_id, 1, world.chain.chain, company, body={"contract": read.entry},
        commitment=contract.commitment(read.document),
    )  # fmt: skip
    node = SqliteNode.open(world.home.chain / NODE_FILE, world.clock, _key("bank", "node"))
    try:
        (answer,) = node.submit([envelope(made, signer.sign(signed_bytes(made.id())))]).results
    finally:
        node.close()
    return answer


def _home(root: Path, companies: list[str], clock: Any) -> Path:
    """A home that is a node, whose lake has papers of every company, and a clerk."""
    import os

    from kemiao.bank.chain_link import NODE_FILE
    from kemiao.bank.chain_side import ChainSettings, write_settings
    from kemiao.bank.home import create_home
    from kemiao.bank.lending.people import ADDED
    from kemiao.bank.world import open_world
    from kemiao.chain.genesis import chain_id, make_card, make_genesis
    from kemiao.chain.keyring import KeyStore
    from kemiao.chain.sealed import Cost
    from kemiao.chain.sqlite_node import SqliteNode

    home = create_home(root, os.urandom)
    home.chain.mkdir(mode=0o700)
    everybody = [("bank", ("bank",), None), *((f"company-{n}", ("company",), key) for n, key in enumerate(companies))]
    cards = [
        make_card(name, name, roles, company, [(_key(name, use), purposes) for use, purposes in _USES])
        for name, roles, company in everybody
    ]
    made = make_genesis("bench", cards, {"searches_per_day": 1000, "blinding_check": None}, int(clock.now().timestamp() * 1000))  # fmt: skip
    SqliteNode.create(home.chain / NODE_FILE, made, clock, _key("bank", "node")).close()
    write_settings(home, ChainSettings("bank", chain_id(made), "node"))
    store = KeyStore(home.keys)
    for use, purposes in _USES:
        store.save("bank", use, _SUITE, _seed("bank", use), tuple(purposes), _PASSPHRASE, os.urandom, cost=Cost(*_COST))
    with open_world(root, clock, os.urandom, lambda: _PASSPHRASE) as world:
        _papers(world, companies)
        with world.log.write() as tx:
            tx.append(ADDED, None, "clerk", {"person": "clerk", "roles": ["customer_manager"], "unit": "technology_branch", "bootstrap": False, "by": None})  # fmt: skip
    return root


_USES = (("keys", ["keys"]), ("entries", ["consent", "entries"]), ("node", ["node"]))


def _papers(world: Any, companies: list[str]) -> None:
    """Two years of invoices, statements and returns of sound companies, as an import leaves them behind."""
    from kemiao.app.bench_lending_papers import sound_papers

    sound_papers(world, companies, _DAY)


def _company(number: int) -> str:
    from kemiao.base.keys import uscc_check_digit

    first = f"91330106MA2{number:06d}"
    return f"uscc:{first}{uscc_check_digit(first)}"


def _seed(name: str, use: str) -> bytes:
    return hashlib.sha256(f"bench way {name} {use}".encode()).digest()


def _key(name: str, use: str) -> Any:
    from kemiao.base.signing import signer_from_seed

    return signer_from_seed(_SUITE, _seed(name, use))


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    ordered = sorted(1000 * each for each in seconds)
    return round(ordered[len(ordered) // 2], 1), round(ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)], 1)
