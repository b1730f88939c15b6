"""The reader: what comes in as bytes, however it is cut, and what comes out as deltas."""

import asyncio
import base64
import time
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.demo.faults import FAULTS
from bot.demo.wire import Answer, Call, Generation, events
from bot.errors import AnswerCutOff, AnswerEmpty, GatewayError, PromptTooLong, RequestInvalid, RequestRefused
from bot.gateway import reader as reader_module
from bot.gateway.reader import StreamReader
from bot.messages import Delta, Finish, ImageDelta, ReasoningDelta, Source, Started, TextDelta, ToolCall, Usage
from tests.gateway_streams import DONE, GENERATION, answer, chunk, final, role, text, usage
from tests.wire.raw_server import event

PNG = b"\x89PNG\r\n\x1a\n....."


def _tool(**fragment: object) -> bytes:
    return event(chunk({"tool_calls": [fragment]}))


def _opening(index: int, id_: str | None, name: str, arguments: str = "") -> bytes:
    fragment = {"index": index, "type": "function", "function": {"name": name, "arguments": arguments}}
    return _tool(**fragment, **({} if id_ is None else {"id": id_}))


def _arguments(index: int, arguments: str) -> bytes:
    return _tool(index=index, function={"arguments": arguments})


def _picture(url: str) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": url}}


def _details(**detail: object) -> bytes:
    return event(chunk({"reasoning": detail.get("text"), "reasoning_details": [detail]}))


def _annotated(url: str, title: str) -> bytes:
    note = {"type": "url_citation", "url_citation": {"url": url, "title": title}}
    return event(chunk({"annotations": [note, {"type": "url_citation", "url": url}, "x"]}))


def _read(*pieces: bytes) -> list[Delta]:
    reader = StreamReader()
    deltas = [delta for piece in pieces for delta in reader.push(piece)]
    return [*deltas, *reader.flush()]


def _outcome(pieces: Iterable[bytes]) -> tuple[list[Delta], GatewayError | None]:
    """What a person would get of a stream: the deltas up to its end or its failure, and the failure."""
    reader, got = StreamReader(), list[Delta]()
    try:
        for piece in pieces:
            for delta in reader.push(piece):
                got.append(delta)
        for delta in reader.flush():
            got.append(delta)
    except GatewayError as error:
        return got, error
    return got, None


def _told(pieces: Iterable[bytes]) -> tuple[list[Delta], str]:
    deltas, failure = _outcome(pieces)
    return deltas, repr(failure)


def _finish(*pieces: bytes) -> Finish:
    last = _read(*pieces)[-1]
    assert isinstance(last, Finish)
    return last


STREAMS = {
    "an answer": answer("Grüße, ", "世界 ", "👋🏽"),
    "CRLF": answer("one", "two").replace(b"\n", b"\r\n"),
    "comments and garbage": b": hello\n\n" + role() + b"data: {oops\n\n: ping\n" + text("x") + final() + DONE,
    "tools": role() + _opening(0, "call_a", "now") + _arguments(0, '{"zone":') + _arguments(0, '"UTC"}') + final(),
    "picture": role() + event(chunk({"images": [_picture(f"data:image/png;base64,{'QUJD' * 50}")]})) + final(),
    "error": role() + text("Well") + event({"error": {"message": "boom", "code": 500}}),
    "cut off": role() + text("We") + text("ll"),
    "no newline at the end": (role() + text("Well") + final("stop", usage=None)).rstrip(b"\n"),
    "thinking": role()
    + _details(type="reasoning.text", text="Grüß", signature="", index=0)
    + _details(type="reasoning.encrypted", data="b3BhcXVl", index=0)
    + text("42")
    + final(),
    "sources": role() + text("So it is.") + _annotated("https://a.example/ä", "Ä") + final(),
}
ANSWER = Answer("Grüße aus der Fabrik.", (Call("now", '{"zone":"UTC"}'),), (PNG, PNG), "First I think.")


