"""A few of the turns of `python -m tests.leak --turns 1000`: nothing is seen by eyes that may not."""

from pathlib import Path

from tests.leak.house import play


async def test_nothing_leaks_whatever_the_model_obeys(tmp_path: Path) -> None:
    played = await play(tmp_path, turns=30, seed=6)

    assert played.leaks == []
    assert len(played.counts) == 12, "every kind of turn was played"
