"""What is owed after it was taken in: commands, stops, and the order of turns, whatever the clock says."""

from sqlalchemy import Connection, select, update

from bot.messages import ActionName, InboundKind, Rendered, TurnKind, TurnState
from bot.store.intents.inbox import Outcome, accept_again
from bot.store.intents.owed import accept_command, accept_stop, settle_command, take_owed
from bot.store.intents.recovery import unfinished
from bot.store.intents.speakers import speakers
from bot.store.intents.turns import finish
from bot.store.schema import inbox, turns
from bot.store.sqlite import driver_of
from tests.unit.test_intents import ADA, GRACE, THREAD, answer, ask, begin, message, press

HERE = (THREAD.platform,)


def test_a_command_is_taken_in_once_and_owed_until_it_was_carried_out(conn: Connection) -> None:
    typed = message(1, kind=InboundKind.COMMAND)
    assert accept_command(conn, typed, 1.0)
    assert not accept_command(conn, typed, 1.0)

    (first,), (second,) = take_owed(conn, HERE), take_owed(conn, HERE)
    settle_command(conn, typed.key)

    assert (first.inbound, first.attempt, second.attempt) == (typed, 2, 3)
    assert take_owed(conn, HERE) == ()
    assert not accept_command(conn, typed, 1.0)
    assert conn.scalars(select(inbox.c.body)).all() == [""]


def test_commands_are_owed_in_the_order_they_came_and_wait_for_their_platform(conn: Connection) -> None:
    for n in (1, 2):
        accept_command(conn, message(n, kind=InboundKind.COMMAND), 10.0 - n)

    assert take_owed(conn, ("elsewhere",)) == ()
    assert [(owed.inbound.message_id, owed.attempt) for owed in take_owed(conn, HERE)] == [("m1", 2), ("m2", 2)]


def test_rows_that_cannot_be_read_are_left_alone_and_hide_no_others(conn: Connection) -> None:
    for n in (1, 2):
        accept_command(conn, message(n, kind=InboundKind.COMMAND), 1.0)
    for n in (3, 4):
        ask(conn, n)
        begin(conn, f"turn{n}")
    conn.execute(update(inbox).where(inbox.c.message_id == "m1").values(body='{"from": "the future"}'))
    conn.execute(update(turns).where(turns.c.id == "turn3").values(place="[]"))

    assert [owed.inbound.message_id for owed in take_owed(conn, HERE)] == ["m2"]
    assert [turn.id for turn in unfinished(conn).running] == ["turn4"]
    assert conn.scalars(select(inbox.c.body).where(inbox.c.message_id == "m1")).all() == ['{"from": "the future"}']


def test_a_stop_is_remembered_until_its_turn_has_ended(conn: Connection) -> None:
    ask(conn, 1)
    begun = begin(conn, "turn1")
    stop = press(1, ActionName.STOP, "turn1")

    assert accept_stop(conn, stop, "turn1", 2.0) == THREAD.key
    assert accept_stop(conn, stop, "turn1", 2.0) is None
    assert unfinished(conn).stopping == {"turn1"}
    finish(conn, begun.turn, TurnState.STOPPED, Rendered("x"), (), 3.0)
    assert accept_stop(conn, press(2, ActionName.STOP, "turn1"), "turn1", 4.0) is None
    ask(conn, 2)
    assert unfinished(conn).stopping == {"turn1"}
    assert [turn.id for turn in unfinished(conn).waiting] == ["turn2"]


def test_a_clock_that_goes_back_lets_nobody_write_an_answer_again_twice(conn: Connection) -> None:
    answer(conn, 1)
    first = accept_again(
        conn, press(1, ActionName.REGENERATE, "turn1"), TurnKind.REGENERATE, "turn1", "turn2", -3600.0
    )
    second = accept_again(
        conn, press(2, ActionName.REGENERATE, "turn1"), TurnKind.REGENERATE, "turn1", "turn3", -7200.0
    )

    assert (first.outcome, second.outcome) == (Outcome.ASKED, Outcome.REFUSED)


def test_an_answer_written_again_two_thousand_times_is_still_its_askers_in_one_query(conn: Connection) -> None:
    ask(conn, 0, who=GRACE)
    for n in range(2000):
        pressed = press(n, ActionName.REGENERATE, f"turn{n}")
        accept_again(conn, pressed, TurnKind.REGENERATE, f"turn{n}", f"turn{n + 1}", 1.0)
    statements: list[str] = []
    driver_of(conn).set_trace_callback(statements.append)

    assert speakers(conn, "turn2000") == (ADA, GRACE)
    assert len(statements) == 1
