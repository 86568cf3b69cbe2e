from typing import Any

def reduce(
    operation: int,
    element: int,
    x: Any,
    y: Any,
    winners: Any,
    geometry: bytes,
    average: bool,
    include_pad: bool,
    divisor: float,
    threads: int,
    /,
) -> None: ...
def spread_gradient(
    element: int, grad: Any, result: Any, geometry: bytes, average: bool, include_pad: bool, divisor: float, threads: int, /
) -> None: ...
def winner_gradient(element: int, grad: Any, winners: Any, result: Any, geometry: bytes, threads: int, /) -> None: ...
def add_at(
    element: int,
    grad: Any,
    places: Any,
    result: Any,
    planes: int,
    outputs: int,
    cells: int,
    inner: int,
    threads: int,
    checked: bool = False,
    /,
) -> None: ...
def put_at(
    values: Any, places: Any, result: Any, planes: int, outputs: int, cells: int, inner: int, threads: int, checked: bool = False, /
) -> None: ...
def take_at(
    grad: Any, places: Any, result: Any, planes: int, outputs: int, cells: int, inner: int, threads: int, checked: bool = False, /
) -> None: ...
def check_places(places: Any, planes: int, outputs: int, cells: int, inner: int, threads: int, least: int = 0, /) -> int: ...
def last_places(
    places: Any, kept: Any, planes: int, outputs: int, cells: int, inner: int, threads: int, checked: bool = False, /
) -> int: ...
def unpool_planes(
    values: Any, places: Any, kept: Any, result: Any, planes: int, outputs: int, cells: int, threads: int, /
) -> bool: ...
def first_repeated(
    places: Any, planes: int, outputs: int, cells: int, inner: int, threads: int, checked: bool = False, /
) -> int: ...
def roi_align(
    width: int,
    wide: bool,
    x: Any,
    y: Any,
    rois: Any,
    order: Any,
    starts: Any,
    geometry: bytes,
    scale: float,
    ratio: int,
    aligned: bool,
    spread: bool,
    threads: int,
    /,
) -> None: ...
def roi_max(
    element: int, x: Any, y: Any, codes: Any, rois: Any, order: Any, starts: Any, geometry: bytes, scale: float, threads: int, /
) -> None: ...
def roi_max_gradient(width: int, x: Any, y: Any, codes: Any, order: Any, starts: Any, geometry: bytes, threads: int, /) -> None: ...
def reduce_bins(
    operation: int, element: int, x: Any, y: Any, places: Any, bounds: Any, shape: tuple[int, ...], threads: int, /
) -> None: ...
def spread_bins(element: int, grad: Any, result: Any, bounds: Any, shape: tuple[int, ...], threads: int, /) -> None: ...
def copy(source: Any, target: Any, threads: int, /) -> None: ...
def lp_pool(element: int, x: Any, y: Any, kept: Any, p: float, normalized: bool, geometry: bytes, threads: int, /) -> None: ...
def lp_gradient(
    element: int, grad: Any, x: Any, kept: Any, result: Any, p: float, normalized: bool, geometry: bytes, threads: int, /
) -> None: ...
def window_codes(indices: Any, codes: Any, geometry: bytes, threads: int, /) -> bool: ...
def spread_codes(x: Any, codes: Any, result: Any, geometry: bytes, threads: int, /) -> None: ...
def unpool_windows(x: Any, indices: Any, codes: Any, result: Any, geometry: bytes, threads: int, /) -> bool: ...
def gather_codes(grad: Any, codes: Any, result: Any, geometry: bytes, threads: int, /) -> None: ...
def median_pool(element: int, x: Any, y: Any, first: Any, second: Any, geometry: bytes, threads: int, /) -> None: ...
