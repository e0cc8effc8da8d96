"""The process that reads foreign files, and the programs that it starts, have no network."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from engine.documents.sandbox import ConfinedReader
from tests.support import ROOT

KERNEL = sys.platform == "linux" and platform.machine() in {"x86_64", "aarch64"}
NEEDS_SECCOMP = pytest.mark.skipif(not KERNEL, reason="only here the kernel can refuse sockets")

START = "import sys; sys.path.insert(0, sys.argv[1]); from engine.documents.network_block import refuse_network\n"
SOCKET = "import socket\ntry: socket.socket()\nexcept PermissionError: print('refused')\nelse: print('allowed')\n"
RAW = "import ctypes; print(ctypes.CDLL(None).socket(2, 1, 0), ctypes.CDLL(None).socket(1, 1, 0), flush=True)\n"
CHILD = f"import subprocess; subprocess.run([sys.executable, '-c', {SOCKET!r}])\n"


def run(code: str) -> str:
    command = [sys.executable, "-I", "-c", START + code, str(ROOT)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_without_it_a_socket_is_allowed():
    assert run(SOCKET) == "allowed\n"


def test_python_code_gets_no_socket_on_any_system():
    assert run(f"refuse_network()\n{SOCKET}") == "refused\n"


@NEEDS_SECCOMP
def test_the_kernel_refuses_libraries_and_programs_too():
    assert run(f"print(refuse_network(), flush=True)\n{RAW}{CHILD}") == "True\n-1 -1\nrefused\n"


@NEEDS_SECCOMP
def test_the_process_that_reads_files_is_under_the_filter(tmp_path):
    (tmp_path / "a.html").write_text("<p>words")
    with ConfinedReader() as reader:
        assert reader.read(tmp_path / "a.html")[0].text == "words"
        assert reader._process is not None
        status = Path(f"/proc/{reader._process.pid}/status").read_text()
    assert "Seccomp:\t2\n" in status
    assert "NoNewPrivs:\t1\n" in status


@NEEDS_SECCOMP
def test_it_is_told_whether_the_kernel_took_the_filter(tmp_path):
    with ConfinedReader() as reader:
        assert reader.is_offline()
        (tmp_path / "a.html").write_text("<p>words")
        assert reader.read(tmp_path / "a.html")[0].text == "words"
        assert reader.is_offline()
    prctl = {"x86_64": 157, "aarch64": 167}[platform.machine()]
    refuse_filters = (
        "from engine.documents import network_block\n"
        f"network_block._CALLS = {{m: (audit, ({prctl},)) for m, (audit, _) in network_block._CALLS.items()}}\n"
    )
    asked = "from engine.documents.sandbox import ConfinedReader\nwith ConfinedReader() as r: print(r.is_offline())\n"
    assert run(f"{refuse_filters}print(refuse_network(), flush=True)\n{asked}") == "True\nFalse\n"
