"""Files in through a map, what came of them, undoing; what waits in quarantine, out for correction and in again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel
from starlette.responses import Response

from kemiao.base.keys import parse_company
from kemiao.base.refusal import Refusal, Refused
from kemiao.portal.door import Asking, Cursor, Limit, Page, Uploading, closed_cursor, done, opened_cursor, router
from kemiao.portal.uploads import Upload

routes = router("imports")
BatchNumber = Annotated[int, Path(ge=1, le=10**9)]
OfBatch = Annotated[int | None, Query(ge=1, le=10**9)]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LEDGER = "own_loans"


def _form(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    form = {"type": "object", "properties": properties, "required": required}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


_TEXT: dict[str, Any] = {"type": "string"}
_FILE: dict[str, Any] = {"type": "string", "format": "binary"}
_IMPORT_FORM = _form(
    {"map": _TEXT, "company": _TEXT, "basis": _TEXT, "options": {"type": "string", "description": "NAME=VALUE, one a line"}, "files": {"type": "array", "items": _FILE}},
    ["map", "files"],
)  # fmt: skip
_RETRY_FORM = _form({"file": _FILE, "batch": _TEXT}, ["file"])


class ImportMap(BaseModel):
    name: str
    zh: str
    en: str
    basis: str
    facts: list[str]
    options: list[str]


class ImportedFile(BaseModel):
    """Taken + duplicates + quarantined = rows; blank lines are not rows."""

    number: int
    file: str
    sheet: str | None
    rows: int
    taken: int
    duplicates: int
    quarantined: int
    blank: int


class ImportedBatch(BaseModel):
    """tables: rows taken by table of facts. companies: whose papers these are, where that was told or the files tell it."""

    batch: int
    at: str
    map: str
    basis: str
    taken: int
    duplicates: int
    quarantined: int
    settled: int
    confirmed: int
    tables: dict[str, int]
    files: list[ImportedFile]
    companies: list[str]
    undone: bool


class LeftOut(BaseModel):
    file: str
    sheet: str | None
    zh: str
    en: str


class Brought(BaseModel):
    """batch: what came of it. left_out: files and sheets of which nothing was taken, and why. book: loans that came into the book, of a
    ledger of existing loans."""

    batch: ImportedBatch
    left_out: list[LeftOut]
    book: list[dict[str, Any]]


class UndoneBatch(BaseModel):
    """removed: rows by table. decisions: that had read the batch. confirmed_by: batches to import again to have back what they told too."""

    batch: int
    removed: dict[str, int]
    decisions: list[str]
    confirmed_by: list[int]


class CellError(BaseModel):
    column: str
    value: str | None
    zh: str
    en: str
    expect_zh: str
    expect_en: str


class WaitingRow(BaseModel):
    batch: int
    number: int
    file: str
    sheet: str | None
    row: int
    errors: list[CellError]
    cells: dict[str, str | None]


class Tried(BaseModel):
    """taken + duplicates + still_bad = retried."""

    retried: int
    taken: int
    duplicates: int
    still_bad: int
    batches: list[int]


@routes.get("/imports/maps")
def maps(asked: Asking) -> list[ImportMap]:
    """The maps that come with the program."""
    from kemiao.data.map import packaged_maps, read_map

    found = [read_map(text, f"{name}.toml") for name, text in packaged_maps().items()]
    return [ImportMap(name=each.name, zh=each.title["zh"], en=each.title["en"], basis=each.basis, facts=sorted({table.fact.name for table in each.tables}), options=sorted(each.options)) for each in found]  # fmt: skip


@routes.get("/imports")
def imports(asked: Asking, cursor: Cursor = None, limit: Limit = 50) -> Page[ImportedBatch]:
    """The newest first."""
    before = opened_cursor(cursor)
    last = _number(before)
    with asked.world() as world:
        undone = {event.public["batch"] for event in world.log.events("import_undone")}
        rows = []
        for event in world.log.events("import", newest_first=True):
            if last is None or event.public["batch"] < last:
                rows.append(_batch(event, undone))
            if len(rows) > limit:
                break
    return Page(items=rows[:limit], next=closed_cursor(str(rows[limit - 1].batch)) if len(rows) > limit else None)


@routes.get("/imports/{batch}")
def one(asked: Asking, batch: BatchNumber) -> ImportedBatch:
    """One batch: its files, how many rows were taken, were known, or wait in quarantine."""
    with asked.world() as world:
        return _of_batch(world, batch)


@routes.post("/imports", status_code=201, openapi_extra=_IMPORT_FORM)
def bring(asked: Asking, upload: Uploading) -> Brought:
    """One batch of all files, or none of it. A ledger of existing loans comes into the book too, as by `kemiao import own_loans --as`."""
    from kemiao.bank.commands.import_files import ImportFiles, import_files
    from kemiao.bank.commands.own_loans import OwnLoans, bring_loans
    from kemiao.data.map import load_map, packaged_maps

    unknown = sorted(set(upload.fields) - {"map", "company", "basis", "options"})
    if unknown or any(sent.field != "files" for sent in upload.files) or not upload.files:
        raise Refused(Refusal.at("BAD_UPLOAD", "须有 map 与 files", "it has map and files", field=", ".join(unknown) or "files"))  # fmt: skip
    name = upload.fields.get("map", "")
    if name not in packaged_maps():  # never a path
        raise Refused(Refusal.at("NO_SUCH_MAP", "没有这个映射", "there is no such map", map=name))
    _fit(upload)
    paths = tuple(sent.path for sent in upload.files)
    request = ImportFiles(load_map(name), name, paths, _options(upload), upload.fields.get("basis") or None)
    with asked.world() as world, _home_hidden():
        book = [done(bring_loans(world, asked.account, OwnLoans(path))) for path in paths] if name == _LEDGER else []
        answer = done(import_files(world, request))
        batch = _of_batch(world, answer.batch)
    return Brought(batch=batch, left_out=[LeftOut(**left.as_json()) for left in answer.left_out], book=[_shown(each) for each in book])  # type: ignore[arg-type]  # fmt: skip


@routes.post("/imports/{batch}/undo")
def undo(asked: Asking, batch: BatchNumber) -> UndoneBatch:
    """Takes the rows of a batch out again; decisions that rested on them are named."""
    from kemiao.bank.commands.undo_import import undo_import

    with asked.world() as world:
        answer = done(undo_import(world, batch))
    return UndoneBatch(batch=batch, removed=answer.removed, decisions=list(answer.decisions), confirmed_by=list(answer.confirmed_by))  # fmt: skip


@routes.get("/quarantine")
def quarantine(asked: Asking, batch: OfBatch = None, cursor: Cursor = None, limit: Limit = 100) -> Page[WaitingRow]:
    """By batch, file and row."""
    from kemiao.bank.commands.quarantine import waiting_list

    before = opened_cursor(cursor)
    after = tuple(_number(part) or 0 for part in before.split(".")) if before is not None else ()
    with asked.world() as world:
        rows = sorted(waiting_list(world, batch), key=lambda row: (row.batch, row.file, row.row))
    rest = [row for row in rows if (row.batch, row.file, row.row) > after]
    items = [
        WaitingRow(batch=row.batch, number=row.file, file=row.name, sheet=row.sheet, row=row.row, errors=[CellError(**{name: getattr(error, name) for name in CellError.model_fields}) for error in row.errors],
                   cells=dict(zip(row.header, row.cells, strict=False)))
        for row in rest[:limit]
    ]  # fmt: skip
    last = items[-1] if len(rest) > limit else None
    return Page(items=items, next=closed_cursor(f"{last.batch}.{last.number}.{last.row}") if last else None)


@routes.get("/quarantine/workbook", response_class=Response, responses={200: {"content": {_XLSX: {"schema": _FILE}}}})
def workbook(asked: Asking, batch: OfBatch = None) -> Response:
    """The rows that wait, to be corrected in their cells and sent back to /quarantine/retry."""
    from kemiao.bank.commands.quarantine import export

    with asked.world() as world, _scratch(world.home.work, asked.request) as folder:
        out = folder / "quarantine.xlsx"
        done(export(world, out, batch, asked.lang))
        content = out.read_bytes()
    return Response(content, media_type=_XLSX, headers={"Content-Disposition": 'attachment; filename="quarantine.xlsx"', "Cache-Control": "no-store"})  # fmt: skip


@routes.post("/quarantine/retry", openapi_extra=_RETRY_FORM)
def retry(asked: Asking, upload: Uploading) -> Tried:
    """Rows of a corrected workbook; what is right now is taken."""
    from kemiao.bank.commands.quarantine import retry as run

    number = upload.fields.get("batch", "")
    if len(upload.files) != 1 or set(upload.fields) - {"batch"} or (number and _number(number) is None):
        raise Refused(Refusal.at("BAD_UPLOAD", "须有一个 file", "it has one file", field="file"))
    _fit(upload)
    with asked.world() as world, _home_hidden():
        answer = done(run(world, upload.files[0].path, _number(number), lambda _: None))
    return Tried(retried=answer.retried, taken=answer.taken, duplicates=answer.duplicates, still_bad=answer.still_bad, batches=[each.batch for each in answer.batches])  # fmt: skip


def _number(text: str | None) -> int | None:
    """Of a batch, a file, a row: of digits that int reads, and no more than a database takes."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 15 else None


