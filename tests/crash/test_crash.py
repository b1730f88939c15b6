"""SIGKILL on the real program, a dozen times: every question ends with exactly one complete answer.

A hundred times: `python -m tests.crash`.
"""

import asyncio
import sys

import pytest

from tests.crash.plan import Moment, plan
from tests.crash.play import Result, play_all

SEEDS = (0, 7, 14, 3, 10, 17, 6, 1, 8, 9, 16, 5)
"""Every moment twice and every victim four times; two seeds in a row never kill at the same moment."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Result]:
    directory = tmp_path_factory.mktemp("crash")
    played = asyncio.run(play_all(SEEDS, directory, side_by_side=4, quiet=2.0))
    return {result.plan.seed: result for result in played}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_question_is_answered_once_whoever_is_killed_whenever(seed: int, results: dict[int, Result]) -> None:
    result = results[seed]
    assert result.broken == (), result.log[-4000:]


def test_the_dozen_kills_at_every_moment() -> None:
    assert {plan(seed).moment for seed in SEEDS} == set(Moment)
    assert len({(plan(seed).moment, plan(seed).victim) for seed in SEEDS}) == len(SEEDS)
