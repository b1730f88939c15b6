"""Words that only certain eyes may see, and the places in which each of them stands."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

Spot = tuple[str, str]
"""A place, or somebody alone: the platform, and an id of its own there."""

WORD = re.compile(r"key\d{8}")


@dataclass
class Secret:
    """One word of somebody's, and how it came to be told. Whoever can read where it `stands` reads it."""

    word: str
    by: str
    told: str
    stands: set[Spot] = field(default_factory=set)
    shown: set[Spot] = field(default_factory=set)
    """Where we repeated it: there it goes on standing whatever becomes of the message."""
    stood: set[Spot] = field(default_factory=set)
    """Where it was taken back."""
    noted: set[Spot] = field(default_factory=set)
    """Whom a model noted it down for, in a reminder's words, while it stood."""


@dataclass
class Secrets:
    """All of them. `released` are those that somebody has let out by pressing a button that showed them."""

    random: Random
    known: dict[str, Secret] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    numbers: "count[int]" = field(default_factory=count)

    def new(self, by: str, told: str, *spots: Spot) -> str:
        """A word that stands there and nowhere else."""
        word = f"key{self.random.randrange(10**6):06d}{next(self.numbers) % 100:02d}"
        if word in self.known:
            return self.new(by, told, *spots)
        self.known[word] = Secret(word, by, told, set(spots))
        return word

    def found_in(self, texts: Iterable[str]) -> Iterator[Secret]:
        """Each of them that stands in any of these texts, once."""
        words = dict.fromkeys(word for text in texts for word in WORD.findall(text))
        return (self.known[word] for word in words if word in self.known)

    def forget(self, words: Iterable[str], spot: Spot) -> None:
        """They stand there no more: what was said was taken back."""
        for secret in (self.known[word] for word in words):
            if spot not in secret.shown:
                secret.stands.discard(spot)
                secret.stood.add(spot)


def opened(data: bytes) -> str:
    """What can be read in a file, an archive's files too."""
    if data[:2] != b"PK":
        return data.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
