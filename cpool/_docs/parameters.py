"""The entries of the section Parameters, by the name of the argument."""

WINDOWS = "int or sequence of int"
PARAMETERS = {
    "x": (
        "array_like",
        '``(N, C, {axes})`` or ``(C, {axes})``; with ``data_format="channels_last"`` ``(N, {axes}, C)`` or ``({axes}, C)``. Any\n'
        "strides; never modified.",
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
    "rois": (
        "array_like, (K, 5)",
        "Of each region the number of its image, a whole number from 0 to N - 1, and x1, y1, x2, y2, with x1 <= x2 and y1 <= y2;\n"
        "all finite, and times `spatial_scale` at most 1e15. They may reach beyond the image. K may be 0.",
    ),
    "spatial_scale": ("float", "What the coordinates of `rois` are multiplied by, which gives cells of the plane; above 0."),
    "sampling_ratio": (
        "int",
        "Samples of a bin along each axis. 0 or less: as many as the bin is long in cells, rounded up.",
    ),
    "aligned": (
        "bool",
        "Whether the centre of a cell is at a half, as pixels are usually counted. If not, it is at a whole number, and a region\n"
        "counts as at least 1 cell high and wide.",
    ),
    "data_format": ('"channels_first" or "channels_last"', "Where the axis of the channels is."),
    "return_indices": ("bool", "Whether to return the winners' indices too."),
    "out": ("ndarray or None", "An array of the result's shape and dtype to write it into, apart from `x` in memory."),
    "output_ratio": (
        "float, sequence of float, or None",
        "The output's size over the input's, rounded down; above 0 and below 1 (1 without `kernel_size`).",
    ),
    "samples": (
        "array_like or None",
        "(N, C, {rank}), or (C, {rank}) without a batch: the sample of each plane and axis, at least 0 and below 1; None draws\n"
        "them. Over two axes that of the columns comes first, as in PyTorch.",
    ),
    "rng": ("numpy.random.Generator, int or None", "Where random numbers come from; an int is a seed, None a fresh generator."),
    "boundaries": (
        "sequence of sequences of int, or None",
        "For each axis the boundaries of its windows, increasing from 0 to its size.",
    ),
    "overlapping": ("bool", "Whether a window between boundaries also has the first cell of the next one."),
    "pseudorandom": ("bool", "Whether random boundaries lie as evenly as can be, at a random phase."),
    "return_boundaries": ("bool", "Whether to return the boundaries too."),
    "levels": ("sequence of int", "Of each level, the number of its windows along either axis."),
    "mode": ('"max" or "avg"', "How a window is pooled."),
    "name": ("str or None", "A name of your own for the layer."),
}
