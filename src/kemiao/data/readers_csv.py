"""CSV and its kin: delimiter and encoding found out, quoted line breaks kept inside their cell."""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from kemiao.base.refusal import Refusal, Refused
from kemiao.data.readers import HEAD_ROWS, MARK, Fault, RawBatch, Sheet, batches, shown

_DELIMITERS = (",", "\t", ";", "|")
_SAMPLE_BYTES = 1 << 20
_LINES_BYTES = 4 << 20
_LINES_OF_ONE_ROW = 64  # a row over more lines than this is a quote that somebody forgot to close
_LARGEST_CELL = 10 << 20


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return chr(MARK + error.object[error.start]), error.start + 1


codecs.register_error("kemiao.mark", _mark)


def sheets(path: Path) -> tuple[Sheet, ...]:
    encoding = encoding_of(path)
    with _open(path, encoding) as text:
        lines = list(islice(text, HEAD_ROWS * 2))
    if not any(line.strip("\ufeff\x00 \t\r\n,;|") for line in lines):
        raise Refused(Refusal.at("EMPTY_FILE", "文件里没有内容", "the file has no content", file=path.name))
    delimiter = max(_DELIMITERS, key=lambda mark: max(line.count(mark) for line in lines))
    with _open(path, encoding) as text:
        head = [
            tuple(shown(cell or "") for cell in (row.cells if isinstance(row, Fault) else row[1]))
            for row in islice(_rows(text, delimiter), HEAD_ROWS)
        ]

    def read(header: int) -> Iterator[RawBatch]:
        with _open(path, encoding) as text:
            yield from batches(islice(_rows(text, delimiter), header + 1, None), head[header], pad=False)

    return (Sheet(None, tuple(head), read),)


def encoding_of(path: Path) -> str:
    """By a byte order mark; else UTF-8 or GB18030, whichever reads the first part that is not ASCII with fewer errors."""
    with path.open("rb") as file:
        chunk = file.read(_SAMPLE_BYTES)
        if chunk.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        while chunk.isascii():
            following = file.read(_SAMPLE_BYTES)
            if not following:
                return "utf-8"
            chunk = following
    sample = (
        chunk[chunk.find(b"\n") + 1 :]
        if not chunk[: chunk.find(b"\n") + 1].isascii() and len(chunk) == _SAMPLE_BYTES
        else chunk
    )
    return min(("utf-8", "gb18030"), key=lambda encoding: _errors(sample, encoding))


def _errors(sample: bytes, encoding: str) -> int:
    decoder = codecs.getincrementaldecoder(encoding)("kemiao.mark")
    return sum(ord(character) >= MARK for character in decoder.decode(sample))


def _open(path: Path, encoding: str) -> TextIO:
    return path.open(encoding=encoding, errors="kemiao.mark")


class _Lines:
    """Lines that can be put back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._waiting: deque[str] = deque()

    def next(self) -> str | None:
        if not self._waiting:
            self._waiting.extend(self._text.readlines(_LINES_BYTES))
        return self._waiting.popleft() if self._waiting else None

    def back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))


def _rows(text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]] | Fault]:
    csv.field_size_limit(_LARGEST_CELL)
    lines, number = _Lines(text), 0
    while (line := lines.next()) is not None:
        number += 1
        if "\x00" in line:
            line = line.replace("\x00", "")
        if '"' not in line:
            yield number, line.rstrip("\n").split(delimiter)
            continue
        record = _quoted(line, lines, delimiter)
        yield (number, record) if isinstance(record, list) else Fault(number, record, (line.rstrip("\n"),))


def _quoted(line: str, lines: _Lines, delimiter: str) -> list[str] | str:
    """The cells of a record that begins with `line`; lines of a quote that is never closed are put back."""
    taken: list[str] = []
    while True:
        whole = "".join([line, *taken])
        try:
            return next(csv.reader([whole], delimiter=delimiter, strict=True))
        except csv.Error as error:
            if "unexpected end of data" not in str(error):
                # A quote inside a bare cell, or text after a closing quote: read as spreadsheets do.
                return next(csv.reader([whole], delimiter=delimiter))
        following = lines.next() if len(taken) < _LINES_OF_ONE_ROW else None
        if following is None:
            lines.back(taken)
            return "QUOTE_NOT_CLOSED"
        taken.append(following)
