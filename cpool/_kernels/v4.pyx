"""The pooling kernels for x86-64-v4: AVX-512 (setup.py gives the flag)."""

include "pooling.pxi"
