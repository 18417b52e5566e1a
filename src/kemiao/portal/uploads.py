"""Files that are sent: streamed to the home's work/, counted and digested on the way, gone when they are answered.

A name that came with a file is a word about it and never a path: what lies on the disk is called by what is left of it once everything
but letters, digits and `.-_()` is replaced, in a folder of its own. Whether the content is what the name says: kemiao.data.sent_files.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from kemiao.base.refusal import Outage, Refusal, Refused

FOLDER = "uploads"
FILES_MOST, FIELDS_MOST, FIELD_BYTES = 20, 20, 4096
_AT_ONCE = 4
_HEADER_BYTES = 4096
_NAME_BYTES = 150
_LEFT_BEHIND_MS = 86_400_000
_ODD = re.compile(r"[^\w.\-()()]")


@dataclass(slots=True)
class Sent:
    """One file. name: as it is shown and kept. path: where it lies until the answer."""

    field: str
    name: str
    path: Path
    bytes: int = 0


@dataclass(slots=True)
class Upload:
    """digest: of names and content, the same for the same parts whatever stands between them. inflated_bytes: the most that the files may
    hold unpacked, as the rule of the route says."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[Sent] = field(default_factory=list)
    digest: str = ""
    inflated_bytes: int = 0


def is_upload(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def too_large(most: int) -> Refusal:
    return Refusal.at("BODY_TOO_LARGE", f"提交的内容超过 {most} 字节", f"what was sent has more than {most} bytes", bytes=most)  # fmt: skip


async def bounded(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body in parts. Raises Refused BODY_TOO_LARGE: before anything is read where the size is told, else as soon as it is passed."""
    told = request.headers.get("content-length")
    if told is not None and (not told.isdigit() or int(told) > most):
        raise Refused(too_large(most))
    read = 0
    async for part in request.stream():
        read += len(part)
        if read > most:
            raise Refused(too_large(most))
        yield part


class Uploads:
    """Of one process: only a few at once."""

    def __init__(self) -> None:
        self._now = 0

    @asynccontextmanager
    async def received(self, request: Request, work: Path, own: str, most: int, now_ms: int) -> AsyncIterator[Upload]:
        """own: the request's id, after which its folder is called. Raises Refused BODY_TOO_LARGE, BAD_UPLOAD, TOO_MANY_REQUESTS; Outage."""
        if self._now >= _AT_ONCE:
            raise Refused(Refusal.at("TOO_MANY_REQUESTS", "同时上传的人太多,请稍候再试", "too many upload at once: try again shortly", seconds=5))  # fmt: skip
        self._now += 1
        folder = work / FOLDER / own
        try:
            try:
                _sweep(work / FOLDER, now_ms)
                folder.mkdir(parents=True, mode=0o700)
                upload = await _parsed(request, folder, most)
            except OSError as error:
                raise Outage("DISK_FAILED", f"上传的文件无法写入:{error.strerror}", f"what was sent can't be written: {error.strerror}", {"folder": FOLDER}) from error  # fmt: skip
            yield upload
        finally:
            self._now -= 1
            shutil.rmtree(folder, ignore_errors=True)


async def _parsed(request: Request, folder: Path, most: int) -> Upload:
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if not boundary or len(boundary) > 200:
        raise Refused(_bad("boundary"))
    reading = _Reading(folder)
    parser = MultipartParser(boundary, reading.callbacks())
    try:
        async for part in bounded(request, most):
            parser.write(part)
        parser.finalize()
    except MultipartParseError as error:
        raise Refused(_bad("form")) from error
    finally:
        reading.close()
    if not reading.ended:
        raise Refused(_bad("end"))
    reading.upload.digest = reading.whole.hexdigest()
    return reading.upload


class _Reading:
    """What the parser tells, part by part."""

    def __init__(self, folder: Path) -> None:
        self.upload, self.whole, self.ended = Upload(), sha256(), False
        self._folder = folder
        self._header, self._value, self._headers = b"", b"", dict[bytes, bytes]()
        self._part = sha256()
        self._name, self._text, self._size = "", bytearray(), 0
        self._file: BinaryIO | None = None

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin, "on_part_data": self._data, "on_part_end": self._end, "on_header_field": self._on_header,
            "on_header_value": self._on_value, "on_header_end": self._header_end, "on_headers_finished": self._headers_end, "on_end": self._all,
        }  # fmt: skip

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._header, self._value, self._headers = b"", b"", {}

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header = _within(self._header + data[start:end])

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value = _within(self._value + data[start:end])

    def _header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""
        if len(self._headers) > 8:
            raise Refused(_bad("headers"))

    def _headers_end(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if kind != b"form-data" or not self._name or len(self._name) > 40:
            raise Refused(_bad("name"))
        self._part, self._text, self._size = sha256(), bytearray(), 0
        if b"filename" not in options:
            if len(self.upload.fields) >= FIELDS_MOST or self._name in self.upload.fields:
                raise Refused(_bad(self._name))
            return
        if len(self.upload.files) >= FILES_MOST:
            raise Refused(Refusal.at("TOO_MANY_FILES", f"一次至多 {FILES_MOST} 个文件", f"at most {FILES_MOST} files at once"))  # fmt: skip
        name = shown_name(options[b"filename"].decode("utf-8", "replace"))
        place = self._folder / str(len(self.upload.files))
        place.mkdir(mode=0o700)
        sent = Sent(self._name, name, place / name)
        self.upload.files.append(sent)
        self._file = sent.path.open("xb")
        self._part.update(name.encode() + b"\0")

    def _data(self, data: bytes, start: int, end: int) -> None:
        some = data[start:end]
        self._part.update(some)
        self._size += len(some)
        if self._file is not None:
            self._file.write(some)
        elif len(self._text) + len(some) > FIELD_BYTES:
            raise Refused(_bad(self._name))
        else:
            self._text += some

    def _end(self) -> None:
        if self._file is not None:
            self.close()
            self.upload.files[-1].bytes = self._size
        else:
            try:
                self.upload.fields[self._name] = self._text.decode()
            except UnicodeDecodeError as error:
                raise Refused(_bad(self._name)) from error
        self.whole.update(f"{self._name}\0{self._part.hexdigest()}\0".encode())

    def _all(self) -> None:
        self.ended = True


def shown_name(told: str) -> str:
    """What is left of a file's name: its last part, without what a path, a shell or a spreadsheet would obey."""
    last = re.split(r"[/\\]", told)[-1]
    name = _ODD.sub("_", last).lstrip(".-") or "file"
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        stem, ending = name, ""
    room = _NAME_BYTES - len(ending.encode()) - 1
    stem = stem.encode()[:room].decode("utf-8", "ignore") or "file"
    return f"{stem}.{ending}" if ending else stem


def _within(text: bytes) -> bytes:
    if len(text) > _HEADER_BYTES:
        raise Refused(_bad("headers"))
    return text


def _bad(place: str) -> Refusal:
    return Refusal.at("BAD_UPLOAD", "上传的内容不完整或格式不对", "what was sent is cut off or malformed", field=place)


def _sweep(folder: Path, now_ms: int) -> None:
    """What a process that was killed has left."""
    if not folder.is_dir():
        return
    for each in folder.iterdir():
        try:
            old = now_ms - each.stat().st_mtime_ns // 1_000_000 > _LEFT_BEHIND_MS
        except FileNotFoundError:
            continue
        if old:
            shutil.rmtree(each, ignore_errors=True)
