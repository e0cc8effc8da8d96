"""Refuse the network to a process and to the programs that it starts, so that no prepared file can fetch or send.

On Linux a seccomp filter lets the kernel refuse sockets; it needs no rights and no library, and cannot be taken back.
On other systems, and on other processors than x86-64 and ARM64, an audit hook refuses them to Python code alone.
"""

import ctypes
import errno
import platform
import struct
import sys

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2  # linux/prctl.h, linux/seccomp.h
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # of classic BPF, linux/bpf_common.h
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_X32 = 0x40000000  # the second call table of x86-64 starts here
_CALLS = {"x86_64": (0xC000003E, (41, 425)), "aarch64": (0xC00000B7, (198, 425))}
"""By processor the audit architecture and the numbers of the calls `socket` and `io_uring_setup`."""


def is_supported() -> bool:
    """Tell whether this is a system whose kernel can refuse sockets."""
    return sys.platform == "linux" and platform.machine() in _CALLS


def refuse_network() -> bool:
    """Refuse sockets to this process and its children from now on; tell whether the kernel does it."""
    sys.addaudithook(_refuse_sockets)
    if not is_supported():
        return False
    program = _program(*_CALLS[platform.machine()])
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HP", len(program) // 8, ctypes.addressof(buffer))  # struct sock_fprog
    call = ctypes.CDLL(None).prctl
    return not call(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) and not call(_PR_SET_SECCOMP, _FILTER, header, 0, 0)


def _program(architecture: int, calls: tuple[int, ...]) -> bytes:
    """Return the filter: refuse these calls and those of other call tables, allow the rest."""
    last = len(calls) + 5  # number of the instruction that refuses; jumps count from the next one
    instructions = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_IF_EQUAL, 0, last - 2, architecture),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_IF_AT_LEAST, last - 4, 0, _X32),
        *((_JUMP_IF_EQUAL, last - number - 1, 0, call) for number, call in enumerate(calls, start=4)),
    ]
    instructions += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)


def _refuse_sockets(event: str, _arguments: tuple[object, ...]) -> None:
    if event in {"socket.__new__", "socket.connect", "socket.getaddrinfo"}:
        raise PermissionError(errno.EPERM, "the network is refused here")
