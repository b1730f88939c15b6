"""Who goes next: caps over all and for each person, and turns in turn."""

import asyncio

from bot.conversation.turnstile import Turnstile


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_people_take_turns_however_much_one_of_them_asks() -> None:
    gate = Turnstile(total=1, per_person=1)
    through: list[str] = []

    async def ask(person: str, name: str) -> None:
        await gate.enter(person)
        through.append(name)
        await settle()
        gate.leave(person)

    eager = [asyncio.create_task(ask("ada", f"ada{n}")) for n in range(4)]
    await settle()
    other = asyncio.create_task(ask("grace", "grace0"))
    await asyncio.gather(*eager, other)

    assert through.index("grace0") <= 2
    assert [name for name in through if name.startswith("ada")] == ["ada0", "ada1", "ada2", "ada3"]


async def test_nobody_has_more_than_their_share_at_once() -> None:
    gate = Turnstile(total=10, per_person=2)
    tasks = [asyncio.create_task(gate.enter("ada")) for _ in range(5)]
    await settle()

    assert gate.running == 2
    assert gate.waiting == 3

    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_cap_over_all_holds() -> None:
    gate = Turnstile(total=3, per_person=2)
    tasks = [asyncio.create_task(gate.enter(f"p{n}")) for n in range(5)]
    await settle()

    assert gate.running == 3

    gate.leave("p0")
    await settle()

    assert gate.running == 3
    assert gate.waiting == 1
    tasks[4].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert gate.waiting == 0


async def test_somebody_who_gives_up_in_the_moment_of_being_let_through_gives_the_place_back() -> None:
    gate = Turnstile(total=1, per_person=1)
    await gate.enter("ada")
    waiting = asyncio.create_task(gate.enter("grace"))
    await settle()

    gate.leave("ada")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    await asyncio.wait_for(gate.enter("linus"), 1)
    assert gate.running == 1


async def test_somebody_who_gave_up_a_moment_before_is_passed_over() -> None:
    gate = Turnstile(total=1, per_person=1)
    await gate.enter("ada")
    gone = asyncio.create_task(gate.enter("grace"))
    next_one = asyncio.create_task(gate.enter("linus"))
    await settle()

    gone.cancel()
    gate.leave("ada")
    await asyncio.wait_for(next_one, 1)

    assert gate.running == 1
    assert gate.waiting == 0
    await asyncio.gather(gone, return_exceptions=True)


async def test_nobody_slips_through_past_those_who_wait_or_beyond_their_share() -> None:
    gate = Turnstile(total=2, per_person=1)

    first, again, other, full = (gate.try_enter(person) for person in ("ada", "ada", "grace", "linus"))
    waiting = asyncio.create_task(gate.enter("linus"))
    await settle()
    gate.leave("ada")
    past = gate.try_enter("ada")
    await asyncio.wait_for(waiting, 1)

    assert (first, again, other, full, past) == (True, False, True, False, False)
    assert gate.running == 2
