"""How a kernel is compiled: plain scalar code, exact IEEE arithmetic, without the interpreter's lock, kept on the disk.

The compiler keeps the code of a function beside its file and looks at that file alone, although what the function calls and the
constants it reads are compiled into it. So the stamp of what is kept is of all of them: what was kept from other code is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from types import CodeType, FunctionType
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import types

Function = TypeVar("Function", bound=Callable[..., Any])
_plain: Callable[[Any], Any] = types.unliteral


def compiled(function: Function) -> Function:
    """Compiled at its first call (the first run of a machine waits for that), then read from the disk. No check of divisors."""
    dispatcher: Any = njit(cache=True, nogil=True, error_model="numpy")(function)
    resolve = dispatcher.get_call_template

    def by_type(arguments: Any, named: Any) -> Any:
        # Left to itself the compiler makes a copy of a function for every constant that a caller gives it: half as long again.
        return resolve(tuple(map(_plain, arguments)), {name: _plain(kind) for name, kind in dict(named).items()})

    dispatcher.get_call_template = by_type
    return stamped(dispatcher, function)


def stamped(dispatcher: Any, function: Function) -> Function:
    """The compiler's function, whose kept code is valid for its file and for all that the file imports into kernels."""
    kept = _kept(dispatcher)
    if kept is not None:
        kept._source_stamp = f"{kept._source_stamp} {_imported(function.__module__)}"
    return cast(Function, dispatcher)


def _kept(dispatcher: Any) -> Any:
    """What the compiler keeps of a function; None where nothing can be kept, such as a folder that can't be written."""
    return getattr(dispatcher._cache, "_cache_file", None)


@cache
def _imported(module: str) -> str:
    """Digest of the kernels and constants in a module's names. Imports come first, so at its first kernel all are there."""
    return sha256("\n".join(sorted(_texts(module))).encode()).hexdigest()


def _texts(module: str) -> Iterator[str]:
    for name, value in list(vars(sys.modules[module]).items()):
        if hasattr(value, "py_func"):
            if value.py_func.__module__ != module:
                yield f"{name} {getattr(_kept(value), '_source_stamp', None)!r}"
        elif isinstance(value, FunctionType) and value.__module__ != module and value.__module__.startswith("kemiao."):
            # Perhaps a name that the compiler takes another form for; the form stands beside it in its module.
            beside = vars(sys.modules[value.__module__]).values()
            yield from (_code_text(other.__code__) for other in list(beside) if isinstance(other, FunctionType))
            yield from _texts(value.__module__)
        elif isinstance(value, (int, float, tuple)):
            yield f"{name} {value!r}"


def _code_text(code: CodeType) -> str:
    constants = [_code_text(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    return f"{code.co_code.hex()} {constants} {code.co_names} {code.co_varnames}"
