"""Kills the program a hundred times: `python -m tests.crash [--platform discord] [--seeds N] [--first N]`.

Status 1 on any fault.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.crash.plan import Moment
from tests.crash.play import SEEDS_TOGETHER, Platform, Result, play_all
from tests.crash.program import Victim


def main() -> int:
    """Print a line for each seed, and what became of every moment with every victim."""
    options = _options()
    seeds = range(options.first, options.first + options.seeds)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="gatepost-crash-") as directory:
        for first in seeds[:: SEEDS_TOGETHER * options.programs]:
            some = seeds[seeds.index(first) :][: SEEDS_TOGETHER * options.programs]
            played = asyncio.run(
                play_all(
                    some,
                    Path(directory),
                    side_by_side=options.programs,
                    quiet=options.quiet,
                    platform=Platform(options.platform),
                )
            )
            for result in played:
                sys.stdout.write(_line(result))
                sys.stdout.flush()
            results += played
    sys.stdout.write(_table(results))
    return 1 if any(result.broken for result in results) else 0


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    options.add_argument("--seeds", type=int, default=100, help="how many (100)")
    options.add_argument("--first", type=int, default=0, help="the first of them (0)")
    options.add_argument("--programs", type=int, default=3, help="how many run side by side (3)")
    options.add_argument("--platform", choices=[*Platform], default=Platform.PAGE, help="where people talk (page)")
    options.add_argument("--quiet", type=float, default=3.0, help="seconds in which nothing may change (3)")
    return options.parse_args()


def _line(result: Result) -> str:
    plan = result.plan
    ended = "ok" if not result.broken else "BROKEN: " + "; ".join(result.broken)
    sorry = f", {result.apologies} apologies" if result.apologies else ""
    place = plan.asked[plan.target].where.partition("/")[0]
    return f"seed {plan.seed:4d}  {plan.moment:<10}  {plan.victim:<6}  {place:<9}  {ended}{sorry}\n"


def _table(results: Iterable[Result]) -> str:
    """Seeds that held, of all, by moment and victim."""
    played: Counter[tuple[Moment, Victim]] = Counter()
    held: Counter[tuple[Moment, Victim]] = Counter()
    questions = sorry = 0
    for result in results:
        key = (result.plan.moment, result.plan.victim)
        played[key] += 1
        held[key] += not result.broken
        questions += len(result.plan.asked)
        sorry += result.apologies
    lines = ["", f"{'':<10}" + "".join(f"{victim:>9}" for victim in Victim)]
    for moment in Moment:
        cells = (f"{held[moment, victim]}/{played[moment, victim]}" for victim in Victim)
        lines.append(f"{moment:<10}" + "".join(f"{cell:>9}" for cell in cells))
    whole = f"{held.total()} of {played.total()} seeds held: {questions} questions, {sorry} ended with an apology."
    return "\n".join([*lines, "", whole, ""])


if __name__ == "__main__":
    sys.exit(main())
