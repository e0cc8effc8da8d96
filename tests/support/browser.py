"""A real browser, without a window: Chromium, driven through its WebDriver, and what the terminal in a page shows."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

# xterm.js is not reachable from the page of textual-serve: remember the object that gets it, and read its buffer.
_REMEMBER = """
Object.defineProperty(Object.prototype, "canvasAddon", {
  configurable: true,
  set(addon) {
    window.textualTerminal = this;
    Object.defineProperty(this, "canvasAddon", {value: addon, writable: true});
  },
});
"""
_ROWS = """
const terminal = window.textualTerminal && window.textualTerminal.terminal;
if (!terminal) return [];
const rows = [];
for (let y = 0; y < terminal.rows; y++) {
  rows.push(terminal.buffer.active.getLine(y).translateToString(true, 0, terminal.cols));
}
return rows;
"""
_SIZE = "const {cols, rows} = window.textualTerminal.terminal; return [cols, rows];"
SECONDS = 40.0


def programs() -> tuple[str, str] | None:
    """Chromium and its WebDriver on this machine, or None."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


class Browser:
    """One window with one or more tabs; `text` is what the terminal of the tab in front shows."""

    def __init__(self, browser: str, driver: str, profile: Path, size: tuple[int, int] = (1000, 600)) -> None:
        options = ChromeOptions()
        options.binary_location = browser
        width, height = size
        for argument in (
            "--headless=new", f"--window-size={width},{height}", f"--user-data-dir={profile}", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
            "--no-proxy-server",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
        ):  # fmt: skip
            options.add_argument(argument)
        self.driver = Chrome(options=options, service=ChromeService(driver))

    def open(self, address: str) -> None:
        """Open a page in the tab in front."""
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _REMEMBER})
        self.driver.get(address)

    def open_tab(self, address: str) -> str:
        """Open a page in a new tab, which is in front from now on; returns its handle."""
        self.driver.switch_to.new_window("tab")
        self.open(address)
        return self.driver.current_window_handle

    @property
    def text(self) -> str:
        """The rows of the terminal."""
        return "\n".join(self.driver.execute_script(_ROWS))

    @property
    def cells(self) -> tuple[int, int]:
        """Columns and rows of the terminal."""
        columns, rows = self.driver.execute_script(_SIZE)
        return columns, rows

    @property
    def page_text(self) -> str:
        """The text of the page that is not in the terminal and can be seen."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    @property
    def clipboard(self) -> str:
        """The text in the clipboard."""
        return str(self.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0], arguments[0])"))

    def press(self, *keys: str) -> None:
        """Type into the page; a key without a character is one of selenium's `Keys`."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def press_control(self, key: str) -> None:
        """Press a key with ctrl."""
        ActionChains(self.driver).key_down(Keys.CONTROL).send_keys(key).key_up(Keys.CONTROL).perform()

    def shows(self, words: str) -> None:
        """Wait until the terminal shows these words."""
        self.wait_for(lambda: words in self.text, words)

    def wait_for(self, holds: Callable[[], object], state: str = "") -> None:
        """Wait until it holds. Raises AssertionError with the terminal's text after `SECONDS`."""
        end = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < end, f"it did not happen: {state}\n{self.page_text}\n{self.text}"
            time.sleep(0.05)

    def quit(self) -> None:
        """End the browser."""
        self.driver.quit()
