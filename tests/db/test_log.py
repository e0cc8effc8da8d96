"""The workspace's log: JSON lines in private files of bounded size, whatever is written and by however many."""

import json
import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from db import log
from engine.errors import InputError, StoreError

OURS = logging.getLogger("persona_moe")


@pytest.fixture
def path(tmp_path):
    yield tmp_path / "log" / "persona-moe.jsonl"
    log.end()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def defect() -> ZeroDivisionError:
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as error:
        return error
    raise AssertionError


def test_nothing_is_made_before_there_is_something_to_write(path):
    log.begin(path, "WARNING")
    OURS.info("all is well")
    assert not path.parent.exists()
    assert (log.end(), list(log.entries(path))) == ("", [])


def test_an_entry_is_a_line_with_time_level_process_and_fields(path):
    log.begin(path, "INFO")
    OURS.warning("degraded: %s", "no model", extra={"fields": {"run_id": "r1"}})
    [entry] = lines(path)
    assert entry == entry | {"level": "WARNING", "message": "degraded: no model", "run_id": "r1", "pid": os.getpid()}
    assert str(entry["at"]).endswith("+00:00")


def test_the_files_are_for_their_owner_only(path, monkeypatch):
    monkeypatch.setattr(log, "FILE_BYTES", 300)
    log.begin(path, "INFO")
    before = os.umask(0)
    try:
        for _ in range(20):
            OURS.info("x" * 50)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_the_levels_are_those_of_the_settings_or_all(path):
    log.begin(path, "ERROR")
    OURS.warning("not this")
    logging.getLogger("some.library").error("but this")
    log.end()
    log.keep_everything()
    log.begin(path, "ERROR")
    OURS.debug("and this")
    assert [entry["message"] for entry in lines(path)] == ["but this", "and this"]


@pytest.mark.parametrize("hostile", ["\x1b[2J\x1b]0;gone\x07", "a\nb\r\x7f\x9b1m", "\u202e\u2066", "%s %d"])
def test_hostile_text_is_one_line_of_plain_ascii_and_nothing_of_it_is_lost(path, hostile):
    log.begin(path, "INFO")
    OURS.info(hostile, extra={"fields": {"run_id": hostile}})
    data = path.read_bytes()
    assert data.count(b"\n") == 1
    assert all(32 <= byte < 127 or byte == 10 for byte in data)
    assert (lines(path)[0]["message"], lines(path)[0]["run_id"]) == (hostile, hostile)


def test_what_cannot_be_encoded_is_kept_as_well():
    line = log._JsonLine().format(logging.makeLogRecord({"msg": "a\udcff"}))
    assert json.loads(line.encode("ascii"))["message"] == "a\udcff"


def test_arguments_that_do_not_fit_are_left_out():
    line = log._JsonLine().format(logging.makeLogRecord({"msg": "%d", "args": ("x",)}))
    assert json.loads(line)["message"] == "%d"


def test_a_defect_is_kept_with_its_traceback_and_once(path):
    log.begin(path, "ERROR")
    error = defect()
    assert log.record(error, run_id="r1") == log.record(error) == path
    [entry] = lines(path)
    assert entry["error"] == "ZeroDivisionError: division by zero"
    assert "test_log.py" in str(entry["traceback"])
    assert entry["run_id"] == "r1"


def test_what_the_user_was_told_needs_no_traceback_and_bad_usage_is_no_error(path):
    log.begin(path, "INFO")
    log.record(StoreError("the disk is full", hint="make room"))
    log.record(InputError("no such thing"))
    assert [(entry["level"], entry["message"]) for entry in lines(path)] == [
        ("ERROR", "the disk is full (make room)"),
        ("INFO", "no such thing"),
    ]
    assert not any("traceback" in entry for entry in lines(path))


def test_without_a_log_nothing_is_written_anywhere():
    code = "from db import log\ntry:\n 1/0\nexcept Exception as error:\n print(log.record(error))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("None\n", "")


def test_the_size_is_bounded_and_the_newest_entries_stay(path, monkeypatch):
    monkeypatch.setattr(log, "FILE_BYTES", 2000)
    log.begin(path, "INFO")
    for number in range(200):
        OURS.info("entry %d", number)
    files = log.files(path)
    assert len(files) == 1 + log.OLDER_FILES
    assert all(file.stat().st_size <= 2000 for file in files)
    told = [entry["message"] for entry in log.entries(path)]
    assert told == [f"entry {number}" for number in range(199, 199 - len(told), -1)]
    assert len(told) > 30


def test_a_huge_message_is_cut_and_of_a_huge_traceback_the_end_stays(path):
    log.begin(path, "INFO")
    OURS.info("😀" * 1_000_000)
    log.record(ValueError("z" * 1_000_000 + "the end"))
    assert path.stat().st_size < 6 * log.TEXT_BYTES
    assert str(lines(path)[1]["traceback"]).endswith("the end\n")


def test_two_processes_lose_and_mix_nothing(path):
    code = (
        "import sys, logging\nfrom pathlib import Path\nfrom db import log\n"
        "log.FILE_BYTES = 20_000\nlog.OLDER_FILES = 50\n"
        "log.begin(Path(sys.argv[1]), 'INFO')\n"
        "for n in range(400): log.logger.info('%s %d %s', sys.argv[2], n, 'x' * 200)\n"
        "print(log.end())"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path), name], stdout=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    assert [process.communicate(timeout=60)[0] for process in running] == ["\n", "\n"]
    files = [file for file in path.parent.iterdir() if not file.name.startswith(".")]
    assert len(files) > 8
    told = [" ".join(str(entry["message"]).split()[:2]) for file in files for entry in lines(file)]
    assert sorted(told) == sorted(f"{name} {number}" for name in "ab" for number in range(400))


def test_a_log_that_is_removed_or_rotated_meanwhile_is_written_on(path):
    log.begin(path, "INFO")
    OURS.info("one")
    path.unlink()
    OURS.info("two")
    path.rename(path.with_name("elsewhere"))
    OURS.info("three")
    assert ([e["message"] for e in lines(path)], log.end()) == (["three"], "")


def in_the_way(path: Path, how: str) -> None:
    if how == "file":
        path.parent.write_text("")
    elif how == "folder":
        path.mkdir(parents=True)
    else:
        path.parent.mkdir()
        path.parent.chmod(0o500)


@pytest.mark.parametrize("how", ["file", "folder", "rights"])
def test_a_place_that_cannot_be_written_is_told_at_the_end_and_raises_nothing(path, how, capsys):
    in_the_way(path, how)
    if how == "rights" and os.access(path.parent, os.W_OK):
        pytest.skip("root may write everywhere")
    log.begin(path, "INFO")
    OURS.error("something")
    assert log.record(defect()) is None
    problem = log.end()
    assert problem == log.why_not_writable(path)
    assert problem.startswith(f"the log {path} cannot be written: ")
    assert "\n" not in problem
    assert capsys.readouterr() == ("", "")


def test_a_full_disk_is_told_and_raises_nothing():
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    log.begin(full, "INFO")
    OURS.error("something")
    assert "No space left" in log.end()


def test_torn_and_strange_lines_are_left_out_and_the_last_errors_are_few(path):
    path.parent.mkdir()
    good = [json.dumps({"at": f"t{n}", "level": "ERROR", "message": str(n)}) for n in range(9)]
    path.write_bytes("\n".join([*good, "[1]", '{"level": "ERROR"}', '{"at": "t']).encode() + b"\xff\xfe")
    assert [error["at"] for error in log.last_errors(path)] == ["t8", "t7", "t6"]
