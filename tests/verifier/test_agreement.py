"""The stranger's verifier and kemiao's own checker, which share no code, over the same files: good, broken, random."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.proving import files, told
from kemiao.base.refusal import Refusal
from kemiao.chain.proof_checking import check
from kemiao_verify import NotProved, verify
from kemiao_verify.words import told as in_words

PARSED = {name: json.loads(content) for name, content in files().items()}
PROVED = [verify(content) for content in files().values()]


def both(content, **given):
    """The facts, or the code of the refusal, on which both must agree."""
    ours = check(content, **given)
    try:
        theirs = verify(content, **given)
    except NotProved as wrong:
        assert isinstance(ours, Refusal), (wrong.code, ours)
        return wrong.code, ours.code
    assert not isinstance(ours, Refusal), ours
    assert json.dumps(ours.facts, sort_keys=True) == json.dumps(theirs, sort_keys=True)
    return theirs


@pytest.mark.parametrize("suite", ["ed25519", "sm2"])
def test_both_prove_the_same_of_every_kind_of_file(suite):
    here = told(suite)
    for content in files(suite).values():
        for known in ({}, {"chain": here.node.chain}, {"chain": "ab" * 32}, {"head": here.older}, {"head": here.node.checkpoint()}):  # fmt: skip
            said = both(content, **known)
            assert isinstance(said, dict) or said[0] == said[1]


@pytest.mark.slow
def test_every_part_that_is_taken_away_or_exchanged_is_refused_by_both_alike():
    rubbish = [None, "0" * 64, -1, 2**53 - 1, True, [], {"a": None}]
    for file in PARSED.values():
        good = verify(json.dumps(file).encode())
        for number, path in enumerate(list(_paths(file))):
            for value in rubbish[number % 3 :: 3]:
                broken = copy.deepcopy(file)
                if _at(broken, path) == value and type(_at(broken, path)) is type(value):
                    continue
                _put(broken, path, value)
                said = both(json.dumps(broken).encode())
                if isinstance(said, dict):
                    # Changes of others' keys prove nothing here; without an older head or what stands there, less is proved.
                    less = {"older", "receipt"} if path[-1] in ("older", "standing") else set()
                    assert {part for part in said if said[part] != good[part]} <= less, (path, value)
                if isinstance(said, tuple):
                    assert said[0] == said[1], (path, value, said)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(sorted(PARSED)))
def test_a_file_with_any_bytes_changed_proves_nothing_or_the_same(data, name):
    content = bytearray(files()[name])
    good = verify(bytes(content))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(("turn", "drop", "double", "cut"))):
            case "turn":
                content[at] ^= 1 << data.draw(st.integers(0, 7))
            case "drop":
                del content[at : at + data.draw(st.integers(1, 40))]
            case "double":
                content[at:at] = content[at : at + data.draw(st.integers(1, 40))]
            case "cut":
                del content[at:]
        if not content:
            break
    said = both(bytes(content))
    assert isinstance(said, tuple) or said == good


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(sorted(PARSED)), st.sampled_from(sorted(PARSED)))
def test_parts_of_other_files_put_together_prove_nothing_new(data, one, other):
    mixed = copy.deepcopy(PARSED[one])
    for part in data.draw(st.lists(st.sampled_from(sorted(mixed)), min_size=1, max_size=4)):
        mixed[part] = copy.deepcopy(PARSED[other][part])
    said = both(json.dumps(mixed).encode())
    if isinstance(said, dict):
        assert all(said[part] is None or said[part] in [each[part] for each in PROVED] for part in ("entry", "row", "decision", "receipt"))  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_rubbish_is_refused_by_both(content):
    assert isinstance(both(content), tuple)


def test_what_is_proved_is_said_in_both_languages_without_letting_the_file_drive_the_terminal():
    for content in files().values():
        said = verify(content)
        for lang, head, caution in (
            ("zh", "证明成立", "只是从文件里读来的"),
            ("en", "PROVED", "only read from the file"),
        ):
            lines = in_words(said, lang)
            assert lines[0].startswith(head) and caution in "\n".join(lines)
            assert caution not in "\n".join(in_words({**said, "chain_compared": True}, lang))
    said = verify(files()["entry"])
    evil = {
        **said,
        "chain_name": "\x1b[2J\u202eevil",
        "entry": {**said["entry"], "body": {"\x9b31m": "\x07\r\nPROVED"}},
    }
    text = "\n".join(in_words(evil, "en"))
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert not any(line.startswith("PROVED") for line in text.split("\n")[1:])


def test_an_instant_beyond_the_calendar_is_shown_as_a_number():
    said = verify(files()["entry"])
    late = {**said, "entry": {**said["entry"], "at": 2**53 - 1}}
    assert f"{2**53 - 1} ms" in "\n".join(in_words(late, "en"))


def _paths(value, before=()):
    """Every place in the file; of lists the first item, of the genesis the top only."""
    items = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else ()
    for key, inner in items:
        yield (*before, key)
        if (*before, key) != ("genesis", "content"):
            yield from _paths(inner, (*before, key))


def _at(value, path):
    for key in path:
        value = value[key]
    return value


def _put(value, path, new):
    _at(value, path[:-1])[path[-1]] = new
