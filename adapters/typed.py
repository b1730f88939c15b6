"""Commands as people type them where there are no fields to fill in. Pure."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.errors import NotAllowed
from bot.messages import CommandCall, CommandOption, CommandSpec

_NAMED: Final = 40
"""Characters of what does not exist which are said again."""

_WORD = re.compile(r"\"[^\"]*\"(?!\S)|“[^“”]*”(?!\S)|\S+")
_QUOTED = re.compile(r"(?:\"[^\"]*\"|“[^“”]*”|'[^']*')(?!\S)")
_SPACE = re.compile(r"\s*")
_LIKE_AN_OPTION = re.compile(r"([a-z][a-z_-]*):", re.I)
_FREE_FROM_HERE = "--"


def parse_typed(
    typed: str, specs: Sequence[CommandSpec], *, otherwise: str = "", prefix: str = "/"
) -> CommandCall:
    """The command in `name words … option:value …`. Raises `NotAllowed` with a sentence.

    Options are named anywhere, or given in order. The value of one that takes several words runs on to the next
    option's name, or ends with its quotes. What stands in double quotes or behind ` -- ` names no option.
    `otherwise` says what to do where there is no such command, `prefix` is what is typed before a command's name.
    """
    name, *rest = typed.split(maxsplit=1)
    spec = next((one for one in specs if one.name == name.lower()), None)
    if spec is None:
        near = _near(name.lower(), [one.name for one in specs])
        meant = f" Did you mean {prefix}{near}?" if near else ""
        raise NotAllowed(f"There is no command {prefix}{name[:_NAMED]}.{meant} {otherwise}".rstrip())
    reading = _Reading(spec, rest[0].rstrip() if rest else "", prefix)
    reading.take_named()
    reading.take_in_order()
    return CommandCall(spec.name, reading.checked())


@dataclass(frozen=True, slots=True)
class _Sign:
    """Where an option may be named, or ` -- ` stands: at `start`, its value at `end`. `close` tells that the value
    follows without a space, or is one of its choices."""

    option: CommandOption | None
    start: int
    end: int
    close: bool = True
    alias: bool = False


@dataclass(slots=True)
class _Reading:
    """What is typed behind a command's name, while it is taken apart."""

    spec: CommandSpec
    text: str
    prefix: str
    named: dict[str, str] = field(default_factory=dict)
    free: list[str] = field(default_factory=list)

    # --- options that are named ------------------------------------------------------------------

    def take_named(self) -> None:
        """Part the named options from the words that are given without a name."""
        signs = list(_signs(self.spec, self.text))
        last_named = max((sign.start for sign in signs if sign.option), default=-1)
        at, open_option = 0, None
        for sign in signs:
            if sign.start < at or not self._is_meant(sign, at, open_option, last_named):
                continue
            self._take(open_option, self.text[at : sign.start])
            open_option, at = sign.option, sign.end
            if open_option is None:
                break
            if (value := _closed_value(open_option, self.text, at)) is not None:
                self._take(open_option, _unquoted(value.group()))
                open_option, at = None, value.end()
        self._take(open_option, self.text[at:])

    def _is_meant(self, sign: _Sign, at: int, open_option: CommandOption | None, last_named: int) -> bool:
        """Whether a sign is one: within other words it may be just a word of them."""
        space = _SPACE.match(self.text, at)
        leads = space is not None and space.end() == sign.start
        option = sign.option
        if option is None:
            return leads or open_option is not None or bool(self.named) or sign.start < last_named
        given = option.name in self.named or option is open_option
        if option.rest:
            return not given and (leads or open_option is not None or self._fills(at, sign))
        if not (leads or sign.close or (option.phrase and not sign.alias)):
            return False
        if given and sign.close:
            raise NotAllowed(f"{self.prefix}{self.spec.name} takes `{option.name}:` only once.")
        return not given

    def _fills(self, at: int, sign: _Sign) -> bool:
        """Whether the words before an option that takes the rest are for those before it."""
        assert sign.option is not None
        before = self.spec.options.index(sign.option)
        return before > 0 and len(self.text[at : sign.start][:_NAMED].split()) <= before

    def _take(self, option: CommandOption | None, words: str) -> None:
        words = words.strip()
        if option is None:
            self.free += [words] if words else []
        elif words:
            self.named[option.name] = words
        else:
            raise NotAllowed(f"`{option.name}:` needs a value: {_begun(option.description)}.")

    # --- options in order ------------------------------------------------------------------------

    def take_in_order(self) -> None:
        """Give the words without a name to the options that are left, in their order."""
        rest = " ".join(self.free)
        left = [option for option in self.spec.options if option.name not in self.named]
        while rest and left:
            option = _next(left, rest)
            left.remove(option)
            self.named[option.name], rest = self._in_order(option, left, rest)
        if rest:
            raise self._not_known(rest)

    def _in_order(self, option: CommandOption, left: list[CommandOption], rest: str) -> tuple[str, str]:
        """The value of an option in the words that are left, and what is left of them then."""
        if option.rest:
            return rest, ""
        if not option.phrase or _QUOTED.match(rest):
            word = _first_word(rest)
            return _unquoted(word), rest[len(word) :].lstrip()
        while True:  # the last words may be choices of other options
            words = rest.rsplit(maxsplit=1)
            other = next((one for one in left if _choice(one, words[-1])), None) if len(words) > 1 else None
            if other is None:
                return rest, ""
            rest, self.named[other.name] = words
            left.remove(other)

    # --- what may be wrong -----------------------------------------------------------------------

    def checked(self) -> Mapping[str, str]:
        """The options, their choices as they are spelled. Raises `NotAllowed`."""
        command = f"{self.prefix}{self.spec.name}"
        for option in self.spec.options:
            value = self.named.get(option.name)
            if option.required and not value:
                raise NotAllowed(f"{command} needs {option.name}: {option.description}")
            if not value or not option.choices:
                continue
            if (choice := _choice(option, value)) is None:
                if _LIKE_AN_OPTION.match(value):
                    raise self._not_known(value)
                near = _near(value.lower(), option.choices)
                meant = f" Did you mean {near}?" if near else ""
                raise NotAllowed(
                    f"{command} takes {_one_of(option.choices)} as {option.name}, not “{value[:_NAMED]}”.{meant}"
                )
            self.named[option.name] = choice
        return self.named

    def _not_known(self, words: str) -> NotAllowed:
        command = f"{self.prefix}{self.spec.name}"
        takes = ", ".join(f"`{option.name}:`" for option in self.spec.options) or "nothing more"
        if (name := _LIKE_AN_OPTION.match(words)) is not None and self.spec.options:
            return NotAllowed(f"{command} has no option `{name[1][:_NAMED]}:`. It takes {takes}.")
        return NotAllowed(f"{command} does not know what to do with “{words[:80]}”. It takes {takes}.")


