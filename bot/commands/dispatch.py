"""The one way from a typed command to what it says."""

from collections.abc import Sequence
from dataclasses import replace

from bot.access import Access
from bot.commands.base import Command, CommandContext, CommandPorts, CommandResult, Completion, Question
from bot.commands.spelling import spelled
from bot.commands.underway import Underway
from bot.errors import CommandRefused, SaidError
from bot.messages import Choice, CommandCall, CommandSpec, Inbound, PastMessage, Person, Place
from bot.ports import Progress, unheard


class Commands:
    """The table of commands at work."""

    def __init__(self, table: Sequence[Command], ports: CommandPorts, access: Access) -> None:
        self._table = {command.spec.name: command for command in table}
        self._ports = ports
        self._access = access

    @property
    def specs(self) -> tuple[CommandSpec, ...]:
        """What surfaces offer."""
        return tuple(command.spec for command in self._table.values())

    async def question(self, call: CommandCall, person: Person, place: Place) -> Question | None:
        """What the command asks; None for one that answers by itself, or that can't be carried out as typed."""
        command = self._table.get(call.name)
        if command is None or command.ask is None:
            return None
        try:
            return await command.ask(self._context(command, call, person, place))
        except SaidError:
            return None

    async def run(
        self,
        call: CommandCall,
        person: Person,
        place: Place,
        key: str = "",
        about: PastMessage | None = None,
        handle: str | None = None,
        progress: Progress = unheard,
    ) -> tuple[CommandResult, bool]:
        """What the command says, with its files, and whether only the person should see it.

        `key` and `handle` are those of the event which asked for it, `about` is the message from whose menu it was
        chosen. `progress` is told how far it has come, where it takes a while.
        Raises NotAllowed for what this person may not do, CommandRefused for what cannot be carried out as typed.
        """
        command = self._table.get(call.name)
        if command is None:
            raise CommandRefused(f"There is no command /{call.name[:40]}. /help lists them.")
        context = replace(self._context(command, call, person, place), key=key, about=about)
        context = replace(context, handle=handle, progress=progress)
        said = await command.run(context)
        result = said if isinstance(said, CommandResult) else CommandResult(said)
        if not command.quotes:
            result = replace(
                result, text=spelled(result.text, place, self._ports.adapters[place.platform].capabilities)
            )
        return result, command.spec.private

    async def run_typed(self, typed: Inbound, progress: Progress) -> tuple[CommandResult, bool]:
        """The same for a command that was typed, or chosen from a message's menu."""
        assert typed.command is not None
        about = typed.quotes[0] if typed.quotes else None
        who, where = typed.person, typed.place
        return await self.run(typed.command, who, where, typed.key, about, typed.handle, progress)

    @property
    def underway(self) -> Underway:
        """What takes a while, and can be stopped."""
        return self._ports.underway

    def _context(self, command: Command, call: CommandCall, person: Person, place: Place) -> CommandContext:
        self._access.may_command(place.platform, person, command.spec)
        missing = [o.name for o in command.spec.options if o.required and not call.options.get(o.name)]
        if missing:
            raise CommandRefused(f"/{call.name} needs {', '.join(missing)}. /help shows how.")
        _check(call, command.spec)
        return CommandContext(call, person, place, self._ports, self.specs)

    def complete(self, name: str, option: str, typed: str, person: Person, place: Place) -> Sequence[Choice]:
        """Suggestions for an option of the command with this name; none where it has none."""
        command = self._table.get(name)
        if command is None:
            return ()
        spec = next((o for o in command.spec.options if o.name == option), None)
        if spec is None:
            return ()
        if spec.choices:
            return [Choice(c, c) for c in spec.choices if c.startswith(typed)]
        if not spec.complete or command.complete is None:
            return ()
        return command.complete(Completion(option, typed, person, place, self._ports))


def _check(call: CommandCall, spec: CommandSpec) -> None:
    """Raises CommandRefused for an option that there is not, or one that is none of its choices: platforms let
    people choose only what there is, but may show them an older list."""
    options = {option.name: option for option in spec.options}
    for name, value in call.options.items():
        if (option := options.get(name)) is None:
            takes = ", ".join(f"`{one}`" for one in options) or "none"
            raise CommandRefused(f"/{call.name} has no option `{name[:40]}`. Its options: {takes}.")
        if value.strip() and option.choices and value.strip().lower() not in option.choices:
            choices = ", ".join(option.choices)
            raise CommandRefused(
                f"/{call.name} takes {choices} as {name}, not “{value.strip()[:40]}”. Nothing was done."
            )
