"""What crashed other libraries is refused here, with a message that names the argument: the published advisories, one by one.

The numbers are those of CVE entries about TensorFlow's pooling operators; the calls are the same mistakes in cpool's terms.
"""

import numpy as np
import pytest

import cpool

X = np.ones((1, 2, 6, 7), np.float32)
X3 = np.ones((1, 2, 4, 5, 6), np.float32)


def gradient(function, *args, grad_shape, **options):
    """The pullback, given a gradient of a shape that is not the result's."""
    _, pullback = getattr(cpool.vjp, function)(*args, **options)
    return pullback(np.ones(grad_shape))


def unpooled(indices, shape=(1, 2, 3, 3), **options):
    return cpool.max_unpool2d(np.ones(shape, np.float32), indices, 2, **options)


REFUSED = {
    "2021-29550: a ratio without an output": (lambda: cpool.fractional_avg_pool2d(X, None, None, 0.1), "no output"),
    "2021-29573: fewer indices than values": (lambda: unpooled(np.zeros((1, 2, 3, 2), np.int64)), "indices: shape"),
    "2021-29570: an index outside the plane": (lambda: unpooled(np.full((1, 2, 3, 3), 36)), "indices"),
    "2021-29574: empty spatial axes": (lambda: cpool.vjp.max_pool3d(np.ones((1, 2, 0, 5, 6)), 2), "empty spatial axis"),
    "2021-29576: a gradient that is empty": (lambda: gradient("max_pool3d", X3, 2, grad_shape=(0, 2, 2, 2, 3)), "grad_y"),
    "2021-29577: a gradient of another size": (lambda: gradient("avg_pool3d", X3, 2, grad_shape=(1, 2, 9, 9, 9)), "grad_y"),
    "2021-29578: short boundaries": (lambda: cpool.fractional_max_pool2d(X, None, boundaries=[[0], [0, 7]]), "boundaries"),
    "2021-29580: a gradient of another rank": (
        lambda: gradient("fractional_max_pool2d", X, 2, 3, grad_shape=(1, 2, 3)),
        "grad_y",
    ),
    "2021-29579: an empty gradient": (lambda: gradient("max_pool2d", X, 2, grad_shape=(0,)), "grad_y"),
    "2021-37651: an empty input": (lambda: cpool.fractional_avg_pool2d(np.ones((1, 2, 0, 3)), 2, 2), "empty spatial axis"),
    "2021-37674: shapes that do not belong together": (lambda: gradient("max_pool2d", X, 2, grad_shape=(1, 2, 3, 4)), "grad_y"),
    "2021-41196: a window of 0": (lambda: cpool.max_pool3d(X3, (1, 0, 1)), r"kernel_size\[1\]=0"),
    "2021-41196: a window of -1": (lambda: cpool.max_pool3d(X3, -1), "kernel_size=-1"),
    "2022-21730: boundaries beyond the input": (
        lambda: cpool.fractional_avg_pool2d(X, None, boundaries=[[0, 3, 9], [0, 7]]),
        r"boundaries\[0\]",
    ),
    "2022-21735: an output of 0": (lambda: cpool.fractional_max_pool2d(X, 2, 0), "output_size"),
    "2022-35941: a negative window": (lambda: cpool.avg_pool2d(X, (1, -2)), r"kernel_size\[1\]=-2"),
    "2022-35959: a negative size": (lambda: cpool.adaptive_avg_pool3d(X3, -1), "output_size"),
    "2022-35968: a size that overflows": (lambda: cpool.adaptive_avg_pool2d(X, 2**63), "output_size"),
    "2022-35963: boundaries that fall": (
        lambda: cpool.fractional_avg_pool2d(X, None, boundaries=[[0, 4, 3, 6], [0, 7]]),
        "increase",
    ),
    "2022-35981: a ratio above 1": (lambda: cpool.fractional_max_pool2d(X, None, None, 1.5), "output_ratio"),
    "2022-41897: more windows than cells": (lambda: cpool.fractional_max_pool2d(X, 2, 7), "output_size"),
    "2022-41900: a ratio that is no number": (lambda: cpool.fractional_max_pool2d(X, None, None, float("nan")), "output_ratio"),
    "2022-35989: a window larger than the input": (lambda: cpool.max_pool2d(X, 8), "larger than the padded input"),
    "2023-25664: a huge window and strides": (lambda: cpool.avg_pool2d(X, (40, 128), (128, 30)), "larger than the padded input"),
    "2023-25669: a stride of 0": (lambda: cpool.avg_pool2d(X, 2, 0), "stride=0"),
    "2023-25801: a ratio for batch and channels": (
        lambda: cpool.fractional_avg_pool2d(X, None, None, (1, 1, 0.5, 0.5)),
        "output_ratio",
    ),
    "an index below 0": (lambda: unpooled(np.full((1, 2, 3, 3), -5)), "indices"),
    "a size that unpooling cannot have": (lambda: unpooled(np.zeros((1, 2, 3, 3), int), output_size=(9, 9)), "output_size"),
    "a size of the unpooled plane that overflows": (
        lambda: unpooled(np.zeros((1, 2, 3, 3), int), output_size=(2**62, 6)),
        "output_size",
    ),
    "a result that no array can hold": (lambda: cpool.adaptive_max_pool3d(X3, 2**31 - 1), "output_size"),
    "a pyramid that no array can hold": (lambda: cpool.spatial_pyramid_pool2d(X, [2**31 - 1]), "output_size"),
    "a batch index that is none": (lambda: cpool.roi_align(X, [[1, 0, 0, 2, 2]], 2), "batch index"),
    "a region that is not finite": (lambda: cpool.roi_pool(X, [[0, 0, 0, np.inf, 2]], 2), "finite"),
    "a region inside out": (lambda: cpool.roi_align(X, [[0, 4, 0, 2, 2]], 2), "x2 < x1"),
    "a norm of order 0": (lambda: cpool.lp_pool2d(X, 0, 2), "norm_type"),
    "a norm of order NaN": (lambda: cpool.lp_pool2d(X, np.nan, 2), "norm_type"),
    "a sample of 1": (lambda: cpool.fractional_max_pool2d(X, 2, 3, samples=np.ones((1, 2, 2))), "samples"),
    "no samples": (lambda: cpool.fractional_max_pool2d(X, 2, 3, samples=np.ones((0, 2, 2))), "samples"),
    "a window that is a list without entries": (lambda: cpool.median_pool2d(X, []), "kernel_size"),
    "dilation of the largest int": (lambda: cpool.max_pool2d(X, 2, 1, 0, 2**31 - 1), "larger than the padded input"),
    "dilation beyond": (lambda: cpool.max_pool2d(X, 2, 1, 0, 2**63), "dilation"),
    "a global pooling without a batch": (lambda: cpool.global_max_pool(np.ones((3, 4))), "axes"),
}

