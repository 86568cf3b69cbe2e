"""Views of channels-last memory stay in channels-last memory, results and gradients alike, and the other way round."""

import numpy as np
import pytest
from learned_cases import METHODS, called

import cpool

OTHERS = {
    "blur": lambda x, form: cpool.vjp.blur_pool2d(x, 3, data_format=form),
    "blur, zeros": lambda x, form: cpool.vjp.blur_pool2d(x, mode="zero", data_format=form),
    "max blur": lambda x, form: cpool.vjp.max_blur_pool2d(x, 3, data_format=form),
    "polyphase": lambda x, form: cpool.vjp.polyphase_pool2d(x, data_format=form),
    "polyphase, 3": lambda x, form: cpool.vjp.polyphase_pool2d(x, (2, 3), data_format=form),
    "S3": lambda x, form: cpool.vjp.s3_pool2d(x, 2, 2, rng=0, data_format=form),
    "S3, dilated": lambda x, form: cpool.vjp.s3_pool2d(x, 2, 2, dilation=2, rng=0, data_format=form),
    "S3, evaluation": lambda x, form: cpool.vjp.s3_pool2d(x, 2, 2, training=False, data_format=form),
    "attention": lambda x, form: cpool.vjp.attention_pool(x, np.ones(5), data_format=form),
    "generalized max": lambda x, form: cpool.vjp.generalized_max_pool(x, 1.0, data_format=form),
    "detail-preserving, full": lambda x, form: cpool.vjp.detail_preserving_pool2d(
        x, 2, filter=np.ones((5, 3, 3)), bias=np.ones(5), data_format=form
    ),
    "GeM, whole": lambda x, form: cpool.vjp.gem_pool2d(x, 3.0, data_format=form),
}


def method(name):
    options = {"stride": 2} | ({"kernel_size": 3} if METHODS[name].window else {})

    def call(x, form):
        arguments = METHODS[name].draw(np.random.default_rng(0), 5, (3, 3), x)
        return called(cpool.vjp, name, 2, x, arguments, options | {"data_format": form})

    return call


CALLS = OTHERS | {name: method(name) for name in METHODS}


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("name", CALLS)
def test_memory_order_stays(name, dtype, last):
    """`last`: of the memory; the format is the other one."""
    x = np.random.default_rng(0).uniform(0.1, 1, (2, 8, 9, 5) if last else (2, 5, 8, 9)).astype(dtype)
    view = np.moveaxis(x, -1, 1) if last else np.moveaxis(x, 1, -1)
    y, pullback = CALLS[name](view, "channels_first" if last else "channels_last")
    found = pullback(y)
    for a in (y, found[0] if isinstance(found, tuple) else found):
        back = np.moveaxis(a, 1, -1) if last else np.moveaxis(a, -1, 1)
        assert a.ndim == 2 or back.flags.c_contiguous
