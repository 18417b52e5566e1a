"""What is kept of a compiled kernel is valid for all that was compiled into it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kemiao.credit import kernels

HEAD = "from kemiao.credit.kernels import compiled, compiled_for\n"
INNER = HEAD + "FEE = {fee}\n@compiled\ndef inner(x):\n    return x {sign} 1\n"
OUTER = HEAD + "from inner_kernels import FEE, inner\n@{how}\ndef outer(x):\n    return inner(x) * 10 + FEE\n"


@pytest.fixture(params=["compiled", "compiled_for('int64', 'int64')"])
def outer(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, str], tuple[int, int]]]:
    """Writes an outer kernel once, an inner one as told, and runs the outer one as a new process would."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "outer_kernels.py").write_text(OUTER.format(how=request.param), "utf-8")

    def run(fee: str, sign: str) -> tuple[int, int]:
        """(answer, how many were read from the disk)."""
        text = INNER.format(fee=fee, sign=sign)
        if not (tmp_path / "inner_kernels.py").exists() or (tmp_path / "inner_kernels.py").read_text("utf-8") != text:
            (tmp_path / "inner_kernels.py").write_text(text, "utf-8")
        for name in ("outer_kernels", "inner_kernels"):
            sys.modules.pop(name, None)
        kernels._imported.cache_clear()  # what a module imports doesn't change while a process lives
        importlib.invalidate_caches()
        made = importlib.import_module("outer_kernels").outer
        return made(4), sum(made.stats.cache_hits.values())

    yield run
    for name in ("outer_kernels", "inner_kernels"):
        sys.modules.pop(name, None)


@pytest.mark.slow
def test_a_kernel_is_compiled_anew_where_what_it_calls_or_a_constant_that_it_reads_was_changed(outer) -> None:
    assert outer("7", "+") == (57, 0)
    assert outer("7", "+") == (57, 1)  # as it was kept
    assert outer("7", " - ") == (37, 0)
    assert outer("77", " - ") == (107, 0)
