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
) -> None: ...
def spread_gradient(
    element: int, grad: Any, result: Any, geometry: bytes, average: bool, include_pad: bool, divisor: float, threads: int
) -> None: ...
def winner_gradient(element: int, grad: Any, winners: Any, result: Any, geometry: bytes, threads: int) -> None: ...
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
) -> None: ...
def roi_max(
    element: int, x: Any, y: Any, codes: Any, rois: Any, order: Any, starts: Any, geometry: bytes, scale: float, threads: int
) -> None: ...
def roi_max_gradient(width: int, x: Any, y: Any, codes: Any, order: Any, starts: Any, geometry: bytes, threads: int) -> None: ...
