"""Security rights over things and claims: registered, searched, transferred, released, renewed."""

from __future__ import annotations

from kemiao.base.refusal import Refusal
from kemiao.chain.entry import Signed
from kemiao.chain.rules.state import Effects, State


def register(state: State, signed: Signed, at: int) -> Effects | Refusal:
    return _not_yet()


def search(state: State, signed: Signed, at: int) -> Effects | Refusal:
    return _not_yet()


def transfer(state: State, signed: Signed, at: int) -> Effects | Refusal:
    return _not_yet()


def release(state: State, signed: Signed, at: int) -> Effects | Refusal:
    return _not_yet()


def renew(state: State, signed: Signed, at: int) -> Effects | Refusal:
    return _not_yet()


def _not_yet() -> Refusal:
    return Refusal("NOT_YET", "尚不能登记担保", "rights can't be registered yet")
