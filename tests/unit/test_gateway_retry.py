"""When a request that failed is tried again, and after how long."""

from random import Random

import pytest

from bot.errors import (
    AnswerCutOff,
    AnswerEmpty,
    GatewayBusy,
    GatewayDown,
    GatewayError,
    GatewayRefused,
    GatewaySilent,
    GatewayUnpaid,
    ModelNotAllowed,
    ModelUnknown,
    PartNotSupported,
    PromptTooLong,
    RequestInvalid,
    RequestRefused,
    RequestTooLarge,
)
from bot.gateway.retry import pause_before_retry


def _pauses(error: GatewayError) -> list[float]:
    """All the pauses until it is given up."""
    random, found = Random(7), list[float]()
    while (pause := pause_before_retry(error, len(found), random)) is not None:
        found.append(pause)
    return found


def test_busy_without_a_time_is_tried_after_one_and_three_seconds() -> None:
    assert _pauses(GatewayBusy("429")) == [1.0, 3.0]


@pytest.mark.parametrize(
    ("named", "waited"), [(0.0, [1.0]), (7.5, [7.5]), (20.0, [20.0]), (20.1, []), (3600.0, [])]
)
def test_a_named_time_is_obeyed_once_if_it_is_short(named: float, waited: list[float]) -> None:
    assert _pauses(GatewayBusy("429", retry_after=named)) == waited


@pytest.mark.parametrize("error", [GatewayDown("503"), AnswerCutOff("drop")])
def test_a_gateway_that_fails_is_tried_twice_more_at_uneven_times(error: GatewayError) -> None:
    one, two = _pauses(error)

    assert 0.5 <= one <= 2.0
    assert 0.5 <= two <= 2.0
    assert one != two


def test_an_empty_answer_is_tried_once_more_at_once() -> None:
    assert _pauses(AnswerEmpty("stop")) == [0.0]


@pytest.mark.parametrize(
    "kind",
    [
        GatewayRefused,
        GatewaySilent,
        GatewayUnpaid,
        ModelNotAllowed,
        ModelUnknown,
        PartNotSupported,
        PromptTooLong,
        RequestInvalid,
        RequestRefused,
        RequestTooLarge,
    ],
)
def test_what_would_fail_again_is_not_tried_again(kind: type[GatewayError]) -> None:
    assert _pauses(kind("x")) == []
