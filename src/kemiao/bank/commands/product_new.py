"""product new: a commented file that passes validation, for the bank to make its own."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

from kemiao.bank.lending.products import NAME, NAME_WORDS, product_files
from kemiao.bank.world import World
from kemiao.base.refusal import Outage, Refusal
from kemiao.credit.products.template import new_content, product_text


def new_product(world: World, name: str, start_from: str | None = None) -> Path | Refusal:
    """Writes policy/products/NAME.toml, in force from today, with owner and approval left open. Never overwrites."""
    if not NAME.fullmatch(name):
        return Refusal.at("NOT_A_PRODUCT_NAME", *NAME_WORDS, product=name)
    content = _content(world, start_from)
    if isinstance(content, Refusal):
        return content
    head = {"owner": "待填 / to be filled in", "approved_by": "尚未审批 / not approved yet", "approved_on": world.clock.today(), "effective_from": world.clock.today()}  # fmt: skip
    path = world.home.policy / "products" / f"{name}.toml"
    if product_files(world, name):
        return Refusal.at(
            "PRODUCT_EXISTS", "已有这个产品,不覆盖", "the product exists: it is not overwritten", file=path
        )
    return _write(path, product_text(head, content).encode("utf-8"))


def _content(world: World, start_from: str | None) -> dict[str, Any] | Refusal:
    """What it starts from: another product's newest version, or the small sound one."""
    if start_from is None:
        return new_content()
    files = product_files(world, start_from)
    if not files:
        return Refusal.at("NO_SUCH_PRODUCT", "没有这个产品(kemiao product list)", "there is no such product (kemiao product list)", product=start_from)  # fmt: skip
    broken = next((file.refusal for file in files if file.refusal), None)
    if broken is not None:
        return broken
    newest = max(files, key=lambda file: (_from(file.content), file.path.name))
    return dict((newest.content or {})["content"])


def _from(content: Any) -> date:
    begins: date = content["head"]["effective_from"]
    return begins


def _write(path: Path, text: bytes) -> Path | Refusal:
    """Whole or not at all; two at once write one."""
    building = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(exist_ok=True)
        building.write_bytes(text)
        os.link(building, path)  # fails where it exists by now
    except FileExistsError:
        return Refusal.at(
            "PRODUCT_EXISTS", "已有这个产品,不覆盖", "the product exists: it is not overwritten", file=path
        )
    except OSError as error:
        raise Outage("HOME_UNWRITABLE", f"产品文件无法写入:{error.strerror}", f"the product's file can't be written: {error.strerror}", {"file": path}) from error  # fmt: skip
    finally:
        building.unlink(missing_ok=True)
    return path
