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
