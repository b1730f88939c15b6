"""A secret of the installation is made once, and stays."""

from pathlib import Path

from bot.store.engine import open_store
from bot.store.intents.secrets import secret


async def test_a_secret_is_made_once_and_outlives_the_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gatepost.db"
    found = []
    for fresh in ("one", "two"):
        store = open_store(url)
        found.append(await store.write(secret, "pseudonyms", fresh))
        other = await store.write(secret, f"other {fresh}", fresh)
        await store.close()
        assert other == fresh

    assert found == ["one", "one"]
