"""Runs subjects side by side: all started, one measured at a time, the others paused; rounds are
interleaved."""

import argparse
import os
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from . import load as driver
from . import process, report, shop
from .portico import Portico
from .subjects import Seed, SeedTuned, Subject, Tuned

SUBJECTS: dict[str, type[Subject]] = {kind.name: kind for kind in (Portico, Seed, SeedTuned, Tuned)}
SUBJECT_CORE = 0
LOAD_CORE = 1


def arguments(description: str, *, subjects: list[str]) -> argparse.ArgumentParser:
    """The options all benchmarks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--subjects", default=",".join(subjects), help=f"of {','.join(SUBJECTS)}; default %(default)s"
    )
    parser.add_argument(
        "--directory", help="where the data goes; a real disk (default: the system's temporary one)"
    )
    parser.add_argument("--portico", type=Path, help="the portico binary (default: build/release/portico)")
    parser.add_argument("--json", metavar="FILE", help="also write the figures of every round")
    return parser


def count(text: str) -> int:
    """An option's value: an integer of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def load_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=count, default=5)
    parser.add_argument("--seconds", type=count, default=8, help="measured, a round and subject")
    parser.add_argument(
        "--warm", type=count, default=2, help="seconds of the same load before each measured run"
    )
    parser.add_argument("--connections", type=count, default=64)


def chosen(options: argparse.Namespace) -> list[type[Subject]]:
    """The classes named on the command line."""
    names = options.subjects.split(",")
    unknown = [name for name in names if name not in SUBJECTS]
    if unknown:
        raise SystemExit(f"unknown subject {unknown[0]!r}; known: {', '.join(SUBJECTS)}")
    if options.portico is not None:
        Portico.binary = options.portico.resolve()
    return [SUBJECTS[name] for name in names]


