"""The bank's products: files in the home's policy/products, in the version of a day, with the law of that day.

A file is `NAME.toml`, or `NAME.2025.toml` for the version that follows it, as with policies. Its digest is of what it says;
an event `product` (ref: the digest) keeps the content when it is first used.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kemiao.bank.event_log import Transaction
from kemiao.bank.policy import HEAD, freeze, thaw
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.credit.products.product import Product
from kemiao.credit.products.reading import read_product
from kemiao.law.green_loan import green_headings
from kemiao.law.loan_terms import loan_law

EVENT = "product"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
NAME_WORDS = (
    "产品名用小写字母、数字和下划线,字母开头,至多 40 个",
    "a product's name is small letters, digits and underscores, a letter first, at most 40",
)
_WITHDRAWN = "withdrawn_from"  # optional: the first day without new loans of it
_BYTES_MAX = 256 * 1024


@dataclass(frozen=True, slots=True)
class ProductFile:
    """One version of one product as its file has it; or why the file can't be read."""

    name: str
    path: Path
    product: Product | None
    refusal: Refusal | None
    content: Mapping[str, Any] | None = None


def product(world: World, name: str, day: date) -> Product | Refusal:
    """The version in force on a day, with the law's rows for its kind. Refuses NO_SUCH_PRODUCT, PRODUCT_NOT_IN_FORCE, PRODUCT_WITHDRAWN, what is
    wrong with its file, LAW_NOT_IN_FORCE (the green one before its catalogue), POLICY_NOT_IN_FORCE where the home has none."""
    found = own_file(world, name, day)
    if isinstance(found, Refusal):
        return found
    return with_law(world, found, day)


def own_file(world: World, name: str, day: date) -> Product | Refusal:
    """As `product`, without the law: for showing."""
    files = product_files(world, name)
    if not files:
        known = sorted({path.name.split(".")[0] for path in _paths(world)})
        if not known:
            return Refusal.at("POLICY_NOT_IN_FORCE", "数据目录里没有产品:先 kemiao upgrade", "the home has no products: kemiao upgrade writes them", file=_folder(world))  # fmt: skip
        close = next(iter(get_close_matches(name, known, n=1)), None)
        zh, en = (f",是否为 {close}?" if close else "(kemiao product list)", f"; did you mean {close}?" if close else " (kemiao product list)")  # fmt: skip
        return Refusal.at("NO_SUCH_PRODUCT", f"没有这个产品{zh}", f"there is no such product{en}", product=name)
    broken = next((file.refusal for file in files if file.refusal), None)
    if broken is not None:  # a version that can't be read may be the one in force: never the one before it in silence
        return broken
    begun = [file.product for file in files if file.product and file.product.effective_from <= day]
    if not begun:
        return Refusal.at("PRODUCT_NOT_IN_FORCE", f"该产品在 {day} 尚未生效", f"the product is not in force on {day}", product=name)  # fmt: skip
    newest = max(begun, key=lambda each: (each.effective_from, each.file))
    if newest.withdrawn_from is not None and day >= newest.withdrawn_from:
        return Refusal.at("PRODUCT_WITHDRAWN", f"该产品自 {newest.withdrawn_from} 起停办", f"the product is not offered from {newest.withdrawn_from} on", product=name)  # fmt: skip
    return newest


def with_law(world: World, own: Product, day: date) -> Product | Refusal:
    law = loan_law(world.law, own.head.law_kind, day)
    if isinstance(law, Refusal):
        return law
    headings = green_headings(world.law, day) if own.head.green else None
    return headings if isinstance(headings, Refusal) else replace(own, law=law, green=headings)


def product_files(world: World, name: str | None = None) -> list[ProductFile]:
    """Every file, readable or not, by name; of one product with `name`."""
    return [_known(world, path) for path in _paths(world) if name is None or path.name.split(".")[0] == name]


def _known(world: World, path: Path) -> ProductFile:
    """Read once while it stands as it is: its conditions are parsed with it."""
    try:
        stands = path.stat()
    except OSError:
        return _read(path)
    key = (EVENT, path, stands.st_mtime_ns, stands.st_ino, stands.st_size)
    if key not in world.read_once:
        world.read_once[key] = _read(path)
    found: ProductFile = world.read_once[key]
    return found


