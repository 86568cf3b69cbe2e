"""Poolings of the whole input whose channels go together: attention, generalised max pooling."""

from __future__ import annotations

from cpool._docs import whole
from cpool._docs.learned import pullback_of
from cpool._docs.method import Method

DTYPE = "Its dtype is that of `x`, and float64 where `x` holds integers or bools."
RESULT = """\
y : ndarray
    (N, C)."""

METHODS = {
    "attention": Method(
        "attention_pool", "AttentionPool", f"{DTYPE} Arithmetic is in float32, of float64 in float64.",
        """\
Over all cells i of the spatial axes::

    y[n, c] = sum over i of w[n, i] * x[n, c, i],    w[n] = softmax over i of (sum over c of query[c] * x[n, c, i])

A query of 0 gives the average, and the layer starts with it. The length of the query is how sharp the attention is. It is
`softmax_pool` over the whole input, with logits that all channels share.

With e[n, i] = w[n, i] * (sum over c of g[n, c] * (x[n, c, i] - y[n, c])) the gradient of a cell is g[n, c] * w[n, i] +
query[c] * e[n, i], and that of the query sum over n and i of e[n, i] * x[n, c, i].

It is the attention of one query, without projections of keys and values; M. Ilse, J. Tomczak, M. Welling: Attention-based deep
multiple instance learning, ICML 2018, has more of the kind.""",
        RESULT,
        {
            **whole.X,
            "query": ("array_like, (C,)", "What the cells are compared with."),
            "num_channels": ("int", "The channels of `x`: the query has an entry for each."),
        },
        pullback=pullback_of("query"),
    ),
    "generalized": Method(
        "generalized_max_pool", "GeneralizedMaxPool", f"{DTYPE} Arithmetic is in float64.",
        """\
X being the cells of one image, (C, cells), a column the descriptor of a cell, `y` is the vector xi that makes this least, and with
`normalize` it over its length::

    |X' xi - 1|^2 + lam * |xi|^2,    xi = (X X' + lam)^-1 X 1 = X (X' X + lam)^-1 1

Each cell is then about as similar to the result, however often its like occurs: with a small lam rare descriptors count as
frequent ones, where one of a kind has most of a sum. With a large lam it is the sum, over lam. The smaller of the two matrices is
factored, by Cholesky. lam counts as at least 1e-12 of the sum of the squares of an image. An image of zeros gives 0, and no
gradient if normalized; one with an infinite cell or a NaN gives NaN.

With G the gradient of xi, and z = (X X' + lam)^-1 G, that of X is z (1 - X' xi)' - xi (X' z)', and that of lam -z . xi. The layer
learns log(lam), which keeps lam positive, as ``params["log_lam"]``.

N. Murray, F. Perronnin: Generalized max pooling, CVPR 2014; V. Christlein et al.: Deep generalized max pooling, ICDAR 2019, which
learns lam and normalizes. Bits depend on the LAPACK and BLAS of numpy.""",
        RESULT,
        {
            **whole.X,
            "lam": ("float", "The weight of the length of xi; above 0."),
            "normalize": ("bool", "Whether each result is divided by its length."),
        },
        pullback=pullback_of("lam"),
    ),
}  # fmt: skip
