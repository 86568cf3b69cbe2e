#!/usr/bin/env bash
# The kernels on a second architecture: cross-compiled for aarch64 and run under user-mode emulation. On a Debian x86-64 machine, as root
# (it installs packages); half an hour, most of it emulation.
#
#     reliability/aarch64.sh                       # builds, and runs `python -m cpool check`
#     reliability/aarch64.sh tests/test_roi.py     # and these tests
#
# The interpreter is Debian's for arm64, unpacked and not installed; numpy and the rest are wheels for aarch64. The extension is built for the
# limited API, so that this machine's Python headers serve.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"; dpkg --remove-architecture arm64 2>/dev/null || true' EXIT

apt-get install -y -q qemu-user-static gcc-aarch64-linux-gnu >"$work/apt.log"
dpkg --add-architecture arm64
apt-get update -q >>"$work/apt.log"
mkdir "$work/debs" "$work/arm" "$work/wheels" "$work/site"
packages=(python3.11 python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libgcc-s1 libgomp1 libstdc++6 zlib1g libexpat1
    libssl3 libffi8 libbz2-1.0 liblzma5 libsqlite3-0 libuuid1 libncursesw6 libtinfo6 libreadline8 libdb5.3 libcrypt1)
(cd "$work/debs" && apt-get download -q "${packages[@]/%/:arm64}" 2>>"$work/apt.log")
for package in "$work"/debs/*.deb; do dpkg -x "$package" "$work/arm"; done

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q 'setuptools>=77' 'Cython>=3.3,<3.4'
tar -C "$root" --exclude=./.git --exclude=./build --exclude='*.so' -cf - . | tar -C "$work" --one-top-level=source -xf -
(
    cd "$work/source"
    export CPOOL_LIMITED_API=1 _PYTHON_HOST_PLATFORM=linux-aarch64 CC=aarch64-linux-gnu-gcc LDSHARED='aarch64-linux-gnu-gcc -shared'
    "$work/venv/bin/python" setup.py -q build --build-lib "$work/site" >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log"; exit 1; }
)
"$work/venv/bin/pip" download -q -d "$work/wheels" --python-version 3.11 --only-binary=:all: \
    --platform manylinux_2_28_aarch64 --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64 \
    'numpy>=2' ml_dtypes pytest hypothesis
for wheel in "$work"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$work/site"; done

emulated() { # emulated ARGUMENT...: Python for aarch64
    (cd "$work/source/tests" && PYTHONPATH=$work/site qemu-aarch64-static -L "$work/arm" "$work/arm/usr/bin/python3.11" "$@")
}
emulated -c 'import platform, cpool; print(platform.machine()); cpool.show_config()'
emulated -m cpool check
for tests in "$@"; do
    emulated -m pytest -q -p no:cacheprovider "${tests#tests/}"
done
