"""A validation as JSON for scripts, and as whole numbers for the card that it vouches for."""

from __future__ import annotations

from dataclasses import asdict

from kemiao.credit.rating.columns import TrainingTable
from kemiao.credit.rating.delong import Estimate
from kemiao.credit.rating.leaks import Finding
from kemiao.credit.rating.validate import Comparison, Contender, Validation

HORIZON_UNKNOWN = (
    "标签没有时间跨度:违约率说的是这张表里的事,不是一年内的事",
    "label without horizon: the PD speaks of this table, not of a year",
)


def as_json(found: Validation, table: TrainingTable, horizon_days: int | None, lang: str) -> dict[str, object]:
    """Names that scripts rely on: auc, auc_low, auc_high, ks, brier, rows, events, folds, refused [{column, why}]."""
    return {
        "auc": found.auc, "auc_low": found.auc_low, "auc_high": found.auc_high, "ks": found.ks, "brier": found.brier,
        "rows": found.rows, "events": found.events, "folds": found.folds, "repeats": found.repeats, "inner_folds": found.inner_folds,
        "refused": [_finding(each, lang) for each in found.screened.refused],
        "suspect": [_finding(each, lang) for each in found.screened.suspect],
        "auc_by_repeat": list(found.by_repeat),
        "ranked_by": "points; PD where folds mix cards and trees (the rank columns of --predictions)",
        "interval": "95 %, DeLong over rows of the out-of-fold prediction, mean over repeats",
        "nested": "selection, bins, trees, coefficients, calibration and the choice between card and challenger are learnt inside each fold",
        "kind": found.kind, "split": found.split, "weighted": found.held.weights is not None,
        "card": _contender(found.card), "challenger": _contender(found.challenger), "card_auc": found.card_auc, "challenger_auc": found.challenger_auc,
        "challenger_less_card": asdict(found.difference) if found.difference else None,
        "challenger_chosen": found.challenger_chosen, "fits": found.fits,
        "characteristics_mean": found.characteristics,
        "mean_pd": found.mean_pd_ppm / 1e6, "event_rate": found.event_rate_ppm / 1e6,
        "calibration": [{"rows": row["rows"], "pd": row["pd_ppm"] / 1e6, "event_rate": row["event_ppm"] / 1e6} for row in found.calibration],
        "baseline": asdict(found.baseline) if found.baseline else None,
        "columns_used": [column.name for column in found.screened.usable],
        "label": table.label, "event_value": table.event_value, "rows_without_label": table.without_label,
        "horizon_days": horizon_days, "horizon": None if horizon_days else HORIZON_UNKNOWN[lang != "zh"],
        "seed": found.seed, "table_digest": table.digest,
    }  # fmt: skip


def as_facts(found: Validation) -> dict[str, object]:
    """Whole numbers only: they stand in the card and in the event log."""
    return {
        "auc_ppm": _ppm(found.auc), "auc_low_ppm": _ppm(found.auc_low), "auc_high_ppm": _ppm(found.auc_high),
        "ks_ppm": _ppm(found.ks), "brier_ppm": _ppm(found.brier),
        "rows": found.rows, "events": found.events, "folds": found.folds, "repeats": found.repeats, "inner_folds": found.inner_folds,
        "kind": found.kind, "split": found.split, "challenger_chosen": found.challenger_chosen, "fits": found.fits,
        "card": _contender_facts(found.card), "challenger": _contender_facts(found.challenger), "challenger_less_card": difference_facts(found.difference),
        "mean_pd_ppm": found.mean_pd_ppm, "event_rate_ppm": found.event_rate_ppm,
        "calibration": [dict(row) for row in found.calibration],
        "baseline": _comparison(found.baseline) if found.baseline else None,
    }  # fmt: skip


def _contender(found: Contender | None) -> dict[str, object] | None:
    return None if found is None else {name: cell for name, cell in asdict(found).items() if name != "by_repeat"}


def _contender_facts(found: Contender | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "auc_ppm": _ppm(found.auc), "auc_low_ppm": _ppm(found.auc_low), "auc_high_ppm": _ppm(found.auc_high),
        "ks_ppm": _ppm(found.ks), "brier_ppm": _ppm(found.brier), "mean_pd_ppm": found.mean_pd_ppm,
    }  # fmt: skip


def difference_facts(found: Estimate | None) -> dict[str, int] | None:
    if found is None:
        return None
    return {"auc_ppm": _ppm(found.value), "low_ppm": _ppm(found.low), "high_ppm": _ppm(found.high)}


def _comparison(against: Comparison) -> dict[str, object]:
    return {
        "column": against.column, "auc_ppm": _ppm(against.auc),
        "difference_ppm": _ppm(against.difference), "difference_low_ppm": _ppm(against.difference_low), "difference_high_ppm": _ppm(against.difference_high),
    }  # fmt: skip


def _finding(each: Finding, lang: str) -> dict[str, str]:
    return {"column": each.column, "why": each.zh if lang == "zh" else each.en, "code": each.code, "zh": each.zh, "en": each.en}  # fmt: skip


def _ppm(figure: float) -> int:
    return round(figure * 1_000_000)
