"""Models as directories of plain files: models/DIGEST/ with a manifest that names each file by its SHA-256.

    manifest.json    form and its version, kind, name, files, lineage
    card.json        the model itself (a challenger: model.json and trees.txt)
    validation.json  how it was validated
    inputs.json      what its inputs were when it learnt
    reference.json   points, inputs and defaults by grade as counts, by which it is watched

Nothing is unpickled, and no file counts that the manifest does not name. A directory appears whole or not at all. The
event log keeps the manifest's own digest. docs/decisions/015.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Outage, Refusal
from kemiao.credit.rating.inputs import Input, inputs_bytes, inputs_from
from kemiao.credit.rating.model import CARD, Model, kind_of, model_files, model_from_files
from kemiao.credit.rating.scorecard import from_bytes

FORM, VERSION = "kemiao/model", 1
MANIFEST, VALIDATION, INPUTS, REFERENCE = "manifest.json", "validation.json", "inputs.json", "reference.json"
_FILE = re.compile(r"[a-z0-9_]+\.[a-z0-9]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Stored:
    """A model with all that stands beside it. inputs, validation: None where an earlier release kept none.

    lineage: data digest, source, code, seed, library versions, policy, prior, who fitted it: JSON without floats.
    files: the directory's content. strangers: files that the manifest does not name; they are not read.
    """

    model: Model
    kind: str
    name: str
    lineage: Mapping[str, Any]
    validation: Mapping[str, Any] | None
    inputs: tuple[Input, ...] | None
    files: Mapping[str, bytes]
    strangers: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return self.model.digest

    @property
    def manifest_digest(self) -> str:
        return sha256(self.files[MANIFEST]) if MANIFEST in self.files else ""

    @property
    def fitted_by(self) -> str | None:
        by = self.lineage.get("fitted_by")
        return None if by is None else str(by)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def stored(
    model: Model, lineage: Mapping[str, Any], validation: Mapping[str, Any], inputs: tuple[Input, ...],
    more: Mapping[str, bytes] | None = None,
) -> Stored:  # fmt: skip
    """A new model with its files, ready for `keep`. more: files beside, by name."""
    files = {
        **model_files(model),
        VALIDATION: (json.dumps(validation, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode(),
        INPUTS: inputs_bytes(inputs),
        **(more or {}),
    }
    head = {"form": FORM, "version": VERSION, "model": model.digest, "kind": kind_of(model), "name": model.name}
    manifest = head | {"files": {name: sha256(content) for name, content in files.items()}, "lineage": dict(lineage)}
    files[MANIFEST] = canonical_bytes(manifest)
    return Stored(model, kind_of(model), model.name, dict(lineage), validation, inputs, files)


def keep(models: Path, one: Stored) -> Stored:
    """Writes models/DIGEST/ and returns what stands there: an intact directory of the same model is left as it is.

    The caller holds the home's lock. What a killed process left half-written is swept away.
    """
    for left in models.glob(".*.new"):
        shutil.rmtree(left, ignore_errors=True)
    target = models / one.digest
    there = read_directory(target) if target.is_dir() else None
    if isinstance(there, Stored) and there.digest == one.digest:
        return there
    write_directory(target, one.files)
    return one


def write_directory(target: Path, files: Mapping[str, bytes]) -> None:
    """Whole or not at all: written beside its place, forced to the disk, and moved. A damaged one there is replaced."""
    building, old = target.with_name(f".{target.name}.{os.getpid()}.new"), target.with_name(f".{target.name}.old.new")
    try:
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        for name, content in files.items():
            with (building / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        _sync(building)
        if target.exists():
            target.rename(old)
        building.rename(target)
        _sync(target.parent)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise Outage("HOME_UNWRITABLE", f"模型无法写入:{error.strerror}", f"the model can't be written: {error.strerror}", {"file": target}) from error  # fmt: skip
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_kept(models: Path, digest: str) -> bool:
    return (models / digest).is_dir() or (models / f"{digest}.json").is_file()


def read_model(models: Path, digest: str, manifest: str | None = None) -> Stored | Refusal:
    """By its digest; manifest: the digest of its manifest, as the event log has it.

    A single file models/DIGEST.json, as the first release kept it, is read too: its card vouches for itself.
    """
    folder, single = models / digest, models / f"{digest}.json"
    if not folder.is_dir():
        if single.is_file():
            return _single(single, digest)
        return Refusal.at("MODEL_MISSING", "模型文件不在了", "the model's files are gone", file=folder)
    found = read_directory(folder, manifest)
    if isinstance(found, Stored) and found.digest != digest:
        return _altered(folder, MANIFEST, digest)
    return found


def read_directory(folder: Path, manifest: str | None = None) -> Stored | Refusal:
    """Refuses a missing or altered file by its name, and a form that this program does not know with both versions."""
    try:
        content = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return Refusal.at("MODEL_FILE_MISSING", "模型缺少清单", "the model has no manifest", file=folder / MANIFEST)
    head = _manifest(content, folder / MANIFEST)
    if isinstance(head, Refusal):
        return head
    if manifest and sha256(content) != manifest:
        return _altered(folder, MANIFEST, manifest)
    files = {MANIFEST: content}
    for name, expected in head["files"].items():
        path = folder / name
        if not path.is_file():
            return Refusal.at("MODEL_FILE_MISSING", f"模型缺少文件 {name}(摘要 {expected[:12]})", f"the model lacks its file {name} (digest {expected[:12]})", file=path)  # fmt: skip
        files[name] = path.read_bytes()
        if sha256(files[name]) != expected:
            return _altered(folder, name, expected)
    model = model_from_files(head["kind"], files)
    if isinstance(model, Refusal):
        return Refusal(model.code, model.zh, model.en, (("folder", str(folder)), *model.where))
    if model.digest != head["model"]:
        return _altered(folder, MANIFEST, head["model"])
    try:
        validation = json.loads(files[VALIDATION]) if VALIDATION in files else None
        inputs = inputs_from(files[INPUTS]) if INPUTS in files else None
    except (ValueError, KeyError, TypeError) as error:
        return _no_model(folder, str(error))
    strangers = tuple(sorted(path.name for path in folder.iterdir() if path.name not in files))
    return Stored(model, head["kind"], head["name"], head["lineage"], validation, inputs, files, strangers)


def _manifest(content: bytes, path: Path) -> dict[str, Any] | Refusal:
    try:
        head = json.loads(content)
        form, version = head["form"], head["version"]
        if form != FORM or type(version) is not int or version < 1:
            return _no_model(path, f"form {form!r}, version {version!r}")
        if version > VERSION:
            return Refusal.at(
                "MODEL_FORM_NEWER", f"模型的格式是 {FORM} {version},本程序只认识到 {VERSION},请升级程序", f"the model has the form {FORM} {version}, this program reads up to {VERSION}: install a newer one",
                file=path,
            )  # fmt: skip
        kinds = {"model": str, "kind": str, "name": str, "files": dict, "lineage": dict}
        wrong = [name for name, kind in kinds.items() if not isinstance(head[name], kind)]
        wrong += [name for name in head["files"] if not _FILE.fullmatch(name) or name == MANIFEST]
        if wrong or not _DIGEST.fullmatch(head["model"]):
            return _no_model(path, ", ".join(wrong) or "model")
    except (ValueError, KeyError, TypeError) as error:
        return _no_model(path, str(error))
    return dict(head)


def _single(path: Path, digest: str) -> Stored | Refusal:
    content = path.read_bytes()
    card = from_bytes(content, digest)
    if isinstance(card, Refusal):
        return card
    figures = card.facts.get("validation")
    lineage = {name: card.facts[name] for name in ("source", "table_digest", "seed", "code") if name in card.facts}
    return Stored(card, "card", card.name, lineage, figures if isinstance(figures, dict) else None, None, {CARD: content})  # fmt: skip


def _altered(folder: Path, name: str, expected: str) -> Refusal:
    return Refusal.at(
        "MODEL_ALTERED", f"模型文件 {name} 与登记的摘要 {expected[:12]} 不符", f"the model's file {name} does not match its recorded digest {expected[:12]}",
        file=folder / name,
    )  # fmt: skip


def _no_model(path: Path, what: str) -> Refusal:
    return Refusal.at("NOT_A_MODEL", f"不是模型目录:{what}", f"is not a model: {what}", file=path)