def _recorded(fault: str) -> bytes:
    """What the built-in gateway sends under this fault."""

    async def told() -> AsyncGenerator[Any, None]:
        for one in events(Generation(GENERATION, 1773300000.0, "acme/alpha-2", 9), ANSWER):
            yield one

    async def steps() -> list[object]:
        bend = FAULTS[fault].bend
        assert bend is not None
        return [step async for step in bend(told(), "0.01" if fault == "huge-line" else "")]

    return b"".join(step for step in asyncio.run(steps()) if isinstance(step, bytes))


STREAMS |= {f"fault: {name}": _recorded(name) for name, fault in FAULTS.items() if fault.bend}


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(STREAMS)), data=st.data())
def test_any_cutting_of_a_stream_gives_the_same_deltas(name: str, data: st.DataObject) -> None:
    stream = STREAMS[name]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=30)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert _told(pieces) == _told([stream])


@pytest.mark.parametrize("name", sorted(STREAMS))
def test_a_stream_that_comes_byte_by_byte_reads_like_one_that_comes_whole(name: str) -> None:
    stream = STREAMS[name]

    assert _told(bytes([byte]) for byte in stream) == _told([stream])


def test_an_answer_begins_with_its_id_and_ends_with_its_bill() -> None:
    assert _read(answer("Hel", "lo")) == [
        Started(GENERATION),
        TextDelta("Hel"),
        TextDelta("lo"),
        Finish("stop", usage=Usage(420, 30, 300, 12, "0.00042"), model="acme/alpha-2"),
    ]


def test_the_bill_may_come_in_a_chunk_of_its_own() -> None:
    bill = event({"id": GENERATION, "choices": [], "usage": usage()})

    deltas = _read(role() + text("Hi") + final(usage=None) + bill + DONE)

    assert deltas[-1] == Finish("stop", usage=Usage(420, 30, 300, 12, "0.00042"), model="acme/alpha-2")


def test_the_finish_does_not_wait_for_the_end_of_the_stream() -> None:
    reader = StreamReader()

    deltas = list(reader.push(role() + text("Hi") + final()))

    assert isinstance(deltas[-1], Finish)
    assert reader.done
    assert list(reader.push(DONE + text("more"))) == []
    assert list(reader.flush()) == []


def test_an_answer_without_done_and_without_a_bill_is_still_an_answer() -> None:
    assert _read(role() + text("Hi") + final(usage=None))[-1] == Finish("stop", model="acme/alpha-2")


def test_the_cost_is_plain_digits_without_an_exponent() -> None:
    def cost(of: object) -> str | None:
        bill = _finish(role() + text("Hi") + final(usage=usage(of))).usage
        assert bill is not None
        return bill.cost

    assert cost(4.2e-07) == "0.00000042"
    assert cost(0) == "0"
    assert cost("0.0100") == "0.0100"
    assert cost(None) == "0.00042", "the metadata's, where usage names none"
    assert cost("free") is None
    assert cost("1e999999") is None


def test_a_fallback_model_is_named_as_the_one_that_answered() -> None:
    attempts = [
        {"modelId": "acme:alpha", "canonicalSlug": "acme/alpha-2", "success": False},
        {"modelId": "zeta:fast", "canonicalSlug": "zeta/fast-3", "success": True},
    ]
    metadata = {"gateway": {"routing": {"modelAttempts": attempts}}}
    last = event(chunk({"provider_metadata": metadata}, finish_reason="stop", usage=usage()))

    finish = _finish(role() + text("Hi") + last)
    assert (finish.model, finish.fell_back) == ("zeta/fast-3", 0)


def test_why_the_gateway_fell_back_and_who_answered_is_kept() -> None:
    busy = [{"provider": "acme", "success": False, "statusCode": 429}]
    attempts = [
        {"canonicalSlug": "acme/alpha-2", "success": False, "providerAttempts": busy},
        {"canonicalSlug": "zeta/fast-3", "success": True, "providerAttempts": [{"statusCode": 200}]},
    ]
    metadata = {"gateway": {"routing": {"modelAttempts": attempts, "finalProvider": "zeta"}}}
    last = event(chunk({"provider_metadata": metadata}, finish_reason="stop", usage=usage()))

    finish = _finish(role() + text("Hi") + last)

    assert (finish.model, finish.provider, finish.fell_back) == ("zeta/fast-3", "zeta", 429)


