"""What was typed, read as the value that is kept; or ValueError, with words that complete "NAME has to be …"."""

import re
from collections.abc import Callable

from bot.zones import zone_called

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_LONGEST_STOP, _LONGEST_ID, _LONGEST_LANGUAGE = 64, 200, 40  # characters


def one_of(*choices: str) -> Callable[[str], str]:
    """One of these words, however it is capitalised."""

    def read(typed: str) -> str:
        if typed.lower() not in choices:
            raise ValueError(f"{', '.join(choices[:-1])} or {choices[-1]}")
        return typed.lower()

    return read


def whole_number(least: int, most: int) -> Callable[[str], str]:
    """A whole number within limits."""

    def read(typed: str) -> str:
        digits = typed.replace(",", "").replace("_", "")
        if not (digits.isascii() and digits.isdigit() and least <= int(digits) <= most):
            raise ValueError(f"a whole number from {least:,} to {most:,}")
        return str(int(digits))

    return read


def number(least: float, most: float) -> Callable[[str], str]:
    """A number within limits, with decimals if need be."""

    def read(typed: str) -> str:
        try:
            value = float(typed.replace(",", "."))
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise ValueError(f"a number from {least:g} to {most:g}")
        return f"{value:g}"

    return read


def names(what: str, most: int = 8) -> Callable[[str], str]:
    """Several plain names with commas between them, kept in order, each once."""

    def read(typed: str) -> str:
        named = list(dict.fromkeys(part.strip().lower() for part in typed.split(",") if part.strip()))
        if not named or len(named) > most or not all(_NAME.fullmatch(name) for name in named):
            raise ValueError(f"{what}, with commas between them, {most} at most")
        return ",".join(named)

    return read


def short_texts(most: int) -> Callable[[str], str]:
    """Up to so many short texts with `|` between them."""

    def read(typed: str) -> str:
        texts = list(dict.fromkeys(part for part in typed.split("|") if part))
        if not texts or len(texts) > most or max(map(len, texts)) > _LONGEST_STOP:
            raise ValueError(f"1 to {most} texts of at most {_LONGEST_STOP} characters, with | between them")
        return "|".join(texts)

    return read


def model_id(typed: str) -> str:
    """A model's id, listed or not."""
    if not typed.isprintable() or " " in typed or len(typed) > _LONGEST_ID:
        raise ValueError("a model's id, such as creator/model")
    return typed


def time_zone(typed: str) -> str:
    """The IANA name of a time zone, by whatever people call it: as in the time of a reminder."""
    if (name := zone_called(typed)) is None:
        raise ValueError("a time zone such as Europe/Berlin or America/New_York")
    return name


def language(typed: str) -> str:
    """The name of a language: a few words of letters, as it goes to the model.

    No list of languages holds all that people ask for, from Swiss German to Klingon. Whoever reads an answer sees
    which it is, so that a model that repeats the name tells them nothing; and there is no room for much else.
    """
    plain = " ".join(typed.split())
    words = re.split(r"[ -]", plain)
    if len(plain) > _LONGEST_LANGUAGE or len(words) > 3 or not all(word.isalpha() for word in words):
        raise ValueError("the name of a language, such as German or Brazilian Portuguese")
    return plain
