"""Who acts in a step of the way to money, as a command wants to know it: the account that has signed in, and the request's own clock."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kemiao.bank.lending.applications import Effort
from kemiao.bank.lending.people import account_of
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from kemiao.portal.door import Asked, done

PAPER_BYTES = 10 * 1024 * 1024
Minutes = Annotated[int | None, Field(ge=0, le=10_000, description="that a person says it took; the policy's without")]


class PaperFile(BaseModel):
    """A file that shows something: of it the digest is kept. content: base64, 10 MB at most."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=200)
    content: str = Field(min_length=4, max_length=PAPER_BYTES * 4 // 3 + 4)


def effort_of(asked: Asked, world: World, minutes: int | None = None) -> Effort:
    """Of a member of the staff. Raises Refused where the account is none, or was closed."""
    return Effort(done(account_of(world, asked.account)), minutes, since_now(asked))


def since_now(asked: Asked) -> Callable[[], int]:
    """The clock of a step: milliseconds since this call."""
    began = asked.portal.now_ms()
    return lambda: max(0, int(asked.portal.now_ms() - began))


@contextmanager
def paper_file(world: World, paper: PaperFile | None) -> Iterator[Path | None]:
    """The paper as a file, for the command that takes its digest; its name is only a name."""
    if paper is None:
        yield None
        return
    try:
        content = base64.b64decode(paper.content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(Refusal("UNFIT_INPUT", "文件内容不是 base64", "the file's content is not base64")) from error
    name = Path(paper.name.replace("\\", "/")).name.lstrip(".") or "paper"
    world.home.work.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=world.home.work) as folder:
        path = Path(folder) / name.replace("\0", "")[:120]
        path.write_bytes(content)
        yield path
