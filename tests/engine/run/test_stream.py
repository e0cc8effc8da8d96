"""Push to pull: order, threads, exceptions, and a run that ends when its reader leaves."""

import asyncio
import threading
import time
from contextlib import aclosing

import pytest

from engine.events import AnswerFragment, Emit, RecordedEvent
from engine.run.stream import events_of


def text_of(recorded: RecordedEvent) -> str:
    assert isinstance(recorded.event, AnswerFragment)
    return recorded.event.text


async def read_all(run) -> list[str]:
    return [text_of(recorded) async for recorded in events_of(run)]


async def test_events_come_in_order_with_their_times():
    async def run(emit: Emit) -> None:
        for number in range(50):
            emit(AnswerFragment(str(number)))
            if number % 10 == 0:
                await asyncio.sleep(0.001)

    events = [recorded async for recorded in events_of(run)]
    assert [text_of(recorded) for recorded in events] == [str(number) for number in range(50)]
    times = [recorded.at_ms for recorded in events]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1]
    assert times[-1] >= 4  # five pauses of a millisecond


async def test_the_first_event_is_read_while_the_run_goes_on():
    may_end = asyncio.Event()

    async def run(emit: Emit) -> None:
        emit(AnswerFragment("first"))
        await may_end.wait()
        emit(AnswerFragment("last"))

    async with asyncio.timeout(5):
        seen = []
        async for recorded in events_of(run):
            seen.append(text_of(recorded))
            may_end.set()
    assert seen == ["first", "last"]


async def test_a_run_without_events_just_ends():
    async def run(emit: Emit) -> None:
        await asyncio.sleep(0)

    assert await read_all(run) == []


async def test_a_reader_who_leaves_cancels_the_run_and_waits_for_its_end():
    ended: list[str] = []

    async def run(emit: Emit) -> None:
        try:
            emit(AnswerFragment("one"))
            emit(AnswerFragment("two"))
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)
            ended.append("tidied up")
            raise

    async with asyncio.timeout(5), aclosing(events_of(run)) as events:
        async for recorded in events:
            assert text_of(recorded) == "one"
            break
    assert ended == ["tidied up"]


async def test_a_reader_who_is_cancelled_cancels_the_run():
    begun, ended = asyncio.Event(), asyncio.Event()

    async def run(emit: Emit) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def read() -> None:
        async with aclosing(events_of(run)) as events:
            async for _ in events:
                pass

    async with asyncio.timeout(5):
        reader = asyncio.create_task(read())
        await begun.wait()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
    assert ended.is_set()


async def test_an_exception_reaches_the_reader_after_the_last_event():
    async def run(emit: Emit) -> None:
        emit(AnswerFragment("one"))
        await asyncio.to_thread(emit, AnswerFragment("two"))
        emit(AnswerFragment("three"))
        raise RuntimeError("broke")

    events = events_of(run)
    assert [text_of(await anext(events)) for _ in range(3)] == ["one", "two", "three"]
    with pytest.raises(RuntimeError, match="broke"):
        await anext(events)


async def test_an_exception_before_the_first_event_reaches_the_reader():
    async def run(emit: Emit) -> None:
        raise ValueError("at once")

    with pytest.raises(ValueError, match="at once"):
        await read_all(run)


async def test_a_failure_while_tidying_up_does_not_reach_a_reader_who_left():
    async def run(emit: Emit) -> None:
        emit(AnswerFragment("one"))
        try:
            await asyncio.Event().wait()
        finally:
            raise RuntimeError("too late")

    async with asyncio.timeout(5), aclosing(events_of(run)) as events:
        async for _ in events:
            break


async def test_threads_may_emit_and_each_keeps_its_order():
    def work(emit: Emit, name: str) -> None:
        for number in range(100):
            emit(AnswerFragment(f"{name}{number}"))

    async def run(emit: Emit) -> None:
        emit(AnswerFragment("begin"))
        await asyncio.gather(*(asyncio.to_thread(work, emit, name) for name in "ab"))
        emit(AnswerFragment("end"))

    seen = await read_all(run)
    assert (seen[0], seen[-1], len(seen)) == ("begin", "end", 202)
    for name in "ab":
        assert [text for text in seen if text[0] == name and text[1:].isdigit()] == [f"{name}{n}" for n in range(100)]


async def test_a_thread_is_heard_while_it_works():
    heard = threading.Event()

    def work(emit: Emit) -> bool:
        time.sleep(0.02)  # the loop sleeps by now
        emit(AnswerFragment("working"))
        return heard.wait(5)

    async def run(emit: Emit) -> None:
        emit(AnswerFragment(str(await asyncio.to_thread(work, emit))))

    seen = []
    async for recorded in events_of(run):
        seen.append(text_of(recorded))
        heard.set()
    assert seen == ["working", "True"]


async def test_two_readers_have_two_runs():
    async def run(emit: Emit) -> None:
        emit(AnswerFragment("x"))
        await asyncio.sleep(0)

    first, second = await asyncio.gather(read_all(run), read_all(run))
    assert first == second == ["x"]
