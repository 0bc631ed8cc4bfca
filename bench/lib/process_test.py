"""Tests of process.py against this machine's /proc and against made-up texts."""

import os
import signal
import tempfile
import time
import unittest
from pathlib import Path

from lib import process


def wait_until(condition, seconds_max=10.0):
    deadline = time.monotonic() + seconds_max
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("the condition did not come true")
        time.sleep(0.01)


class ParseTest(unittest.TestCase):
    def test_name_with_spaces_and_parentheses(self):
        text = "42 (a) b (c)) S 7 1 1 0 -1 0 0 0 0 0 100 20 3 4 20 0 1 0 5 0 0"
        self.assertEqual(process.parse_stat(text), process.Stat(parent=7, cpu_seconds=127 / process.TICKS))

    def test_busy_time_leaves_out_idle_disk_and_guest(self):
        text = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 3 1000 2000 4 5 6 7 8\ncpu1 0 0 0 0 0 0 0 0 0 0\n"
        self.assertEqual(process.parse_core_busy(text, 0), 21 / process.TICKS)
        with self.assertRaises(ValueError):
            process.parse_core_busy(text, 2)


class TreeTest(unittest.TestCase):
    def test_descendants_only_and_dead_roots_left_out(self):
        known = {pid: process.Stat(parent, 1.0) for pid, parent in ((1, 0), (2, 1), (3, 2), (4, 1), (5, 3))}
        self.assertEqual(sorted(process.tree([2, 99], known)), [2, 3, 5])


class ProcessTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.log = Path(directory.name, "log")

    def start(self, script):
        started = process.Process(["sh", "-c", script], core=0, log=self.log)
        self.addCleanup(started.stop)
        return started

    def test_counts_children_living_and_ended(self):
        burn = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
        started = self.start(f"(sh -c '{burn}'); echo ended; {burn} & wait; echo done; read line < /dev/zero")
        wait_until(lambda: b"ended" in self.log.read_bytes())
        self.assertGreater(process.cpu_seconds([started.pid]), 0.02)
        self.assertGreater(process.memory([started.pid]).resident, 0)

    def test_runs_on_its_core(self):
        started = self.start("echo up; sleep 60")
        wait_until(lambda: b"up" in self.log.read_bytes())
        self.assertEqual(os.sched_getaffinity(started.pid), {0})

    def test_stops_a_paused_process_and_twice(self):
        started = self.start("echo up; sleep 60")
        wait_until(lambda: b"up" in self.log.read_bytes())
        process.signal_tree([started.pid], signal.SIGSTOP)
        started.stop()
        started.stop()
        self.assertNotIn(started.pid, process.stats())

    def test_tells_why_it_ended(self):
        started = self.start("echo no such thing; exit 3")
        wait_until(lambda: process.stats().get(started.pid) is None or self._ended(started))
        with self.assertRaisesRegex(RuntimeError, "(?s)ended with 3.*no such thing"):
            started.check_alive()

    @staticmethod
    def _ended(started):
        try:
            started.check_alive()
        except RuntimeError:
            return True
        return False


if __name__ == "__main__":
    unittest.main()
