"""Where it stands between those it buys from and those it sells to, and what goes round.

Seen from the company's own invoices alone, so that it is the same whoever else is assessed with it: goods that come back from the
very customer, and months in which as much came in as went out (`pass_through_months`). A ring through third parties shows
here only by those traces: the invoices between others belong to them and need their own consent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import only_if, ratio_ppm
from kemiao.credit.profile.feature import Feature

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_I = ("invoice",)
FEATURES = (
    Feature("two_way_sales_ppm", "network", "双向往来占比", "share of sales to its own suppliers",
            "有多少卖给了同时也是供应商的客户?", "How much is sold to customers from whom it also buys?", "ppm", "12m", _I),
    Feature("two_way_partners_ppm", "network", "双向伙伴占比", "share of partners that are both",
            "往来单位里有多少既是客户又是供应商?", "How many of its partners are customer and supplier at once?", "ppm", "12m", _I),
    Feature("circular_sales_ppm", "network", "回流占比", "share of sales that comes back",
            "卖出去的有多少从同一客户买了回来(经第三方的循环看不到)?", "How much of its sales comes back as purchases from the same customer (loops through third parties are not visible)?", "ppm", "12m", _I),
    Feature("partner_balance_ppm", "network", "上下游平衡", "balance of customers and suppliers",
            "是一对多还是多对一((客户−供应商)÷ 两者之和)?", "Does it fan out or gather in ((customers − suppliers) ÷ their sum)?", "ppm", "12m", _I),
)  # fmt: skip


def derive(row: Table) -> dict[str, Value]:
    """Both sides must be known: without purchases on record nobody can tell whether a customer supplies too."""
    both = row.sales_history_months.notnull() & row.purchases_history_months.notnull()
    customers, suppliers = row.customers_number.fill_null(0), row.suppliers_number.fill_null(0)
    mutual = row.customers_mutual.fill_null(0)
    return {
        "two_way_sales_ppm": only_if(both, ratio_ppm(row.customers_mutual_fen, row.customers_all_fen)),
        "two_way_partners_ppm": only_if(both, ratio_ppm(mutual, customers + suppliers - mutual)),
        "circular_sales_ppm": only_if(both, ratio_ppm(row.customers_circular_fen, row.customers_all_fen)),
        "partner_balance_ppm": only_if(both, ratio_ppm(customers - suppliers, customers + suppliers)),
    }
