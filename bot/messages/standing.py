"""How we stand in a place: what we are not allowed there, and what does not work without it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing, and what does not work without it, each as a clause.

    With `bars` we can post nothing there; with `blinds` we can't read what was said there.
    """

    what: str
    without: str
    bars: bool = False
    blinds: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A place, as the platform writes its name, and what is missing there."""

    where: str
    lacks: tuple[Lack, ...] = ()

    @property
    def bar(self) -> Lack | None:
        """What keeps us from posting there, if anything does."""
        return next((one for one in self.lacks if one.bars), None)