def _fit(upload: Upload) -> None:
    """The content is what the name says, and no bomb. Raises Refused."""
    from kemiao.data.sent_files import unfit_file

    for sent in upload.files:
        refused = unfit_file(sent.path, upload.inflated_bytes)
        if refused is not None:
            raise Refused(refused)


def _options(upload: Upload) -> dict[str, str]:
    options: dict[str, str] = {}
    for line in upload.fields.get("options", "").splitlines():
        name, equals, value = line.partition("=")
        if line.strip() and (not equals or not name.strip()):
            raise Refused(Refusal.at("BAD_UPLOAD", "选项写作 名称=值", "an option is NAME=VALUE", field="options"))
        if line.strip():
            options[name.strip()] = value.strip()
    if upload.fields.get("company", "").strip():
        options["company"] = done(parse_company(upload.fields["company"].strip()))
    return options


def _of_batch(world: Any, batch: int) -> ImportedBatch:
    event = world.log.last("import", ref=str(batch))
    if event is None:
        raise Refused(Refusal.at("NO_SUCH_BATCH", "没有这个批次", "there is no such batch", batch=batch))
    undone = {batch} if world.log.last("import_undone", ref=str(batch)) is not None else set()
    return _batch(event, undone)


def _batch(event: Any, undone: set[int]) -> ImportedBatch:
    said = event.public
    files = [ImportedFile(**{name: file.get(name) for name in ImportedFile.model_fields}) for file in said["files"] if "rows" in file]  # fmt: skip
    return ImportedBatch(
        batch=said["batch"], at=event.at, map=said["map"], basis=said["basis"], taken=sum(said["tables"].values()),
        duplicates=sum(file.duplicates for file in files), quarantined=sum(file.quarantined for file in files), settled=len(said.get("settled", ())),
        confirmed=said["confirmed"], tables=said["tables"], files=files, companies=said["companies"], undone=said["batch"] in undone,
    )  # fmt: skip


def _shown(book: dict[str, Any]) -> dict[str, Any]:
    """Without places on the server's disk."""
    return {
        name: value for name, value in book.items() if name != "rejects" and isinstance(value, int | str | bool | None)
    }


@contextmanager
def _home_hidden() -> Any:
    """What a command refuses names the file; where it lay on the server is nobody's business."""
    try:
        yield
    except Refused as refused:
        said = refused.refusal
        where = tuple(
            (name, value.rsplit("/", 1)[-1] if value.startswith("/") else value) for name, value in said.where
        )
        raise Refused(Refusal(said.code, said.zh, said.en, where)) from None


@contextmanager
def _scratch(work: Any, own: str) -> Any:
    import shutil

    folder = work / "exports" / own
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
