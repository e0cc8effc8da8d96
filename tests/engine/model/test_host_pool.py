"""Hosts share the work: the one with the least in flight is next, and who fails rests."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from engine.model.host_pool import HostPool
from engine.model.hosts import Host


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


NO_CLIENT: Any = None  # the pool does not talk to hosts
HOSTS = [Host(name, NO_CLIENT) for name in "abc"]
A, B, C = HOSTS


async def turns(pool, count):
    """Who gets these turns when each ends before the next."""
    taken = []
    for _ in range(count):
        async with pool.turn() as host:
            taken.append(host.endpoint)
    return "".join(taken)


async def test_hosts_take_turns():
    assert await turns(HostPool(HOSTS), 7) == "abcabca"


async def test_the_one_with_the_least_in_flight_is_next():
    pool = HostPool([A, B], at_once=2)
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(pool.turn()) for _ in range(3)]
        assert held == [A, B, A]
        assert await turns(pool, 2) == "bb"


async def test_who_waits_gets_the_first_that_is_free():
    pool, order = HostPool([A, B]), []
    gates = {A: asyncio.Event(), B: asyncio.Event()}

    async def work(number):
        async with pool.turn() as host:
            order.append((number, host.endpoint))
            await gates[host].wait()

    tasks = [asyncio.create_task(work(n)) for n in range(3)]
    await asyncio.sleep(0)
    assert order == [(0, "a"), (1, "b")]
    gates[B].set()
    await asyncio.wait_for(asyncio.gather(*tasks[1:]), 2)
    assert order[2] == (2, "b")
    gates[A].set()
    await tasks[0]


async def test_who_waits_may_leave():
    pool = HostPool([A])
    async with pool.turn():
        waiting = asyncio.create_task(turns(pool, 1))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert await turns(pool, 1) == "a"


async def test_who_fails_rests_twice_as_long_each_time_and_comes_back():
    clock = Clock()
    pool = HostPool(HOSTS, clock=clock)
    for rest in (1.0, 2.0, 4.0):
        pool.set_aside(A)
        clock.now += rest - 0.01
        assert "a" not in await turns(pool, 3)
        clock.now += 0.02
        assert "a" in await turns(pool, 3)
    pool.trust(A)
    pool.set_aside(A)
    clock.now += 1.01
    assert "a" in await turns(pool, 3)


async def test_a_rest_is_a_minute_at_most():
    clock = Clock()
    pool = HostPool(HOSTS, clock=clock)
    for _ in range(40):
        pool.set_aside(B)
    clock.now += 60.01
    assert "b" in await turns(pool, 3)


async def test_when_all_rest_the_one_that_rests_shortest_is_asked():
    clock = Clock()
    pool = HostPool([A, B], clock=clock)
    for host in (A, A, B):
        pool.set_aside(host)
    assert await turns(pool, 2) == "bb"


async def test_some_hosts_can_be_left_out():
    pool = HostPool(HOSTS)
    async with pool.turn(excluded=[A, B]) as host:
        assert host is C
