"""The import contracts of pyproject.toml: the package keeps them, and each of them catches a wrong import.

Which import would be wrong is written here a second time, so that a contract cannot be loosened unnoticed.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# contract → (the module that must not, what it must not import)
PLANTED = {
    "layers": [
        ("server.planted", "tillstone.cli"),
        ("dialects.planted", "tillstone.server"),
        ("store.planted", "tillstone.server"),
        ("store.planted", "tillstone.dialects.base"),
        ("store.planted", "tillstone.wire.http"),
        ("wire.planted", "tillstone.store.planted"),
        ("wire.planted", "tillstone.dialects.base"),
        ("domain.planted", "tillstone.wire.http"),
        ("domain.planted", "tillstone.store.planted"),
        ("domain.planted", "tillstone.config"),
        ("config", "tillstone.domain.records"),
    ],
    "dialects": [
        ("dialects.imonggo.planted", "tillstone.dialects.zeald"),
        ("dialects.imonggo.planted", "tillstone.dialects.openmage"),
        ("dialects.zeald.planted", "tillstone.dialects.imonggo"),
        ("dialects.zeald.planted", "tillstone.dialects.openmage"),
        ("dialects.openmage.planted", "tillstone.dialects.imonggo"),
        ("dialects.openmage.planted", "tillstone.dialects.zeald"),
        ("dialects.base", "tillstone.dialects.imonggo"),
    ],
    "storage": [
        (f"dialects.{dialect}.planted", module)
        for dialect in ("imonggo", "openmage")
        for module in ("tillstone.store.planted", "sqlalchemy", "sqlite3", "psycopg.rows")
    ],
    "network": [
        (f"{room}.planted", module)
        for room in ("domain", "wire", "dialects.imonggo")
        for module in (
            "starlette.requests",
            "httptools",
            "uvloop",
            "httpx",
            "requests",
            "urllib3",
            "aiohttp",
            "socket",
            "ssl",
        )
    ],
}
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


class House:
    """A copy of the package in which wrong imports can be planted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "pyproject.toml", folder)
        shutil.copytree(ROOT / "src" / "tillstone", self.package, ignore=shutil.ignore_patterns("__pycache__"))

    @property
    def package(self) -> Path:
        return self.folder / "src" / "tillstone"

    def plant(self, module: str, imported: str) -> None:
        """Gives `module` one import more; what is not there yet is made."""
        self._touch(f"tillstone.{module}")
        if imported.startswith("tillstone."):
            self._touch(imported)
        with self._file(f"tillstone.{module}").open("a") as file:
            file.write(f"\nimport {imported}\n")

    def lint(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo", *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder / "src"), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def _touch(self, module: str) -> None:
        file = self._file(module)
        for folder in reversed(file.relative_to(self.package).parents):
            (self.package / folder).mkdir(exist_ok=True)
            (self.package / folder / "__init__.py").touch()
        file.touch()

    def _file(self, module: str) -> Path:
        path = self.folder.joinpath("src", *module.split("."))
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_the_package_keeps_every_contract(house: House) -> None:
    status, output = house.lint()

    assert status == 0, output
    assert f"Contracts: {len(PLANTED)} kept, 0 broken." in output


def test_every_contract_has_a_wrong_import_planted() -> None:
    assert [contract["id"] for contract in CONTRACTS] == list(PLANTED)


def test_no_contract_has_an_exception() -> None:
    assert CONTRACTS
    assert not [contract["id"] for contract in CONTRACTS if any("ignore" in option for option in contract)]


@pytest.mark.parametrize("contract", PLANTED)
def test_every_wrong_import_is_caught(house: House, contract: str) -> None:
    for module, imported in PLANTED[contract]:
        house.plant(module, imported)
    status, output = house.lint("--contract", contract)

    assert PLANTED[contract]
    assert status != 0
    assert "0 kept, 1 broken." in output
    missed = [(module, imported) for module, imported in PLANTED[contract] if not is_told(output, module, imported)]
    assert not missed, output


def is_told(output: str, module: str, imported: str) -> bool:
    """An import of another package is told by the package's name alone."""
    told = imported if imported.startswith("tillstone.") else imported.partition(".")[0]
    return re.search(rf"tillstone\.{re.escape(module)} -> {re.escape(told)} \(l\.\d+\)", output) is not None


def test_a_room_without_a_layer_is_caught(house: House) -> None:
    house.plant("attic", "tillstone.config")
    status, output = house.lint("--contract", "layers")

    assert status != 0
    assert "tillstone.attic" in output or "- attic" in output, output


def test_only_a_room_that_is_not_built_yet_may_be_missing() -> None:
    layers = [(contract["containers"][0], layer) for contract in CONTRACTS[:2] for layer in contract["layers"]]
    optional = [f"{house}.{room}" for house, layer in layers for room in re.findall(r"\((\w+)\)", layer)]

    assert not [room for room in optional if (ROOT / "src" / room.replace(".", "/")).exists()]


@pytest.mark.parametrize("room", ["domain", "wire", "dialects.imonggo"])
@pytest.mark.parametrize("client", ["http.client", "urllib.request"])
def test_an_http_client_of_the_standard_library_is_caught_by_ruff(house: House, room: str, client: str) -> None:
    house.plant(f"{room}.planted", client)
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "check", "--no-cache", "--select", "TID251", "src"]
    done = subprocess.run(command, cwd=house.folder, capture_output=True, text=True, check=False)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"`{client}` is banned" in done.stdout
    assert "Found 1 error." in done.stdout
