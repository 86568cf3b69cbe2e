"""Fuzz cpool: any call, good or bad, drawn at random or led by coverage, for as long as asked.

    python reliability/fuzz.py hypothesis --seconds 3600
    python reliability/fuzz.py atheris --seconds 3600 --corpus /tmp/corpus

Both draw from `tests/any_calls.py` and check by `tests/any_checks.py`: a call gives what the reference gives, or a documented
exception; it never crashes and never changes its inputs. `atheris` (`pip install atheris`) mutates the bytes of hypothesis' choices
so as to reach code that none reached before: Python lines, and edges of the kernels where these are built with
`CC=clang CPOOL_SANITIZE=address,undefined,fuzzer-no-link`. CONTRIBUTING.md tells how to run it under the sanitizers.

A failure is printed with its call and appended to --failures; hypothesis goes on after one, atheris stops. The exit status is 1
where there was any. What a crash of the process leaves is atheris' file `crash-*`, or the last line of --last.
"""

import argparse
import os
import sys
import time
import traceback
import warnings

import common  # noqa: F401  (it says where the tests are)

START = time.monotonic()


def arguments():
    """Those of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("engine", choices=["hypothesis", "atheris"])
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--functions", default="", help="only those whose names contain this")
    parser.add_argument("--corpus", default="", help="a folder of inputs that atheris starts from and adds to")
    parser.add_argument("--failures", default="fuzz-failures.txt")
    parser.add_argument("--last", default="fuzz-last.txt", help="where each call is written before it is made")
    parser.add_argument("--each", type=int, default=200, help="calls of a function before hypothesis goes on to the next")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser.parse_args()


class Fuzzer:
    """What both engines share: one call, and the count of calls and failures."""

    def __init__(self, options):
        from any_calls import FUNCTIONS

        self.options = options
        self.functions = tuple(name for name in FUNCTIONS if options.functions in name)
        self.calls, self.failures, self.seen, self.told = 0, 0, set(), START
        self.last = os.open(options.last, os.O_RDWR | os.O_CREAT | os.O_TRUNC)

    def run(self, call):
        """Make and check a call; True where a rule was broken."""
        from any_checks import check

        self.calls += 1
        text = repr(call).encode()[:20000]
        os.pwrite(self.last, text + b"\n\n", 0)
        if time.monotonic() - self.told > 60:
            self.tell()
        try:
            check(call)
        except Exception as error:
            self.failures += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            key = call.function, type(error), where.filename, where.lineno
            if key not in self.seen:
                self.seen.add(key)
                with open(self.options.failures, "a") as file:
                    print(f"--- {call!r}\n{traceback.format_exc()[-3000:]}", file=file, flush=True)
                print(f"FAILURE {call.function}: {type(error).__name__}: {str(error)[:300]}", flush=True)
            return True
        return False

    def tell(self):
        """Print how many calls there were, and how they ended."""
        from any_checks import COUNTS

        self.told = time.monotonic()
        ended = ", ".join(f"{count} {how}" for how, count in COUNTS.items())
        print(
            f"{self.told - START:.0f} s: {self.calls} calls: {ended}; {self.failures} failures of {len(self.seen)} kinds",
            flush=True,
        )


def hypothesis_engine(fuzzer):
    """Each function in turn, some calls at a time, each time with another seed."""
    from any_calls import any_calls
    from hypothesis import HealthCheck, Phase, given, seed, settings

    unhurried = settings(
        max_examples=fuzzer.options.each,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    turn = fuzzer.options.seed
    while True:
        for function in fuzzer.functions:
            if time.monotonic() - START > fuzzer.options.seconds:
                return

            @seed(turn)
            @unhurried
            @given(call=any_calls((function,)))
            def one(call):
                if time.monotonic() - START < fuzzer.options.seconds:
                    fuzzer.run(call)

            one()
            turn += 1


def atheris_engine(fuzzer):
    """libFuzzer's mutations of the bytes of hypothesis' choices."""
    import atheris
    from any_calls import any_calls
    from hypothesis import HealthCheck, given, settings

    @settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(call=any_calls(fuzzer.functions))
    def one(call):
        fuzzer.run(call)

    corpus = [fuzzer.options.corpus] if fuzzer.options.corpus else []
    flags = [f"-max_total_time={fuzzer.options.seconds}", "-max_len=4096", "-len_control=0", "-timeout=300", "-rss_limit_mb=8192"]
    seed = f"-seed={fuzzer.options.seed % 2**32}"
    atheris.Setup([sys.argv[0], *flags, seed, "-print_final_stats=1", *corpus], one.hypothesis.fuzz_one_input)
    atheris.Fuzz()  # ends the process


def main():
    """Fuzz with the engine that is asked for."""
    options = arguments()
    warnings.simplefilter("error")
    if options.engine == "atheris":
        import atexit

        import atheris

        with atheris.instrument_imports(include=["cpool"]):
            import cpool  # noqa: F401
        fuzzer = Fuzzer(options)
        atexit.register(fuzzer.tell)
        atheris_engine(fuzzer)
    fuzzer = Fuzzer(options)
    hypothesis_engine(fuzzer)
    fuzzer.tell()
    sys.exit(1 if fuzzer.failures else 0)


if __name__ == "__main__":
    main()
