"""The functions, forward only: no winners are computed or kept unless they are asked for.

Each `def` is written out, so that it can be searched for and its signature and types are its own. The sections that their
docstrings share are in `_docs.py`; arguments are checked once, in `_ops`.
"""

from typing import TYPE_CHECKING

from cpool._families import importer_of

if TYPE_CHECKING:
    from cpool.functional.adaptive import (
        adaptive_avg_pool1d,
        adaptive_avg_pool2d,
        adaptive_avg_pool3d,
        adaptive_max_pool1d,
        adaptive_max_pool2d,
        adaptive_max_pool3d,
    )
    from cpool.functional.attention import (
        attention_pool,
    )
    from cpool.functional.blur import (
        blur_pool1d,
        blur_pool2d,
        blur_pool3d,
        max_blur_pool1d,
        max_blur_pool2d,
        max_blur_pool3d,
    )
    from cpool.functional.chance import (
        max_pool_dropout1d,
        max_pool_dropout2d,
        max_pool_dropout3d,
        rank_pool1d,
        rank_pool2d,
        rank_pool3d,
        stochastic_pool1d,
        stochastic_pool2d,
        stochastic_pool3d,
    )
    from cpool.functional.detail import (
        detail_preserving_pool1d,
        detail_preserving_pool2d,
        detail_preserving_pool3d,
    )
    from cpool.functional.fractional import (
        fractional_avg_pool2d,
        fractional_avg_pool3d,
        fractional_max_pool2d,
        fractional_max_pool3d,
    )
    from cpool.functional.gates import (
        gated_pool1d,
        gated_pool2d,
        gated_pool3d,
        mixed_pool1d,
        mixed_pool2d,
        mixed_pool3d,
        tree_pool1d,
        tree_pool2d,
        tree_pool3d,
    )
    from cpool.functional.generalized import (
        generalized_max_pool,
    )
    from cpool.functional.linear import (
        avg_pool1d,
        avg_pool2d,
        avg_pool3d,
        sum_pool1d,
        sum_pool2d,
        sum_pool3d,
    )
    from cpool.functional.lp import (
        global_lp_pool,
        lp_pool1d,
        lp_pool2d,
        lp_pool3d,
    )
    from cpool.functional.median import (
        median_pool1d,
        median_pool2d,
        median_pool3d,
    )
    from cpool.functional.polyphase import (
        polyphase_pool1d,
        polyphase_pool2d,
        polyphase_pool3d,
    )
    from cpool.functional.power import (
        gem_pool1d,
        gem_pool2d,
        gem_pool3d,
    )
    from cpool.functional.pyramid import (
        spatial_pyramid_pool2d,
    )
    from cpool.functional.roi import (
        roi_align,
        roi_pool,
    )
    from cpool.functional.s3 import (
        s3_pool1d,
        s3_pool2d,
        s3_pool3d,
    )
    from cpool.functional.select import (
        max_pool1d,
        max_pool2d,
        max_pool3d,
        min_pool1d,
        min_pool2d,
        min_pool3d,
    )
    from cpool.functional.softmax import (
        lse_pool1d,
        lse_pool2d,
        lse_pool3d,
        soft_pool1d,
        soft_pool2d,
        soft_pool3d,
        softmax_pool1d,
        softmax_pool2d,
        softmax_pool3d,
    )
    from cpool.functional.unpool import (
        max_unpool1d,
        max_unpool2d,
        max_unpool3d,
    )
    from cpool.functional.weights import (
        ordinal_pool1d,
        ordinal_pool2d,
        ordinal_pool3d,
        weighted_max_pool1d,
        weighted_max_pool2d,
        weighted_max_pool3d,
    )
    from cpool.functional.whole import (
        global_avg_pool,
        global_max_pool,
        global_min_pool,
        global_sum_pool,
    )

__getattr__ = importer_of(__name__)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "attention_pool",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "blur_pool1d",
    "blur_pool2d",
    "blur_pool3d",
    "detail_preserving_pool1d",
    "detail_preserving_pool2d",
    "detail_preserving_pool3d",
    "fractional_avg_pool2d",
    "fractional_avg_pool3d",
    "fractional_max_pool2d",
    "fractional_max_pool3d",
    "gated_pool1d",
    "gated_pool2d",
    "gated_pool3d",
    "gem_pool1d",
    "gem_pool2d",
    "gem_pool3d",
    "generalized_max_pool",
    "global_avg_pool",
    "global_lp_pool",
    "global_max_pool",
    "global_min_pool",
    "global_sum_pool",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "lse_pool1d",
    "lse_pool2d",
    "lse_pool3d",
    "max_blur_pool1d",
    "max_blur_pool2d",
    "max_blur_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_pool_dropout1d",
    "max_pool_dropout2d",
    "max_pool_dropout3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "median_pool1d",
    "median_pool2d",
    "median_pool3d",
    "min_pool1d",
    "min_pool2d",
    "min_pool3d",
    "mixed_pool1d",
    "mixed_pool2d",
    "mixed_pool3d",
    "ordinal_pool1d",
    "ordinal_pool2d",
    "ordinal_pool3d",
    "polyphase_pool1d",
    "polyphase_pool2d",
    "polyphase_pool3d",
    "rank_pool1d",
    "rank_pool2d",
    "rank_pool3d",
    "roi_align",
    "roi_pool",
    "s3_pool1d",
    "s3_pool2d",
    "s3_pool3d",
    "soft_pool1d",
    "soft_pool2d",
    "soft_pool3d",
    "softmax_pool1d",
    "softmax_pool2d",
    "softmax_pool3d",
    "spatial_pyramid_pool2d",
    "stochastic_pool1d",
    "stochastic_pool2d",
    "stochastic_pool3d",
    "sum_pool1d",
    "sum_pool2d",
    "sum_pool3d",
    "tree_pool1d",
    "tree_pool2d",
    "tree_pool3d",
    "weighted_max_pool1d",
    "weighted_max_pool2d",
    "weighted_max_pool3d",
]
