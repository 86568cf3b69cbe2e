"""What the adapters to other libraries share: which arguments are arrays, the calls of kernels as they make them, shapes without values."""
