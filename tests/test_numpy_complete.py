"""Every name of the NumPy surface is implemented and has a row in a table; a family is held to it once its table exists."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest

from irad.frontend.grids import INDEXED
from irad.frontend.numpy_api import FUNCTIONS
from irad.frontend.values import METHODS, Array
from tests import numpy_tables

FAMILIES = {
    "creation": """
        zeros ones empty full eye identity arange linspace array asarray copy tri zeros_like ones_like empty_like full_like
        meshgrid mgrid ogrid ndarray.copy""",
    "shapes": """
        reshape ravel transpose swapaxes moveaxis newaxis expand_dims squeeze broadcast_to broadcast_arrays atleast_1d atleast_2d
        stack concatenate vstack hstack dstack column_stack split array_split hsplit vsplit tile repeat flip fliplr flipud rot90 roll
        diag diagflat diagonal tril triu pad append ndarray.reshape ndarray.ravel ndarray.flatten ndarray.transpose ndarray.T
        ndarray.swapaxes ndarray.squeeze ndarray.repeat ndarray.diagonal""",
    "reductions": """
        sum prod mean average median var std cov corrcoef max min ptp argmax argmin any all cumsum cumprod count_nonzero trapezoid
        linalg.norm ndarray.sum ndarray.prod ndarray.mean ndarray.var ndarray.std ndarray.max ndarray.min ndarray.argmax
        ndarray.argmin ndarray.any ndarray.all ndarray.cumsum ndarray.cumprod""",
    "products": "dot matmul inner outer vdot tensordot einsum kron trace cross convolve ndarray.dot ndarray.trace",
    "ufuncs": """
        maximum minimum fmax fmin clip abs sign floor ceil trunc rint round sqrt cbrt exp exp2 expm1 log log2 log10 log1p
        sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh hypot arctan2 logaddexp power float_power square
        reciprocal mod fmod remainder heaviside sinc degrees radians copysign nextafter isnan isinf isfinite
        add subtract multiply divide floor_divide negative positive absolute
        logical_and logical_or logical_xor logical_not less less_equal greater greater_equal equal not_equal
        bitwise_and bitwise_or bitwise_xor invert left_shift right_shift
        float32 ndarray.astype ndarray.clip ndarray.round ndarray.real ndarray.imag ndarray.conj""",
    "selection": """
        where select take take_along_axis put compress nonzero argwhere searchsorted sort argsort unique diff gradient interp
        histogram digitize ndarray.take ndarray.put ndarray.compress ndarray.nonzero ndarray.searchsorted ndarray.sort
        ndarray.argsort""",
}
TABLES = {m.name for m in pkgutil.iter_modules(numpy_tables.__path__)}
OWN = {"newaxis"}  # not called: what it is for is indexing


def is_implemented(name):
    """Whether irad knows a name of NumPy's."""
    if name.startswith("ndarray."):
        return name.removeprefix("ndarray.") in METHODS or hasattr(Array, name.removeprefix("ndarray."))
    found = np
    for part in name.split("."):
        found = getattr(found, part)
    return name in OWN or type(found) in INDEXED or found in FUNCTIONS


@pytest.mark.parametrize("family", FAMILIES)
def test_every_name_is_implemented_and_has_a_row(family):
    if family not in TABLES:
        return  # the table of this family does not exist yet
    tables = [importlib.import_module(f"tests.numpy_tables.{name}") for name in TABLES]
    rows = {name for table in tables for row in table.ROWS for name in row.names.split()}
    names = FAMILIES[family].split()
    assert not [name for name in names if not is_implemented(name)]
    assert not [name for name in names if name not in rows]


def test_every_table_is_of_a_family():
    assert {*FAMILIES, "complex_numbers"} >= TABLES
