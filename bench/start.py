#!/usr/bin/env python3
"""Time from exec to ready, and resident memory of the whole shop just after. A peer's database runs before
and its start is not counted; its memory stands in a column of its own."""

import statistics
import sys
import time

from lib import process, report, runner


def measure(subject) -> dict[str, float]:
    begin = time.monotonic()
    subject.launch()
    seconds = time.monotonic() - begin
    program = process.memory(subject.program_pids())
    database = (
        process.memory([subject.postgres.pid]) if subject.postgres is not None else process.Memory(0, 0)
    )
    subject.halt()
    return {
        "ready_ms": seconds * 1000,
        "rss_mb": program.resident / 1e6,
        "pss_mb": program.proportional / 1e6,
        "database_pss_mb": database.proportional / 1e6,
    }


def main() -> int:
    parser = runner.arguments(__doc__, subjects=["portico"])
    parser.add_argument("--rounds", type=runner.count, default=10)
    options = parser.parse_args()
    kinds = runner.chosen(options)
    figures: dict[str, list[dict[str, float]]] = {kind.name: [] for kind in kinds}
    with runner.workspace(options.directory) as directory:
        facts = report.surroundings(directory)
        subjects = [kind(directory / kind.name, core=runner.SUBJECT_CORE) for kind in kinds]
        try:
            for subject in subjects:
                subject.prepare()
            for _ in range(options.rounds):
                for subject in subjects:
                    figures[subject.name].append(measure(subject))
        finally:
            for subject in subjects:
                subject.stop()
    rows = []
    for name, runs in figures.items():
        ready = report.spread([run["ready_ms"] for run in runs])
        memory = [
            report.number(statistics.median(run[key] for run in runs))
            for key in ("rss_mb", "pss_mb", "database_pss_mb")
        ]
        rows.append([name, ready, *memory])
    facts["layout"] = (
        f"subject on core {runner.SUBJECT_CORE}; {options.rounds} starts each, interleaved; files warm, "
        "Portico's data kept from start to start"
    )
    facts["repeat"] = report.command_line()
    print(report.table(["subject", "exec to ready ms", "RSS MB", "PSS MB", "database PSS MB"], rows))
    print()
    report.print_facts(facts)
    report.write_json(options.json, {"facts": facts, "rounds": figures})
    return 0


if __name__ == "__main__":
    sys.exit(main())
