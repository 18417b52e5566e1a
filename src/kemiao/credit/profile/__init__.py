"""What a bank sees of a company: one row of features and of the inputs of law, as of a day, null where unknown."""

from kemiao.credit.profile.catalogue import COLUMNS, FEATURES, LAW_INPUTS, TABLES
from kemiao.credit.profile.charts import months, top_counterparties
from kemiao.credit.profile.feature import PAPERS, UNITS, WINDOWS, Feature
from kemiao.credit.profile.row import features, features_sql

__all__ = [
    "COLUMNS",
    "FEATURES",
    "LAW_INPUTS",
    "PAPERS",
    "TABLES",
    "UNITS",
    "WINDOWS",
    "Feature",
    "features",
    "features_sql",
    "months",
    "top_counterparties",
]
