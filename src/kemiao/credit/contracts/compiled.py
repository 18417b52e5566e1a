"""How a kernel is compiled: plain scalar code, exact IEEE arithmetic, without the interpreter's lock, kept on the disk.

The compiler keeps the code of a function beside its file and looks at that file alone: after a change of a function that
others call, their files must be touched (or the folders `__pycache__` emptied) before they see it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compiled at its first call (the first run of a machine waits for that), then read from the disk."""
    return cast(Function, njit(cache=True, nogil=True, error_model="numpy")(function))
