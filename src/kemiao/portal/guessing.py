"""The password or a code typed once more, by one who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from kemiao.portal.door import Asked, done

T = TypeVar("T")
_GUESSED = ("PASSWORD_WRONG", "CODE_WRONG")


def counted(asked: Asked, do: Callable[[World], T | Refusal]) -> T:
    """Whoever holds a session without its password guesses no faster than at the door. Raises Refused TOO_MANY_REQUESTS, and what `do` refuses."""
    tries = asked.portal.sign_in.tries_within(asked.account)
    wait = asked.portal.sign_in.waits(tries)
    if wait is not None:
        raise Refused(wait)
    with asked.world() as world:
        answer = do(world)
    if not isinstance(answer, Refusal) or answer.code not in _GUESSED:
        asked.portal.sessions.succeeded(tries)
    return done(answer)
