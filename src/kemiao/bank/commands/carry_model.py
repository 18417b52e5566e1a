"""rating export, import: a model as a directory of plain files, out of a home and into another."""

from __future__ import annotations

from pathlib import Path

from kemiao.bank.model_store import MANIFEST, VERSION, Stored, keep, read_directory, write_directory
from kemiao.bank.models import SHOWN, kept_model, known_models, stored_model
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal


def export_model(world: World, name: str, to: Path) -> Stored | Refusal:
    """Writes the model's directory as `to`, which must not exist."""
    if to.exists():
        return Refusal.at("FILE_EXISTS", "目标已存在,不覆盖", "the target exists; it is not overwritten", file=to)
    read = stored_model(world, name)
    if isinstance(read, Refusal):
        return read
    one = read[1]
    if MANIFEST not in one.files:
        return Refusal.at(
            "MODEL_WITHOUT_MANIFEST", f"这是早先版本的单文件模型,没有格式 {VERSION} 的清单;请重新训练", f"a single file of an earlier release, without a manifest of form {VERSION}: fit it again",
            model=one.name,
        )  # fmt: skip
    write_directory(to, one.files)
    return one


def import_model(world: World, folder: Path, by: str) -> Stored | Refusal:
    """Takes in a directory that `export_model` wrote; whoever fitted it stands in its manifest. It does not take effect."""
    if not folder.is_dir():
        return Refusal.at("NO_SUCH_FILE", "没有这个目录", "there is no such folder", file=folder)
    one = read_directory(folder)
    if isinstance(one, Refusal):
        return one
    there = next((each for each in known_models(world) if each.digest == one.digest), None)
    if there is not None and isinstance(kept_model(world, one.digest), Stored):  # a damaged one is mended by this
        return Refusal.at("MODEL_KNOWN", "这个模型已在本目录中", "the home has this model already", model=there.name)
    with world.log.write() as tx:
        one = keep(world.home.models, one)
        public = {
            "name": one.name, "kind": one.model.kind, "how": "import", "by": by, "fitted_by": one.fitted_by, "manifest": one.manifest_digest,
            **{name: one.model.facts.get(name) for name in SHOWN},
        }  # fmt: skip
        seq = tx.append("model", ref=one.digest, public=public)
        tx.witness(seq, {"kind": "model", "digest": one.digest, "event": "imported"})
    return one
