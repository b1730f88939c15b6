"""The file `.env`: read whole or not at all, for a line that is dropped in silence may be the key.

Light on purpose: it is read before anything tells what else has to be loaded.
"""

import io
import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream

from bot.errors import StartError

ENCODING = "utf-8-sig"
"""UTF-8, with the mark that editors on Windows put before it or without."""


def read_env_file(name: str) -> dict[str, str | None]:
    """What the file sets; nothing when there is none. Raises StartError, naming the first malformed line."""
    path = Path(name)
    if not os.path.exists(path) or path.is_dir():  # also where the folder is hidden from this user
        return {}
    try:
        text = path.read_text(encoding=ENCODING)
    except UnicodeDecodeError as error:
        raise StartError(f"The file {name} is not text in UTF-8. Save it as UTF-8.") from error
    except OSError as error:
        raise StartError(f"The file {name} can't be read: {error.strerror or type(error).__name__}.") from error
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            raise StartError(f"Line {_line_of(binding)} of {name} has to be NAME=value, with every quote closed.")
    return dotenv_values(stream=io.StringIO(text))


def in_effect(written: Mapping[str, str | None], environment: Mapping[str, str]) -> Mapping[str, str]:
    """What is set: the environment wins over what is written, and an empty value counts as not set."""
    return {name: value for source in (written, environment) for name, value in source.items() if value}


def _line_of(binding: Binding) -> int:
    """Where it is written: the parser counts from the blank lines before it."""
    written = binding.original.string
    return binding.original.line + written[: len(written) - len(written.lstrip())].count("\n")