@contextmanager
def workspace(directory: str | None):
    """A temporary directory that goes away; a signal that ends the program still cleans up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, frame: sys.exit(128 + received))
    os.sched_setaffinity(0, {LOAD_CORE})
    path = Path(tempfile.mkdtemp(prefix="portico-bench-", dir=directory))
    path.chmod(0o755)  # PostgreSQL runs as another user below it
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def running(kinds: list[type[Subject]], directory: Path):
    """Starts the subjects one after the other, pauses each when it is filled, stops all at the end."""
    started: list[tuple[Subject, shop.Catalogue]] = []
    subject = None
    try:
        for kind in kinds:
            print(f"starting {kind.name}", file=sys.stderr)
            subject = kind(directory / kind.name, core=SUBJECT_CORE)
            subject.start()
            subject.facts = subject.describe()
            started.append((subject, shop.fill(subject)))
            process.settle(subject.pids())
            process.signal_tree(subject.pids(), signal.SIGSTOP)
        yield started
    finally:
        if subject is not None and all(subject is not other for other, _ in started):
            subject.stop()
        for subject, _ in started:
            subject.stop()


def facts_of(
    started: list[tuple[Subject, shop.Catalogue]], options: argparse.Namespace, directory: Path, what: str
) -> dict[str, str]:
    """Everything below the table."""
    facts = report.surroundings(directory)
    facts.update({subject.name: subject.facts for subject, _ in started})
    facts["layout"] = (
        f"subject with its database on core {SUBJECT_CORE}, load on core {LOAD_CORE}, "
        f"{options.connections} keep-alive connections, closed loop, {what}; {options.rounds} rounds of "
        f"{options.seconds} s, each after {options.warm} s of the same load; subjects interleaved, "
        "paused while another is measured; one unrecorded round first"
    )
    facts["repeat"] = report.command_line()
    return facts


Measure = Callable[[Subject, shop.Catalogue, Path], "Measurement"]


def compare(options: argparse.Namespace, measure_one: Measure, *, what: str, per: int) -> int:
    """The whole of a benchmark: starts the subjects, measures in interleaved rounds, prints. The exit status:
    1 when any request failed."""
    kinds = chosen(options)
    measured: dict[str, list[Measurement]] = {kind.name: [] for kind in kinds}
    with workspace(options.directory) as directory, running(kinds, directory) as started:
        facts = facts_of(started, options, directory, what)
        for number in range(options.rounds + 1):
            for subject, catalogue in started:
                measurement = measure_one(subject, catalogue, directory)
                if number > 0:  # the first round warms compilers and caches up
                    measured[subject.name].append(measurement)
    print(report.table(*rows(measured, per=per)))
    print()
    report.print_facts(facts)
    report.write_json(options.json, as_json(measured, facts))
    return 1 if any(one.result.errors for runs in measured.values() for one in runs) else 0


@dataclass(frozen=True)
class Measurement:
    """One round of one subject."""

    result: driver.Result
    cpu_seconds: float
    memory: process.Memory
    # Share of the subject's core that others took during the run: 0.02 and less is a quiet machine.
    other_load: float

    @property
    def cpu_per_thousand(self) -> float:
        return self.cpu_seconds / max(self.result.served, 1) * 1000


def measure(
    subject: Subject,
    load: driver.Load,
    *,
    warm: int,
    seconds: int,
    verify: Callable[[Callable[[], int]], None] | None = None,
) -> Measurement:
    """One run. The CPU time that counts reaches until the subject is quiet again, so that work put off is not
    free. `verify` gets a function that does the run and returns how many requests were served; it calls it
    once."""
    process.signal_tree(subject.pids(), signal.SIGCONT)
    driver.run(load, warm)
    process.settle(subject.pids())
    outcome = []

    def measured() -> int:
        before, busy_before = process.cpu_seconds(subject.pids()), process.core_busy(subject.core)
        result = driver.run(load, seconds)
        others = (
            process.core_busy(subject.core) - busy_before - (process.cpu_seconds(subject.pids()) - before)
        )
        memory = process.memory(subject.pids())
        process.settle(subject.pids())
        outcome.append(
            Measurement(
                result, process.cpu_seconds(subject.pids()) - before, memory, max(0.0, others) / seconds
            )
        )
        return result.served

    if verify is None:
        measured()
    else:
        verify(measured)
    process.signal_tree(subject.pids(), signal.SIGSTOP)
    [measurement] = outcome
    print(
        f"{subject.name}: {measurement.result.per_second:,.0f}/s, "
        f"{measurement.cpu_per_thousand:.3f} CPU-s/1000, others {measurement.other_load:.0%}",
        file=sys.stderr,
    )
    return measurement


def rows(measured: dict[str, list[Measurement]], *, per: int) -> tuple[list[str], list[list[str]]]:
    """The table: medians over the rounds, and ratios to the first subject. CPU seconds are given for `per`
    requests."""
    header = [
        "subject",
        "requests/s",
        f"CPU-s / {per:,}",
        "p50 ms",
        "p99 ms",
        "errors",
        "RSS MB",
        "PSS MB",
        "others",
        "rate ratio",
        "CPU ratio",
    ]

    def median(name: str, value: Callable[[Measurement], float]) -> float:
        return statistics.median(value(one) for one in measured[name])

    def rate(one: Measurement) -> float:
        return one.result.per_second

    def cpu(one: Measurement) -> float:
        return one.cpu_per_thousand * per / 1000

    first = next(iter(measured))
    lines = []
    for name, runs in measured.items():
        lines.append(
            [
                name,
                report.spread([rate(one) for one in runs]),
                report.spread([cpu(one) for one in runs]),
                report.number(median(name, lambda one: one.result.p50_ms)),
                report.number(median(name, lambda one: one.result.p99_ms)),
                str(sum(one.result.errors for one in runs)),
                report.number(median(name, lambda one: one.memory.resident / 1e6)),
                report.number(median(name, lambda one: one.memory.proportional / 1e6)),
                f"{median(name, lambda one: one.other_load):.0%}",
                report.number(median(name, rate) / max(median(first, rate), 1e-9)),
                report.number(median(name, cpu) / max(median(first, cpu), 1e-9)),
            ]
        )
    return header, lines


def as_json(measured: dict[str, list[Measurement]], facts: dict[str, str]) -> dict:
    """Every figure of every round."""
    return {
        "facts": facts,
        "rounds": {
            name: [
                {**asdict(one), "cpu_per_thousand": one.cpu_per_thousand, "per_second": one.result.per_second}
                for one in runs
            ]
            for name, runs in measured.items()
        },
    }
