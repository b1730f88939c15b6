"""SIGKILL on the real program while people talk with it on Slack, with and without streams: one whole answer each.

A hundred times: `python -m tests.crash --platform slack`, and `--platform slack-edits`.
"""

import asyncio
import sys

import pytest

from tests.crash.play import Platform, Result, play_all

SEEDS = {Platform.SLACK: (12, 7, 2), Platform.SLACK_EDITS: (10,)}
"""With streams a death just after a question, at the first post, within an answer; without, at the last edit."""

PLAYED = [(platform, seed) for platform, seeds in SEEDS.items() for seed in seeds]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[Platform, int], Result]:
    directory = tmp_path_factory.mktemp("crash-slack")

    async def play() -> list[list[Result]]:
        played = (
            play_all(seeds, directory / platform, side_by_side=1, quiet=1.0, platform=platform)
            for platform, seeds in SEEDS.items()
        )
        return await asyncio.gather(*played)

    both = asyncio.run(play())
    return {(platform, one.plan.seed): one for platform, some in zip(SEEDS, both, strict=True) for one in some}


@pytest.mark.parametrize(("platform", "seed"), PLAYED)
def test_every_question_on_slack_is_answered_once(
    platform: Platform, seed: int, results: dict[tuple[Platform, int], Result]
) -> None:
    result = results[platform, seed]
    assert result.broken == (), result.log[-4000:]
