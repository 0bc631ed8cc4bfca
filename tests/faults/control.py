"""Orders to the library that the processes under test have loaded (preload.cpp)."""

import enum
import mmap
import struct
from pathlib import Path

_LAYOUT = struct.Struct("<iiiiqqiiq")


class Family(enum.IntEnum):
    """The calls that are counted."""

    SYNC = 1
    WRITE = 2
    SEND = 3


class Action(enum.IntEnum):
    """What happens at the N-th of them."""

    KILL_BEFORE = 1
    KILL_AFTER = 2
    TEAR = 3  # half of it is done, then the process ends
    IO_ERROR = 4
    NO_SPACE = 5


class Control:
    """The file that both sides map."""

    def __init__(self, path: Path):
        self.path = path
        path.write_bytes(bytes(_LAYOUT.size))
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _LAYOUT.size)
        self._clock = (0, 0)

    def set_up(self, pid: int, family: Family, action: Action, number: int) -> None:
        """From here on the calls of a process count; the `number`-th has the action."""
        self._put(0, family, action, 0, number)
        self._put(pid, family, action, 0, number)

    def clear(self) -> None:
        """Nothing happens any more; the clocks stay as they are."""
        self._put(0, 0, 0, 0, 0)

    def _put(self, pid: int, family: int, action: int, fired: int, left: int) -> None:
        whose, shift = self._clock
        _LAYOUT.pack_into(self._memory, 0, pid, family, action, fired, left, 0, whose, 0, shift)

    @property
    def fired(self) -> bool:
        return _LAYOUT.unpack_from(self._memory)[3] == 1

    @property
    def seen(self) -> int:
        return _LAYOUT.unpack_from(self._memory)[5]

    def shift_clock(self, pid: int, seconds: int) -> None:
        """Moves the wall clock of a process, or of all with -1; the steady clock goes on as it was."""
        self._clock = (pid, seconds * 1000)
        struct.pack_into("<iiq", self._memory, 32, pid, 0, seconds * 1000)
