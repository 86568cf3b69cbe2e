// oneDNN's pooling behind four C functions, for ctypes: peers_onednn.py compiles this file when the peer is made.
//
// A pooling is made once for its shapes and memory: primitives, memory objects around the caller's arrays, the workspace and the
// lists of arguments. What is timed is the execution of the primitives alone, in the plain formats given: no reorder, no copy.

#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using dims = memory::dims;
using tag = memory::format_tag;
using arguments = std::vector<dnnl_exec_arg_t>;

tag format(bool last, int64_t axes) {
    static const tag first_tags[] = {tag::ncw, tag::nchw, tag::ncdhw}, last_tags[] = {tag::nwc, tag::nhwc, tag::ndhwc};
    return (last ? last_tags : first_tags)[axes - 1];
}

struct Step {
    dnnl::primitive primitive;
    arguments bound;

    // The C function, which takes the arguments as they lie here: C++'s execute converts a map of them in each call.
    int run(const dnnl::stream &stream) const {
        return dnnl_primitive_execute(primitive.get(), stream.get(), static_cast<int>(bound.size()), bound.data());
    }
};

struct Pooling {
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    memory x, y, grad_y, grad_x, workspace;
    Step infer, train, backward;
};

dims shape_of(int64_t n, int64_t channels, const dims &size) {
    dims shape{n, channels};
    shape.insert(shape.end(), size.begin(), size.end());
    return shape;
}

}  // namespace

// numbers: n, channels, then `axes` each of size, output size, kernel, stride, padding before, padding after.
// arrays: x, y, grad_y, grad_x; they outlive the pooling. Returns null and a message if oneDNN refuses.
EXPORT Pooling *pooling_make(int avg, int last, int axes, const int64_t *numbers, float *const *arrays, char *message,
                             size_t room) {
    try {
        dims part[6];
        for (int which = 0; which < 6; which++)
            part[which].assign(numbers + 2 + which * axes, numbers + 2 + (which + 1) * axes);
        const auto &[size, out_size, kernel, stride, before, after] = part;
        const dims dilation(axes, 0);  // 0 is none
        const auto kind = avg ? algorithm::pooling_avg_include_padding : algorithm::pooling_max;
        const tag order = format(last, axes);
        const memory::desc outer(shape_of(numbers[0], numbers[1], size), memory::data_type::f32, order);
        const memory::desc inner(shape_of(numbers[0], numbers[1], out_size), memory::data_type::f32, order);

        auto made = std::make_unique<Pooling>();
        Pooling &pooling = *made;
        const auto &engine = pooling.engine;
        using forward_desc = dnnl::pooling_forward::primitive_desc;
        using backward_desc = dnnl::pooling_backward::primitive_desc;
        const auto inference = prop_kind::forward_inference, training = prop_kind::forward_training;
        const forward_desc infer(engine, inference, kind, outer, inner, stride, kernel, dilation, before, after);
        const forward_desc train(engine, training, kind, outer, inner, stride, kernel, dilation, before, after);
        const backward_desc backward(engine, kind, outer, inner, stride, kernel, dilation, before, after, train);

        pooling.x = memory(outer, engine, arrays[0]);
        pooling.y = memory(inner, engine, arrays[1]);
        pooling.grad_y = memory(inner, engine, arrays[2]);
        pooling.grad_x = memory(outer, engine, arrays[3]);
        pooling.infer = {dnnl::pooling_forward(infer), {{DNNL_ARG_SRC, pooling.x.get()}, {DNNL_ARG_DST, pooling.y.get()}}};
        pooling.train = {dnnl::pooling_forward(train), pooling.infer.bound};
        pooling.backward = {dnnl::pooling_backward(backward),
                            {{DNNL_ARG_DIFF_DST, pooling.grad_y.get()}, {DNNL_ARG_DIFF_SRC, pooling.grad_x.get()}}};
        if (train.workspace_desc().get_size() > 0) {  // where each maximum was found; an average needs none
            pooling.workspace = memory(train.workspace_desc(), engine);
            for (auto *step : {&pooling.train, &pooling.backward})
                step->bound.push_back({DNNL_ARG_WORKSPACE, pooling.workspace.get()});
        }
        return made.release();
    } catch (const std::exception &error) {
        std::snprintf(message, room, "%s", error.what());
        return nullptr;
    }
}

EXPORT void pooling_free(Pooling *pooling) { delete pooling; }

// Both return 0 or oneDNN's status. No wait for the stream: a CPU engine on OpenMP has executed when the call returns.
EXPORT int pooling_forward(const Pooling *pooling) { return pooling->infer.run(pooling->stream); }

EXPORT int pooling_forward_backward(const Pooling *pooling) {
    const int status = pooling->train.run(pooling->stream);
    return status ? status : pooling->backward.run(pooling->stream);
}
