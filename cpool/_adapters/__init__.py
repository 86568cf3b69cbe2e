"""What the adapters to other libraries share: what of a call is an array, how its kernels are called, shapes without values."""
