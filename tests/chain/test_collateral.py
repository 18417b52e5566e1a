from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.actors import ACME, BLINDING_KEY, BOLT, START, Stage, cast, seeded, signed
from kemiao.base.refusal import Refusal
from kemiao.chain.blinding import blinded
from kemiao.chain.genesis import key_card
from kemiao.chain.rules.collateral import ACTS_MAX, KEPT
from kemiao.chain.rules.participants import added_key_bytes
from kemiao.chain.rules.rights import in_order, over, seen
from kemiao.chain.rules.state import day_of
from kemiao.chain.rules.suspicions import ASSETS_MAX, KEPT_MAX, NAMED_MAX

DAY_MS = 86_400_000
INVOICE = {"number": "00123456", "date": "2025-12-05", "seller": ACME, "buyer": BOLT, "total": 100_000}
MACHINE = {"serial": "SN-0071 A", "maker": "沈阳机床"}
THINGS = {"invoice": INVOICE, "machine": MACHINE, "patent": {"number": "201710601862.3"}, "movables": {"debtor": ACME}, "stock": {"lot": "WR1", "keeper": BOLT}}  # fmt: skip
USUAL = {"invoice": "pledge", "machine": "mortgage", "patent": "pledge", "movables": "floating", "stock": "pledge"}


@pytest.fixture
def stage():
    return Stage()


def thing(kind="invoice", **changed):
    made = blinded(BLINDING_KEY, kind, THINGS[kind] | changed)
    assert not isinstance(made, Refusal), made
    return made


def body(kind="invoice", parts=None, **changed):
    made = thing(kind, **(parts or {}))
    return {
        "asset": made.as_json(), "right": USUAL[kind], "debtor": ACME, "claim_fen": 90_000, "total_fen": made.total_fen,
        "pledged_fen": None, "contract_on": "2025-12-20", "until": "2027-01-01", "purchase_money": None, "behind": [],
    } | changed  # fmt: skip


def register(stage, author="bank-a", kind="invoice", parts=None, at=None, **changed):
    said = body(kind, parts, **changed)
    return stage.say("right.register", author, subject=said["debtor"], body=said, at=at)


def registered(stage, *args, **changed):
    own = register(stage, *args, **changed)
    assert isinstance(own, str), own
    return own


def refused(stage, *args, **changed):
    answer = register(stage, *args, **changed)
    assert isinstance(answer, Refusal), "was accepted"
    return answer.code


def notes(stage, code):
    return [dict(note.where) for note in stage.last.notes if note.code == code]


def order(stage, kind="invoice", debtor=None, **parts):
    day = day_of(stage.at)
    return [(place.right.id, place.rank) for place in in_order(over(stage.state, thing(kind, **parts).place(), debtor, day), day)]  # fmt: skip


def word(stage, own, day=None):
    return seen(stage.state, own, day or day_of(stage.at)).word


# -- a second right is refused or ranked, never silent


@pytest.mark.parametrize("kind", ["invoice", "machine", "patent", "movables", "stock"])
def test_a_second_right_over_one_thing_is_refused_and_the_first_is_named(stage, kind):
    first = registered(stage, kind=kind)
    assert stage.last.notes == ()
    again = register(stage, "bank-b", kind=kind)
    assert (again.code, dict(again.where)["rights"], dict(again.where)["holders"]) == ("ALREADY_ENCUMBERED", first, "bank-a")  # fmt: skip
    assert refused(stage, "bank-a", kind=kind) == "ALREADY_ENCUMBERED"  # its own counts too


def test_acknowledged_rights_are_ranked_by_registration_and_said_so(stage):
    first = registered(stage, kind="machine")
    second = registered(stage, "bank-b", "machine", behind=[first])
    assert notes(stage, "RANK") == [{"rank": "2", "of": "2", "ground": "by_time", "behind": first, "confidence": "text"}]  # fmt: skip
    assert refused(stage, "bank-b", "machine", behind=[second]) == "ALREADY_ENCUMBERED"
    third = registered(stage, "leasing-c", "machine", behind=[second, first])
    assert order(stage, "machine") == [(first, 1), (second, 2), (third, 3)]


