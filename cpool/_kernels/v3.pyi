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
) -> None: ...
def put_at(
    values: Any, places: Any, result: Any, planes: int, outputs: int, cells: int, inner: int, threads: int, checked: bool = False
) -> None: ...
def take_at(
    grad: Any, places: Any, result: Any, planes: int, outputs: int, cells: int, inner: int, threads: int, checked: bool = False
) -> None: ...
def check_places(places: Any, planes: int, outputs: int, cells: int, inner: int, threads: int, least: int = 0) -> int: ...
def last_places(
    places: Any, kept: Any, planes: int, outputs: int, cells: int, inner: int, threads: int, checked: bool = False
) -> int: ...
def first_repeated(places: Any, planes: int, outputs: int, cells: int, inner: int, threads: int, checked: bool = False) -> int: ...
def window_codes(indices: Any, codes: Any, geometry: bytes, threads: int) -> bool: ...
def spread_codes(x: Any, codes: Any, result: Any, geometry: bytes, threads: int) -> None: ...
def gather_codes(grad: Any, codes: Any, result: Any, geometry: bytes, threads: int) -> None: ...
