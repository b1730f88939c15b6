"""The commands that ask the gateway something and end: one question, or the list of models."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.output import note, say, width
from bot.cli.process import ended_by_sigterm, everything_stays
from bot.errors import StartError

if TYPE_CHECKING:
    from bot.settings import Settings


def ask(options: argparse.Namespace) -> int:
    """`gatepost ask`."""
    import asyncio
    import tempfile

    from bot.settings import read_settings

    for path in options.files:
        if path.is_dir() or not path.exists():
            said = f"{path} is a directory, not a file." if path.is_dir() else f"There is no file {path}."
            raise StartError(said)
    text = _question(options.text)
    if not text.strip() and not options.files:
        raise StartError("There is nothing to ask: the question is empty.")
    settings = read_settings()

    with everything_stays():
        from bot.app.once import ask as ask_once

    _log_faults_only(settings)
    if options.model:
        settings = settings.model_copy(update={"default_model": options.model})
    with ended_by_sigterm(), tempfile.TemporaryDirectory(prefix="gatepost-ask-") as directory:
        whole = asyncio.run(ask_once(settings, text, options.files, Path(directory), say, note))
    return 0 if whole else 1


def _question(typed: str) -> str:
    if typed != "-":
        return typed
    if sys.stdin is None:
        raise StartError("Standard input is closed, so there is no question to read.")
    return sys.stdin.read()


def _log_faults_only(settings: "Settings") -> None:
    """Who waits for one answer reads errors and no more, unless more is asked for."""
    from bot.log import start_logging

    level = settings.log_level if "log_level" in settings.model_fields_set else "error"
    start_logging(level, settings.log_format, settings.secrets)


def models(options: argparse.Namespace) -> int:
    """`gatepost models`."""
    import asyncio

    from bot.app.once import list_models
    from bot.cli.models import listed
    from bot.commands.matching import matching
    from bot.settings import read_settings

    settings = read_settings()
    _log_faults_only(settings)
    found = matching(asyncio.run(list_models(settings)), " ".join(options.words))
    if not found:
        raise StartError(f"No model matches {' '.join(options.words)}.")
    if options.json:
        import orjson

        say(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        say(listed(found, width()))
    return 0
