from __future__ import annotations

import hmac
import unicodedata
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chain.actors import ACME, BLINDING_KEY, BOLT, genesis
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain.blinding import PARTS, TEXT_MAX, VARIANTS, blinded, key_check, patent_check_digit, squeezed

INVOICE = {"number": "00123456", "date": "2026-03-05", "seller": ACME, "buyer": BOLT, "total": "12,345.60"}
MACHINE = {"serial": "SN-0071 A", "maker": "沈阳机床(集团)"}
PATENT = {"number": "ZL 2017 1 0601862.3"}
WHOLE = {
    "invoice": INVOICE, "machine": MACHINE, "patent": PATENT, "stock": {"lot": "WR-2026-9", "keeper": ACME},
    "other": {"register": "车辆登记", "number": "沪A-12345"}, "movables": {"debtor": ACME},
}  # fmt: skip


def of(kind, key=BLINDING_KEY, **changed):
    made = blinded(key, kind, WHOLE[kind] | changed)
    assert not isinstance(made, Refusal), made
    return made


def code(kind, **changed):
    made = blinded(BLINDING_KEY, kind, WHOLE[kind] | changed)
    assert isinstance(made, Refusal), made
    return made.code, dict(made.where).get("part")


def test_the_parts_and_variants_of_every_kind_are_named():
    assert set(PARTS) == set(VARIANTS) == set(WHOLE)
    for kind in PARTS:
        assert tuple(of(kind).variants) == VARIANTS[kind]
        assert set(WHOLE[kind]) == set(PARTS[kind])


@pytest.mark.parametrize(
    "spelling",
    [
        {"number": "123456"},
        {"number": "00123456"},
        {"number": " 0012-3456 "},
        {"number": "\u200b00123456\ufeff"},
        {"date": "2026年3月5日"},
        {"date": date(2026, 3, 5)},
        {"date": "2026/3/5"},
        {"seller": ACME.removeprefix("uscc:").lower()},
        {"buyer": f"  {BOLT[5:9]} {BOLT[9:]} "},
        {"seller": "".join(chr(ord(each) + 0xFEE0) for each in ACME.removeprefix("uscc:"))},
        {"total": 1_234_560},
        {"total": "¥12345.6元"},
        {"total": "1.23456万"},
    ],
)
def test_an_invoice_has_one_identifier_however_it_is_spelled(spelling):
    assert of("invoice", **spelling) == of("invoice")


@pytest.mark.parametrize(
    ("kind", "spelling"),
    [
        ("machine", {"serial": "sn0071a", "maker": "沈阳机床 (集团)"}),
        ("patent", {"number": "201710601862.3"}),
        ("patent", {"number": "CN2017106018623"}),
        ("patent", {"number": "2017 1 0601862"}),
        ("patent", {"number": "2017—1—0601862·3"}),
        ("stock", {"lot": "wr2026.9"}),
        ("other", {"number": "沪a·12345"}),
    ],
)
def test_other_things_too(kind, spelling):
    assert of(kind, **spelling) == of(kind)


@pytest.mark.parametrize(
    ("change", "shared"),
    [
        ({"number": "00123457"}, {"parties_date_total", "number_less_last"}),
        ({"number": "00223456"}, {"parties_date_total"}),
        ({"date": "2026-03-06"}, {"number", "number_less_last"}),
        ({"seller": BOLT, "buyer": ACME}, {"number", "number_less_last"}),
        ({"total": 1_234_561}, {"number", "number_less_last"}),
        ({"number": "998877", "total": 1_234_561}, set()),
    ],
)
def test_what_a_near_duplicate_of_an_invoice_shares(change, shared):
    one, other = of("invoice"), of("invoice", **change)
    assert one.id != other.id
    assert {name for name in one.variants if one.variants[name] == other.variants[name]} == shared


@pytest.mark.parametrize(
    ("kind", "change", "shared"),
    [
        ("machine", {"maker": "大连机床"}, {"serial", "serial_less_last"}),
        ("machine", {"serial": "SN-OO7I A"}, {"folded"}),
        ("machine", {"serial": "SN-0071 B"}, {"serial_less_last"}),
        ("patent", {"number": "201710601862.4"}, {"number_less_check"}),
        ("stock", {"keeper": BOLT}, {"lot", "lot_less_last"}),
        ("other", {"register": "船舶登记"}, {"number"}),
    ],
)
def test_what_a_near_duplicate_of_another_thing_shares(kind, change, shared):
    one, other = of(kind), of(kind, **change)
    assert one.id != other.id
    assert {name for name in one.variants if one.variants[name] == other.variants[name]} == shared


