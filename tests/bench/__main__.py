"""Runs the measurements: `python -m tests.bench` for all, `python -m tests.bench NAME …` for some.

Words after a name that are none themselves choose parts of it, where it has some: `… discord thread 1 10`.
"""

import importlib
import pkgutil
import sys
import time

import tests.bench


def main() -> int:
    """Print one line a figure; exit status 1 when one does not hold."""
    known = [m.name for m in pkgutil.iter_modules(tests.bench.__path__) if m.name.startswith("bench_")]
    wanted: dict[str, list[str]] = {name: [] for name in known} if len(sys.argv) == 1 else {}
    for word in sys.argv[1:]:
        if f"bench_{word}" in known:
            wanted.setdefault(f"bench_{word}", [])
        elif wanted:
            wanted[next(reversed(wanted))].append(word)
        else:
            sys.stderr.write(f"no such measurement: {word}; there are {', '.join(known)}\n")
            return 2
    failed = 0
    for name, parts in wanted.items():
        started = time.perf_counter()
        for figure in importlib.import_module(f"tests.bench.{name}").figures(*parts):
            limit = "" if figure.limit is None else f"  (at most {figure.limit:g})"
            mark = "ok  " if figure.holds else "FAIL"
            sys.stdout.write(f"{mark} {figure.name}: {figure.value:.4g} {figure.unit}{limit}\n")
            sys.stdout.flush()
            failed += not figure.holds
        sys.stdout.write(f"     {name} took {time.perf_counter() - started:.1f} s\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
