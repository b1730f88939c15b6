"""The command that hands out what is kept about a person: for whoever runs the program and is asked for it."""

import argparse
import os
import time
from pathlib import Path

from bot.cli.output import note, say


def export(options: argparse.Namespace) -> int:
    """`gatepost export PERSON`. Reads only, beside a running bot."""
    from bot.errors import StartError
    from bot.settings import read_settings
    from bot.store.export import collect_from, in_words, pack

    settings = read_settings()
    target: Path = options.output or Path(f"gatepost-export-{options.person.replace(':', '-')}.zip")
    if target.exists():
        raise StartError(f"{target} exists already; choose another name with -o.")
    collected = collect_from(settings.database, options.person, time.time())
    if not any(collected.counts.values()):
        say(f"Nothing is kept about {options.person}.\n")
        return 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        left_out = pack(file, collected, lambda sha256: _file(settings.data_dir / "files", sha256))
    say(f"{target}: {in_words(collected, left_out)}.\n")
    if left_out:
        note(f"{left_out} files that the database names were not on the disk.")
    return 0


def _file(directory: Path, sha256: str) -> bytes | None:
    from bot.store.files import path_of

    try:
        return path_of(directory, sha256).read_bytes()
    except FileNotFoundError:
        return None