def test_a_pledged_patent_is_not_pledged_again_whoever_acknowledges_it(stage):
    first = registered(stage, kind="patent")
    assert refused(stage, "bank-b", "patent", behind=[first]) == "ALREADY_ENCUMBERED"
    stage.accepted("right.release", "bank-a", body={"right": first, "amount_fen": None})
    registered(stage, "bank-b", "patent")


@pytest.mark.parametrize(
    "spelling",
    [
        {"number": "123456"},
        {"number": "00123456"},
        {"number": "00-123 456"},
        {"seller": ACME[5:].lower()},
        {"date": "2025年12月5日"},
        {"total": "1,000.00"},
    ],
)
def test_full_width_digits_leading_zeros_and_other_spellings_hide_nothing(stage, spelling):
    registered(stage)
    assert refused(stage, "bank-b", parts=spelling) == "ALREADY_ENCUMBERED"


def test_two_registrations_at_the_same_moment_are_ordered_by_their_place_in_the_chain(stage):
    now = START + 5000
    first = registered(stage, kind="machine", at=now)
    assert refused(stage, "bank-b", "machine", at=now) == "ALREADY_ENCUMBERED"
    second = registered(stage, "bank-b", "machine", at=now, behind=[first])
    assert order(stage, "machine") == [(first, 1), (second, 2)]


def test_a_registration_sent_again_is_not_taken_twice(stage):
    said = body()
    content = signed("right.register", "bank-a", sequence=1, subject=ACME, body=said)
    assert isinstance(stage.submit(content), str)
    assert stage.submit(content).code == "SEQUENCE_USED"
    stage.accepted("right.release", "bank-a", body={"right": stage.records[-1].id, "amount_fen": None})
    assert stage.submit(content).code == "SEQUENCE_USED"


# -- receivables in parts


def test_parts_of_a_receivable_may_reach_its_total_and_not_a_fen_more(stage):
    assert refused(stage, pledged_fen=100_001) == "OVER_PLEDGED"
    first = registered(stage, pledged_fen=60_000)
    assert refused(stage, "bank-b", pledged_fen=40_000) == "ALREADY_ENCUMBERED"
    assert refused(stage, "bank-b", pledged_fen=40_001, behind=[first]) == "OVER_PLEDGED"
    assert refused(stage, "bank-b", behind=[first]) == "OVER_PLEDGED"  # no part named is all of it
    second = registered(stage, "bank-b", pledged_fen=40_000, behind=[first])
    assert refused(stage, "bank-b", pledged_fen=1, behind=[first, second]) == "OVER_PLEDGED"
    stage.accepted("right.release", "bank-a", body={"right": first, "amount_fen": 1})
    registered(stage, "bank-b", pledged_fen=1, behind=[first, second])
    stage.accepted("right.release", "bank-a", body={"right": first, "amount_fen": 59_999})
    assert word(stage, first) == "released"  # its last part was given up


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"total_fen": 0}, "NOT_A_RECEIVABLE"),
        ({"total_fen": -100_000}, "NOT_A_RECEIVABLE"),
        ({"total_fen": None}, "NOT_A_RECEIVABLE"),
        ({"right": "mortgage"}, "RIGHT_DOES_NOT_FIT"),
        ({"claim_fen": 0}, "MALFORMED_BODY"),
        ({"claim_fen": True}, "MALFORMED_BODY"),
        ({"pledged_fen": -1}, "MALFORMED_BODY"),
        ({"behind": ["x"]}, "MALFORMED_BODY"),
        ({"asset": {"kind": ["invoice"], "id": "0" * 64, "variants": {}}}, "MALFORMED_BODY"),
        ({"asset": {"kind": "invoice", "id": "0" * 64, "variants": {}}}, "MALFORMED_BODY"),
        ({"asset": "invoice"}, "MALFORMED_BODY"),
        ({"asset": {**thing().as_json(), "number": "1"}}, "MALFORMED_BODY"),
        ({"asset": {**thing().as_json(), "id": "0"}}, "MALFORMED_BODY"),
        ({"asset": thing("machine").as_json(), "right": "mortgage"}, "MALFORMED_BODY"),  # with a total
        ({"debtor": ACME.removeprefix("uscc:")}, "MALFORMED_BODY"),
        ({"extra": 1}, "MALFORMED_BODY"),
        ({"until": "2026-01-31"}, "TERM_TOO_SHORT"),
        ({"until": "2056-01-02"}, "TERM_TOO_LONG"),
    ],
)
def test_what_is_no_registration_is_refused(stage, changed, code):
    assert stage.refused("right.register", "bank-a", subject=ACME, body=body(**changed)) == code


