"""Commands as data: what a surface offers, and what somebody typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A command as somebody typed it: its name and its options by name."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandOption:
    """One thing a command takes. `rest` takes the remaining words as they are; `complete` offers choices."""

    name: str
    description: str
    required: bool = False
    rest: bool = False
    complete: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command as every surface offers it. One that `takes_files` may come with some, where that can be done."""

    name: str
    description: str
    options: tuple[CommandOption, ...] = ()
    private: bool = True
    admins_only: bool = False
    takes_files: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One suggestion while somebody types an option."""

    value: str
    label: str
