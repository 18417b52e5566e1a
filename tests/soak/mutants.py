"""Mutants of law, money and chain code: one small change each, which some test should notice."""

from __future__ import annotations

import ast
import copy
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
TESTS = Path(__file__).parents[1]
_SECONDS = 180  # a mutant that hangs is noticed too

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    module: str
    line: int
    change: str
    code: str


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of a module, by its path below src."""
    tree = ast.parse((SOURCE / module).read_text("utf-8"))
    for number, (line, change) in enumerate(_sites(tree)):
        changed = copy.deepcopy(tree)
        _apply(changed, number)
        yield Mutant(module, line, change, ast.unparse(changed))


def survives(mutant: Mutant, tests: list[str], folder: Path) -> bool:
    """Whether the tests pass with the mutant in place of its module."""
    tree = folder / "src"
    if not tree.exists():
        shutil.copytree(SOURCE, tree, ignore=shutil.ignore_patterns("__pycache__"))
    place = tree / mutant.module
    original = place.read_text("utf-8")
    place.write_text(mutant.code, "utf-8")
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not slow and not soak", *(str(TESTS / test) for test in tests)],
            env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    finally:
        place.write_text(original, "utf-8")
    return run.returncode == 0


def sample(modules: list[str], count: int, seed: int) -> list[Mutant]:
    every = [mutant for module in modules for mutant in mutants(module)]
    return random.Random(seed).sample(every, min(count, len(every)))  # noqa: S311 - which mutants, not a secret


def _sites(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node, kind in _walk(tree):
        yield getattr(node, "lineno", 0), kind


def _annotations(tree: ast.AST) -> set[int]:
    """Nodes that never run: a changed annotation is no changed behaviour."""
    roots: list[ast.AST | None] = []
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef():
                roots.append(node.returns)
            case ast.arg() | ast.AnnAssign():
                roots.append(node.annotation)
    return {id(inner) for root in roots if root is not None for inner in ast.walk(root)}


def _walk(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    never_run = _annotations(tree)
    for node in ast.walk(tree):
        if id(node) in never_run:
            continue
        match node:
            case ast.Compare(ops=[op]) if type(op) in _SWAPS:
                yield node, f"{type(op).__name__} → {_SWAPS[type(op)].__name__}"
            case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in _SWAPS and not isinstance(
                getattr(node, "left", None), ast.Constant | ast.JoinedStr
            ):
                yield node, f"{type(op).__name__} → {_SWAPS[type(op)].__name__}"
            case ast.UnaryOp(op=ast.Not() | ast.Invert()):
                yield node, "not dropped"


def _apply(tree: ast.AST, wanted: int) -> None:
    for number, (node, _) in enumerate(_walk(tree)):
        if number != wanted:
            continue
        match node:
            case ast.Compare():
                node.ops = [_SWAPS[type(node.ops[0])]()]
            case ast.BinOp() | ast.BoolOp():
                node.op = _SWAPS[type(node.op)]()
            case ast.UnaryOp():
                node.op = ast.UAdd() if isinstance(node.op, ast.Invert) else ast.Not()
                if isinstance(node.op, ast.Not):
                    node.operand = ast.UnaryOp(ast.Not(), node.operand)
        return