def keep(world: World, tx: Transaction, own: Product) -> None:
    """Inside a transaction: what the product says is kept in the log, once for each digest."""
    if world.log.last(EVENT, ref=own.digest) is None:
        file = _read(_folder(world) / own.file)
        if file.product is None or file.product.digest != own.digest:
            raise Refused(Refusal.at("PRODUCT_CHANGED", "产品文件在使用中被改动,请重来", "the product's file changed while it was used: try again", file=own.file))  # fmt: skip
        tx.append(EVENT, ref=own.digest, public={"name": own.name, "content": freeze(file.content)})


def kept_product(world: World, own: str, day: date) -> Product | Refusal:
    """A product by its digest as the log keeps it, whatever the files say today, with the law of a day."""
    event = world.log.last(EVENT, ref=own)
    if event is None:
        return Refusal.at("NO_SUCH_PRODUCT", "日志里没有这一版产品", "the log has no such version of a product", product=own)  # fmt: skip
    name, content = str(event.public["name"]), thaw(event.public["content"])
    read = read_product(
        name, own, {**content["content"], "_head": content["head"], "_file": f"{name}.toml", "_text": ""}
    )
    if digest(EVENT, freeze(content)) != own:
        raise BrokenInvariant(f"product {own} is not what its digest says")
    return with_law(world, read, day)


def _folder(world: World) -> Path:
    return world.home.policy / "products"


def _paths(world: World) -> list[Path]:
    return sorted(_folder(world).glob("*.toml"))


def _read(path: Path) -> ProductFile:
    name = path.name.split(".")[0]
    if not NAME.fullmatch(name):
        return ProductFile(name, path, None, Refusal.at("NOT_A_PRODUCT_NAME", *NAME_WORDS, file=path.name))
    try:
        content, said = _parsed(path)
        read = read_product(name, "", content)  # checked first: what it lets through has a canonical form
    except Refused as refused:
        return ProductFile(name, path, None, refused.refusal)
    except RecursionError:
        return ProductFile(name, path, None, Refusal.at("NOT_AN_EXPRESSION", "条件嵌套过深", "a condition is nested too deeply", file=path.name))  # fmt: skip
    return ProductFile(name, path, replace(read, digest=digest(EVENT, freeze(said))), None, said)


def _parsed(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The file as the reader wants it, and what it says: head and content, which the digest is of."""
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise Refused(Refusal.at("PRODUCT_FILE_TOO_LARGE", "产品文件过大", "the product's file is too large", file=path.name))  # fmt: skip
        text = path.read_text("utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise Refused(Refusal.at("NO_FILE", f"文件读不了:{error.strerror}", f"the file can't be read: {error.strerror}", file=path.name)) from error  # fmt: skip
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(Refusal.at("NOT_TOML", f"不是合法的 TOML:{error}", f"is not valid TOML: {error}", file=path.name)) from error  # fmt: skip
    head = content.pop("policy", {})
    for key, kind in HEAD.items():
        if not isinstance(head, dict) or type(head.get(key)) is not kind:  # a date with a time is no day
            raise Refused(Refusal.at("POLICY_HEAD", f"[policy] 缺少 {key} 或类型不对(须为 {kind.__name__})", f"[policy] needs {key} ({kind.__name__})", file=path.name, key=key))  # fmt: skip
    known = {*HEAD, _WITHDRAWN}
    odd = sorted(set(head) - known)
    if odd:
        raise Refused(Refusal.at("PRODUCT_KEY_UNKNOWN", f"[policy] 没有这一项,可写 {', '.join(sorted(known))}", f"[policy] has no such key; it has {', '.join(sorted(known))}", file=path.name, key=f"policy.{odd[0]}"))  # fmt: skip
    if _WITHDRAWN in head and type(head[_WITHDRAWN]) is not date:
        raise Refused(Refusal.at("PRODUCT_VALUE", "须为日期", "a date is expected", file=path.name, key=f"policy.{_WITHDRAWN}"))  # fmt: skip
    hidden = next((key for key in content if key.startswith("_")), None)
    if hidden is not None:  # such keys are ours, for messages
        raise Refused(Refusal.at("PRODUCT_KEY_UNKNOWN", "产品文件中没有这一项", "a product file has no such key", file=path.name, key=hidden))  # fmt: skip
    said = {"head": dict(head), "content": dict(content)}
    return {**content, "_head": head, "_file": path.name, "_text": text}, said
