"""Files that a stranger sent: whether the content is what the name says, and how much it holds once it is unpacked. Nothing is believed
that the file says of its own size: what is packed is unpacked once, counted and thrown away."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from kemiao.base.refusal import Refusal

_ZIP, _OLE, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1"
_KNOWN = (
    _ZIP,
    _OLE,
    _PARQUET,
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"\x7fELF",
    b"MZ",
    b"Rar!",
    b"7z\xbc\xaf",
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_TEXT = (".csv", ".txt", ".tsv", ".jsonl", ".ndjson")
_ZIPPED = {".xlsx": "xl/", ".xlsb": "xl/", ".ods": "content.xml"}
_MEMBERS_MOST = 10_000
_ROWS_MOST = 50_000_000
_LOOKED_AT = 1 << 16
_STEP = 1 << 20
_LOCAL_HEADER = 30


def unfit_file(path: Path, inflated_most: int) -> Refusal | None:
    """Refuses EMPTY_FILE, UNKNOWN_KIND_OF_FILE, NOT_THIS_KIND_OF_FILE, UNPACKS_TOO_LARGE. inflated_most: bytes, of what is unpacked."""
    if path.stat().st_size == 0:
        return Refusal.at("EMPTY_FILE", "文件是空的", "the file is empty", file=path.name)
    with path.open("rb") as file:
        first = file.read(_LOOKED_AT)
    ending = path.suffix.lower()
    if ending in _TEXT:
        return _not(path) if _no_text(first) else None
    if ending in _ZIPPED:
        return _not(path) if not first.startswith(_ZIP) else _workbook(path, _ZIPPED[ending], inflated_most)
    if ending == ".xls":
        return None if first.startswith(_OLE) else _not(path)
    if ending == ".parquet":
        return _not(path) if not first.startswith(_PARQUET) else _parquet(path, inflated_most)
    known = " ".join((*_TEXT, *_ZIPPED, ".xls", ".parquet"))
    return Refusal.at("UNKNOWN_KIND_OF_FILE", f"不认识这种文件;可用:{known}", f"files of this kind are not read; there are {known}", file=path.name)  # fmt: skip


def _no_text(first: bytes) -> bool:
    if first.startswith(_KNOWN):
        return True
    return b"\0" in first and not first.startswith(_UTF16)


def _workbook(path: Path, has: str, most: int) -> Refusal | None:
    try:
        with ZipFile(path) as archive, path.open("rb") as file:
            members = archive.infolist()
            if len(members) > _MEMBERS_MOST:
                return _too_large(path, most)
            if not any(member.filename.startswith(has) for member in members):
                return _not(path)
            left = most
            for member in members:
                if member.flag_bits & 1 or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                    return _not(path)
                left -= _unpacked(file.seek, file.read, member, left)
                if left < 0:
                    return _too_large(path, most)
    except (BadZipFile, zlib.error, struct.error, NotImplementedError, ValueError):
        return _not(path)
    return None


def _unpacked(seek: Callable[[int], int], read: Callable[[int], bytes], member: ZipInfo, most: int) -> int:
    """Bytes that come out of a member, counted up to just above `most`. The directory's word for it is not taken."""
    seek(member.header_offset)
    header = read(_LOCAL_HEADER)
    names, extra = struct.unpack("<HH", header[26:30])
    seek(member.header_offset + _LOCAL_HEADER + names + extra)
    left, count = member.compress_size, 0
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS) if member.compress_type == ZIP_DEFLATED else None
    while left > 0 and count <= most:
        some = read(min(_STEP, left))
        if not some:
            raise BadZipFile("cut off")
        left -= len(some)
        if unpacking is None:
            count += len(some)
            continue
        while some and count <= most:
            count += len(unpacking.decompress(some, _STEP))
            some = unpacking.unconsumed_tail
    return count


def _parquet(path: Path, most: int) -> Refusal | None:
    """A parquet file tells its sizes; who reads it holds it to them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        told = pq.read_metadata(path)
        size = sum(told.row_group(place).total_byte_size for place in range(told.num_row_groups))
    except (pa.ArrowException, OSError):
        return _not(path)
    return _too_large(path, most) if size > most or told.num_rows > _ROWS_MOST else None


def _not(path: Path) -> Refusal:
    kind = path.suffix.lower() or "?"
    return Refusal.at(
        "NOT_THIS_KIND_OF_FILE", f"内容不是 {kind} 文件", f"the content is no {kind} file", file=path.name
    )


def _too_large(path: Path, most: int) -> Refusal:
    return Refusal.at("UNPACKS_TOO_LARGE", f"解压后超过 {most} 字节", f"unpacks to more than {most} bytes", file=path.name)  # fmt: skip