def test_terms_reach_from_one_month_to_thirty_years(stage):
    registered(stage, until="2026-02-01")
    registered(stage, kind="machine", until="2056-01-01")


def test_the_same_receivable_with_another_total_is_refused(stage):
    registered(stage, pledged_fen=1)
    assert refused(stage, "bank-b", total_fen=200_000, pledged_fen=1) == "TOTAL_DIFFERS"


def test_who_may_register_and_about_whom(stage):
    for author in ("acme", "auditor", "tax-office"):
        assert refused(stage, author) == "ROLE_MAY_NOT_REGISTER"
    assert stage.refused("right.register", "bank-a", subject=BOLT, body=body()) == "SUBJECT_IS_THE_DEBTOR"
    stage.accepted("participant.suspend", "bank-a", body={"suspended": True})
    assert refused(stage, "bank-a") == "SUSPENDED"


# -- purchase money and floating charges


def bought(day):
    return {"delivered_on": day}


def test_purchase_money_registered_within_ten_days_ranks_before_a_floating_charge(stage):
    floating = registered(stage, kind="movables", at=START)  # 2026-01-01 08:00 in China
    tenth = START + 15 * DAY_MS + 16 * 3_600_000 - 1  # the last millisecond of the 16th in China
    assert refused(stage, "leasing-c", "machine", purchase_money=bought("2026-01-06"), at=tenth) == "ALREADY_ENCUMBERED"
    first = registered(stage, "leasing-c", "machine", purchase_money=bought("2026-01-06"), behind=[floating], at=tenth)
    assert notes(stage, "RANK")[0] | {"confidence": ""} == {"rank": "1", "of": "2", "ground": "purchase_money", "behind": "", "confidence": ""}  # fmt: skip
    assert order(stage, "machine", ACME) == [(first, 1), (floating, 2)]


def test_a_millisecond_into_the_eleventh_day_it_ranks_behind(stage):
    floating = registered(stage, kind="movables", at=START)
    late = START + 15 * DAY_MS + 16 * 3_600_000
    second = registered(stage, "leasing-c", "machine", purchase_money=bought("2026-01-06"), behind=[floating], at=late)
    assert notes(stage, "RANK")[0]["ground"] == "by_time"
    assert order(stage, "machine", ACME) == [(floating, 1), (second, 2)]


def test_a_delivery_in_the_future_would_rank_first_for_ever_and_is_refused(stage):
    assert refused(stage, kind="machine", purchase_money=bought("2026-01-02")) == "DELIVERED_IN_THE_FUTURE"
    assert refused(stage, kind="stock", purchase_money=bought("2025-12-31")) == "NOT_FOR_A_PRICE"


def test_a_floating_charge_covers_machines_of_its_owner_only(stage):
    registered(stage, kind="movables")
    assert refused(stage, "bank-b", "machine") == "ALREADY_ENCUMBERED"
    registered(stage, "bank-b", "machine", debtor=BOLT)
    registered(stage, "bank-b", "patent")
    registered(stage, "bank-b")


# -- transfer, release, renewal, expiry


def test_a_transfer_keeps_the_rank_and_only_the_holder_can_make_it(stage):
    first = registered(stage, kind="machine")
    second = registered(stage, "bank-b", "machine", behind=[first])
    move = {"right": first, "to": "leasing-c"}
    assert stage.refused("right.transfer", "bank-b", body=move) == "NOT_THE_HOLDER"
    assert stage.refused("right.transfer", "acme", body=move) == "NOT_THE_HOLDER"
    assert stage.refused("right.transfer", "bank-a", body=move | {"to": "nobody-here"}) == "NO_SUCH_PARTICIPANT"
    assert stage.refused("right.transfer", "bank-a", body=move | {"to": "acme"}) == "ROLE_MAY_NOT_REGISTER"
    assert stage.refused("right.transfer", "bank-a", body=move | {"to": "bank-a"}) == "HOLDER_ALREADY"
    stage.accepted("right.transfer", "bank-a", body=move)
    assert order(stage, "machine") == [(first, 1), (second, 2)]
    assert stage.refused("right.transfer", "bank-a", body=move | {"to": "bank-b"}) == "NOT_THE_HOLDER"
    assert stage.refused("right.release", "bank-a", body={"right": first, "amount_fen": None}) == "NOT_THE_HOLDER"
    stage.accepted("right.release", "leasing-c", body={"right": first, "amount_fen": None})
    assert order(stage, "machine") == [(second, 1)]


