"""cpool on dask arrays: pooling over windows, lazily and block by block, for volumes larger than memory and for clusters.

Needs dask (``pip install "cpool-nn[dask]"``). The functions are those of cpool whose windows look at their own cells alone and draw
nothing, with the same arguments but `out` and `rng`. `x` may be chunked in any way: each block of the result takes what its windows
reach of the neighbours' blocks. The result has the bits that the same function gives for the whole array in memory, in C's order.
Each block is computed on one thread; dask runs as many blocks at once as it has threads.

Detail-preserving pooling goes without `filter`, which looks beside the windows. Parameters that learn, such as `weight` or `p`, are
numpy arrays; where they differ between channels, the channels become one chunk. Chunks of a few windows cost more than their share:
so that the order of a sum stays the same, at least 24 windows an axis are computed at a time.

Examples
--------
>>> import dask.array, cpool.dask
>>> x = dask.array.arange(12, chunks=5).reshape(1, 1, 12)
>>> y = cpool.dask.max_pool1d(x, 3, 2)
>>> y.shape, y.compute()
((1, 1, 5), array([[[ 2,  4,  6,  8, 10]]]))
"""

try:
    import dask.array as _array  # noqa: F401
except ImportError:
    raise ImportError("cpool.dask needs dask with arrays, which is not installed: pip install 'cpool-nn[dask]'") from None

from cpool.dask._functions import FUNCTIONS

globals().update(FUNCTIONS)
__all__ = list(FUNCTIONS)
