"""Tests of report.py."""

import unittest

from lib import report


class ReportTest(unittest.TestCase):
    def test_numbers(self):
        cases = {
            0: "0",
            0.01234: "0.0123",
            0.5: "0.500",
            4.567: "4.57",
            78.94: "78.9",
            99.96: "100.0",
            123.4: "123",
            1234.5: "1,234",
            1e6: "1,000,000",
        }
        for value, text in cases.items():
            self.assertEqual(report.number(value), text)

    def test_spread(self):
        self.assertEqual(report.spread([3, 1, 200]), "3.00 (1.00–200)")

    def test_table(self):
        self.assertEqual(
            report.table(["who", "n"], [["a", "100"], ["bcde", "1"]]),
            "| who  |   n |\n|------|----:|\n| a    | 100 |\n| bcde |   1 |",
        )


if __name__ == "__main__":
    unittest.main()
