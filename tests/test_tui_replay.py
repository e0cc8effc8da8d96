"""A recorded run comes back in order, at the speed and with the steps its reader asks for."""

import asyncio
import math
import time

import pytest
import scripted_run as script

from engine.events import RecordedEvent
from tui.replay import SPEEDS, Replay, starting_speed


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
    seen = list[RecordedEvent]()
    started = time.monotonic()
    await read(Replay(recorded(0, 500, 1000), speed=10.0), seen)
    assert 0.09 <= time.monotonic() - started < 1.0


async def test_a_paused_replay_waits_and_steps_one_by_one():
    replay, seen = Replay(recorded(0, 5, 10), speed=math.inf), list[RecordedEvent]()
    replay.toggle()
    task = asyncio.create_task(read(replay, seen))
    await settled()
    assert (len(seen), str(replay)) == (0, "paused instantly 0/3")
    replay.step()
    await settled()
    assert len(seen) == 1
    replay.toggle()
    await task
    assert len(seen) == 3


async def test_a_step_pauses_a_running_replay():
    replay, seen = Replay(recorded(60_000, 120_000), speed=1.0), list[RecordedEvent]()
    task = asyncio.create_task(read(replay, seen))
    await settled()
    replay.step()
    await settled()
    assert (len(seen), replay.paused) == (1, True)
    replay.finish()
    await task
    assert len(seen) == 2


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
    assert (replay.speed, str(replay)) == (SPEEDS[1], "replay 0.02x 0/1")


@pytest.mark.parametrize(
    ("duration_ms", "speed"), [(0, 0.01), (500, 0.05), (6_000, 1.0), (70_000, 10.0), (3_600_000, 100.0)]
)
def test_a_replay_starts_at_a_speed_that_can_be_watched(duration_ms, speed):
    assert starting_speed(duration_ms) == speed


def test_an_empty_recording_is_no_error():
    assert str(Replay([])) == "replay 0.01x 0/0"
