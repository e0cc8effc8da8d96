"""Signals while files are read: the command ends in order, with the code that a shell expects."""

import os
import signal

import pytest

from tui.commands.interruption import interruptible


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_becomes_an_event_and_then_the_exit_code(number):
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended, interruptible() as interrupted:  # noqa: PT012 - the exit is at its end
        os.kill(os.getpid(), number)
        assert interrupted.wait(10)
    assert ended.value.code == 128 + number
    assert signal.getsignal(number) == before


def test_ctrl_c_is_a_keyboard_interrupt_whatever_else_came():
    with pytest.raises(KeyboardInterrupt), interruptible() as interrupted:  # noqa: PT012 - as above
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupted.wait(10)


def test_without_a_signal_nothing_is_raised():
    with interruptible() as interrupted:
        assert not interrupted.is_set()
