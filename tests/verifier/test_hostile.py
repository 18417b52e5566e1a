"""Files made to hang or crash a reader, as large as a file may be: each is refused in seconds."""

from __future__ import annotations

import copy
import json
import time

import pytest

from chain.proving import files
from kemiao.base.refusal import Refusal
from kemiao.chain.proof_checking import check
from kemiao_verify import NotProved, verify
from kemiao_verify.canonical import FILE_BYTES

pytestmark = pytest.mark.slow
_SECONDS = 20.0  # generous: the machine may be busy; what grows with the square of the size would take minutes


def _with(name, change):
    value = copy.deepcopy(json.loads(files()[name]))
    change(value)
    return json.dumps(value).encode()[:FILE_BYTES]


def _hostile():
    entry = json.loads(files()["entry"])["entry"]
    key = json.loads(files()["entry"])["genesis"]["content"]["cards"][0]["keys"][0]
    head = json.loads(files()["entry"])["checkpoint"]
    yield "brackets", b"[" * FILE_BYTES
    yield "pairs of brackets", b"[" + b"[]," * (FILE_BYTES // 3 - 2) + b"[]]"
    yield "an endless number", b"1" * FILE_BYTES
    yield "an endless text", b'"' + b"x" * (FILE_BYTES - 2) + b'"'
    yield "backslashes", b'"' + b"\\\\" * (FILE_BYTES // 2 - 2) + b'"'
    yield "many cells", _with("row", lambda file: file["row"].update(cells=["x" * 1900] * 4096))
    yield "many keys", _with("entry", lambda file: file.update(keys=[entry] * 1024))
    yield "too many keys", _with("entry", lambda file: file.update(keys=[entry] * 1025))
    yield "a long path", _with("entry", lambda file: file["entry"].update(path=["0" * 64] * 100_000))
    yield "many keys of one participant", _with("entry", lambda file: file["genesis"]["content"]["cards"][0].update(keys=[key] * 30_000))  # fmt: skip
    yield "a long head", _with("entry", lambda file: file.update(checkpoint=head + head.split("\n\n")[1] * 40_000))
    yield "a body too large", _with("entry", lambda file: file["entry"]["entry"].update(body={"x": "y" * 2_000_000}))
    yield "a file too large", files()["entry"] + b" " * FILE_BYTES


@pytest.mark.parametrize(("name", "content"), [pytest.param(*case, id=case[0]) for case in _hostile()])
def test_hostile_files_are_refused_in_seconds_by_both(name, content):
    started = time.process_time()
    with pytest.raises(NotProved):
        verify(content)
    assert isinstance(check(content), Refusal)
    assert time.process_time() - started < _SECONDS
