"""The compiled kernels: one module an instruction set, each from the same sources; `cpool._dispatch` chooses."""
