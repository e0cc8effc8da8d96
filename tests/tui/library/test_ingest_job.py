"""A job on the library: how far it is, and its end."""

import threading

import pytest

from tui.library.ingest_job import IngestJob, IngestProgress


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (IngestProgress(1, 10, "a.md", 0.0), " 1 of 10 files · a.md"),
        (IngestProgress(11, 1000, "a\x1b[1m.md", 2.0), " 11 of 1,000 files · 5 a second · 3 min 18 s left · a[1m.md"),
        (IngestProgress(2, 2, "b.md", 0.5), " 2 of 2 files · 2 a second · 0 s left · b.md"),
    ],
)
def test_the_line(reading, words):
    assert reading.text().plain.lstrip("━·") == words


async def test_a_job_runs_beside_the_event_loop_and_can_be_cancelled():
    changes = []
    view = IngestJob(lambda: changes.append(view.progress))
    seen = []

    def job(progress, cancelled):
        progress(1, 2, "a.md")
        seen.append(threading.get_ident())
        view.cancel()
        return cancelled.wait(10)

    assert await view.carry_out(job) is True
    assert seen != [threading.get_ident()]
    assert not view.busy
    assert view.progress is None


async def test_a_failed_job_is_over():
    view = IngestJob(lambda: None)

    def job(_progress, _cancelled):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await view.carry_out(job)
    assert not view.busy
    view.cancel()  # nothing to cancel: no harm
