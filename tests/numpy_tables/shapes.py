"""Functions that rearrange elements: views where NumPy returns views, copies elsewhere."""

from __future__ import annotations

import numpy as np

from tests.numpy_rows import Row

VECTORS = [((5,),), ((1,),)]
MATRICES = [((3, 4),), ((1, 3),), ((0, 3),)]
SOME = [((5,),), ((3, 4),), ((2, 3, 4),), ((0, 3),)]
ANY = [*SOME, ((),)]
DENSE = ("contiguous", "reversed", "fortran")  # whether axes with gaps can be joined without a copy, irad does not find out
PAIRS = [((3, 4), (3, 4)), ((0, 3), (0, 3))]


def move(names, function, shapes=(((5,),), ((3, 4),)), dtypes=("float64", "complex128", "bool"), **others):
    """A row whose function only moves elements, so that a few dtypes tell as much as all."""
    return Row(names, function, shapes, dtypes, **others)


def written(view, x):
    """A view is written afterwards: the array changes with it."""
    view[...] = view * 2 + 1
    return x.copy()


def kept(copy, x):
    """A copy is written afterwards: the array stays as it is."""
    copy[...] = 7
    return x.copy(), copy


ROWS = [
    # ------------------------------------------------------------ shapes
    move(
        "reshape ndarray.reshape",
        lambda x: (np.reshape(x, (2, 6)), x.reshape(3, -1), x.reshape((4, 3))),
        shapes=[((3, 4),), ((12,),)],
        layouts=("contiguous",),
    ),
    move("reshape_of_size", lambda x: (np.reshape(x, -1), x.reshape(1, x.size)), shapes=[((3, 4),), ((),), ((0, 3),)], layouts=DENSE),
    move("reshape_column", lambda x: (x.reshape(-1, 1), x.reshape(1, -1, 1)), shapes=[((5,),)]),
    move(
        "reshape_split",
        lambda x: (x.reshape(x.shape[0], 2, 2), x.reshape(*x.shape, 1), x[:, None].reshape(1, *x.shape)),
        shapes=[((3, 4),)],
    ),
    move("reshape_wrong", lambda x: x.reshape(5, 7), slope=False),
    move("ravel ndarray.ravel", lambda x: (np.ravel(x), x.ravel()), shapes=[((5,),), ((3, 4),), ((0, 3),), ((),)]),
    move("flatten ndarray.flatten", lambda x: kept(x.flatten(), x), shapes=ANY),
    move("transpose ndarray.T ndarray.transpose", lambda x: (np.transpose(x), x.T, x.transpose()), shapes=ANY),
    move("transpose_axes", lambda x: (np.transpose(x, (1, 2, 0)), x.transpose(2, 0, 1), x.transpose((0, -1, 1))), shapes=[((2, 3, 4),)]),
    move("transpose_wrong", lambda x: np.transpose(x, (0, 0)), slope=False),
    move("ndarray.mT", lambda x: x.mT, shapes=[((3, 4),), ((2, 3, 4),)]),
    move("swapaxes ndarray.swapaxes", lambda x: (np.swapaxes(x, 0, -1), x.swapaxes(1, 0)), shapes=[((3, 4),), ((2, 3, 4),)]),
    move("swapaxes_wrong", lambda x: np.swapaxes(x, 0, 3), slope=False),
    move("moveaxis", lambda x: (np.moveaxis(x, 0, -1), np.moveaxis(x, [0, 1], [-1, 0]), np.moveaxis(x, -1, 0)), shapes=[((2, 3, 4),)]),
    move("moveaxis_write", lambda x: written(np.moveaxis(x, 0, 1), x), shapes=MATRICES),
    move("moveaxis_twice", lambda x: np.moveaxis(x, (0, 0), (0, 1)), slope=False),
    move("moveaxis_counts", lambda x: np.moveaxis(x, (0,), (0, 0)), slope=False),
    move("rollaxis", lambda x: (np.rollaxis(x, 2), np.rollaxis(x, 0, 2), np.rollaxis(x, 1, 3), np.rollaxis(x, -1, -2)), [((2, 3, 4),)]),
    move("expand_dims newaxis", lambda x: (np.expand_dims(x, 0), np.expand_dims(x, (0, -1)), x[:, np.newaxis]), shapes=SOME),
    move("expand_dims_wrong", lambda x: np.expand_dims(x, 5), slope=False),
    move("expand_dims_twice", lambda x: np.expand_dims(x, (0, 0)), slope=False),
    move("squeeze ndarray.squeeze", lambda x: (np.squeeze(x[None, :, None], (0, 2)), x[None].squeeze(axis=0)), shapes=SOME),
    move("squeeze_wrong", lambda x: x.squeeze(0), shapes=[((5,),), ((3, 4),)], slope=False),
    # ------------------------------------------------------------ more axes, reversed axes
    move("atleast_1d", np.atleast_1d, shapes=ANY),
    move("atleast_2d", lambda x: (np.atleast_2d(x), np.atleast_2d(x, 1.5)[1]), shapes=ANY),
    move("atleast_3d", np.atleast_3d, shapes=ANY),
    move("atleast_several", lambda x: np.atleast_1d(x, 3.0, x.sum()), dtypes=("float64", "int64")),
    move("broadcast_to", lambda x: (np.broadcast_to(x, (2, *x.shape)), np.broadcast_to(x, x.shape)), shapes=ANY),
    move("broadcast_to_size", lambda x: (np.broadcast_to(x[:1], 3), np.broadcast_to(x[:1], (2, 3))), shapes=VECTORS),
    move("broadcast_to_of_number", lambda x: np.broadcast_to(x.sum(), (2, 3)) * x[0], shapes=VECTORS, dtypes=("float64",)),
    move("broadcast_to_wrong", lambda x: np.broadcast_to(x, (2, 2)), shapes=[((3,),), ((2, 2, 2),)], slope=False),
    move("broadcast_to_write", lambda x: written(np.broadcast_to(x, (2, 5)), x), shapes=[((5,),)], slope=False),
    move("broadcast_arrays", lambda x, y: np.broadcast_arrays(x[:, None], y), shapes=[((3,), (4,)), ((1,), (0,))]),
    move("broadcast_arrays_wrong", lambda x, y: np.broadcast_arrays(x, y), shapes=[((3,), (4,))], slope=False),
    move("flip", lambda x: (np.flip(x), np.flip(x, 0), np.flip(x, (0, -1)) if x.ndim > 1 else x), shapes=SOME),
    move("flip_number", np.flip, shapes=[((),)]),
    move("flip_write", lambda x: written(np.flip(x, 0)[:1], x), shapes=SOME),
    move("flip_wrong", lambda x: np.flip(x, 2), slope=False),
    move("flip_twice", lambda x: np.flip(x, (0, 0)), slope=False),
    move("flipud", np.flipud, shapes=SOME),
    move("fliplr", np.fliplr, shapes=SOME[1:]),
    move("fliplr_wrong", np.fliplr, shapes=VECTORS, slope=False),
    move("rot90", lambda x: (np.rot90(x), np.rot90(x, 2), np.rot90(x, 3), np.rot90(x, 4), np.rot90(x, -1)), shapes=MATRICES),
    move("rot90_axes", lambda x: (np.rot90(x, axes=(1, 2)), np.rot90(x, k=3, axes=(2, 0))), shapes=[((2, 3, 4),)]),
    move("rot90_write", lambda x: written(np.rot90(x), x), shapes=MATRICES),
    move("rot90_wrong", lambda x: np.rot90(x, 1, (0, 0)), slope=False),
    # ------------------------------------------------------------ joined
    Row("concatenate", lambda x, y: (np.concatenate([x, y]), np.concatenate((x, y, x), axis=-1)), shapes=[*PAIRS, ((3,), (3,))]),
    move("concatenate_uneven", lambda x, y: np.concatenate([x, y], 0), shapes=[((3, 2), (1, 2)), ((2,), (0,))]),
    move("concatenate_flat", lambda x, y: np.concatenate([x, y], axis=None), shapes=[((3, 4), (2,)), ((), (2,))]),
    Row("concatenate_mixed", lambda x: np.concatenate([x, [1, 2.5], np.arange(3)]), shapes=VECTORS),
    move("concatenate_dtype", lambda x, y: np.concatenate([x, y], dtype=np.float32, casting="unsafe"), shapes=PAIRS, slope=False),
    move("concatenate_rows", np.concatenate, shapes=[((3, 4),), ((2, 3, 4),)]),
    move("concatenate_rows_axis", lambda x: (np.concatenate(x, axis=1), np.concatenate(x, axis=None)), shapes=[((2, 3, 4),), ((2, 0, 4),)]),
    move("concatenate_wrong", lambda x, y: np.concatenate([x, y], 1), shapes=[((3, 4), (2, 4)), ((3,), (3,)), ((3, 4), (3,))], slope=False),
    move("concatenate_numbers", lambda x: np.concatenate([x, x]), shapes=[((),)], slope=False),
    move("concatenate_nothing", lambda x: np.concatenate([]), slope=False),
    move("concatenate_cast", lambda x: np.concatenate([x, x], dtype=np.int64), slope=False, dtypes=("float64",)),
    Row("stack", lambda x, y: (np.stack([x, y]), np.stack((x, y), axis=1), np.stack([x, y], -1)), shapes=[*PAIRS, ((3,), (3,))]),
    move("stack_numbers", lambda x: np.stack([x[0], 2.0, x[1] * x[2]]), shapes=[((5,),)], dtypes=("float64", "float32")),
    move("stack_rows", lambda x: (np.stack(x), np.stack(x, axis=-1)), shapes=[((3, 4),), ((2, 3, 4),), ((5,),)]),
    move("stack_wrong", lambda x, y: np.stack([x, y]), shapes=[((3,), (2,)), ((3,), (3, 1))], slope=False),
    move("stack_axis", lambda x, y: np.stack([x, y], axis=2), shapes=[((3,), (3,))], slope=False),
    move("vstack", lambda x, y: np.vstack([x, y]), shapes=[*PAIRS, ((3,), (3,)), ((3,), (2, 3))]),
    move("vstack_rows", lambda x: (np.vstack(x), np.hstack(x)), shapes=[((3, 4),), ((2, 3, 4),), ((5,),)]),
    move("hstack", lambda x, y: np.hstack([x, y]), shapes=[*PAIRS, ((3,), (2,)), ((3, 2), (3, 1)), ((), ())]),
    move("hstack_dtype", lambda x, y: np.hstack([x, y], dtype=np.float64), shapes=PAIRS),
    move("dstack", lambda x, y: np.dstack([x, y]), shapes=[*PAIRS, ((3,), (3,))]),
    move("column_stack", lambda x, y: np.column_stack([x, y]), shapes=[*PAIRS, ((3,), (3,)), ((3,), (3, 2))]),
    Row("append", lambda x, y: (np.append(x, y), np.append(x, 2.0)), shapes=[((3, 4), (2,)), ((3,), (2,))]),
    move("append_axis", lambda x, y: np.append(x, y, axis=1), shapes=PAIRS),
    # ------------------------------------------------------------ split
    move("split", lambda x: (np.split(x, 3), np.split(x, [1, 2]), np.split(x, [1, -1])), shapes=[((6,),), ((3, 4),)]),
    move("split_axis", lambda x: (np.split(x, 2, axis=1), np.split(x, [3, 1, 9], axis=-1)), shapes=[((3, 4),), ((0, 2),)]),
    move("split_write", lambda x: written(np.split(x, 3)[1], x), shapes=[((6,),), ((3, 4),)]),
    move("split_uneven", lambda x: np.split(x, 4), slope=False),
    move("split_nothing", lambda x: np.split(x, 0), slope=False),
    move("array_split", lambda x: (np.array_split(x, 3), np.array_split(x, 2, axis=-1), np.array_split(x, 7)), shapes=SOME),
    move("array_split_nothing", lambda x: np.array_split(x, 0), slope=False),
    move("hsplit", lambda x: np.hsplit(x, 2), shapes=[((4,),), ((3, 4),)]),
    move("vsplit", lambda x: np.vsplit(x, [1]), shapes=MATRICES),
    move("vsplit_wrong", lambda x: np.vsplit(x, 1), shapes=VECTORS, slope=False),
    move("dsplit", lambda x: np.dsplit(x, 2), shapes=[((2, 3, 4),)]),
    # ------------------------------------------------------------ repeated and shifted
    move("tile", lambda x: (np.tile(x, 2), np.tile(x, (2, 3)), np.tile(x, (2, 1, 2)), np.tile(x, ())), shapes=ANY),
    move("tile_nothing", lambda x: np.tile(x, 0), slope=False),
    move("tile_negative", lambda x: np.tile(x, -1), slope=False),
    move("repeat ndarray.repeat", lambda x: (np.repeat(x, 3), x.repeat(2, axis=0), np.repeat(x, 2, axis=-1)), shapes=SOME),
    move("repeat_each", lambda x: (np.repeat(x, [2, 0, 1], axis=0), x.repeat(np.array([1, 2, 0]), 0)), shapes=[((3,),), ((3, 4),)]),
    move("repeat_each_once", lambda x: np.repeat(x, [2]), shapes=[((3,),), ((3, 4),)]),
    move("repeat_number", lambda x: np.repeat(x[0], 3), shapes=[((5,),)]),
    move("repeat_wrong", lambda x: np.repeat(x, [1, 2]), shapes=[((3,),), ((3, 4),)], slope=False),
    move("repeat_negative", lambda x: np.repeat(x, -1), slope=False),
    move("repeat_negative_each", lambda x: np.repeat(x, [1, -1, 2]), shapes=[((3,),)], slope=False),
    move("roll", lambda x: (np.roll(x, 2), np.roll(x, -1), np.roll(x, 13), np.roll(x, 0)), shapes=ANY),
    move("roll_axis", lambda x: (np.roll(x, 1, axis=0), np.roll(x, -1, axis=-1), np.roll(x, 0, 0)), shapes=SOME),
    move("roll_axes", lambda x: (np.roll(x, (1, 2), axis=(0, 1)), np.roll(x, 1, axis=(0, 1)), np.roll(x, (1, 2), 0)), shapes=MATRICES),
    move("roll_copies", lambda x: kept(np.roll(x, 1), x), shapes=SOME),
    move("roll_wrong", lambda x: np.roll(x, 1, axis=2), slope=False),
    # ------------------------------------------------------------ diagonals and triangles
    move("diag", lambda x: (np.diag(x), np.diag(x, 1), np.diag(x, k=-2)), shapes=[*VECTORS, *MATRICES, ((0,),)]),
    move("diag_wrong", np.diag, shapes=[((2, 3, 4),), ((),)], slope=False),
    move("diagflat", lambda x: (np.diagflat(x), np.diagflat(x, -1)), shapes=[((3,),), ((2, 2),), ((),)]),
    move("diagonal ndarray.diagonal", lambda x: (np.diagonal(x), x.diagonal(1), x.diagonal(offset=-1)), shapes=[*MATRICES, ((2, 3, 4),)]),
    move("diagonal_axes", lambda x: (np.diagonal(x, 0, 1, 2), x.diagonal(1, axis1=2, axis2=0)), shapes=[((2, 3, 4),)]),
    move("diagonal_outside", lambda x: (np.diagonal(x, 9), np.diagonal(x, -9)), shapes=MATRICES, slope=False),
    move("diagonal_wrong", lambda x: np.diagonal(x, 0, 0, 0), shapes=[((3, 4),), ((5,),)], slope=False),
    move("diagonal_write", lambda x: written(np.diagonal(x), x), shapes=MATRICES, slope=False),
    move("diagonal_add", lambda x: x.diagonal().__iadd__(1), shapes=MATRICES, slope=False),
    move("tril", lambda x: (np.tril(x), np.tril(x, 1), np.tril(x, k=-1), np.tril(x, -9)), shapes=[*VECTORS, *MATRICES, ((2, 3, 4),)]),
    move("triu", lambda x: (np.triu(x), np.triu(x, 1), np.triu(x, k=-1), np.triu(x, 9)), shapes=[*VECTORS, *MATRICES, ((2, 3, 4),)]),
    # ------------------------------------------------------------ padded, inserted, deleted
    move("pad", lambda x: (np.pad(x, 2), np.pad(x, (1, 2)), np.pad(x, 0)), shapes=ANY),
    Row("pad_constant", lambda x: (np.pad(x, 1, constant_values=5), np.pad(x, (1, 2), "constant", constant_values=(3, 4))), shapes=SOME),
    move("pad_pairs", lambda x: np.pad(x, ((1, 0), (2, 3)), constant_values=((1, 2), (3, 4))), shapes=MATRICES),
    move("pad_dict", lambda x: (np.pad(x, {0: (1, 2)}), np.pad(x, {-1: 1}, mode="edge")), shapes=[((3, 4),), ((5,),)]),
    move("pad_traced", lambda x: np.pad(x, 1, constant_values=x[0] * x[1]), shapes=[((5,),)], dtypes=("float64", "int64")),
    move("pad_edge", lambda x: (np.pad(x, 2, mode="edge"), np.pad(x, (0, 3), "edge")), shapes=SOME[:3]),
    move("pad_reflect", lambda x: (np.pad(x, 1, mode="reflect"), np.pad(x, (4, 7), "reflect")), shapes=[((3,),), ((2, 3),), ((1,),)]),
    move("pad_symmetric", lambda x: (np.pad(x, 1, mode="symmetric"), np.pad(x, (4, 7), "symmetric")), shapes=[((3,),), ((2, 3),), ((1,),)]),
    move("pad_wrap", lambda x: (np.pad(x, 1, mode="wrap"), np.pad(x, (4, 7), "wrap")), shapes=[((3,),), ((2, 3),), ((1,),)]),
    move("pad_empty_axis", lambda x: np.pad(x, 1, mode="wrap"), shapes=[((0, 3),)], slope=False),
    move("pad_negative", lambda x: np.pad(x, -1), slope=False),
    move("pad_wrong", lambda x: np.pad(x, ((1, 2), (3, 4), (5, 6))), slope=False),
    move("pad_float", lambda x: np.pad(x, 1.5), slope=False),
    move("pad_unknown", lambda x: np.pad(x, 1, mode="mirror"), slope=False),
    move("pad_keyword", lambda x: np.pad(x, 1, mode="edge", constant_values=1), slope=False),
    move("delete", lambda x: (np.delete(x, 1), np.delete(x, -1), np.delete(x, 0, axis=0)), shapes=[((5,),), ((3, 4),)]),
    move(
        "delete_several",
        lambda x: (np.delete(x, [0, 2]), np.delete(x, slice(1, 3), axis=0), np.delete(x, [], 0)),
        shapes=[((5,),), ((3, 4),)],
    ),
    move("delete_mask", lambda x: np.delete(x, x > 0), shapes=[((5,),)]),
    move("delete_wrong", lambda x: np.delete(x, 12), slope=False),
    Row("insert", lambda x: (np.insert(x, 1, 5), np.insert(x, -1, [5, 6]), np.insert(x, x.size, 0)), shapes=[((5,),), ((3, 4),)]),
    move(
        "insert_axis",
        lambda x: (np.insert(x, 1, x[:, 0], axis=1), np.insert(x, [1], x[:, :2], axis=1), np.insert(x, 0, 9, 0)),
        shapes=[((3, 4),)],
    ),
    move("insert_several", lambda x: (np.insert(x, [0, 2], 7), np.insert(x, [1, 1, 3], x[:3])), shapes=[((5,),)]),
    move("insert_wrong", lambda x: np.insert(x, 13, 0), slope=False),
]