WRONG_TYPES = {
    "a bool for a window": lambda: cpool.median_pool2d(X, True),
    "a float for a size": lambda: cpool.adaptive_max_pool2d(X, 2.0),
    "a str for a norm": lambda: cpool.lp_pool2d(X, "2", 2),
    "a bool for a norm": lambda: cpool.lp_pool2d(X, True, 2),
    "floats for indices": lambda: unpooled(np.zeros((1, 2, 3, 3))),
    "bools for indices": lambda: unpooled(np.zeros((1, 2, 3, 3), bool)),
    "a float for a sampling ratio": lambda: cpool.roi_align(X, [[0, 0, 0, 2, 2]], 2, 1.0, 2.0),
    "an int for a flag": lambda: cpool.roi_align(X, [[0, 0, 0, 2, 2]], 2, 1.0, 2, 1),
    "a str for regions": lambda: cpool.roi_pool(X, "regions", 2),
    "a float for a seed": lambda: cpool.fractional_max_pool2d(X, 2, 3, rng=0.5),
    "complex numbers": lambda: cpool.global_lp_pool(X.astype(complex), 2),
    "objects": lambda: cpool.adaptive_avg_pool2d(X.astype(object), 2),
}


@pytest.mark.parametrize("what", REFUSED)
def test_is_refused_by_value(what):
    call, words = REFUSED[what]
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("what", WRONG_TYPES)
def test_is_refused_by_type(what):
    with pytest.raises(TypeError):
        WRONG_TYPES[what]()


@pytest.mark.parametrize("batch", [0, 1])
@pytest.mark.parametrize("channels", [0, 2])
def test_empty_batch_and_channels_are_fine(batch, channels):
    x = np.ones((batch, channels, 6, 7), np.float32)
    calls = {
        "max_pool2d": (2,),
        "avg_pool2d": (2,),
        "lp_pool2d": (2, 2),
        "median_pool2d": (2,),
        "adaptive_max_pool2d": (4,),
        "adaptive_avg_pool2d": (4,),
        "fractional_max_pool2d": (2, 3),
        "fractional_avg_pool2d": (None, 3),
        "global_max_pool": (),
        "global_avg_pool": (),
        "global_lp_pool": (2,),
        "spatial_pyramid_pool2d": ([1, 2],),
        "max_unpool2d": (np.zeros((batch, channels, 6, 7), np.int64), 1),
        "roi_pool": (np.zeros((0, 5)), 2),
        "roi_align": (np.zeros((0, 5)), 2),
    }
    for name, args in calls.items():
        y, pullback = getattr(cpool.vjp, name)(x, *args)
        assert pullback(np.ones_like(y)).shape == x.shape, name
