"""`python -m tests.leak --turns 1000 [--seed N]`: plays turns by seed, and says whether anything leaked."""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

import structlog

from tests.leak.house import play


def main() -> int:
    """Exit status 0 when nothing leaked."""
    parser = argparse.ArgumentParser(prog="python -m tests.leak", description=__doc__)
    parser.add_argument("--turns", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        played = asyncio.run(play(Path(directory), wanted.turns, wanted.seed))
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(played.counts.items()))
    words = len(played.secrets.known)
    sys.stdout.write(f"{wanted.turns} turns, seed {wanted.seed}, {time.monotonic() - began:.0f} s: {kinds}\n")
    sys.stdout.write(f"{words} secrets; leaks: {len(played.leaks)}\n")
    for leak in played.leaks[:20]:
        sys.stdout.write(f"- {leak}\n")
    return 1 if played.leaks else 0


if __name__ == "__main__":
    sys.exit(main())
