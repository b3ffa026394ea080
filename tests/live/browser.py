"""A real Chromium without a window, for the pages that a person sees; Debian's, driven by its own chromedriver."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

WITHIN_S = 30
MISSING = "no page is tried in a browser: chromium and chromedriver are not here"


class Browser:
    """What a person does."""

    def __init__(self, driver: Chrome) -> None:
        self._driver = driver

    def open(self, address: str) -> None:
        self._driver.get(address)

    def fill(self, **fields: str) -> None:
        """Type into the fields and send the form."""
        for name, text in fields.items():
            self._driver.find_element(By.ID, name).send_keys(text)
        self.press("send")

    def press(self, button: str) -> None:
        """Press a button, and wait until another page is here."""
        page = self._driver.find_element(By.TAG_NAME, "html")
        self._driver.find_element(By.ID, button).click()
        WebDriverWait(self._driver, WITHIN_S).until(staleness_of(page))

    def text(self, *, id: str = "") -> str:  # noqa: A002 - as HTML calls it
        element = self._driver.find_element(By.ID, id) if id else self._driver.find_element(By.TAG_NAME, "body")
        return str(element.text)

    def address(self) -> str:
        return str(self._driver.current_url)

    def language(self) -> str | None:
        return self._driver.find_element(By.TAG_NAME, "html").get_attribute("lang")

    def labels(self) -> dict[str, str]:
        """What stands at each field, by the field."""
        found = self._driver.find_elements(By.TAG_NAME, "label")
        return {str(label.get_attribute("for")): str(label.text) for label in found}

    def focused(self) -> str | None:
        return self._driver.switch_to.active_element.get_attribute("id")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A browser with nothing in it."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip(MISSING)
    options = ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path / 'chromium'}")
    chrome = Chrome(options=options, service=Service(driver))
    yield Browser(chrome)
    chrome.quit()
