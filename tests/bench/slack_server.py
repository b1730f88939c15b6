"""A local Slack in a process of its own, so that a measurement counts only our own CPU: prints its address."""

import asyncio
import sys

from tests.slack_town.town import slack_town


async def _serve() -> None:
    async with slack_town() as town:
        asked = [town.ada.says(town.square, f"question {n}", quietly=True).ts for n in range(50)]
        sys.stdout.write(f"{town.base_url} {town.square.id} {town.ada.id} {' '.join(asked)}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
