"""Functions that rearrange elements: views where NumPy returns views, copies elsewhere."""

from __future__ import annotations

import numpy as np

from tests.numpy_rows import Row

ROWS = [
    Row("ravel ndarray.ravel", lambda x: (np.ravel(x), x.ravel()), shapes=[((5,),), ((3, 4),), ((0, 3),), ((),)]),
    Row("transpose ndarray.T", lambda x: (np.transpose(x), x.T), shapes=[((5,),), ((3, 4),), ((2, 3, 4),)]),
]
