"""The extension modules; everything else about the package is in pyproject.toml.

Environment: CPOOL_OPENMP=auto|on|off (auto builds without it, and says so, where the compiler has none);
CPOOL_LIMITED_API=1 builds one wheel for all Pythons from 3.11; CPOOL_DEBUG=1 checks bounds in the Cython code;
CPOOL_VARIANTS=baseline,v3 builds some of the instruction-set variants only, of which the first is needed;
CPOOL_SANITIZE=address,undefined builds with these sanitizers of gcc or clang (reliability/sanitize.sh).
"""

import os
import sys
import sysconfig
import tempfile
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

KERNELS = "cpool/_kernels"
SHARED_SOURCES = sorted(path.name for path in Path(KERNELS).iterdir() if path.suffix in (".pxi", ".h"))

# Instruction sets by their flags for gcc and clang. The choice is made from the target, never from the CPU that builds.
# `-mprefer-vector-width` only concerns the few loops that the compiler vectorises itself.
VARIANTS = {"baseline": []}
if sysconfig.get_platform() == "linux-x86_64":  # the target's, which a cross build names in _PYTHON_HOST_PLATFORM
    VARIANTS |= {"v3": ["-march=x86-64-v3"], "v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"]}

if wanted := os.environ.get("CPOOL_VARIANTS"):
    chosen = wanted.split(",")
    if "baseline" not in chosen or not set(chosen) <= set(VARIANTS):
        raise ValueError(f"CPOOL_VARIANTS={wanted!r}: must be some of {', '.join(VARIANTS)}, baseline among them")
    VARIANTS = {name: VARIANTS[name] for name in chosen}
if len(VARIANTS) > 1:  # no CPU since 2013 takes it then: let it be small
    VARIANTS["baseline"] = ["-Os"]

# -O3: gcc's -O2 cost model vectorises nothing here. -fno-wrapv: Python's own flags let integers wrap, with which gcc 12 makes the
# addresses of a window's cells one by one: twice the instructions in channels last. -ffp-contract=off: a fused multiply-add would
# round differently from one variant to the next. -fno-trapping-math: comparisons may be reordered; no one looks at floating point
# exception flags.
FLAGS = ["-O3", "-g0", "-fno-wrapv", "-fvisibility=hidden", "-ffp-contract=off", "-fno-trapping-math", "-fno-math-errno"]

# What of -O3 makes the kernels larger and not faster, and tables for unwinding, of which C has no use: without them the kernels are
# a sixth smaller, and 38 calls of all kinds take the same time (geometric mean 0.99). Not left out, as up to twice the time is lost
# by it: unswitching loops, and peeling those of up to 16 turns whole. Names of gcc's: other compilers go without.
SMALLER = [
    *("-fno-split-loops", "-fno-ipa-cp-clone", "-fno-asynchronous-unwind-tables"),
    *("--param=early-inlining-insns=6", "--param=max-inline-insns-auto=15", "--param=inline-min-speedup=30"),
    *(f"-falign-{what}=1" for what in ("functions", "jumps", "labels", "loops")),
]

# After the flags above: the last of a kind wins. The first error ends the process. The bounds checks of Cython stay as in a
# release, so that the real code is watched.
if sanitizers := os.environ.get("CPOOL_SANITIZE"):
    SANITIZE = [f"-fsanitize={sanitizers}", "-fno-sanitize-recover=undefined"]
    FLAGS += [*SANITIZE, "-O1", "-g", "-fno-omit-frame-pointer", "-UNDEBUG"]
else:
    SANITIZE = []

DEBUG = os.environ.get("CPOOL_DEBUG") == "1"
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "initializedcheck": DEBUG,
    "cdivision": True,
    "freethreading_compatible": True,  # the kernels have no module state
    "binding": False,  # nothing asks for signatures: a class of functions in each module would be 8 KB of the wheel
}

LIMITED_API = os.environ.get("CPOOL_LIMITED_API") == "1" and not sysconfig.get_config_var("Py_GIL_DISABLED")
ABI = {"define_macros": [("Py_LIMITED_API", "0x030B0000")], "py_limited_api": True} if LIMITED_API else {}


class BuildExt(build_ext):
    """Adds the flags that depend on the compiler, which is known only here."""

    def finalize_options(self):
        """The variants are compiled side by side."""
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self):
        """Choose the flags once, then build every module with them."""
        if self.compiler.compiler_type == "msvc":
            compile_flags, link_flags = ["/O2"], []
        else:
            openmp = self.openmp_flags()
            smaller = [] if SANITIZE else self.accepted(SMALLER)
            compile_flags, link_flags = FLAGS + smaller + openmp, SANITIZE + openmp
        for extension in self.extensions:
            extension.extra_compile_args = compile_flags + extension.extra_compile_args
            extension.extra_link_args = link_flags + extension.extra_link_args
        super().build_extensions()

    def openmp_flags(self):
        """The OpenMP flag, if this compiler compiles and links a program with it; running it would forbid cross builds."""
        wanted = os.environ.get("CPOOL_OPENMP", "auto")
        if wanted not in ("auto", "on", "off"):
            raise ValueError(f"CPOOL_OPENMP={wanted!r}: must be auto, on or off")
        if wanted == "off":
            return []
        try:
            self.probe("#include <omp.h>\nint main(void) { return omp_get_max_threads() > 0 ? 0 : 1; }\n", ["-fopenmp"])
        except (CompileError, LinkError):
            if wanted == "on":
                raise
            print("cpool: no OpenMP here; the kernels will use one thread", file=sys.stderr)
            return []
        return ["-fopenmp"]

    def accepted(self, flags):
        """These flags, if this compiler knows them all."""
        try:
            self.probe("int main(void) { return 0; }\n", [*flags, "-Werror"])
        except (CompileError, LinkError):
            return []
        return flags

    def probe(self, program, flags):
        """Compile and link a program with these flags."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "probe.c")
            source.write_text(program)
            objects = self.compiler.compile([str(source)], output_dir=folder, extra_postargs=flags)
            self.compiler.link_executable(objects, str(Path(folder, "probe")), extra_postargs=flags)


def kernel(name, flags=()):
    """One module of compiled kernels."""
    return Extension(
        f"cpool._kernels.{name}",
        [f"{KERNELS}/{name}.pyx"],
        include_dirs=[KERNELS],
        extra_compile_args=list(flags),
        depends=[f"{KERNELS}/{source}" for source in SHARED_SOURCES],
        **ABI,
    )


setup(
    ext_modules=cythonize(
        [kernel("_cpu"), *(kernel(name, flags) for name, flags in VARIANTS.items())],
        build_dir="build/cython",
        nthreads=os.cpu_count() if sys.platform == "linux" else 0,
        compiler_directives=DIRECTIVES,
    ),
    cmdclass={"build_ext": BuildExt},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if LIMITED_API else {},
)
