"""A contract is proposed by one key, signed by the company's, and neither alone is a contract."""

from __future__ import annotations

import pytest

from chain.actors import ACME, BOLT, START, Stage, company_key
from kemiao.chain.rules.contracts import seen

TEXT, OTHER = "ab" * 32, "cd" * 32
DAY = "2026-01-01"
UNTIL = {"until": "2026-01-15"}
LATE = START + 15 * 86_400_000


def proposed(stage: Stage, text: str = TEXT) -> str:
    return stage.accepted("contract.propose", "bank-a", subject=ACME, commitment=text, body=UNTIL)


def word(stage: Stage, contract: str, day: str = DAY) -> str:
    found = seen(stage.state, contract, day)
    assert found is not None
    return found.word


def test_it_is_signed_once_both_keys_have_said_the_same_text() -> None:
    stage = Stage()
    own = proposed(stage)
    assert (word(stage, own), word(stage, own, "2026-01-16")) == ("proposed", "expired")
    entry = stage.accepted("contract.sign", "acme", subject=ACME, commitment=TEXT, body={"contract": own})
    assert (word(stage, own), word(stage, own, "2027-01-16")) == ("signed", "signed")
    assert stage.state.get(f"contract/{own}")["signed"]["entry"] == entry
    assert stage.refused("contract.sign", "acme", subject=ACME, commitment=TEXT, body={"contract": own}) == "SIGNED_ALREADY"  # fmt: skip
    assert stage.refused("contract.withdraw", "bank-a", subject=ACME, body={"contract": own}) == "SIGNED_ALREADY"


def test_nobody_signs_for_the_company_and_not_another_text() -> None:
    stage = Stage()
    body = {"contract": proposed(stage)}
    assert stage.refused("contract.sign", "bank-a", subject=ACME, commitment=TEXT, body=body) == "NOT_THE_COMPANY"
    assert stage.refused("contract.sign", "bolt", subject=ACME, commitment=TEXT, body=body) == "NOT_THE_COMPANY"
    assert stage.refused("contract.sign", "bolt", subject=BOLT, commitment=TEXT, body=body) == "OTHER_COMPANY"
    assert stage.refused("contract.sign", "acme", subject=ACME, commitment=OTHER, body=body) == "OTHER_TEXT"
    assert stage.refused("contract.sign", "acme", subject=ACME, body=body) == "OTHER_TEXT"
    assert stage.refused("contract.sign", "acme", subject=ACME, commitment=TEXT, body={"contract": OTHER}) == "NO_SUCH_CONTRACT"  # fmt: skip
    assert word(stage, body["contract"]) == "proposed"


def test_the_bank_takes_back_what_was_not_signed_and_after_the_last_day_nobody_signs() -> None:
    stage = Stage()
    first, second = proposed(stage), proposed(stage, OTHER)
    assert stage.refused("contract.withdraw", "bank-b", subject=ACME, body={"contract": first}) == "NOT_THE_PROPOSER"
    stage.accepted("contract.withdraw", "bank-a", subject=ACME, body={"contract": first})
    assert stage.refused("contract.sign", "acme", subject=ACME, commitment=TEXT, body={"contract": first}) == "CONTRACT_WITHDRAWN"  # fmt: skip
    assert stage.refused("contract.sign", "acme", subject=ACME, commitment=OTHER, body={"contract": second}, at=LATE) == "CONTRACT_EXPIRED"  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"commitment": None}, "CONTRACT_NEEDED"), ({"subject": None}, "NO_SUCH_COMPANY"),
        ({"subject": company_key("91330100MA2AX7J12")}, "NO_SUCH_COMPANY"), ({"body": {}}, "MALFORMED_BODY"),
        ({"body": {"until": "2025-12-31"}}, "UNTIL_OUT_OF_RANGE"), ({"body": {"until": "2027-01-03"}}, "UNTIL_OUT_OF_RANGE"),
        ({"body": {**UNTIL, "amount_fen": 1}}, "MALFORMED_BODY"),
    ],
)  # fmt: skip
def test_a_proposal_of_another_form_is_refused(parts: dict[str, object], code: str) -> None:
    given: dict[str, object] = {"subject": ACME, "commitment": TEXT, "body": UNTIL, **parts}
    assert Stage().refused("contract.propose", "bank-a", **given) == code


def test_the_same_text_is_proposed_once_and_nobody_contracts_with_itself() -> None:
    stage = Stage()
    proposed(stage)
    assert stage.refused("contract.propose", "bank-a", subject=ACME, commitment=TEXT, body=UNTIL) == "PROPOSED_ALREADY"
    assert stage.refused("contract.propose", "acme", subject=ACME, commitment=OTHER, body=UNTIL) == "OWN_CONTRACT"


def test_a_signature_by_a_key_in_wrong_hands_is_none() -> None:
    stage = Stage()
    own = proposed(stage)
    stage.accepted("contract.sign", "acme", subject=ACME, commitment=TEXT, body={"contract": own})
    value = stage.state.get(f"contract/{own}")
    for who, key, expected in (("acme", value["signed"]["key"], "proposed"), ("bank-a", value["key"], "distrusted")):
        body = {"retire": key, "add": None, "distrusted_from": START}
        stage.accepted("key.rotate", who, body=body, purpose="keys")
        assert word(stage, own) == expected