def _signs(spec: CommandSpec, text: str) -> Iterator[_Sign]:
    """Everything that may be the name of an option, and every ` -- `: not within double quotes."""
    options = {name: option for option in spec.options for name in (option.name, *option.also)}
    words = list(_WORD.finditer(text))
    for n, found in enumerate(words):
        word = found.group()
        if word == _FREE_FROM_HERE:
            yield _Sign(None, found.start(), found.end())
            continue
        name, colon, value = word.partition(":")
        plain = name.lower().replace("-", "_")
        option = options.get(plain) if colon else None
        if option is not None:
            follows = words[n + 1].group() if n + 1 < len(words) else ""
            close = bool(value) or not follows or _choice(option, follows) is not None
            yield _Sign(option, found.start(), found.start() + len(name) + 1, close, plain != option.name)


def _closed_value(option: CommandOption, text: str, at: int) -> "re.Match[str] | None":
    """A value that ends by itself: in quotes, or one word where the option takes no more; None for any other."""
    space = _SPACE.match(text, at)
    begin = space.end() if space else at
    if option.rest:
        return None
    return _QUOTED.match(text, begin) or (None if option.phrase else _WORD.match(text, begin))


def _next(left: Sequence[CommandOption], rest: str) -> CommandOption:
    """The next option; one whose choices the word is none of leaves it to another that may be left out, too."""
    first, word = left[0], _first_word(rest)
    if first.required or not first.choices or _choice(first, word):
        return first
    fitting = (one for one in left if not one.required and (_choice(one, word) or _is_counted(one, word)))
    return next(fitting, first)


def _is_counted(option: CommandOption, word: str) -> bool:
    return not option.choices and word[:1].isdigit()


def _choice(option: CommandOption, typed: str) -> str | None:
    """The choice that is meant, however it is capitalised."""
    return next((one for one in option.choices if one.lower() == typed.lower()), None)


def _first_word(text: str) -> str:
    found = _QUOTED.match(text) or _WORD.match(text)
    return found.group() if found else ""


def _unquoted(word: str) -> str:
    return word[1:-1] if _QUOTED.fullmatch(word) else word


def _near(typed: str, names: Sequence[str]) -> str | None:
    return next(iter(difflib.get_close_matches(typed[:_NAMED], names, 1, 0.6)), None)


def _one_of(choices: Sequence[str]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}" if len(choices) > 1 else choices[0]


def _begun(description: str) -> str:
    """A description as the end of a sentence."""
    return (description[:1].lower() + description[1:]).rstrip(".")
