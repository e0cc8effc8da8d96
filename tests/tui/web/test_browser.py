"""`persona-moe serve` in a real Chromium: two sizes, two tabs, the clipboard, and what is there after a new start."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.support.browser import Browser, programs
from tests.support.ollama_server import OllamaServer, Scripted
from tests.support.terminal import wait_for

PROGRAMS = programs()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAMS is None, reason="chromium or chromedriver is not installed"),
]
QUESTION = "In which year was the Long Arm built?"
ANSWER = "the last in 1844"


class Served:
    """The server of one workspace, which can be ended and started again at the same port."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._port = 0
        self.model = "none"
        self.start()

    def start(self) -> None:
        """Start, and wait until it listens."""
        options = ["--port", str(self._port), "--model", self.model, "--workspace", str(self._workspace)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui", "serve", *options],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert self.process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:(\d+)", self.process.stdout.readline())
        assert address
        self.address, self._port = address[0], int(address[1])

    def end(self) -> None:
        """End it in order."""
        self.process.terminate()
        self.process.communicate(timeout=30)

    @property
    def sessions(self) -> list[int]:
        """The processes of its windows."""
        command = ["ps", "-o", "pid=", "--ppid", str(self.process.pid)]
        return [
            int(word) for word in subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
        ]


@pytest.fixture
def served(workspace: Path) -> Iterator[Served]:
    running = Served(workspace)
    yield running
    running.end()


@pytest.fixture
def browser(served: Served, tmp_path: Path) -> Iterator[Browser]:
    assert PROGRAMS is not None
    running = Browser(*PROGRAMS, tmp_path / "profile")
    grant = {"origin": served.address, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    running.driver.execute_cdp_cmd("Browser.grantPermissions", grant)
    running.open(served.address)
    running.shows("ready ·")
    yield running
    running.quit()


def ask(browser: Browser, question: str) -> None:
    browser.press(question)
    browser.shows(question)
    browser.press(Keys.ENTER)
    browser.shows("● answered")


def is_filled(browser: Browser) -> bool:
    """Whether the screen goes to the right edge of the terminal and to its last line."""
    (columns, rows), lines = browser.cells, browser.text.split("\n")
    return len(lines) == rows and "Help" in lines[-1] and max(map(len, lines)) == columns


def opacity(browser: Browser) -> str:
    """How much of the terminal's light the page lets through."""
    return browser.driver.find_element(By.ID, "terminal").value_of_css_property("opacity")


def test_a_question_its_source_the_clipboard_and_another_size(browser):
    ask(browser, QUESTION)
    assert ANSWER in browser.text
    browser.press(Keys.TAB)
    browser.shows("y Copy")
    browser.press("1")
    browser.shows("▌ The Long Arm is the breakwater of Anstrake")
    assert "citation 1 of 2" in browser.text
    browser.press("y")
    browser.shows("Quotation copied")
    assert "tmux" not in browser.text
    browser.wait_for(lambda: ANSWER in browser.clipboard, "the quotation in the clipboard")
    assert re.search(r"^“.*” \(.*, characters [\d,]+ to [\d,]+\)$", browser.clipboard, re.DOTALL)

    assert opacity(browser) == "1"

    first_size = browser.cells
    browser.driver.set_window_size(1600, 1000)
    browser.wait_for(
        lambda: browser.cells > first_size and is_filled(browser), "a screen as wide and high as the window"
    )
    browser.press(Keys.ESCAPE)
    browser.shows("Walk")
    browser.driver.set_window_size(760, 620)
    browser.wait_for(lambda: browser.cells < first_size and is_filled(browser), "a screen as small as the window")
    browser.wait_for(lambda: ANSWER in " ".join(browser.text.split()), "the answer in narrower lines")


def test_two_tabs_are_two_sessions_and_the_history_outlives_the_tab_and_the_server(browser, served):
    first_tab = browser.driver.current_window_handle
    ask(browser, QUESTION)
    browser.open_tab(served.address)
    browser.shows("ready ·")
    assert ANSWER not in browser.text
    assert len(served.sessions) == 2
    browser.press("a question that nobody sends")
    browser.shows("nobody sends")
    browser.driver.close()
    browser.driver.switch_to.window(first_tab)
    wait_for(lambda: len(served.sessions) == 1, lambda: str(served.sessions))
    assert ANSWER in browser.text
    assert "nobody" not in browser.text

    served.end()
    browser.wait_for(lambda: "The session has ended" in browser.page_text, "the notice")
    assert opacity(browser) == "0.3"
    served.start()
    browser.press(Keys.ENTER)  # the button has the focus
    browser.shows("ready ·")
    browser.press(Keys.F3)
    browser.shows(QUESTION)
    browser.press(Keys.ENTER)
    browser.shows(ANSWER)
    browser.press_control("q")
    browser.wait_for(lambda: "The session has ended" in browser.page_text, "the notice")
    wait_for(lambda: not served.sessions, lambda: str(served.sessions))


def test_a_tab_that_is_closed_in_the_middle_of_a_question_leaves_it_in_the_history(browser, served, workspace):
    with OllamaServer() as server:
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}\n")
        served.end()
        served.model = "qwen3:4b"
        served.start()
        server.enqueue(Scripted(["It was"], end="hang"))
        browser.wait_for(lambda: "The session has ended" in browser.page_text, "the notice")
        browser.press(Keys.ENTER)
        browser.shows("ready ·")
        browser.press(QUESTION, Keys.ENTER)
        browser.wait_for(lambda: server.chats, "the model is asked")
        first_tab = browser.driver.current_window_handle
        second_tab = browser.open_tab(served.address)
        browser.shows("ready ·")
        browser.driver.switch_to.window(first_tab)
        browser.driver.close()
        browser.driver.switch_to.window(second_tab)
        wait_for(lambda: len(served.sessions) == 1, lambda: str(served.sessions))
        browser.press(Keys.F3)
        browser.shows(QUESTION)
        browser.press(Keys.ENTER)
        browser.wait_for(lambda: ANSWER in " ".join(browser.text.split()), "the quotations of the cancelled run")
