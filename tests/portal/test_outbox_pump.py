"""`kemiao serve` sends to the chain what waits for it: by itself, each thing once, and on from where a server before it was killed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kemiao.app.outbox_pump import Pump
from kemiao.bank import intents
from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.outbox import flush, waiting
from kemiao.base.refusal import BrokenInvariant
from kemiao.chain.entry import Signed, open_envelope
from kemiao.chain.proof_checking import Proved, check
from little_bank import ME, OTHER
from portal.running import Running, running, until
from portal.served import served
from portal.trust_home import PASSPHRASE, trust_home, world_of

pytestmark = pytest.mark.slow
CODE = ME.removeprefix("uscc:")
ORDERS = f"统一社会信用代码,订单号,客户名称,签订日期,合同金额(万元),交付日期,状态\n{CODE},D1,客户,2024-01-15,100,2024-09-30,执行中\n"


class Died(BaseException):
    """Nothing catches it."""


def test_what_waits_is_sent_once_also_after_the_server_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = trust_home(tmp_path / "home")
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    died_after_the_chain_had_it(home, monkeypatch)
    with running(home, "--no-log") as found:
        until(lambda: sent(home))
        brought = found.ask("POST", "sun", "/imports", data={"map": "orders", "basis": "own", "company": ME}, files=[("files", ("订单.csv", ORDERS.encode(), "text/csv"))], headers={"idempotency-key": "orders-once"})  # fmt: skip
        assert brought.status_code == 201, brought.text
        decision = decided(found)
        found.process.kill()
        found.process.wait()
    with world_of(home) as world:  # by a command meanwhile
        assess(world, Request((OTHER,)))
        assert waiting(world) > 0
    with running(home, "--no-log") as found:
        until(lambda: sent(home))  # nobody asks for anything
        proof = check(found.get("mine", f"/receipts/{decision}/proof").content)
        assert isinstance(proof, Proved), proof
        assert decision in str(proof.facts)
    with world_of(home) as world:
        anchored = [event.public["entry"] for event in world.log.events("anchored")]
        assert world.chain is not None
        on_chain = Counter(kind_of(record.envelope) for record in world.chain.node.records(1))  # after the genesis
        assert len(set(anchored)) == len(anchored) == on_chain.total()
        runs = len(list(world.log.events("assessment")))  # each that decided anything
        assert (on_chain["attestation"], on_chain["decision"]) == (1, runs)
        assert intents.unfinished(world.log) == []
        assert world.log.broken_link() is None


def died_after_the_chain_had_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: Any) -> None:
        raise Died

    with monkeypatch.context() as patch, world_of(home) as world:
        patch.setattr(intents, "end", die)
        with pytest.raises(Died):
            flush(world)
    with world_of(home) as world:
        assert world.chain is not None
        assert (waiting(world), world.chain.node.size(), len(intents.unfinished(world.log))) == (1, 2, 1)


def decided(found: Running) -> str:
    """On the papers that were just brought: an attestation that the decision names goes ahead of it."""
    wish = {"product": "tech_credit", "amount_fen": 30_000_000, "months": 12, "purpose": "raw_materials"}
    made = found.post("mine", f"/companies/{ME}/applications", wish)
    assert made.status_code == 201, made.text
    return str(made.json()["offer"]["decision"])


def kind_of(envelope: bytes) -> str:
    opened = open_envelope(envelope)
    assert isinstance(opened, Signed), opened
    return opened.entry.kind


def sent(home: Path) -> bool:
    with world_of(home) as world:
        return waiting(world) == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_server_that_no_longer_sends_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    with served(trust_home(tmp_path / "home")) as found:
        pump = Pump(found.portal)
        assert found.client.get("/readyz").json()["chain"]
        monkeypatch.setattr(Pump, "_flushed", broken)
        pump.start()
        until(lambda: not found.client.get("/readyz").json()["chain"])
        assert found.client.get("/readyz").status_code == 503
        pump.stop()


def broken(_: Pump) -> int:
    raise BrokenInvariant("the chain contradicts the log")
