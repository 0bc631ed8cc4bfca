"""Tables, medians, and what a reader needs to judge and repeat a figure."""

import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def number(value: float) -> str:
    """Three significant digits or whole, thousands apart: 0.0123, 4.56, 78.9, 1,234."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = max(0, 2 - int(f"{abs(value):e}".split("e")[1]))
    return f"{value:.{digits}f}"


def spread(values: list[float]) -> str:
    """Median (min–max)."""
    return f"{number(statistics.median(values))} ({number(min(values))}–{number(max(values))})"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, its columns aligned for a terminal too; the first column is text, the others
    figures."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: list[str]) -> str:
        padded = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths))
        ]
        return "| " + " | ".join(padded) + " |"

    rule = (
        "|"
        + "|".join(
            "-" * (width + 2) if column == 0 else "-" * (width + 1) + ":"
            for column, width in enumerate(widths)
        )
        + "|"
    )
    return "\n".join([line(header), rule, *map(line, rows)])


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else "unknown"


def filesystem(directory: Path) -> str:
    """The type of the file system below a directory: figures of a memory file system say nothing about
    durability."""
    return _output("stat", "--file-system", "--format=%T", str(directory))


def surroundings(directory: Path) -> dict[str, str]:
    """Date, machine, versions, commit, load before the run."""
    kernel = f"{platform.system()} {platform.release().split('-')[0]}"
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _output("git", "describe", "--always", "--dirty"),
        "machine": f"{os.cpu_count()} cores {platform.machine()}, {kernel}",
        "node": _output("node", "--version"),
        "wrk": " ".join(_output("wrk", "--version").split()[:2]),
        "data on": filesystem(directory),
        "load average before": f"{os.getloadavg()[0]:.2f}",
    }


def command_line() -> str:
    """The command that repeats this run, from the project's root."""
    return shlex.join(["python3", str(Path(sys.argv[0]).resolve().relative_to(ROOT)), *sys.argv[1:]])


def print_facts(facts: dict[str, str]) -> None:
    for key, value in facts.items():
        print(f"{key}: {value}")


def write_json(path: str | None, value: object) -> None:
    if path is not None:
        Path(path).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
