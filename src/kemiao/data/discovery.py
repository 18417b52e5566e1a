"""Which files and sheets a map takes: by their headers, found among the first rows. Nothing is passed over in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kemiao.base.refusal import Refusal, Refused
from kemiao.data.map import Map, TableMap, raw_name
from kemiao.data.readers import SUFFIXES, Sheet, open_file

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Found:
    """A sheet that a map takes. header: its place in sheet.head; names: its columns, normalised, as the owner wrote them."""

    path: Path
    sheet: Sheet
    header: int
    names: tuple[str, ...]
    tables: tuple[TableMap, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        return self.sheet.head[self.header]


@dataclass(frozen=True, slots=True)
class LeftOut:
    file: str
    sheet: str | None
    zh: str
    en: str

    def as_json(self) -> dict[str, object]:
        return {"file": self.file, "sheet": self.sheet, "zh": self.zh, "en": self.en}


def discover(source: Map, paths: Sequence[Path]) -> tuple[list[Found], list[LeftOut]]:
    """Folders are searched through. Refuses a named file of which nothing is taken, and a folder without anything to take."""
    found: list[Found] = []
    left: list[LeftOut] = []
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise Refused(
                Refusal.at("NO_SUCH_FILE", "没有这个文件或目录", "there is no such file or folder", file=path)
            )
        before = len(found)
        for file in _files(path):
            if file.resolve() in seen:
                continue
            seen.add(file.resolve())
            try:
                taken, others = _sheets_of(source, file)
            except Refused as refused:
                if not path.is_dir():
                    raise
                left.append(LeftOut(file.name, None, refused.refusal.zh, refused.refusal.en))
                continue
            if not taken and not path.is_dir():
                raise Refused(_no_header(source, file))
            found += taken
            left += others
        if path.is_dir() and len(found) == before and not seen:
            raise Refused(Refusal.at("NOTHING_HERE", "目录里没有文件", "the folder has no files", file=path))
    if not found:
        raise Refused(
            Refusal.at("NOTHING_TO_TAKE", f"没有一个文件符合映射 {source.name}:{_reasons(left, 'zh')}", f"no file fits the map {source.name}: {_reasons(left, 'en')}", file=paths[0] if paths else None)
        )  # fmt: skip
    return found, left


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    # Hidden files and the lock files of open workbooks (~$name.xlsx) are nobody's data.
    return sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith((".", "~$")))


def _sheets_of(source: Map, file: Path) -> tuple[list[Found], list[LeftOut]]:
    if file.suffix.lower() not in SUFFIXES:
        return [], [LeftOut(file.name, None, "不是数据文件", "not a file of data")]
    taken: list[Found] = []
    left: list[LeftOut] = []
    for sheet in open_file(file):
        hit = _match(source, file, sheet)
        if hit is None:
            left.append(LeftOut(file.name, sheet.name, *_unmatched(source, sheet)))
        else:
            taken.append(hit)
    return _without_lines_beside(taken, left)


def _match(source: Map, file: Path, sheet: Sheet) -> Found | None:
    """The first row that has all that some table needs is the header; rows above it are titles."""
    for place, row in enumerate(sheet.head):
        names = tuple(raw_name(cell) for cell in row)
        tables = tuple(
            table for table in source.tables if table.admits(file.name, sheet.name) and not table.missing_from(names)
        )
        if tables:
            return Found(file, sheet, place, names, tables)
    return None


def _without_lines_beside(taken: list[Found], left: list[LeftOut]) -> tuple[list[Found], list[LeftOut]]:
    """Lines are not added to the invoices that another sheet of the same workbook has."""
    here = {table.name for found in taken for table in found.tables}
    kept: list[Found] = []
    for found in taken:
        tables = tuple(table for table in found.tables if table.only_without not in here)
        if tables:
            kept.append(Found(found.path, found.sheet, found.header, found.names, tables))
        else:
            other = found.tables[0].only_without
            left.append(LeftOut(found.path.name, found.sheet.name, f"同一工作簿的另一张表已有这些内容({other})", f"another sheet of the same workbook has this already ({other})"))  # fmt: skip
    return kept, left


def _unmatched(source: Map, sheet: Sheet) -> tuple[str, str]:
    if not sheet.head:
        return "空表", "an empty sheet"
    row, lacking = _nearest(source, sheet.head)
    if not lacking:
        return "表头符合,但文件名或工作表名不符", "the header fits, the name of the file or sheet does not"
    found, expected = _some(row), _some(lacking)
    return f"表头缺少 {expected};找到的是 {found}", f"the header lacks {expected}; found {found}"


def _no_header(source: Map, file: Path) -> Refusal:
    """What was found, and what was expected, of the table that comes nearest."""
    sheets = [sheet for sheet in open_file(file) if sheet.head]
    rows = [row for sheet in sheets for row in sheet.head]
    if not rows:
        return Refusal.at("EMPTY_FILE", "文件里没有内容", "the file has no content", file=file.name)
    row, lacking = _nearest(source, rows)
    if not lacking:  # the header is there: it is the file's or the sheet's name that says which table it is
        wanted = _some(sorted({glob for table in source.tables for glob in (*table.files, *table.sheets)}))
        return Refusal.at(
            "NAME_DOES_NOT_FIT",
            f"表头符合映射 {source.name},但文件名或工作表名不符:须像 {wanted}(文件名说明是哪一种)",
            f"the header fits the map {source.name}, but the name of the file or sheet does not: it has to be like {wanted}",
            file=file.name,
        )
    return Refusal.at(
        "HEADER_NOT_FOUND",
        f"前 {max(len(sheet.head) for sheet in sheets)} 行里没有映射 {source.name} 的表头;缺少 {_some(lacking)};找到的是 {_some(row)}",
        f"the first rows have no header for the map {source.name}: lacking {_some(lacking)}; found {_some(row)}",
        file=file.name,
        row=1,
    )


def _nearest(source: Map, rows: Sequence[Sequence[str]]) -> tuple[Sequence[str], list[str]]:
    """The row that looks most like a header of one of the tables, and what it lacks."""
    measured: list[tuple[float, int, Sequence[str], list[str]]] = []
    for row in rows:
        names = [raw_name(cell) for cell in row]
        for table in source.tables:
            lacking = table.missing_from(names)
            measured.append((len(lacking) / max(1, len(table.expected())), len(measured), row, lacking))
    _, _, row, lacking = min(measured, key=lambda item: item[:2])
    return row, lacking


def _some(names: Sequence[str]) -> str:
    shown = [name.strip() for name in names if name.strip()]
    more = f" … (+{len(shown) - _SHOWN})" if len(shown) > _SHOWN else ""
    return "、".join(shown[:_SHOWN]) + more or "-"


def _reasons(left: Sequence[LeftOut], lang: str) -> str:
    return "; ".join(f"{item.file}: {item.zh if lang == 'zh' else item.en}" for item in left[:5])