@pytest.mark.parametrize(
    ("calls", "count"), [({"exa_search": 2, "tako_search": 1}, 3), (["exa_search"], 1), (None, 0), ({"x": "y"}, 0)]
)
def test_searches_are_counted_however_the_gateway_tells_them(calls: object, count: int) -> None:
    metadata = {"gateway": {"gatewayToolCalls": calls}}
    last = event(chunk({"provider_metadata": metadata}, finish_reason="stop", usage=usage()))

    assert _finish(role() + text("Hi") + last).searches == count


def test_sources_are_kept_each_once_and_only_pages_of_the_web() -> None:
    stream = role() + text("Hi") + _annotated("https://a.example/", "A") + _annotated("file:x", "B") + final()

    assert _finish(stream).sources == (Source("https://a.example/", "A"),)


# --- answers that were not streamed --------------------------------------------------------------


def _whole(message: dict[str, Any], **more: Any) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": more.pop("finish_reason", "stop")}
    return orjson.dumps({"id": GENERATION, "model": "acme/alpha-2", "choices": [choice], **more})


def test_a_whole_answer_gives_what_its_stream_would() -> None:
    call = {"id": "call_a", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()
    message = {"role": "assistant", "content": "Hi", "tool_calls": [call], "images": [_picture(url)]}

    deltas = list(StreamReader().whole(_whole(message, usage=usage())))

    assert deltas[:3] == [Started(GENERATION), TextDelta("Hi"), ImageDelta("image/png", PNG)]
    finish = deltas[3]
    assert isinstance(finish, Finish)
    assert finish.tool_calls == (ToolCall("call_a", "now", "{}"),)
    assert finish.usage == Usage(420, 30, 300, 12, "0.00042")


def test_a_whole_answer_needs_no_bill_but_words() -> None:
    assert list(StreamReader().whole(_whole({"content": "Hi"})))[-1] == Finish("stop", model="acme/alpha-2")
    with pytest.raises(AnswerEmpty):
        list(StreamReader().whole(_whole({"content": None})))
    with pytest.raises(AnswerCutOff):
        list(StreamReader().whole(b"<html>"))
    with pytest.raises(GatewayError, match="no more"):
        list(StreamReader().whole(b'{"error":{"message":"no more"}}'))


def test_a_role_only_chunk_is_no_word() -> None:
    reader = StreamReader()

    assert list(reader.push(role())) == [Started(GENERATION)]
    assert not reader.spoke


# --- thinking ----------------------------------------------------------------------------------


def test_reasoning_is_told_apart_from_the_answer_and_kept_for_the_next_round() -> None:
    pieces = (
        role(),
        _details(type="reasoning.text", text="Let me", signature="", format="acme-v1", index=0),
        _details(type="reasoning.text", text=" see.", signature="", format="acme-v1", index=0),
        _details(type="reasoning.encrypted", data="b3BhcXVl", format="acme-v1", index=0),
        _details(type="reasoning.text", text="", signature="c2ln", format="acme-v1", index=0),
        text("42"),
        final(),
    )

    deltas = _read(*pieces)

    thoughts = [delta.text for delta in deltas if isinstance(delta, ReasoningDelta)]
    assert thoughts == ["Let me", " see.", "", ""]
    assert _finish(*pieces).reasoning_details == (
        {"type": "reasoning.text", "text": "Let me see.", "signature": "c2ln", "format": "acme-v1", "index": 0},
        {"type": "reasoning.encrypted", "data": "b3BhcXVl", "format": "acme-v1", "index": 0},
    )


def test_summaries_with_different_ids_stay_apart() -> None:
    one = _details(type="reasoning.summary", summary="First. ", id="rs_1", index=0)
    two = _details(type="reasoning.summary", summary="Second.", id="rs_2", index=0)

    details = _finish(role(), one, two, one, text("x"), final()).reasoning_details

    assert [detail["summary"] for detail in details] == ["First. First. ", "Second."]


def test_thinking_alone_is_nothing_a_person_would_see() -> None:
    reader = StreamReader()

    list(reader.push(role() + _details(type="reasoning.text", text="Hm", index=0)))

    assert not reader.spoke


# --- tool calls --------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["tool_calls", "stop", "length", "anything"])
def test_tool_calls_come_whole_with_the_finish_whatever_its_reason_says(reason: str) -> None:
    stream = (
        role(),
        _opening(0, "call_a", "now"),
        _opening(1, "call_b", "find"),
        _arguments(1, '{"what":'),
        _arguments(0, '{"zone":"UTC"}'),
        _arguments(1, '"x"}'),
        final(reason),
    )

    deltas = _read(*stream)

    assert [type(delta) for delta in deltas] == [Started, Finish]
    assert _finish(*stream).tool_calls == (
        ToolCall("call_a", "now", '{"zone":"UTC"}'),
        ToolCall("call_b", "find", '{"what":"x"}'),
    )


def test_calls_are_in_the_order_of_their_index_not_of_their_arrival() -> None:
    late, early = _opening(1, "call_b", "find"), _opening(0, "call_a", "now")

    assert [call.name for call in _finish(role(), late, early, final()).tool_calls] == ["now", "find"]


def test_a_missing_or_doubled_id_is_repaired() -> None:
    calls = _finish(
        role(), _opening(0, "call_a", "now"), _opening(1, "call_a", "find"), _opening(2, None, "go"), final()
    ).tool_calls

    ids = [call.id for call in calls]
    assert ids[0] == "call_a"
    assert len(set(ids)) == 3
    assert all(ids)


def test_ids_that_are_made_up_differ_between_answers() -> None:
    stream = role() + _opening(0, None, "now") + final()

    other = stream.replace(GENERATION.encode(), b"gen_other")

    assert _finish(stream).tool_calls[0].id != _finish(other).tool_calls[0].id


def test_two_calls_that_share_an_index_stay_two_calls() -> None:
    one, two = _opening(0, "call_a", "now", "{}"), _opening(0, "call_b", "find", '{"n":1}')

    calls = _finish(role(), one, two, final()).tool_calls

    assert calls == (ToolCall("call_a", "now", "{}"), ToolCall("call_b", "find", '{"n":1}'))


def test_calls_without_any_index_are_told_apart_by_their_ids() -> None:
    pieces = (
        _tool(id="call_a", function={"name": "now", "arguments": "{"}),
        _tool(function={"arguments": "}"}),
        _tool(id="call_b", function={"name": "find", "arguments": "{}"}),
    )

    assert _finish(role(), *pieces, final()).tool_calls == (
        ToolCall("call_a", "now", "{}"),
        ToolCall("call_b", "find", "{}"),
    )


def test_a_call_without_arguments_has_an_empty_object() -> None:
    assert _finish(role(), _opening(0, "call_a", "now"), final()).tool_calls[0].arguments == "{}"


# --- pictures ----------------------------------------------------------------------------------


def test_pictures_come_without_an_index_and_several_at_once() -> None:
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()

    deltas = _read(role() + event(chunk({"images": [_picture(url), _picture(url)]})) + final())

    assert deltas[1:3] == [ImageDelta("image/png", PNG)] * 2


@pytest.mark.parametrize(
    "url",
    ["https://example.com/a.png", "data:image/png;base64,***", "data:image/png;base64,é", "data:text/html,x", 7],
)
def test_what_is_no_picture_in_a_data_url_is_passed_over(url: object) -> None:
    stream = role() + event(chunk({"images": [{"image_url": {"url": url}}, "x"]})) + text("Hi") + final()

    assert [type(delta) for delta in _read(stream)] == [Started, TextDelta, Finish]


def test_a_line_of_megabytes_costs_time_in_proportion_to_its_size() -> None:
    def seconds(megabytes: int) -> float:
        data = base64.b64encode(bytes(megabytes * 750_000)).decode()
        stream = role() + event(chunk({"images": [_picture(f"data:image/png;base64,{data}")]})) + final()
        pieces = [stream[at : at + 4096] for at in range(0, len(stream), 4096)]
        started = time.process_time()
        assert isinstance(_read(*pieces)[1], ImageDelta)
        return time.process_time() - started

    seconds(1)
    assert seconds(8) < 40 * max(seconds(1), 0.002)


def test_a_line_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "MAX_LINE", 1000)

    with pytest.raises(AnswerCutOff, match="1000 bytes"):
        _read(role(), b"data: ", *[b"x" * 100] * 20)


