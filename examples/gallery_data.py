"""The numbers behind the pictures of gallery.py: what cpool gives, and where its gradients go. Nothing here draws."""

import numpy as np
from sklearn.datasets import load_sample_image

import cpool

LAST = {"data_format": "channels_last"}  # an image is (height, width, channels)


def photograph(size=320, top=20, left=45):
    """A square of scikit-learn's photograph of a pagoda, (size, size, 3) from 0 to 1."""
    return load_sample_image("china.jpg")[top : top + size, left : left + size].astype(np.float32) / 255


# ------------------------------------------------------------------------------------------------ every pooling
def poolings(x, window):
    """Title -> (name of the function, its arguments, its keywords): each pooling over the same windows of x (H, W, channels).

    Without the sum, whose picture is that of the average in other units.
    """
    cells, more = window * window, x.shape[0] // window + 2  # fractional windows: two more than fit, so that their sizes differ
    places = np.linspace(-1, 1, window)
    centred = np.exp(-np.add.outer(places**2, places**2))
    # A gate sees the sum of the window times its mask. Of a mask that is negative above and positive below it sees edges.
    edge = np.repeat(places[:, None], window, axis=1) * 40 / cells
    # Logits that are large where a cell differs from those around it: local importance pooling looks at details.
    local = cpool.avg_pool2d(x, 3, 1, 1, count_include_pad=False, **LAST)
    falling = np.arange(cells, 0, -1) / np.arange(cells + 1).sum()
    leaves = np.stack([np.full((window, window), 1 / cells), centred / centred.sum()])
    return {
        "max": ("max_pool2d", (window,), {}),
        "min": ("min_pool2d", (window,), {}),
        "average": ("avg_pool2d", (window,), {}),
        "median": ("median_pool2d", (window,), {}),
        "Lp, p = 2, normalized": ("lp_pool2d", (2, window), {"normalized": True}),
        "GeM, p = 6": ("gem_pool2d", (6.0, window), {}),
        "log-sum-exp, r = 10": ("lse_pool2d", (window,), {"r": 10.0}),
        "soft, beta = 5": ("soft_pool2d", (window,), {"beta": 5.0}),
        "softmax of detail": ("softmax_pool2d", (20 * np.abs(x - local), window), {}),
        "mixed, half and half": ("mixed_pool2d", (window, 0.5), {}),
        "gated by an edge": ("gated_pool2d", (edge,), {}),
        "tree": ("tree_pool2d", (leaves, edge), {}),
        "weighted max": ("weighted_max_pool2d", (centred,), {}),
        "ordinal": ("ordinal_pool2d", (falling, window), {}),
        "rank, upper quarter": ("rank_pool2d", (window,), {"top": cells // 4}),
        "stochastic": ("stochastic_pool2d", (window,), {"rng": 0}),
        "max dropout, rate 0.9": ("max_pool_dropout2d", (window,), {"rate": 0.9, "rng": 0}),
        "S3, stochastic": ("s3_pool2d", (window, window), {"rng": 0}),
        "detail-preserving": ("detail_preserving_pool2d", (window,), {"log_lambda": 1.0, "log_alpha": -3.0}),
        "blur": ("blur_pool2d", (window, window), {}),
        "max and blur": ("max_blur_pool2d", (window, window, window), {}),
        "polyphase": ("polyphase_pool2d", (window,), {}),
        "fractional max": ("fractional_max_pool2d", (None, more), {"pseudorandom": False, "rng": 0}),
        "fractional average": ("fractional_avg_pool2d", (None, more), {"pseudorandom": False, "rng": 0}),
    }


def pooled(x, window):
    """Title -> the pooled image."""
    return {
        title: getattr(cpool, name)(x, *arguments, **keywords, **LAST)
        for title, (name, arguments, keywords) in poolings(x, window).items()
    }  # fmt: skip


def gradient_paths(x, window):
    """Title -> what each cell of x receives when every output is given a gradient of 1."""
    paths = {}
    for title, (name, arguments, keywords) in poolings(x, window).items():
        y, pullback = getattr(cpool.vjp, name)(x, *arguments, **keywords, **LAST)
        grad = pullback(np.ones_like(y))
        # With parameters it is a tuple, of which the first belongs to x.
        paths[title] = grad[0] if isinstance(grad, tuple) else grad
    return paths


# ------------------------------------------------------------------------------------------------ five by five
def example_5x5():
    """The numbers 1 to 25 in an order of chance: none is there twice, so that every window has one winner."""
    return np.random.default_rng(4).permutation(np.arange(1.0, 26)).reshape(1, 5, 5)


def windows_of(x, stride):
    """Max and average of 3x3 windows, and where each maximum is: rows and columns in x."""
    top, indices = cpool.max_pool2d(x, 3, stride, return_indices=True)
    return top[0], cpool.avg_pool2d(x, 3, stride)[0], np.unravel_index(indices[0], x.shape[1:])


# ------------------------------------------------------------------------------------------------ max against average
def strokes(size):
    """Lines of 1.5 pixels, 1 on a ground of 0: a spiral in a ring, smoothed at their edges."""
    turn = np.linspace(0, 1, 40 * size // 4)
    radius, angle = np.concatenate([0.36 * turn, np.full_like(turn, 0.45)]) * size, np.concatenate([turn * 3, turn]) * 2 * np.pi
    rows, columns = np.indices((size, size))
    distance = np.full((size, size), np.inf)
    for r, a in zip(radius, angle, strict=True):
        distance = np.minimum(distance, np.hypot(rows + 0.5 - size / 2 - r * np.sin(a), columns + 0.5 - size / 2 - r * np.cos(a)))
    return np.clip(1.25 - distance, 0, 1)[..., None]


def subjects(size=96):
    """Title -> (picture, the value of its ground or None): what max and average treat differently."""
    ink = strokes(size)
    noise = np.random.default_rng(0).normal(0.4, 0.1, (size, size, 1))
    return {
        "thin bright strokes": (ink, 0.0),
        "thin dark strokes": (1 - ink, 1.0),
        "texture: leaves": (photograph(size, top=325, left=390).mean(axis=2, keepdims=True), None),
        "flat ground with noise": (np.clip(noise, 0, 1), None),
    }


def contrast(picture, result, ground, window):
    """How far the windows that a stroke goes through are from the ground, in the mean. The strokes themselves are 1 away."""
    touched = cpool.max_pool2d(np.abs(picture - ground), window, **LAST) > 0.5
    return float(np.abs(result - ground)[touched].mean())


def max_against_average(size=96, window=4):
    """Title -> [(picture, note), (its max, note), (its average, note)]."""
    found = {}
    for title, (picture, ground) in subjects(size).items():
        results = [picture, cpool.max_pool2d(picture, window, **LAST), cpool.avg_pool2d(picture, window, **LAST)]
        if ground is None:
            notes = [f"mean {result.mean():.2f}, spread {result.std():.2f}" for result in results]
        else:
            notes = ["contrast 1.00", *(f"contrast {contrast(picture, y, ground, window):.2f}" for y in results[1:])]
        found[title] = list(zip(results, notes, strict=True))
    return found


# ------------------------------------------------------------------------------------------------ receptive fields
STACK = ("conv", "conv", "pool", "conv", "conv", "pool", "conv")


def convolution(x):
    """A 3x3 convolution with equal weights: average pooling at stride 1. Any positive weights reach the same pixels."""
    return cpool.vjp.avg_pool2d(x, 3, 1, 1)


def maximum(x):
    return cpool.vjp.max_pool2d(x, 2)


def average(x):
    return cpool.vjp.avg_pool2d(x, 2)


def receptive_fields(pool, images, stack=STACK):
    """After each layer, the gradient of the middle output with respect to the pixels, in the mean over images (N, 1, H, W)."""
    fields, pullbacks, x = [], [], images
    for layer in stack:
        x, pullback = convolution(x) if layer == "conv" else pool(x)
        pullbacks.append(pullback)
        grad = np.zeros_like(x)
        grad[:, :, x.shape[2] // 2, x.shape[3] // 2] = 1
        for back in reversed(pullbacks):
            grad = back(grad)
        fields.append(grad.mean(axis=(0, 1)))
    return fields


def extent(field):
    """The first row and column that a gradient reaches, and how many it spans of each."""
    rows, columns = np.flatnonzero(field.any(axis=1)), np.flatnonzero(field.any(axis=0))
    return tuple(int(n) for n in (rows[0], columns[0], np.ptp(rows) + 1, np.ptp(columns) + 1))
