"""Commands as people type them where there are no fields to fill in. Pure."""

import re
from collections.abc import Collection, Sequence

from bot.errors import NotAllowed
from bot.messages import CommandCall, CommandOption, CommandSpec

_NAMED = 40
"""Characters of a command that does not exist which are said again."""

_LAST_NAMED = re.compile(r"(?<=\S)\s+([^\s:\"']+):(?:\"[^\"]*\"|'[^']*'|[^\s\"']\S*)?$")


def parse_typed(
    typed: str, specs: Sequence[CommandSpec], *, otherwise: str = "", prefix: str = "/"
) -> CommandCall:
    """The command in `name value … option:value …`. Raises `NotAllowed` with a sentence.

    An option that takes the remaining words leaves the `option:value`s at their end to the others.
    `otherwise` says what to do where there is no such command, `prefix` is what is typed before a command's name.
    """
    name, *rest = typed.split(maxsplit=1)
    spec = next((one for one in specs if one.name == name.lower()), None)
    if spec is None:
        raise NotAllowed(f"There is no command {prefix}{name[:_NAMED]}. {otherwise}".rstrip())
    options = _options(spec, rest[0].rstrip() if rest else "", prefix)
    for option in spec.options:
        _check(spec, option, options.get(option.name), prefix)
    return CommandCall(spec.name, options)


def _options(spec: CommandSpec, rest: str, prefix: str) -> dict[str, str]:
    options: dict[str, str] = {}
    open_options = list(spec.options)
    while rest and open_options:
        named, value, rest = _next_value(open_options, rest)
        options[named.name] = value
        open_options.remove(named)
    if rest:
        raise NotAllowed(f"{prefix}{spec.name} does not know what to do with “{rest[:80]}”.")
    return options


def _next_value(open_options: Sequence[CommandOption], rest: str) -> tuple[CommandOption, str, str]:
    """The option the next words are for, its value, and what is left."""
    head, colon, tail = rest.partition(":")
    named = next((one for one in open_options if colon and one.name == head), None)
    option, rest = (named, tail.lstrip()) if named else (_meant(open_options, rest), rest)
    if option.rest:
        value, behind = _before_named(rest, {one.name for one in open_options if one is not option})
        return option, value, behind
    word = _first_word(rest)
    return option, word.strip("\"'") if word[:1] in "\"'" else word, rest[len(word) :].lstrip()


def _meant(open_options: Sequence[CommandOption], rest: str) -> CommandOption:
    """The next option; one whose choices the word is none of leaves it to another that may be left out, too."""
    first, word = open_options[0], _first_word(rest)
    if first.required or not first.choices or word in first.choices:
        return first
    return next((one for one in open_options if not one.required and word in one.choices), first)


def _before_named(text: str, names: Collection[str]) -> tuple[str, str]:
    """Words as they are, and the `option:value`s behind them."""
    end = len(text)
    for _ in names:
        last = _LAST_NAMED.search(text[:end])
        if last is None or last[1] not in names:
            break
        end = last.start()
    return text[:end], text[end:].lstrip()


def _first_word(text: str) -> str:
    found = re.match(r"\"[^\"]*\"|'[^']*'|\S+", text)
    return found.group() if found else ""


def _check(spec: CommandSpec, option: CommandOption, value: str | None, prefix: str) -> None:
    if option.required and not value:
        raise NotAllowed(f"{prefix}{spec.name} needs {option.name}: {option.description}")
    if value and option.choices and value not in option.choices:
        raise NotAllowed(f"{prefix}{spec.name} takes {', '.join(option.choices)} as {option.name}.")
