"""How a kernel is compiled: plain scalar code, exact arithmetic, without the interpreter's lock, kept on the disk.

The compiler keeps a function's code beside its file and looks at that file alone, although what the function calls and the
constants that it reads are compiled into it: pull a change of the inner one, and the outer one runs on with the old. So the
stamp of what is kept is of all of them, and what was kept from other code is stale.

Left to itself the compiler also makes a copy of a function for every constant that a caller gives it, forty of one short one and
minutes of compiling. So a function is compiled by the types of its arguments, or for one set of types alone.
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
from numba.core.typeinfer import register_dispatcher

Function = TypeVar("Function", bound=Callable[..., Any])
_plain: Callable[[Any], Any] = types.unliteral


def compiled(function: Function) -> Function:
    """For the types of its arguments, at its first call; the first run of a machine waits for that. No check of divisors."""
    dispatcher = _stamped(function)
    resolve = dispatcher.get_call_template

    def by_type(arguments: Any, named: Any) -> Any:
        return resolve(tuple(map(_plain, arguments)), {name: _plain(kind) for name, kind in dict(named).items()})

    dispatcher.get_call_template = by_type
    return cast(Function, dispatcher)


def compiled_for(result: str, *arguments: str) -> Callable[[Function], Function]:
    """For these types alone, when its module is loaded. arguments: a type each; a number of them may be written `3*int64`."""
    spelled = []
    for argument in arguments:
        times, star, kind = argument.partition("*")
        spelled += [kind] * int(times) if star and times.isdigit() else [argument]

    def compile_it(function: Function) -> Function:
        dispatcher = _stamped(function)
        with register_dispatcher(
            dispatcher
        ):  # as njit itself does with a signature, which it takes before it is stamped
            dispatcher.compile(f"{result}({', '.join(spelled)})")
        dispatcher.disable_compile()
        return cast(Function, dispatcher)

    return compile_it


def _stamped(function: Callable[..., Any]) -> Any:
    """The compiler's function, whose kept code is valid for its file and for all that the file imports into kernels."""
    dispatcher: Any = njit(cache=True, nogil=True, error_model="numpy")(function)
    kept = _kept(dispatcher)
    if kept is not None:
        kept._source_stamp = f"{kept._source_stamp} {_imported(function.__module__)}"
    return dispatcher


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
