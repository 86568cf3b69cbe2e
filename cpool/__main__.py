"""`python -m cpool check` cross-checks the installed kernels; `python -m cpool config` tells what is installed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from cpool import _check, _config


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m cpool", description="Tools about the installed cpool.")
    parser.add_argument("command", choices=("check", "config"), help="check every kernel, or tell what is installed")
    if parser.parse_args(argv).command == "check":
        return 1 if _check.run() else 0
    _config.show_config()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
