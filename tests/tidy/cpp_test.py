"""Tests of what the checks know of C++."""

import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

import cpp  # noqa: E402


class CppTest(unittest.TestCase):
    def test_blank_takes_out_comments_and_literals_and_keeps_lines(self):
        source = ("int a = 1'000; // new\n/* new\n new */ auto s = \"new \\\" new\"; char c = '\"';"
                  "auto r = R\"x(new\n)\")x\";\n")
        code = cpp.blank(source)
        self.assertNotIn("new", code)
        self.assertEqual(code.count("\n"), source.count("\n"))
        self.assertIn("1'000;", code)
        self.assertTrue(code.rstrip().endswith(";"))

    def test_includes_are_read_unless_commented_out(self):
        source = ('#include "portico/base/time.h"\n// #include "a.h"\n#  include <regex>\n'
                  '/*\n#include "b.h"\n*/\n')
        found = list(cpp.includes(source, cpp.blank(source)))
        self.assertEqual(found, [(1, True, "portico/base/time.h"), (3, False, "regex")])

    def names(self, source):
        return [(name, last - first + 1) for name, first, last in cpp.functions(cpp.blank(source))]

    def test_functions_of_every_shape_are_found(self):
        samples = {
            "int f(int a) {\n  return a;\n}\n": [("f", 3)],
            "namespace x {\nclass A : public B<int(int)> {\n public:\n  A(int a) : a_{a}, b_(2) {\n }\n};}":
                [("A", 2)],
            "struct A {\n  A() : a_{1}, b_{2} {}\n  int a() const noexcept {\n    return 1;\n  }\n};":
                [("A", 1), ("a", 3)],
            "template <class T, int N = f<int>(1)>\nTask<T> A<T>::run(T t) {\n}": [("A<T>::run", 2)],
            "TEST(Suite, Name) {\n  if (a) {\n  }\n}\n": [("TEST(Suite, Name)", 4)],
            "PORTICO_DESCRIBE(A, a)\nstruct B {\n  int x = 1;\n};\nvoid g() {}": [("g", 1)],
            "constexpr Row rows[] = {{f(1), 2}, {g(2), 3}};\nvoid g() {}": [("g", 1)],
            "auto x = call([](int a) { return a; });\nvoid g() {}": [("g", 1)],
            'extern "C" int entry(const char* data) {\n  return 0;\n}': [("entry", 3)],
            "#define X(a) \\\n  void a() { \\\n  }\nbool operator==(A a, A b) {\n}": [("operator==", 2)],
            "auto f() -> std::vector<int> {\n}\nvoid g(int a = h({1})) {\n}": [("f", 2), ("g", 2)],
        }
        for source, expected in samples.items():
            with self.subTest(source):
                self.assertEqual(self.names(source), expected)


if __name__ == "__main__":
    unittest.main()
