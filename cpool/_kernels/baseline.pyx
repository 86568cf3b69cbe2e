"""The pooling kernels for the instruction set that the whole platform has (setup.py gives the flag)."""

include "pooling.pxi"
