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
def copy(source: Any, target: Any, threads: int) -> None: ...
def lp_pool(
    element: int, x: Any, y: Any, kept: Any, p: float, normalized: bool, geometry: bytes, threads: int
) -> None: ...
def lp_gradient(
    element: int, grad: Any, x: Any, kept: Any, result: Any, p: float, normalized: bool, geometry: bytes, threads: int
) -> None: ...
def median_pool(element: int, x: Any, y: Any, first: Any, second: Any, geometry: bytes, threads: int) -> None: ...
