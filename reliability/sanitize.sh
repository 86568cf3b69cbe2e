#!/usr/bin/env bash
# The whole test suite with kernels built with gcc's address and undefined-behaviour sanitizers: the first read or write outside an
# array, and the first undefined operation, ends a test with a report. About 15 minutes on two cores for one variant.
#
#     reliability/sanitize.sh                      # the baseline variant
#     CPOOL_VARIANTS=baseline,v3 CPOOL_ISA=v3 reliability/sanitize.sh tests/test_roi.py
#
# It works on a copy in a temporary directory and installs there. Left out: test_vectorised.py, which reads what -O3 made of loops
# (these kernels are built with -O1), and test_broken_install.py, which cuts off ends of files (here they are debugging symbols,
# and nothing breaks). Each variant has code that no other has: all of them are to be run. Leaks are not looked for here, as Python
# itself never frees all: see leaks.py.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/source" "$work/tests"
tar -C "$root" --exclude=./.git --exclude=./build --exclude='*.so' --exclude='.*_cache' --exclude='.hypothesis' -cf - . |
    tar -C "$work/source" -xf -
python3 -m venv "$work/venv"
export CPOOL_SANITIZE=address,undefined CPOOL_VARIANTS=${CPOOL_VARIANTS:-baseline}
"$work/venv/bin/pip" install -q "$work/source[test]"
cp -r "$work/source"/{tests,examples,benchmarks,docs,README.md,CONTRIBUTING.md,pyproject.toml} "$work/tests"

cd "$work/tests"
libraries=$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so)
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:log_path="$work/report"
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:log_path="$work/report-ub"
export LD_PRELOAD=$libraries
outside='
import numpy as np, cpool
x = np.lib.stride_tricks.as_strided(np.ones(64 * 64, np.float32), (1, 1, 65, 64), (16640, 16640, 256, 4))
cpool.max_pool2d(x, 3, 2)'
if "$work/venv/bin/python" -c "$outside" 2>/dev/null; then
    echo "the sanitizers do not see a read outside of an array" >&2
    exit 1
fi
rm -f "$work"/report*

status=0
nice -n 5 "$work/venv/bin/pytest" -q -n "${WORKERS:-2}" --ignore=tests/test_{vectorised,broken_install}.py "$@" || status=$?
unset LD_PRELOAD
for report in "$work"/report*; do
    [ -e "$report" ] || break
    status=1
    cat "$report"
done
exit "$status"