def test_nothing_is_released_twice_nor_more_than_stands(stage):
    own = registered(stage, kind="machine")
    assert stage.refused("right.release", "bank-a", body={"right": own, "amount_fen": 90_001}) == "AMOUNT_ABOVE_WHAT_STANDS"  # fmt: skip
    stage.accepted("right.release", "bank-a", body={"right": own, "amount_fen": 89_999})
    assert seen(stage.state, own, "2026-01-01").claim_fen == 1
    stage.accepted("right.release", "bank-a", body={"right": own, "amount_fen": 1})
    for kind, more in (("release", {"amount_fen": None}), ("renew", {"until": "2028-01-01"}), ("transfer", {"to": "bank-b"})):  # fmt: skip
        assert stage.refused(f"right.{kind}", "bank-a", body={"right": own, **more}) == "ALREADY_RELEASED"
    assert stage.refused("right.release", "bank-a", body={"right": "0" * 64, "amount_fen": None}) == "NO_SUCH_RIGHT"
    registered(stage, "bank-b", "machine")


def test_a_registration_stands_on_its_last_day_and_lapses_with_it(stage):
    own = registered(stage, until="2026-02-01")
    last = START + 31 * DAY_MS + 16 * 3_600_000 - 1  # the end of 2026-02-01 in China
    assert refused(stage, "bank-b", at=last) == "ALREADY_ENCUMBERED"
    renewal = {"right": own, "until": "2026-06-01"}
    assert stage.refused("right.renew", "bank-a", body=renewal, at=last + 1) == "EXPIRED"
    registered(stage, "bank-b", at=last + 1)
    assert word(stage, own) == "lapsed"


def test_a_renewal_before_its_end_keeps_the_rank(stage):
    first = registered(stage, kind="machine", until="2026-02-01")
    second = registered(stage, "bank-b", "machine", behind=[first])
    assert stage.refused("right.renew", "bank-b", body={"right": first, "until": "2027-01-01"}) == "NOT_THE_HOLDER"
    assert stage.refused("right.renew", "bank-a", body={"right": first, "until": "2026-02-01"}) == "NOT_LATER"
    assert stage.refused("right.renew", "bank-a", body={"right": first, "until": "2026-01-31"}) == "NOT_LATER"
    assert stage.refused("right.renew", "bank-a", body={"right": first, "until": "2066-01-31"}) == "TERM_TOO_LONG"
    last = START + 31 * DAY_MS
    stage.accepted("right.renew", "bank-a", body={"right": first, "until": "2026-06-01"}, at=last)
    stage.at = last + 20 * DAY_MS
    assert order(stage, "machine") == [(first, 1), (second, 2)]


# -- near-duplicates


@pytest.mark.parametrize(
    ("parts", "variants"),
    [
        ({"number": "00123457"}, "parties_date_total,number_less_last"),
        ({"number": "00999999"}, "parties_date_total"),
        ({"total": 100_001}, "number,number_less_last"),
        ({"date": "2025-12-06", "total": 50_000}, "number,number_less_last"),
    ],
)
def test_a_reissued_or_altered_invoice_is_a_suspicion_that_both_holders_see(stage, parts, variants):
    first = registered(stage)
    second = registered(stage, "bank-b", parts=parts)
    assert notes(stage, "SUSPICION") == [{"right": first, "holder": "bank-a", "variants": variants, "weight": "strong"}]
    assert [each["right"] for each in stage.state.get(f"suspicion/{first}")] == [second]
    assert [each["right"] for each in stage.state.get(f"suspicion/{second}")] == [first]


def test_another_invoice_is_none_and_neither_is_one_whose_right_is_gone(stage):
    first = registered(stage)
    registered(stage, "bank-b", parts={"number": "77001122", "total": 5})
    assert stage.last.notes == ()
    stage.accepted("right.release", "bank-a", body={"right": first, "amount_fen": None})
    registered(stage, "bank-b", parts={"number": "00123457"})
    assert stage.last.notes == ()


