"""The same entry points as those of the baseline."""

from cpool._kernels.baseline import *  # noqa: F403