# --- what is not as it should be ---------------------------------------------------------------


@pytest.mark.parametrize(
    "oddity",
    [
        b": comment\n\n",
        b"event: message\n",
        b"id: 7\nretry: 100\n\n",
        b"data:\n\n",
        b"data: {broken\n\n",
        b"data: [1, 2]\n\n",
        b"data: null\n\n",
        b"\xff\xfe nonsense\n",
        event({"id": GENERATION, "choices": None}),
        event({"id": GENERATION, "choices": [None]}),
        event({"id": GENERATION, "choices": [{"delta": None}]}),
        event(chunk({"content": None, "tool_calls": [None, {"function": 3}], "images": "x"})),
        event(chunk({"content": 5, "reasoning_details": "x"})),
    ],
)
def test_an_odd_line_changes_nothing(oddity: bytes) -> None:
    deltas = _read(oddity + role() + oddity + text("Hi") + oddity + final() + DONE)

    said = [delta for delta in deltas if not isinstance(delta, ReasoningDelta)]
    assert said == _read(answer("Hi"))


def test_more_than_five_lines_of_garbage_are_a_drop() -> None:
    garbage = b"data: {broken\n\n"

    assert isinstance(_read(role() + text("Hi") + garbage * 5 + final())[-1], Finish)
    with pytest.raises(AnswerCutOff):
        _read(role() + text("Hi") + garbage * 6 + final())