def test_an_o_for_a_zero_on_a_nameplate_is_a_suspicion(stage):
    registered(stage, kind="machine")
    registered(stage, "bank-b", "machine", parts={"serial": "SN-OO71 A"})
    assert [note["variants"] for note in notes(stage, "SUSPICION")] == ["folded"]


def test_consecutive_numbers_are_a_weak_suspicion_that_pushes_out_no_strong_one(stage):
    first = registered(stage)
    strong = registered(stage, "bank-b", parts={"total": 7})
    for place in range(KEPT_MAX + 3):
        own = registered(
            stage, parts={"number": f"0012345{place % 10}", "total": 200_000 + place, "date": "2025-12-06"}
        )
        assert (place % 10 == 6) == any(note["weight"] == "strong" for note in notes(stage, "SUSPICION") if note["right"] == first)  # fmt: skip
        stage.accepted("right.release", "bank-a", body={"right": own, "amount_fen": None})
    kept = [each["right"] for each in stage.state.get(f"suspicion/{first}")]
    assert len(kept) == KEPT_MAX and kept[0] == strong


def test_a_flood_of_near_duplicates_keeps_the_state_bounded_and_hides_none(stage):
    for place in range(ASSETS_MAX + 5):
        registered(stage, parts={"total": 100_000 + place})
    assert len(notes(stage, "SUSPICION")) == NAMED_MAX
    shared = thing().variants["number"]
    assert len(stage.state.get(f"variant/{shared}")) == ASSETS_MAX
    registered(stage, "bank-b", parts={"total": 7})
    assert notes(stage, "SUSPICION")


# -- searches


def search(stage, author="bank-b", **parts):
    return stage.say("right.search", author, body={"asset": None, "debtor": None, "reason": "贷前调查", **parts})


def test_a_search_leaves_a_receipt_with_the_thing_and_with_its_debtor(stage):
    registered(stage)
    own = search(stage, asset=thing().place())
    assert stage.state.get(f"searched/debtor/{ACME}/{own}") == {
        "by": "bank-b", "at": stage.at, "reason": "贷前调查", "asset": thing().place(), "debtor": None, "found": 1,
    }  # fmt: skip
    assert [key for key, _ in stage.state.scan(f"searched/asset/invoice/{thing().id}/")]
    nothing = search(stage, asset=thing("machine").place(), debtor=BOLT)
    assert stage.state.get(f"searched/debtor/{BOLT}/{nothing}")["found"] == 0


def test_searches_are_limited_by_the_day(stage):
    for _ in range(20):
        assert isinstance(search(stage, debtor=ACME), str)
    assert search(stage, debtor=ACME).code == "SEARCH_LIMIT"
    assert isinstance(search(stage, "leasing-c", debtor=ACME), str)
    stage.at += DAY_MS
    assert isinstance(search(stage, debtor=ACME), str)


def test_who_may_search(stage):
    assert search(stage, "tax-office", debtor=ACME).code == "ROLE_MAY_NOT_SEARCH"
    assert search(stage, "acme", debtor=BOLT).code == "ROLE_MAY_NOT_SEARCH"
    assert isinstance(search(stage, "acme", debtor=ACME), str)
    assert isinstance(search(stage, "auditor", asset=thing().place()), str)
    for wrong in ({}, {"asset": {"kind": [], "id": "0" * 64}}, {"debtor": ACME, "reason": ""}, {"debtor": "uscc:1"}):
        assert search(stage, **wrong).code == "MALFORMED_BODY"


# -- keys in wrong hands, bounds


def rotated(stage, since):
    """bank-a's entries key was stolen: a new one comes, and what the old one said from `since` on doesn't count."""
    old = cast()["bank-a"].signers["entries"]
    new = seeded("bank-a's next key")
    card = key_card(new, ["entries", "consent"])
    proof = new.sign(added_key_bytes(stage.records[0].id, "bank-a", card)).hex()
    stage.accepted("key.rotate", "bank-a", body={"retire": old.key_id, "add": {**card, "proof": proof}, "distrusted_from": since})  # fmt: skip


