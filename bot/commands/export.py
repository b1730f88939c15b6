"""Hands out all that is kept about whoever asks, as a file for them alone."""

import asyncio
from datetime import UTC, datetime
from io import BytesIO

from bot.commands.base import Command, CommandContext, CommandResult
from bot.errors import StoreError
from bot.messages import CommandSpec, OutFile, person_key
from bot.store.export import Collected, collect, in_words, pack
from bot.store.files import Files
from bot.store.intents.keeping import Theirs

MOST_BYTES = 8_000_000
"""Of files in the archive: no platform refuses one of that size."""


async def run(context: CommandContext) -> CommandResult:
    """The archive. What is too large for it is named in it."""
    ports, now = context.ports, context.ports.clock()
    theirs = Theirs(person_key(context.place.platform, context.person), now, now)
    collected = await ports.store.look_through(collect, theirs)
    if not any(collected.counts.values()):
        return CommandResult("I keep nothing about you.")
    held = await _held(ports.files, collected)
    archive = BytesIO()
    left_out = await asyncio.to_thread(pack, archive, collected, held.get)
    day = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"
    name = f"gatepost-export-{day}.zip"
    file = OutFile(name, "application/zip", archive.getvalue(), "Everything that is kept about you")
    return CommandResult(_said(collected, left_out), files=(file,))


async def _held(files: Files, collected: Collected) -> dict[str, bytes]:
    """The files that fit. One that is lost or damaged is left out, which the archive says."""
    held: dict[str, bytes] = {}
    room = MOST_BYTES
    for sha256 in collected.files:
        try:
            data = await files.get(sha256)
        except StoreError:
            continue
        if len(data) <= room:
            held[sha256] = data
            room -= len(data)
    return held


def _said(collected: Collected, left_out: int) -> str:
    held = in_words(collected, left_out)
    lines = [f"Here is everything I keep about you: {held}. `README.txt` in it explains it."]
    if left_out:
        lines.append(f"{left_out:,} files did not fit; whoever runs me can hand out all of them.")
    lines.append("`/forget` takes it all away.")
    return "\n".join(lines)


EXPORT = Command(CommandSpec("export", "Get everything I keep about you, as a file for you alone"), run)
