"""The tables of the book's quality: flags of companies, what is known of debtors, and the judgement of a day.

Amounts are whole fen, rates and shares ppm, days are days.
"""

from __future__ import annotations

import pyarrow as pa

CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
NONPERFORMING = CLASSES[2:]
STAGES = ("stage1", "stage2", "stage3")

_text, _fen, _ppm, _count, _day, _flag = pa.string(), pa.int64(), pa.int64(), pa.int32(), pa.date32(), pa.bool_()

FLAG_WORDS = {
    "bankrupt": ("破产清算", "in bankruptcy liquidation"),  # C10
    "evades": ("逃废债务", "evades bank debt"),  # C8
    "other_bank_npl": ("他行有不良债务", "non-performing debt at another bank"),  # C3, and C6 where amounts are given
    "rating_down": ("外部评级大幅下调", "external rating sharply lowered"),  # C5
    "use_changed": ("擅自改变资金用途", "use of funds changed without consent"),  # C1
    "impaired": ("已发生信用减值", "credit-impaired"),  # C4
    "risk_increased": ("信用风险显著增加", "significant increase in credit risk"),  # stage 2
    "difficulty": ("财务困难未解除", "financial difficulty is not solved"),  # RS3: observation goes on
    "technical": ("操作或技术原因的短期逾期", "short overdue for operational reasons"),  # of at most 7 days: exempt
}

FLAGS = pa.schema([
    ("company", _text), ("flag", _text),  # FLAG_WORDS; one row a flag that stands on the day
    ("all_banks_fen", _fen), ("overdue_90_fen", _fen),  # of other_bank_npl: the debtor's debts at all banks, of them > 90 days; else null
])  # fmt: skip

DEBTORS = pa.schema([
    ("company", _text),
    ("group", _text),  # borrowers under one control share it; null: by itself
    ("turnover_mean_fen", _fen),  # of three years; null where unknown: then the largest weight still possible
])  # fmt: skip

QUALITY = pa.schema([
    ("loan", _text), ("company", _text), ("group", _text), ("day", _day),
    ("status", _text),  # as in STATES: agreed, active, written_off; settled and renewed loans are not here
    ("class", _text), ("class_reasons", pa.list_(_text)),  # CLASSES; ids of the rows of law that say so
    ("stage", _count), ("impaired", _flag),  # 1, 2, 3
    ("past_due_days", _count),
    ("balance_fen", _fen),  # own part of principal, interest, penalties and fees that stands on the balance sheet
    ("rate_ppm", _ppm),  # nominal, on the day
    ("undrawn_fen", _fen),  # of a line that revolves or isn't drawn yet
    ("pd_ppm", _ppm), ("lgd_ppm", _ppm),  # of twelve months; after guarantor, pool and age in default
    ("ead_fen", _fen), ("eir_ppm", _ppm), ("ecl_fen", _fen),
    ("risk_row", _text), ("risk_weight_ppm", _ppm), ("rwa_fen", _fen), ("capital_fen", _fen),
    ("raroc_ppm", _ppm),  # null where impaired, or no capital is bound
    ("observed_from", _day),  # since when the running observation counts; and
    ("observed_until", _day),  # of a restructured loan: not before that day the observation ends
    ("nonperforming_since", _day), ("clean_since", _day),  # what the next day must know (U1)
    ("restructurings", _count),
    ("assumed", pa.list_(_text)),  # what was unknown and taken from policy: pd, lgd, turnover
])  # fmt: skip