@pytest.mark.parametrize(
    ("kind", "change", "refused"),
    [
        ("invoice", {"total": "-12345.60"}, ("NOT_A_RECEIVABLE", "total")),
        ("invoice", {"total": 0}, ("NOT_A_RECEIVABLE", "total")),
        ("invoice", {"total": "12.345"}, ("FRACTION_OF_A_FEN", "total")),
        ("invoice", {"total": True}, ("NOT_AN_AMOUNT", "total")),
        ("invoice", {"number": "0000"}, ("NOT_AN_IDENTIFIER", "number")),
        ("invoice", {"number": "12З456"}, ("NOT_AN_IDENTIFIER", "number")),
        ("invoice", {"number": "٣٤٥"}, ("NOT_AN_IDENTIFIER", "number")),
        ("invoice", {"number": "9" * 129}, ("NOT_AN_IDENTIFIER", "number")),
        ("invoice", {"date": "2026-02-30"}, ("NO_SUCH_DAY", "date")),
        ("invoice", {"seller": "91310000MA1FL0L950"}, ("USCC_CHECK_DIGIT", "seller")),
        ("invoice", {"buyer": ""}, ("PART_MISSING", "buyer")),
        ("machine", {"serial": "SN-0071 А"}, ("NOT_AN_IDENTIFIER", "serial")),  # the last letter is Cyrillic
        ("patent", {"number": "CN112345678B"}, ("NOT_A_PATENT_NUMBER", "number")),
    ],
)  # fmt: skip
def test_what_is_no_identifier_is_refused_and_the_part_is_named(kind, change, refused):
    assert code(kind, **change) == refused


def test_the_longest_number_is_taken():
    assert of("invoice", number="9" * TEXT_MAX).id != of("invoice").id


def test_check_digits_of_patents():
    assert [patent_check_digit(number) for number in ("201710601862", "95115608")] == ["3", "X"]
    assert (of("patent").odd_check_digit, of("patent", number="2021 1 0000001.X").odd_check_digit) == (False, True)


def test_domains_keep_kinds_and_variants_apart_and_the_key_is_needed():
    assert of("invoice").id == hmac.new(BLINDING_KEY, b"kemiao/blinding/invoice\0" + f'["123456","2026-03-05","{ACME}","{BOLT}",1234560]'.encode(), "sha256").hexdigest()  # fmt: skip
    made = [of(kind) for kind in PARTS]
    everything = [each for one in made for each in (one.id, *one.variants.values())]
    assert len(set(everything)) == len(everything)
    stranger = [of(kind, key=bytes(32)) for kind in PARTS]
    assert not {each for one in stranger for each in (one.id, *one.variants.values())} & set(everything)
    with pytest.raises(BrokenInvariant):
        blinded(b"short", "invoice", INVOICE)
    assert key_check(BLINDING_KEY) == genesis()["parameters"]["blinding_check"] != key_check(bytes(32))
    assert blinded(BLINDING_KEY, "ship", {}).code == "UNKNOWN_KIND"


SERIAL = st.text("0123456789ABCXYZ", min_size=1, max_size=20).filter(lambda text: text.strip("0"))
NOISE = st.sampled_from([" ", "-", ".", "—", "\u3000", "·", "\u200d", "－"])


@given(SERIAL, st.lists(st.tuples(st.integers(0, 20), NOISE), max_size=5), st.sets(st.integers(0, 19)), st.integers(0, 3), st.booleans())  # fmt: skip
def test_any_spelling_of_a_number_gives_the_same_identifier(number, noise, wide, zeros, lower):
    spelled = "0" * zeros + (number.lower() if lower else number)
    spelled = "".join(chr(ord(each) + 0xFEE0) if place in wide else each for place, each in enumerate(spelled))
    for place, mark in noise:
        spelled = spelled[:place] + mark + spelled[place:]
    assert of("invoice", number=spelled) == of("invoice", number=number)
    assert of("machine", serial=spelled) == of("machine", serial=number)


@given(SERIAL, SERIAL, st.integers(1, 10**13), st.integers(1, 10**13), st.dates(), st.dates())
def test_different_invoices_differ(one, other, total, more, day, later):
    assume((one.lstrip("0"), total, day) != (other.lstrip("0"), more, later))
    assert of("invoice", number=one, total=total, date=day).id != of("invoice", number=other, total=more, date=later).id


@given(st.text(max_size=40))
def test_squeezing_twice_is_squeezing_once_and_nothing_typed_breaks_it(text):
    assert squeezed(squeezed(text)) == squeezed(text) == squeezed(unicodedata.normalize("NFKC", text))
    for kind in ("invoice", "machine", "patent"):
        blinded(BLINDING_KEY, kind, dict.fromkeys(PARTS[kind], text))
