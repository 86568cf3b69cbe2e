"""cpool in JAX, on the CPU: the functions of cpool on JAX's arrays, with their gradients.

Needs JAX (``pip install "cpool-nn[jax]"``). A call goes through `jax.pure_callback`, and its gradient through a `jax.custom_vjp`,
so that they work inside `jax.jit`, `jax.grad` and `jax.value_and_grad`; `jax.vmap` calls them one image after the other.
Arguments are those of cpool but `out`: arrays may be traced, settings such as `kernel_size` may not. `rng` is an int, which may
be traced, and is needed where a function draws. There is no derivative of a derivative.

Examples
--------
>>> import jax, jax.numpy as jnp, cpool.jax
>>> x = jnp.array([[[0.0, 1.0, 2.0, 4.0]]])
>>> jax.grad(lambda x: cpool.jax.max_pool1d(x, 2).sum())(x)
Array([[[0., 1., 0., 1.]]], dtype=float32)
"""

try:
    import jax as _jax  # noqa: F401
except ImportError:
    raise ImportError("cpool.jax needs JAX, which is not installed: pip install 'cpool-nn[jax]'") from None

from cpool.jax._functions import FUNCTIONS

globals().update(FUNCTIONS)
__all__ = list(FUNCTIONS)
