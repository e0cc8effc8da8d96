"""What is imported when: the first paint and `--version` stay light, the engine knows no screen and no store."""

import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest

import db
import engine
from engine import __version__
from engine.shipped import shipped


def after(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after running `code`."""
    told = f"{code}\nimport sys\nprint('modules:', *{{name.split('.')[0] for name in sys.modules}})"
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return set(ended.stdout.split("modules:")[1].split())


def modules_of(package: ModuleType) -> list[str]:
    """Every module of a package, in its sub-packages too."""
    return [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]


READERS = {
    "pypdfium2", "selectolax", "pyromark", "python_calamine", "striprtf", "olefile", "exifread", "chardet", "PIL",
}  # fmt: skip
HEAVY = {"textual", "rich", "tinydb", "ollama", "httpx", "networkx", "tantivy", "numpy", *READERS}


def test_settings_events_and_personas_are_light():
    assert not HEAVY & after("import engine.settings.settings, engine.events, engine.personas.persona")


def test_loading_settings_and_personas_stays_light():
    code = (
        "import json\n"
        "from pathlib import Path\n"
        "from engine.personas.persona import persona_from_json\n"
        "from engine.settings.settings import load_settings\n"
        "from engine.shipped import shipped\n"
        "load_settings(Path('nowhere'))\n"
        "persona_from_json(json.loads(shipped('personas/active/control.json').read_text()), where='x')"
    )
    loaded = after(code)
    assert not HEAVY & loaded
    assert "jsonschema" in loaded  # so `after` does see what is loaded


def test_settings_as_they_are_shipped_need_no_reader_of_yaml():
    code = "from engine.settings.settings import load_settings\nfrom engine.shipped import shipped\n"
    assert not {"yaml", "jsonschema"} & after(f"{code}load_settings(shipped('configs'))")


def test_only_a_signature_needs_the_package_that_signs():
    assert "cryptography" not in after("import db.personas.folder_roster, db.personas.exchange")


def test_the_whole_engine_knows_no_screen_and_no_store():
    names = modules_of(engine)
    assert {"engine.events", "engine.walk.traversal", "engine.bench.recall"} <= set(names)
    loaded = after("import " + ", ".join(names))
    assert not {"textual", "rich", "tinydb", "db", "tui"} & loaded
    assert "engine" in loaded


def test_the_engine_does_not_load_the_model_client_before_it_is_needed():
    assert not {"ollama", "httpx", *READERS} & after("import engine.run.orchestrator, engine.index.library")


def test_the_store_knows_no_screen():
    names = modules_of(db)
    assert {"db.log", "db.runs.history", "db.personas.ledger"} <= set(names)
    loaded = after("import " + ", ".join(names))
    assert not {"textual", "rich", "tui"} & loaded


def test_the_version_is_answered_before_anything_is_imported():
    loaded = after("from tui.command_line import main\nassert main(['--version']) == 0")
    assert not (HEAVY | {"argparse", "yaml", "jsonschema", "msgspec", "asyncio"}) & loaded


@pytest.mark.parametrize(
    "command", [["-m", "tui"], ["-c", "from tui.command_line import main; raise SystemExit(main())"]]
)
def test_the_version_is_the_engines(command):
    ended = subprocess.run([sys.executable, *command, "--version"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"persona-moe {__version__}\n", "")


@pytest.mark.parametrize("name", ["configs", "personas", "db/sample", "personas/schema.json"])
def test_what_travels_with_the_code_is_there(name):
    assert shipped(name).exists()
