"""What the benchmarks share: processes, PostgreSQL, subjects, load, report. Python 3.11, standard library
only."""
