"""Kernel functions compiled for one set of types only.

Left to itself the compiler makes a copy of a function for every constant that a caller gives it: with the codes of lines that
were forty copies of one short function, and minutes of compiling.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])
ROW = "int64[::1]"  # a loan's state or terms, one message
TABLE = "int64[:,::1]"  # arrears, lines, messages
WHERE = "UniTuple(int64,2)"  # place of the loan, day


def one_shape(result: str, *arguments: str) -> Callable[[Function], Function]:
    """arguments: a type each; a number of them may be written `3*int64`."""
    spelled = []
    for argument in arguments:
        times, star, kind = argument.partition("*")
        spelled += [kind] * int(times) if star and times.isdigit() else [argument]
    signature = f"{result}({', '.join(spelled)})"

    def compile_it(function: Function) -> Function:
        return cast(Function, njit(signature, cache=True, nogil=True)(function))

    return compile_it
