"""NumPy's functions on traced values, row by row of the tables: values and effects as NumPy has them, derivatives by differences."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from tests import numpy_tables
from tests.numpy_rows import Row, check_slopes, check_value, slope_dtypes

TABLES = {m.name: importlib.import_module(f"tests.numpy_tables.{m.name}") for m in pkgutil.iter_modules(numpy_tables.__path__)}
ROWS: list[Row] = [row for table in TABLES.values() for row in table.ROWS]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_values_on_every_dtype(row):
    for dtype in row.dtypes:
        for shapes in row.shapes:
            check_value(row, shapes, dtype, "contiguous")


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_values_on_every_layout(row):
    for layout in row.layouts:
        for shapes in row.shapes:
            check_value(row, shapes, row.dtypes[0], layout)


@pytest.mark.parametrize("row", [row for row in ROWS if row.slope], ids=str)
def test_slopes(row):
    for dtype in slope_dtypes(row):
        for shapes in row.shapes:
            if all(0 not in shape for shape in shapes):
                check_slopes(row, shapes, dtype)
