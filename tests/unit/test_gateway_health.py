"""What is left alone for a while, and when it is tried again."""

import pytest

from bot.errors import (
    AddressWrong,
    GatewayBusy,
    GatewayDown,
    GatewayError,
    GatewayRefused,
    GatewayUnpaid,
    KeyLimitReached,
    ModelResting,
    ModelUnknown,
)
from bot.gateway.health import MOST_FAILURES, REST, Health, advice

MODEL = "acme/alpha-2"


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def test_a_model_that_failed_five_times_in_a_row_rests_and_others_do_not(time: Time) -> None:
    health = Health(time)

    for _ in range(MOST_FAILURES - 1):
        health.failed(MODEL, GatewayDown("503"))
    assert health.refusal(MODEL) is None
    health.failed(MODEL, GatewayDown("503"))

    assert isinstance(health.refusal(MODEL), ModelResting)
    assert health.refusal("zeta/fast-3") is None


def test_after_its_rest_a_model_is_on_trial(time: Time) -> None:
    health = Health(time)
    for _ in range(MOST_FAILURES):
        health.failed(MODEL, GatewayDown("503"))

    time.now += REST
    assert health.refusal(MODEL) is None
    health.failed(MODEL, GatewayDown("503"))
    assert health.refusal(MODEL) is not None, "one more failure is enough"

    time.now += REST
    health.answered(MODEL)
    health.failed(MODEL, GatewayDown("503"))
    assert health.refusal(MODEL) is None, "it has answered meanwhile"


def test_a_model_that_wants_minutes_is_busy_for_everybody_until_then(time: Time) -> None:
    health = Health(time)

    health.failed(MODEL, GatewayBusy("429", retry_after=90.0))
    assert isinstance(health.refusal(MODEL), GatewayBusy)
    time.now += 90
    assert health.refusal(MODEL) is None

    health.failed(MODEL, GatewayBusy("429", retry_after=5.0))
    assert health.refusal(MODEL) is None, "a few seconds are waited for"


@pytest.mark.parametrize(
    ("error", "seconds", "probed"),
    [
        (GatewayRefused("401"), 60.0, True),
        (GatewayUnpaid("402"), 300.0, True),
        (KeyLimitReached("402"), 60.0, False),
        (GatewayBusy("429", about="account", retry_after=120.0), 120.0, False),
        (GatewayBusy("429", about="account"), 120.0, False),
    ],
)
def test_what_concerns_the_key_stops_everything_for_a_while(
    time: Time, error: GatewayError, seconds: float, probed: bool
) -> None:
    health = Health(time)

    pause = health.failed(MODEL, error)

    assert pause is not None
    assert (pause.seconds, pause.probed) == (seconds, probed)
    assert health.refusal("zeta/fast-3") is error
    assert advice(error)


def test_a_pause_is_told_once_and_looked_at_by_one(time: Time) -> None:
    health = Health(time)
    assert health.failed(MODEL, GatewayRefused("401")) is not None
    assert health.failed(MODEL, GatewayRefused("401")) is None

    assert not health.look_now()
    time.now += 60
    assert health.look_now()
    assert not health.look_now(), "somebody is looking already"

    health.resume()
    assert health.refusal(MODEL) is None


def test_a_missing_card_is_told_as_one() -> None:
    assert "card" in advice(GatewayRefused("403 customer_verification_required"))


def test_a_wrong_address_is_not_blamed_on_the_key() -> None:
    assert advice(AddressWrong("404")) == "check AI_GATEWAY_BASE_URL; it usually ends in /v1"


def test_what_is_nobodys_fault_but_the_requests_pauses_nothing(time: Time) -> None:
    health = Health(time)

    for _ in range(9):
        assert health.failed(MODEL, ModelUnknown("404")) is None
        assert health.failed(MODEL, ModelResting("rests")) is None

    assert health.refusal(MODEL) is None
