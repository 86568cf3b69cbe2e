"""What all layers share: forward and backward, parameters and their gradients, modes, state, and how they print."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from cpool._arguments import Array, ArrayLike, integer, sequence, spatial_array
from cpool.layers._state import VERSION, State, check_version


class Layer:
    """The base class of all layers.

    ``layer(x)`` is ``layer.forward(x)``. In training mode, in which a layer starts, each `forward` can be followed by one
    `backward`, which returns the gradient with respect to `x` and adds those of the parameters to `grads`. In eval mode
    `forward` keeps nothing. A layer belongs to one thread; the functions of cpool belong to any.

    A subclass defines `_forward(x)`, which returns the result; `_vjp(x)`, which returns the result and a pullback; and
    `output_shape`. The pullback gives the gradient of the input, or a tuple: those of the inputs, then those of the
    parameters in the order of `params`. The arguments of its constructor that it keeps as attributes are what `repr` prints.

    Parameters
    ----------
    name : str or None, default None
        A name of your own for the layer.

    Attributes
    ----------
    name : str or None
    training : bool
        The mode: True after `train`, False after `eval`.
    params, grads : dict of str to ndarray
        The parameters and their gradients, under the same keys; empty for a layer without parameters.

    Examples
    --------
    >>> import cpool
    >>> layer = cpool.MaxPool1d(2)
    >>> isinstance(layer, cpool.Layer), layer.training, layer.params
    (True, True, {})
    """

    def __init__(self, name: str | None = None) -> None:
        if name is not None and not isinstance(name, str):
            raise TypeError(f"name={name!r}: a str or None is needed, not {type(name).__name__}")
        self.name = name
        self.training = True
        self.params: dict[str, Array] = {}
        self.grads: dict[str, Array] = {}
        self._pullback: Callable[..., Any] | None = None

    # ------------------------------------------------------------------------------------------ forward and backward
    def __call__(self, x: ArrayLike, *others: ArrayLike) -> Any:
        """The same as `forward`."""
        return self.forward(x, *others)

    def forward(self, x: ArrayLike, *others: ArrayLike) -> Any:
        """The result for `x` (and the other inputs of a layer of several); in training mode also keeps what backward needs."""
        self._pullback = None  # first, so that a forward that fails leaves no gradient of an older input behind
        if not self.training:
            return self._forward(x, *others)
        y, self._pullback = self._vjp(x, *others)
        return y

    def backward(self, grad_output: ArrayLike) -> Any:
        """The gradient of the input (a tuple for several inputs), from that of the result; adds those of the parameters to `grads`.

        Raises
        ------
        RuntimeError
            In eval mode, and where no `forward` precedes whose gradient has not been taken yet.
        """
        if not self.training or self._pullback is None:
            why = (
                "each backward needs a forward of its own before it, in training mode"
                if self.training
                else "the layer is in eval mode, in which forward keeps nothing; call train() before forward"
            )
            raise RuntimeError(f"{type(self).__name__}.backward: {why}")
        found = self._pullback(grad_output)
        self._pullback = None  # last: after an error, such as a wrong shape, backward can be tried again
        if not self.params and not isinstance(found, tuple):
            return found
        gradients = found if isinstance(found, tuple) else (found,)
        inputs = len(gradients) - len(self.params)
        for key, gradient in zip(self.params, gradients[inputs:], strict=True):
            self.grads[key] += gradient
        return gradients[0] if inputs == 1 else gradients[:inputs]

    def zero_grad(self) -> None:
        """Set the gradients of the parameters to 0, in place."""
        for key in self.grads:
            held(self.grads, key)[...] = 0

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the result for an input of this shape."""
        raise NotImplementedError(f"{type(self).__name__} defines no output_shape")

    def _forward(self, *inputs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no _forward")

    def _vjp(self, *inputs: Any) -> tuple[Any, Callable[..., Any]]:
        raise NotImplementedError(f"{type(self).__name__} defines no _vjp")

    # ------------------------------------------------------------------------------------------ modes and state
    def train(self) -> Self:
        """Enter training mode, and return the layer."""
        self.training = True
        return self

    def eval(self) -> Self:
        """Enter eval mode, in which forward keeps nothing, and return the layer."""
        self.training = False
        return self

    def state_dict(self) -> State:
        """Copies of the parameters: a dict under their keys, whose attribute `version` tells the form."""
        return State((key, np.array(value)) for key, value in self.params.items())

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Copy values into the parameters, in place; a ValueError that names the key where keys or shapes differ.

        A plain dict of arrays will do. What `state_dict` of a newer cpool gave, of another form, is refused with a ValueError.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"state: a mapping of arrays is needed, not {type(state).__name__}")
        if isinstance(state, State):
            check_version("state", state.version)
        for key in (*self.params, *state):
            if key not in state or key not in self.params:
                raise ValueError(f"state: the key {key!r} is {'missing' if key in self.params else 'not one of the layer'}")
        values = {key: np.array(state[key]) for key in self.params}
        for key, value in values.items():  # all before any is copied
            param = held(self.params, key)
            if value.shape != param.shape:
                raise ValueError(f"state[{key!r}]: shape {value.shape} must be that of the parameter, {param.shape}")
            if not np.can_cast(value.dtype, param.dtype, "same_kind"):
                raise TypeError(f"state[{key!r}]: dtype {value.dtype} cannot become that of the parameter, {param.dtype}")
        for key, value in values.items():
            held(self.params, key)[...] = value

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles carry: all but what backward needs, which may be large and belongs to one forward."""
        return {**self.__dict__, "_pullback": None, "_version": VERSION}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what a copy or a pickle carries, of this version or an older one."""
        kept = dict(state)
        check_version(f"pickle of {type(self).__name__}", kept.pop("_version", 1))
        self.__dict__.update(kept)

    def __repr__(self) -> str:
        """The call of the constructor, without the arguments that have their defaults."""
        shown = []
        for key, parameter in inspect.signature(type(self)).parameters.items():
            if not hasattr(self, key):
                continue
            value = repr(getattr(self, key))
            if parameter.default is parameter.empty and parameter.kind is not parameter.KEYWORD_ONLY:
                shown.append(value)
            elif value != repr(parameter.default):  # as text: a comparison of arrays would be an array
                shown.append(f"{key}={value}")
        return f"{type(self).__name__}({', '.join(shown)})"


def held(arrays: dict[str, Array], key: str) -> Array:
    """An array of `params` or `grads`, to be written to.

    What numpy computes of an array without axes is a number and no array: ``params[key] = params[key] - step`` puts one there.
    """
    value = arrays[key]
    if not isinstance(value, np.ndarray):
        value = arrays[key] = np.array(value)
    return value


def plain(value: Any) -> Any:
    """An argument as ints, strings and tuples of them, which later changes to a list of the caller's cannot reach."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if hasattr(value, "__iter__") and not isinstance(value, (str, bytes)):
        return tuple(plain(entry) for entry in value)
    return value


def checked_shape(input_shape: Any, rank: int, last: bool) -> tuple[int, ...]:
    """The shape of an input over `rank` spatial axes, with or without a batch axis."""
    lengths = (integer(f"input_shape[{i}]", n, 0) for i, n in enumerate(sequence("input_shape", input_shape)))
    # One cell seen in this shape: what is checked of an array is checked of its shape, with the same messages.
    shape: tuple[int, ...] = spatial_array("input_shape", np.broadcast_to(0.0, tuple(lengths)), rank, last).shape
    return shape
