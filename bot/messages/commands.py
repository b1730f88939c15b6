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
    """One thing a command takes. `rest` takes the remaining words as they are; `complete` offers choices.

    Where options are typed, a `phrase` runs on to the next option's name, any other value is one word; `also` are
    other names for it.
    """

    name: str
    description: str
    required: bool = False
    rest: bool = False
    complete: bool = False
    choices: tuple[str, ...] = ()
    phrase: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A command as it is offered in the menu of a message, where a platform has such menus.

    `id` is the callback id people's scripts may know. `question` is the option that is asked for in a form before
    the command is carried out; without one it is carried out at once. Either way the event carries the message in
    its `quotes`.
    """

    id: str
    label: str
    description: str
    question: CommandOption | None = None


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command as every surface offers it. One that `takes_files` may come with some, where that can be done; one
    that is `aloud` is answered by a message for all, where we have to be to post it."""

    name: str
    description: str
    options: tuple[CommandOption, ...] = ()
    private: bool = True
    admins_only: bool = False
    takes_files: bool = False
    aloud: bool = False
    entry: MenuEntry | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One suggestion while somebody types an option."""

    value: str
    label: str
