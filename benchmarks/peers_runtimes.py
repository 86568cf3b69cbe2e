"""The runtimes that compile a model: ONNX Runtime, OpenVINO (both forward only) and JAX."""

from __future__ import annotations

from typing import Any

import numpy as np
from peers import Arrays, Calls, Peer
from suite import Case


class OnnxRuntime(Peer):
    """A model of one node, its input and output bound to memory beforehand. It has no channels_last pooling of floats."""

    name = "ONNX Runtime"
    package = "onnxruntime"
    layouts = ("channels_first",)

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        import onnx
        import onnxruntime

        self.onnx, self.runtime = onnx, onnxruntime
        onnxruntime.set_default_logger_severity(4)

    def model(self, case: Case) -> Any:
        helper = self.onnx.helper
        attributes = {"kernel_shape": case.kernel, "strides": case.stride, "pads": (*case.padding, *case.padding_after)}
        if case.kind == "avg":
            attributes["count_include_pad"] = 1
        node = helper.make_node("MaxPool" if case.kind == "max" else "AveragePool", ["x"], ["y"], **attributes)
        element = helper.np_dtype_to_tensor_dtype(np.dtype(case.dtype))
        ends = [helper.make_tensor_value_info(name, element, shape) for name, shape in (("x", case.x_shape), ("y", case.y_shape))]
        graph = helper.make_graph([node], "pool", ends[:1], ends[1:])
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)

    def prepare(self, case: Case, arrays: Arrays) -> Calls:
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        content = self.model(case).SerializeToString()
        session = self.runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        y = np.zeros(case.y_shape, case.dtype)
        binding = session.io_binding()
        binding.bind_ortvalue_input("x", self.runtime.OrtValue.ortvalue_from_numpy(arrays.x))
        binding.bind_output("y", "cpu", 0, y.dtype, y.shape, y.ctypes.data)

        def forward() -> Any:
            session.run_with_iobinding(binding)
            return y

        return Calls(forward)


class OpenVino(Peer):
    """A compiled model of one node on shared memory; channels_last between two transposes, which the compiler may absorb."""

    name = "OpenVINO"
    package = "openvino"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        import openvino
        from openvino import opset1

        self.openvino, self.ops, self.core = openvino, opset1, openvino.Core()
        self.config = {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "ENABLE_CPU_PINNING": False,  # the process is pinned already
        }

    def model(self, case: Case) -> Any:
        ops, last, rank = self.ops, case.layout == "channels_last", case.dims + 2
        x = ops.parameter(case.x_shape, np.dtype(case.dtype))
        node = ops.transpose(x, np.array([0, rank - 1, *range(1, rank - 1)])) if last else x
        window = (node, case.stride, case.padding, case.padding_after, case.kernel)
        node = ops.max_pool(*window) if case.kind == "max" else ops.avg_pool(*window, exclude_pad=False)
        node = ops.transpose(node, np.array([0, *range(2, rank), 1])) if last else node
        return self.openvino.Model([node], [x], "pool")

    def prepare(self, case: Case, arrays: Arrays) -> Calls:
        precision = {"INFERENCE_PRECISION_HINT": "f16" if case.dtype == "float16" else "f32"}
        request = self.core.compile_model(self.model(case), "CPU", self.config | precision).create_infer_request()
        y = np.zeros(case.y_shape, case.dtype)
        request.set_input_tensor(self.openvino.Tensor(arrays.x, shared_memory=True))
        request.set_output_tensor(self.openvino.Tensor(y, shared_memory=True))

        def forward() -> Any:
            request.infer()
            return y

        return Calls(forward)


class Jax(Peer):
    """`lax.reduce_window` and its gradient under jit. XLA takes as many threads as the process may use cores."""

    name = "JAX"
    package = "jax"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        import jax

        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_enable_x64", True)
        self.jax = jax

    def prepare(self, case: Case, arrays: Arrays) -> Calls:
        jax, lax = self.jax, self.jax.lax
        dtype, count = np.dtype(case.dtype), int(np.prod(case.kernel))
        least = 0 if dtype.kind == "u" else -np.inf
        init, combine = (dtype.type(least), lax.max) if case.kind == "max" else (dtype.type(0), lax.add)

        def spread(values: tuple[Any, ...], fill: Any) -> tuple[Any, ...]:
            return (fill, fill, *values) if case.layout == "channels_first" else (fill, *values, fill)

        window, strides = spread(case.kernel, 1), spread(case.stride, 1)
        pads = spread(tuple(zip(case.padding, case.padding_after, strict=True)), (0, 0))

        def pool(x: Any) -> Any:
            y = lax.reduce_window(x, init, combine, window, strides, pads)
            return y / dtype.type(count) if case.kind == "avg" else y

        def train(x: Any, grad_y: Any) -> Any:
            y, pullback = jax.vjp(pool, x)
            return y, pullback(grad_y)[0]

        infer, train = jax.jit(pool), jax.jit(train)
        x, grad_y = jax.device_put(arrays.x), jax.device_put(arrays.grad_y)
        both = None if case.dtype == "uint8" else lambda: jax.block_until_ready(train(x, grad_y))
        return Calls(lambda: infer(x).block_until_ready(), both)
