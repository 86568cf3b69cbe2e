#!/usr/bin/env bash
# Calls of every function under valgrind's memcheck: no kernel reads or writes outside of what is allocated, and none decides by
# memory that nobody wrote, which the sanitizers cannot see. valgrind knows no AVX-512: CPOOL_ISA is baseline (or v3).
#
#     reliability/memcheck.sh [SECONDS]            # 900 by default; with a cpool that is installed or on PYTHONPATH
#
# The calls are those of fuzz.py, a few of each function in turn. Errors whose stack has a frame of cpool/_kernels are cpool's and
# fail the run; those of the interpreter and of numpy are counted only.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export CPOOL_ISA=${CPOOL_ISA:-baseline} PYTHONMALLOC=malloc OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
status=0
valgrind --tool=memcheck --leak-check=no --num-callers=25 --error-limit=no --xml=yes --xml-file=errors.xml \
    python3 "$here/fuzz.py" hypothesis --seconds "${1:-900}" --each 5 || status=$?
python3 - <<'PYTHON'
import sys
import xml.etree.ElementTree as ElementTree

errors = ElementTree.parse("errors.xml").getroot().findall("error")
errors = [error for error in errors if not error.findtext("kind").startswith("Leak_")]  # XML has them always; modules stay loaded
ours = [error for error in errors if any("/cpool/_kernels/" in (frame.text or "") for frame in error.iter("obj"))]
print(f"{len(errors)} errors, {len(ours)} of them with a frame in cpool's kernels")
for error in ours:
    print(error.findtext("kind"), error.findtext("what") or error.findtext("xwhat/text"))
    for frame in error.iter("frame"):
        print("   ", frame.findtext("fn"), frame.findtext("file"), frame.findtext("line"), frame.findtext("obj"))
sys.exit(bool(ours))
PYTHON
exit "$status"