@pytest.mark.parametrize("end", [b"", DONE])
def test_an_end_without_a_finish_reason_is_a_cut(end: bytes) -> None:
    deltas, failure = _outcome([role() + text("Hi"), end])

    assert deltas == [Started(GENERATION), TextDelta("Hi")]
    assert isinstance(failure, AnswerCutOff)
    assert failure.generation_id == GENERATION


def test_a_finish_without_a_word_is_an_empty_answer() -> None:
    with pytest.raises(AnswerEmpty):
        _read(role() + text("  \n") + final("stop"))


def test_a_content_filter_without_a_word_is_a_refusal() -> None:
    with pytest.raises(RequestRefused):
        _read(role() + final("content_filter"))


def test_a_content_filter_after_some_words_keeps_them() -> None:
    assert _read(role() + text("Hi") + final("content_filter"))[-1] == Finish(
        "content_filter", usage=Usage(420, 30, 300, 12, "0.00042"), model="acme/alpha-2"
    )


def test_an_error_inside_a_stream_keeps_what_was_said_before_it() -> None:
    nested = '{"error":{"message":"maximum context length is 40960 tokens"}}'
    error = {"code": "error", "message": "Stream error occurred", "value": {"error_message": nested}}

    deltas, failure = _outcome([role() + text("Hi") + event({"id": GENERATION, "error": error})])

    assert deltas == [Started(GENERATION), TextDelta("Hi")]
    assert isinstance(failure, PromptTooLong)
    assert "40960" in str(failure)
    assert failure.generation_id == GENERATION


def test_an_error_that_only_the_attempts_explain_is_found() -> None:
    attempts = [{"providerAttempts": [{"error": "Invalid tool schema for x"}]}]
    metadata = {"gateway": {"routing": {"modelAttempts": attempts}}}
    told = {"error": {"message": "oops", "type": "invalid_request_error"}, "providerMetadata": metadata}

    with pytest.raises(RequestInvalid, match="Invalid tool schema"):
        _read(role() + event(told))


@pytest.mark.parametrize("body", [{"message": "no more"}, {"error": "no more"}])
def test_an_error_event_is_an_error_whatever_its_data_looks_like(body: object) -> None:
    with pytest.raises(GatewayError, match="no more"):
        _read(role() + b"event: error\n" + event(body) + text("Hi") + final())


def test_an_error_event_ends_with_its_blank_line() -> None:
    assert _read(b"event: error\n\n" + answer("Hi")) == _read(answer("Hi"))