def test_what_a_stolen_key_did_to_a_right_is_undone(stage):
    kept, moved, released = registered(stage), registered(stage, kind="machine"), registered(stage, kind="stock")
    theft = stage.at + 1
    stage.accepted("right.transfer", "bank-a", body={"right": moved, "to": "bank-b"})
    stage.accepted("right.transfer", "bank-b", body={"right": moved, "to": "leasing-c"})
    stage.accepted("right.release", "bank-a", body={"right": released, "amount_fen": None})
    forged = registered(stage, kind="patent")
    assert [seen(stage.state, own, "2026-01-01").word for own in (released, forged)] == ["released", "standing"]
    rotated(stage, theft)
    assert [seen(stage.state, own, "2026-01-01").word for own in (kept, moved, released, forged)] == ["standing"] * 3 + ["distrusted"]  # fmt: skip
    assert seen(stage.state, moved, "2026-01-01").holder == "bank-a"  # nor does what rested on the theft
    assert stage.refused("right.transfer", "leasing-c", body={"right": moved, "to": "bank-b"}) == "NOT_THE_HOLDER"
    registered(stage, "bank-b", "patent")


def test_one_things_and_one_rights_lists_stay_bounded(stage):
    for _ in range(KEPT + 10):
        own = registered(stage)
        stage.accepted("right.release", "bank-a", body={"right": own, "amount_fen": None})
    assert len(stage.state.get(f"asset/invoice/{thing().id}")) == KEPT
    own = registered(stage, kind="machine")
    for place in range(ACTS_MAX):
        author, to = ("bank-a", "bank-b") if place % 2 == 0 else ("bank-b", "bank-a")
        stage.accepted("right.transfer", author, body={"right": own, "to": to})
    assert stage.refused("right.transfer", "bank-a", body={"right": own, "to": "bank-b"}) == "TOO_MANY_ACTS"


# -- against a naive model

ACTS = st.lists(
    st.tuples(st.sampled_from(["register", "release", "part", "renew", "transfer", "wait"]), st.sampled_from(["bank-a", "bank-b", "leasing-c"]), st.integers(0, 5), st.integers(1, 100_001)),
    max_size=40,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(ACTS)
def test_parts_never_add_up_to_more_than_the_receivable_whatever_happens(acts):
    """The model: right → [holder, part, last day]; it forgets what is gone."""
    stage, model = Stage(), {}
    for act, author, place, amount in acts:
        day = date.fromisoformat(day_of(stage.at + 1000))
        model = {own: right for own, right in model.items() if right[2] >= day}
        own = sorted(model)[place % len(model)] if model else None
        until = (day + timedelta(days=31 + place * 10)).isoformat()
        match act:
            case "wait":
                stage.at += amount % 40 * DAY_MS
            case "register":
                said = register(stage, author, pledged_fen=min(amount, 100_000), until=until, behind=sorted(model))
                fits = min(amount, 100_000) + sum(right[1] for right in model.values()) <= 100_000
                assert isinstance(said, str) if fits else said.code == "OVER_PLEDGED"
                if fits:
                    model[said] = [author, min(amount, 100_000), date.fromisoformat(until)]
            case _ if own is None:
                continue
            case "release" | "part":
                part = None if act == "release" else amount
                said = stage.say("right.release", author, body={"right": own, "amount_fen": part})
                if model[own][0] == author and (part is None or part <= model[own][1]):
                    assert isinstance(said, str)
                    model[own][1] -= model[own][1] if part is None else part
                    model = {each: right for each, right in model.items() if right[1]}
                else:
                    assert isinstance(said, Refusal)
            case "transfer":
                said = stage.say("right.transfer", author, body={"right": own, "to": "bank-b"})
                assert isinstance(said, str) == (model[own][0] == author != "bank-b")
                model[own][0] = "bank-b" if isinstance(said, str) else model[own][0]
            case "renew":
                said = stage.say("right.renew", author, body={"right": own, "until": until})
                assert isinstance(said, str) == (model[own][0] == author and date.fromisoformat(until) > model[own][2])
                model[own][2] = date.fromisoformat(until) if isinstance(said, str) else model[own][2]
        today = day_of(stage.at)
        standing = over(stage.state, thing().place(), ACME, today)
        assert {each.id: [each.holder, each.pledged_of_total_fen] for each in standing} == {
            own: right[:2] for own, right in model.items() if right[2].isoformat() >= today
        }
