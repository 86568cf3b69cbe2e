"""The entries of the section Parameters, by the name of the argument."""

WINDOWS = "int or sequence of int"
PARAMETERS = {
    "x": (
        "array_like",
        '(N, C, {axes}) or (C, {axes}); with ``data_format="channels_last"`` (N, {axes}, C) or ({axes}, C). Any strides;\n'
        "never modified.",
    ),
    "indices": (
        "array_like of int",
        "For each element of `x` where it goes, flat in the spatial axes of the result, as `return_indices` gives them. The\n"
        "shape of `x`, any integer dtype.",
    ),
    "duplicates": ('"last", "sum" or "error"', "What becomes of values of a plane that have the same index."),
    "kernel_size": (WINDOWS, "Cells of a window: one number for every axis, or one an axis ({axes})."),
    "stride": (f"{WINDOWS} or None", "Steps from window to window; None means `kernel_size`."),
    "padding": (
        'int, sequence of int, sequence of (before, after) pairs, "valid", "same" or "same_lower"',
        "Cells added around the input, none of which holds a value: fewer than the effective kernel size, which is\n"
        'dilation * (kernel_size - 1) + 1. "same" adds what ceil(size / stride) windows need, the odd cell after the input, and\n'
        '"same_lower" before it.',
    ),
    "dilation": (WINDOWS, "Steps from cell to cell of a window."),
    "ceil_mode": (
        "bool",
        "Whether a last window may overhang the padded input. It must still start inside the input or the padding before it.",
    ),
    "count_include_pad": ("bool", "Whether cells of the padding count in the divisor."),
    "divisor_override": ("int or None", "A divisor for every window, in place of its number of cells; not 0."),
    "data_format": ('"channels_first" or "channels_last"', "Where the axis of the channels is."),
    "return_indices": ("bool", "Whether to return the winners' indices too."),
    "out": ("ndarray or None", "An array of the result's shape and dtype to write it into, apart from `x` in memory."),
    "name": ("str or None", "A name of your own for the layer."),
}
