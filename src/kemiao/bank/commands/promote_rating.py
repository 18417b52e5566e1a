"""rating promote, retire: which model assess uses from now on, and which never again. Who and why stands in the event log."""

from __future__ import annotations

from dataclasses import dataclass

from kemiao.bank.commands.replay import row_schema
from kemiao.bank.model_store import Stored
from kemiao.bank.models import Known, in_use, model_named, same_person, stored_model
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.profile import COLUMNS
from kemiao.credit.rating.model import features_of, score


@dataclass(frozen=True, slots=True)
class Request:
    """model: digest, its beginning, or a name; None goes back to the expert card. approved_by: a third person."""

    model: str | None
    by: str
    reason: str
    approved_by: str | None = None


@dataclass(frozen=True, slots=True)
class Promoted:
    """Digests of the model in use now and before; None is the expert card. without_horizon: its PD speaks of no year."""

    now: str | None
    before: str | None
    name: str
    seq: int
    without_horizon: bool = False


def promote_rating(world: World, request: Request) -> Promoted | Refusal:
    """Refuses a model that is not there, altered or retired, that its own fitter would promote, that was not validated,
    and one that does not fit the profile: columns which it does not have, or of another kind."""
    nobody = _named(request.by, "by")
    if nobody:
        return nobody
    if request.model is None:
        return _append(world, request, None)
    read = stored_model(world, request.model)
    if isinstance(read, Refusal):
        return read
    known, one = read
    return (
        _retired(known)
        or _second_person(world, request, known, one)
        or _validated(known, one)
        or _fits_profile(one)
        or _append(world, request, one)
    )


def _retired(known: Known) -> Refusal | None:
    if known.state != "retired":
        return None
    return Refusal.at("MODEL_RETIRED", "这个模型已退役,不能再启用", "the model is retired and can't be promoted again", model=known.name)  # fmt: skip


def _second_person(world: World, request: Request, known: Known, one: Stored) -> Refusal | None:
    fitters = [*known.fitters, *([one.fitted_by] if one.fitted_by else [])]
    if not fitters and not known.was_promoted:  # of an earlier release: nobody can say that there were two
        return Refusal.at("FITTER_UNKNOWN", "不知道是谁训练的,无法保证四眼;请重新训练", "nobody knows who fitted it, so four eyes can't be shown: fit it again", model=known.name)  # fmt: skip
    if any(same_person(request.by, fitter) for fitter in fitters):
        return Refusal.at("SAME_PERSON", f"{request.by} 训练了这个模型,启用须由另一人决定", f"{request.by} fitted this model; another person must promote it", model=known.name, by=request.by)  # fmt: skip
    policy = world.policy.on(world.clock.today())
    if "models" not in policy:
        return no_policy(world)
    approver = request.approved_by
    if approver is None:
        if not policy["models"]["promotion"]["approval"]:
            return None
        return Refusal.at("APPROVAL_MISSING", "政策要求第三人批准(--approved-by)", "the policy asks for a third person's approval (--approved-by)", file="models.toml")  # fmt: skip
    if any(same_person(approver, each) for each in (request.by, *fitters)):
        return Refusal.at("SAME_PERSON", f"{approver} 已参与,批准须由第三人作出", f"{approver} has a part in it already; a third person must approve", model=known.name, by=approver)  # fmt: skip
    return _named(approver, "approved-by")


def no_policy(world: World) -> Refusal:
    day = world.clock.today()
    return Refusal.at(
        "POLICY_NOT_IN_FORCE", f"{day} 没有生效的模型政策;kemiao upgrade 会补上", f"no policy for models is in force on {day}; kemiao upgrade brings one", file="models.toml"
    )  # fmt: skip


def _validated(known: Known, one: Stored) -> Refusal | None:
    """A report can be printed of it: figures alone, as earlier releases kept them, are not enough. What was in use
    before there were reports may come back."""
    if known.was_promoted or (one.validation and one.validation.get("examination")):
        return None
    return Refusal.at(
        "NO_VALIDATION", "模型没有验证报告,不能启用;请重新训练(kemiao rating fit)", "the model has no validation report and can't be promoted: fit it again (kemiao rating fit)", model=one.name
    )  # fmt: skip


def _fits_profile(one: Stored) -> Refusal | None:
    strange = [name for name in features_of(one.model) if name not in COLUMNS]
    if strange:
        listed = ", ".join(strange[:8])
        return Refusal.at(
            "MODEL_NOT_OF_PROFILE", f"这个模型用的列不是企业画像的指标:{listed}", f"the model uses columns that are no features of the profile: {listed}",
            model=one.name,
        )  # fmt: skip
    answer = score(one.model, row_schema().empty_table())
    return answer if isinstance(answer, Refusal) else None


def _append(world: World, request: Request, one: Stored | None) -> Promoted:
    before = in_use(world)
    digest, name = (one.digest, one.name) if one else (None, "expert_card")
    figures = one.model.facts.get("validation") if one else None
    horizon = one.model.facts.get("horizon_days") if one else None
    with world.log.write() as tx:
        public = {"model": digest, "name": name, "before": before, "by": request.by, "approved_by": request.approved_by, "reason": request.reason, "validation": figures}  # fmt: skip
        seq = tx.append("promotion", ref=digest, public=public)
        tx.witness(seq, {"kind": "promotion", "model": digest, "before": before})
    return Promoted(digest, before, name, seq, one is not None and horizon is None)


@dataclass(frozen=True, slots=True)
class Retired:
    model: str
    name: str
    seq: int


def retire_rating(world: World, model: str, by: str, reason: str) -> Retired | Refusal:
    """Its files stay, for the decisions that name it. Refuses the model in use, and one that is retired already."""
    nobody = _named(by, "by")
    if nobody:
        return nobody
    known = model_named(world, model)
    if known.state == "in_use":
        return Refusal.at("MODEL_IN_USE", "这个模型正在使用:先启用另一个,或 --expert", "the model is in use: promote another first, or --expert", model=known.name)  # fmt: skip
    if known.state == "retired":
        return Refusal.at("MODEL_RETIRED", "这个模型已退役", "the model is retired already", model=known.name)
    with world.log.write() as tx:
        seq = tx.append("retirement", ref=known.digest, public={"model": known.digest, "name": known.name, "by": by, "reason": reason})  # fmt: skip
        tx.witness(seq, {"kind": "retirement", "model": known.digest})
    return Retired(known.digest, known.name, seq)


def _named(person: str, option: str) -> Refusal | None:
    if person.strip():
        return None
    return Refusal.at("NOBODY", "须写明是谁", "say who", option=option)
