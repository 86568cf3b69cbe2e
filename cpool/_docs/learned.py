"""What the documentation of the poolings of the literature has in common."""

from __future__ import annotations

DTYPE = "Its dtype is that of `x`, and float64 where `x` holds integers or bools. Arithmetic is in float32, of float64 in float64."
WINDOW = "With the cells i of a window that lie inside the input (padding counts for nothing, nor does what overhangs in ceil mode)"
EMPTY = "A window without a cell,\nwhich only dilation can make, gives 0, without a gradient."
NUM_CHANNELS = ("int or None", "With a number, each of so many channels has an entry of its own in the parameters.")


def pullback_of(*others: str, more: str = "") -> str:
    """The entry of a pullback that returns the gradients of `x` and of others, and perhaps `more`."""
    names = ", ".join(f"grad_{name}" for name in others)
    shapes = " and ".join(f"`{name}`" for name in others)
    return f"""\
pullback : callable
    ``pullback(grad_y, *, out=None) -> (grad_x, {names}{more})``:
    from the gradient with respect to `y`, of its shape, the gradient with respect to `x`, of its shape and dtype (float64 where
    `x` holds integers or bools), written to `out` if given, and those of {shapes}, of their shapes.
    It keeps a copy of `x`, and can be called any number of times, on any thread."""
