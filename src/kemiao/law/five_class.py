"""Five-class risk classification (金融资产风险分类): the worst of all floors that are triggered."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, IntArray, Ints
from kemiao.base.refusal import Refusal
from kemiao.base.tables import Row
from kemiao.law.columns import Cases, answer, names_at, names_where, weight_of
from kemiao.law.exact import reaches_share, within_share
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.rule import Input, Law, Output, Rule
from kemiao.law.truth import Truth

CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
FLOORS = ("D1", "D90", "D270", "D360", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "RS4", "RS6", "U1")  # fmt: skip


def five_class(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """class: the worst of the floors; null where the unknown leaves more than one. class_at_least: by what is surely triggered;
    class_at_most: the worst that is still possible. reasons: ids of the surely triggered floors.

    D360 and C10, C11 are the end of the scale. Collateral lifts no floor, so it isn't read. A part above its whole is refused.
    Source: law/tables/five_class.toml.
    """
    rows = rows_in_force(law, "five_class", on, FLOORS)
    if isinstance(rows, Refusal):
        return rows
    given = Cases(cases)
    triggered, unknown = _floors(given, {name: by_id(rows, name) for name in FLOORS})
    ranks = np.array([CLASSES.index(str(by_id(rows, name).cells["class"])) for name in FLOORS])
    sure = np.stack([triggered[name].sure for name in FLOORS], axis=1)
    possible = np.stack([triggered[name].possible for name in FLOORS], axis=1)
    low, high = (np.where(mask, ranks, 0).max(axis=1) for mask in (sure, possible))
    open_ = low != high
    # An unknown matters where a floor that it leaves open is worse than what is sure.
    missing: dict[str, BoolArray] = {item.name: np.zeros(given.rows, bool) for item in RULE.inputs if not item.elected}
    for place, name in enumerate(FLOORS):
        matters = open_ & triggered[name].undecided & (ranks[place] > low)
        for item, mask in unknown[name].items():
            missing[item] |= matters & mask
    weights = np.array([weight_of(by_id(rows, name).confidence) for name in FLOORS])
    reached = sure & (ranks == low[:, None])
    # Of several floors of one class the best read one carries the answer; where nothing is triggered all were weighed.
    carried = np.where(reached, weights, len(FLOORS)).min(axis=1)
    confidence: IntArray = np.where(open_ | ~sure.any(axis=1), weights.max(), carried)
    everywhere = np.ones(given.rows, bool)
    outputs = {
        "class": names_at(low, CLASSES, ~open_),
        "class_at_least": names_at(low, CLASSES, everywhere),
        "class_at_most": names_at(high, CLASSES, everywhere),
        "nonperforming": pa.array(low >= CLASSES.index("substandard"), pa.bool_(), mask=(low < 2) & (high >= 2)),
        "reasons": names_where({name: sure[:, place] & given.judged for place, name in enumerate(FLOORS)}, given.rows),
    }
    return answer(RULE, given, on, outputs, missing, confidence)


def _floors(given: Cases, row: dict[str, Row]) -> tuple[dict[str, Truth], dict[str, dict[str, BoolArray]]]:
    """Each floor as true, false or unknown; and the inputs that are unknown to it."""
    days, flags = given.count("overdue_days"), {name: given.flag(name) for name in _FLAGS}
    amounts = {name: given.amount(name) for name in _AMOUNTS}
    whole_of = (("ecl_fen", "balance_fen"), ("debtor_overdue_90_fen", "debtor_all_banks_fen"), ("debtor_nonperforming_here_fen", "debtor_here_fen"))  # fmt: skip
    for part, whole in whole_of:
        both = amounts[part].known & amounts[whole].known
        given.refuse(both & (amounts[part].values > amounts[whole].values), "PART_ABOVE_WHOLE")
    impaired, company = flags["impaired"], ~_elected(flags["retail"])
    technical = _elected(flags["technical"]) & Truth.at_most(days, number(row["D1"], "technical_days_at_most"))
    nonperforming_here = Truth.where_known(amounts["debtor_nonperforming_here_fen"].values > 0, amounts["debtor_nonperforming_here_fen"].known)  # fmt: skip
    excepted = _elected(flags["accepted_enhancement"])
    renewed = _elected(flags["qualifying_renewal"])

    def over(name: str) -> Truth:
        return ~Truth.at_most(days, number(row[name], "overdue_days_over"))

    def loss_share(name: str) -> Truth:
        return _at_least(amounts["ecl_fen"], amounts["balance_fen"], number(row[name], "loss_share_at_least_ppm"))

    floors = {
        "D1": over("D1") & ~technical, "D90": over("D90"), "D270": over("D270"), "D360": over("D360"),
        "C1": flags["use_changed"],
        "C2": flags["rolled_over"] & ~renewed,
        "C3": company & (flags["debtor_nonperforming"] | nonperforming_here),
        "C4": impaired, "C5": flags["rating_down"],
        "C6": company & _over(amounts["debtor_overdue_90_fen"], amounts["debtor_all_banks_fen"], number(row["C6"], "overdue_share_over_ppm")),
        "C7": company & ~excepted & _over(amounts["debtor_nonperforming_here_fen"], amounts["debtor_here_fen"], number(row["C7"], "nonperforming_share_over_ppm")),
        "C8": flags["evades"], "C9": impaired & loss_share("C9"),
        "C10": flags["bankrupt"], "C11": impaired & loss_share("C11"),
        "RS4": _elected(flags["observed"]), "RS6": _elected(flags["restructured_again"]), "U1": _elected(flags["upgrade_barred"]),
    }  # fmt: skip
    blank = {name: flag.undecided for name, flag in flags.items()} | {name: ~column.known for name, column in amounts.items()} | {"overdue_days": ~days.known}  # fmt: skip
    reads = {
        "D1": ("overdue_days",), "D90": ("overdue_days",), "D270": ("overdue_days",), "D360": ("overdue_days",), "C1": ("use_changed",),
        "C2": ("rolled_over",), "C3": ("debtor_nonperforming",), "C4": ("impaired",), "C5": ("rating_down",),
        "C6": ("debtor_overdue_90_fen", "debtor_all_banks_fen"), "C7": ("debtor_nonperforming_here_fen", "debtor_here_fen"), "C8": ("evades",),
        "C9": ("impaired", "ecl_fen", "balance_fen"), "C10": ("bankrupt",), "C11": ("impaired", "ecl_fen", "balance_fen"),
        "RS4": (), "RS6": (), "U1": (),
    }  # fmt: skip
    return floors, {name: {item: blank[item] for item in items} for name, items in reads.items()}


def _elected(flag: Truth) -> Truth:
    """A treatment that is not chosen does not hold."""
    return Truth(flag.sure, flag.sure)


def _over(part: Ints, whole: Ints, ppm: int) -> Truth:
    """Nothing is over no share, whatever the whole."""
    known = (part.known & whole.known) | (part.known & (part.values == 0)) | (whole.known & (whole.values == 0))
    return Truth.where_known(~within_share(part.values, whole.values, ppm), known)


def _at_least(part: Ints, whole: Ints, ppm: int) -> Truth:
    known = (part.known & whole.known) | (part.known & (part.values == 0)) | (whole.known & (whole.values == 0))
    return Truth.where_known(reaches_share(part.values, whole.values, ppm), known)


_FLAGS = (
    "technical", "retail", "use_changed", "rolled_over", "qualifying_renewal", "debtor_nonperforming", "impaired", "rating_down", "evades",
    "bankrupt", "accepted_enhancement", "observed", "restructured_again", "upgrade_barred",
)  # fmt: skip
_AMOUNTS = ("ecl_fen", "balance_fen", "debtor_all_banks_fen", "debtor_overdue_90_fen", "debtor_here_fen", "debtor_nonperforming_here_fen")  # fmt: skip

RULE = Rule(
    "five_class", "金融资产风险分类", "five-class risk classification", "商业银行金融资产风险分类办法, 银保监会 人民银行令2023年第1号",
    (
        Input("overdue_days", "count", "逾期天数", "days past due", ("overdue", "days past due", "dpd")),
        Input("impaired", "flag", "已发生信用减值", "credit-impaired", ("信用减值",)),
        Input("ecl_fen", "fen", "预期信用损失", "expected credit loss", ("ecl", "减值准备", "loss allowance"), "yuan"),
        Input("balance_fen", "fen", "账面余额", "book balance", ("balance", "余额"), "yuan"),
        Input("use_changed", "flag", "擅自改变资金用途", "use of funds changed without consent", ("use changed", "挪用")),
        Input("rolled_over", "flag", "借新还旧或以其他债务偿还", "repaid by new borrowing or other debt", ("借新还旧", "roll over")),
        Input("debtor_nonperforming", "flag", "债务人在本行或他行有不良债务", "the debtor has a non-performing debt at this or another bank", ("debtor npl", "他行不良")),
        Input("rating_down", "flag", "外部评级大幅下调", "external rating sharply lowered", ("评级大幅下调",)),
        Input("debtor_all_banks_fen", "fen", "债务人在所有银行的债务", "debts of the debtor at all banks", ("debtor all banks",), "yuan"),
        Input("debtor_overdue_90_fen", "fen", "其中逾期超过90天", "of them more than 90 days past due", ("debtor overdue 90",), "yuan"),
        Input("debtor_here_fen", "fen", "债务人在本行的债权", "claims on the debtor at this bank", ("debtor here",), "yuan"),
        Input("debtor_nonperforming_here_fen", "fen", "其中不良", "of them non-performing", ("debtor npl here", "debtor nonperforming here"), "yuan"),
        Input("evades", "flag", "逃废债务", "the debtor evades bank debt", ("逃废银行债务",)),
        Input("bankrupt", "flag", "破产清算", "the debtor is in bankruptcy liquidation", ("bankruptcy", "破产")),
        Input("retail", "flag", "零售资产", "retail asset", ("零售",), elected=True),
        Input("technical", "flag", "操作或技术原因的逾期", "overdue for operational or technical reasons", ("技术性逾期",), elected=True),
        Input("qualifying_renewal", "flag", "合格的小微企业续贷", "qualifying small-enterprise renewal", ("续贷", "无还本续贷"), elected=True),
        Input("accepted_enhancement", "flag", "监管认可的增信", "credit enhancement accepted by the regulator", ("增信",), elected=True),
        Input("observed", "flag", "重组观察期内", "in the observation period of a restructured asset", ("观察期",), elected=True),
        Input("restructured_again", "flag", "观察期内再次重组", "restructured again within the period", ("再次重组",), elected=True),
        Input("upgrade_barred", "flag", "原为不良且未满足上调条件", "was non-performing and may not rise yet", ("未满足上调条件",), elected=True),
    ),
    (
        Output("class", "choice", "五级分类", "class"),
        Output("class_at_least", "choice", "至少", "at least"),
        Output("class_at_most", "choice", "最差可能", "worst that is possible"),
        Output("nonperforming", "flag", "不良", "non-performing"),
        Output("reasons", "names", "依据", "floors that are triggered"),
    ),
    ("five_class",), five_class,
)  # fmt: skip
