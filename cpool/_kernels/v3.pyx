"""The pooling kernels for x86-64-v3: AVX2 (setup.py gives the flag)."""

include "pooling.pxi"
