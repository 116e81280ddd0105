"""The 344 penguins of Palmer Station, measured 2007 to 2009, from the PyPI package `palmerpenguins`.

Only its CSV file is read; the package itself would import pandas.
"""

from __future__ import annotations

import csv
import importlib.util
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, Optional


class Penguin(NamedTuple):
    """One bird; what was not measured is None."""

    id: int
    species: str
    island: str
    bill_length_mm: Optional[Decimal]
    bill_depth_mm: Optional[Decimal]
    flipper_length_mm: Optional[int]
    body_mass_g: Optional[int]
    sex: Optional[str]
    year: int


CREATE_TABLE = """
create table penguins (
    id int primary key,
    species varchar(20) not null,
    island varchar(20) not null,
    bill_length_mm decimal(4, 1),
    bill_depth_mm decimal(4, 1),
    flipper_length_mm int,
    body_mass_g int,
    sex varchar(10),
    year smallint not null
)
"""

INSERT = """
insert into penguins
    (id, species, island, bill_length_mm, bill_depth_mm, flipper_length_mm, body_mass_g, sex, year)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def load() -> list[Penguin]:
    """All birds, in the order of the file."""
    package = importlib.util.find_spec("palmerpenguins")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("the example needs its data: pip install palmerpenguins")
    path = Path(next(iter(package.submodule_search_locations))) / "data" / "penguins.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Penguin(
                number,
                row["species"],
                row["island"],
                Decimal(row["bill_length_mm"]) if row["bill_length_mm"] != "NA" else None,
                Decimal(row["bill_depth_mm"]) if row["bill_depth_mm"] != "NA" else None,
                int(row["flipper_length_mm"]) if row["flipper_length_mm"] != "NA" else None,
                int(row["body_mass_g"]) if row["body_mass_g"] != "NA" else None,
                row["sex"] if row["sex"] != "NA" else None,
                int(row["year"]),
            )
            for number, row in enumerate(csv.DictReader(file), 1)
        ]
