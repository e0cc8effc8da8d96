"""A recorded run comes back in order, at the speed and from any place on."""

import asyncio
import math

import pytest

from engine.events import RecordedEvent
from tests.support import scripted_run as script
from tui.run.replay import SPEEDS, Replay, starting_speed


def recorded(*at_ms: float) -> list[RecordedEvent]:
    return [RecordedEvent(at, script.step("a", n)) for n, at in enumerate(at_ms)]


async def read(replay: Replay, into: list[RecordedEvent]) -> None:
    async for event in replay.events():
        into.append(event)  # noqa: PERF401 - seen one by one, while it plays


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_it_plays_every_event_in_order():
    events, seen = recorded(0, 1, 2, 3), list[RecordedEvent]()
    await read(Replay(events, speed=math.inf), seen)
    assert seen == events


async def test_the_recorded_distances_are_kept_divided_by_the_speed():
    loop, read_at = asyncio.get_running_loop(), list[float]()
    started = loop.time()
    async for _ in Replay(recorded(0, 500, 1000), speed=10.0).events():
        read_at.append(loop.time() - started)
    assert [at >= planned - 0.01 for at, planned in zip(read_at, (0, 0.05, 0.1), strict=True)] == [True] * 3


async def test_a_paused_replay_waits():
    replay, seen = Replay(recorded(0, 5, 10), speed=math.inf), list[RecordedEvent]()
    replay.toggle()
    task = asyncio.create_task(read(replay, seen))
    await settled()
    assert (len(seen), str(replay)) == (0, "paused ·········· 0/3")
    replay.toggle()
    await task
    assert (len(seen), str(replay)) == (3, "record ━━━━━━━━━━ 3/3")


async def test_it_can_be_read_from_any_place_on():
    events, seen = recorded(0, 1, 2, 3, 4), list[RecordedEvent]()
    replay = Replay(events, speed=math.inf)
    replay.seek(3)
    assert replay.paused
    replay.toggle()
    await read(replay, seen)
    assert seen == events[3:]


async def test_a_jump_ends_the_reader_who_waits_and_another_goes_on_from_there():
    replay, seen = Replay(recorded(0, 60_000, 60_000), speed=1.0), list[RecordedEvent]()
    task = asyncio.create_task(read(replay, seen))
    await settled()
    assert len(seen) == 1
    replay.to_start()
    await asyncio.wait_for(task, 5)
    assert (len(seen), replay.position) == (1, 0)
    replay.finish()
    await read(replay, seen)
    assert len(seen) == 4


async def test_the_wait_after_a_seek_is_the_one_to_the_next_event_only():
    replay, seen = Replay(recorded(60_000, 60_010), speed=1.0), list[RecordedEvent]()
    replay.seek(1)
    replay.toggle()
    await asyncio.wait_for(read(replay, seen), 5)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("steer", "position", "paused"),
    [
        (Replay.step, 13, True),
        (Replay.step_back, 11, True),
        (Replay.forward, 16, False),
        (Replay.back, 8, False),
        (Replay.to_start, 0, True),
        (Replay.to_end, 40, True),
    ],
)
def test_it_is_scrubbed_by_events_and_by_tenths(steer, position, paused):
    replay = Replay(recorded(*range(40)))
    replay.position = 12
    steer(replay)
    assert (replay.position, replay.paused) == (position, paused)


def test_scrubbing_ends_at_both_ends_and_waits_there():
    replay = Replay(recorded(0, 1))
    replay.back()
    replay.step_back()
    assert replay.position == 0
    replay.forward()
    assert (replay.position, replay.paused) == (1, True)
    replay.forward()
    replay.step()
    assert (replay.position, replay.ended, replay.paused) == (2, True, True)


def test_playing_on_at_the_end_begins_anew():
    replay = Replay(recorded(0, 1), ended=True)
    assert (replay.position, replay.ended) == (2, True)
    replay.toggle()
    assert (replay.position, replay.paused) == (0, False)


async def test_another_speed_counts_at_once():
    replay, seen = Replay(recorded(60_000), speed=1.0), list[RecordedEvent]()
    task = asyncio.create_task(read(replay, seen))
    await settled()
    for _ in SPEEDS:
        replay.faster()
    await asyncio.wait_for(task, 5)
    assert (len(seen), replay.speed) == (1, math.inf)


def test_the_speeds_have_two_ends():
    replay = Replay(recorded(0), speed=SPEEDS[0])
    replay.slower()
    assert replay.speed == SPEEDS[0]
    replay.faster()
    assert (replay.speed, str(replay)) == (SPEEDS[1], "replay 0.02x ·········· 0/1")


@pytest.mark.parametrize(
    ("duration_ms", "speed"), [(0, 0.01), (500, 0.05), (6_000, 1.0), (70_000, 10.0), (3_600_000, 100.0)]
)
def test_a_replay_starts_at_a_speed_that_can_be_watched(duration_ms, speed):
    assert starting_speed(duration_ms) == speed


def test_an_empty_recording_is_no_error():
    assert str(Replay([])) == "record ·········· 0/0"
