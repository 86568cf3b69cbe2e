"""Max unpooling: every value goes back to the cell that its pooling selected."""

from __future__ import annotations

import math

import numpy as np

from cpool import _arguments as arguments
from cpool._arguments import Array, ArrayLike, DataFormat, Ints, Padding
from cpool.reference import _layout as layout
from cpool.reference._pullback import Pullback, fill, rounded


def max_unpool(
    rank: int, /, x: ArrayLike, indices: ArrayLike, kernel_size: Ints, stride: Ints | None = None, padding: Padding = 0,
    output_size: Ints | None = None, *, duplicates: str = "last", data_format: DataFormat = "channels_first",
    out: Array | None = None,
) -> tuple[Array, Pullback]:  # fmt: skip
    """Every value put where its index says: y[indices[o]] = x[o] in each plane, and 0 where nothing goes.

    An axis of n windows becomes (n - 1) * stride + kernel_size - before - after cells, or `output_size`, which is within less
    than one stride of that. Of values with the same index the last in row-major order stays, and the gradient of the cell is its
    alone; with ``duplicates="sum"`` they are added up and each has the gradient; with "error" they are a ValueError. An index
    outside the plane, -1 too, is a ValueError.

    Parameters
    ----------
    x : array_like, ``(N, C, *spatial)`` or ``(C, *spatial)``
        With ``data_format="channels_last"``, ``(N, *spatial, C)`` or ``(*spatial, C)``. Any real dtype of at most 64 bits,
        which is that of y: sums of integers wrap around, of bools one that is true is enough.
    indices : array_like of int, of the shape of x
        Flat in the spatial plane of y, as `return_indices` gives them.
    kernel_size, stride : int or one int an axis
        Of the pooling. ``stride=None`` is `kernel_size`.
    padding : int, one int an axis or one pair (before, after) an axis
        Of the pooling.
    output_size : int, one int an axis, or a whole shape with batch and channels, optional
        The size of y's spatial axes.
    duplicates : "last", "sum" or "error"
        What becomes of values with the same index.
    out : array of the shape and dtype of y, optional
        Where to write y. It must not share memory with `x` or `indices`.

    Examples
    --------
    >>> import numpy as np
    >>> from cpool import reference
    >>> reference.max_unpool1d(np.array([[5, 4]]), np.array([[1, 3]]), 2).tolist()
    [[0, 5, 0, 4]]
    """
    last = arguments.channels_last(data_format)
    window = arguments.unpooling_window(rank, kernel_size, stride, padding)
    sizes = arguments.unpooled_sizes(output_size, rank, last)
    duplicates = arguments.choice("duplicates", duplicates, ("last", "sum", "error"))
    x = arguments.spatial_array("x", x, rank, last)
    places = arguments.plane_indices(indices, x.shape)
    spatial = unpooled(arguments.spatial_shape(x.shape, rank, last), window, sizes)
    if out is not None:
        arguments.output(out, layout.pooled_shape(x.shape, spatial, last), x.dtype, apart_from=[x, indices, places])
    check(places, int(np.prod(spatial)))
    if duplicates == "error":
        check_once(places, rank, last)

    values = layout.to_planes(x, rank, last)
    to = layout.to_planes(places, rank, last).astype(np.int64)
    rows = np.arange(len(values))
    exact = values if duplicates != "sum" or x.dtype.kind in "biu" else values.astype(np.float64)
    y = np.zeros((len(values), int(np.prod(spatial))), exact.dtype)
    writer = np.full(y.shape, -1)
    with np.errstate(over="ignore", invalid="ignore"):
        for o in range(values.shape[1]):
            if duplicates == "sum":
                first = writer[rows, to[:, o]] < 0  # not added to 0, which would make 0.0 of -0.0
                y[rows, to[:, o]] = np.where(first, exact[:, o], y[rows, to[:, o]] + exact[:, o])
            else:
                y[rows, to[:, o]] = exact[:, o]
            writer[rows, to[:, o]] = o

    def gather(grad: Array) -> Array:
        found = np.zeros(to.shape)
        for o in range(to.shape[1]):
            has = np.ones(len(rows), bool) if duplicates == "sum" else writer[rows, to[:, o]] == o
            found[:, o] = np.where(has, grad[rows, to[:, o]], 0)
        return found

    y = rounded(y, x.dtype) if y.dtype != x.dtype else y
    return fill(out, layout.from_planes(y, x.shape, spatial, last)), Pullback(gather, x, spatial, last)


def unpooled(spatial: tuple[int, ...], window: arguments.Window, sizes: tuple[int, ...] | None) -> tuple[int, ...]:
    """The spatial axes that this many windows come from."""
    found, padding = [], window.padding
    assert not isinstance(padding, str)
    for axis, count in enumerate(spatial):
        stride = window.stride[axis]
        size = default = (count - 1) * stride + window.kernel[axis] - sum(padding[axis])
        if sizes is not None:
            size = sizes[axis]
            if abs(size - default) >= stride:
                raise ValueError(f"output_size={sizes}: on spatial axis {axis} it must be within less than {stride} of {default}")
        if size < 1:
            raise ValueError(f"padding: on spatial axis {axis} the output would have size {size}")
        found.append(size)
    if math.prod(found) > 2**59:
        raise ValueError(f"kernel_size: with stride and input they make {math.prod(found)} cells a plane, too many to count")
    return tuple(found)


def check(indices: Array, cells: int) -> None:
    """Refuse the first index outside the plane."""
    for at in np.ndindex(indices.shape):
        if not 0 <= int(indices[at]) < cells:
            raise ValueError(
                f"indices[{', '.join(map(str, at))}]={indices[at]}: must be at least 0 and below {cells}, the cells of a plane"
            )


def check_once(indices: Array, rank: int, last: bool) -> None:
    """Refuse the first index that an earlier one of its plane equals."""
    seen = set()
    for at in np.ndindex(indices.shape):
        plane = (*at[: -rank - 1], at[-1]) if last else at[:-rank]
        if (plane, int(indices[at])) in seen:
            raise ValueError(f"indices[{', '.join(map(str, at))}]={indices[at]}: an earlier value of its plane has the same index")
        seen.add((plane, int(indices[at])))
