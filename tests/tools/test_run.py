"""tests/run_c.py, run.py, tools/junit.py: every case is seen by name, nothing bad is lost."""

import subprocess

import junit
import pytest
import run
import run_c
import run_suites

CMAKE = """
cmake_minimum_required(VERSION 3.25)
project(sample LANGUAGES C)
enable_testing()
find_package(PkgConfig REQUIRED)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
foreach(name good bad crash)
    add_executable(${name} ${name}.c)
    target_link_libraries(${name} PRIVATE PkgConfig::CMOCKA)
    add_test(NAME ${name} COMMAND ${name})
endforeach()
add_test(NAME plain COMMAND ${CMAKE_COMMAND} -E true)
add_test(NAME plain_bad COMMAND ${CMAKE_COMMAND} -E false)
add_test(NAME slow COMMAND ${CMAKE_COMMAND} -E sleep 60)
set_tests_properties(slow PROPERTIES TIMEOUT 1)
add_test(NAME environment COMMAND sh -c "test \\"$COLOUR\\" = blue")
set_tests_properties(environment PROPERTIES ENVIRONMENT COLOUR=blue RUN_SERIAL ON)
add_test(NAME unbuilt COMMAND /nonexistent/program)
"""

HEAD = """
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
static void pitfall_07_first(void **s) { assert_int_equal(1, 1); }
"""
MAIN = """
int main(void)
{
    const struct CMUnitTest tests[] = { %s };
    const struct CMUnitTest more[] = { cmocka_unit_test(pitfall_07_first) };
    int a = cmocka_run_group_tests_name("one", tests, NULL, NULL);
    return a + cmocka_run_group_tests_name("two", more, NULL, NULL);
}
"""
GOOD = HEAD + "static void second(void **s) { skip(); }\n" + MAIN % (
    "cmocka_unit_test(pitfall_07_first), cmocka_unit_test(second)")
BAD = HEAD + "static void second(void **s) { assert_int_equal(1, 2); }\n" + MAIN % (
    "cmocka_unit_test(pitfall_07_first), cmocka_unit_test(second)")
CRASH = HEAD + "static void second(void **s) { abort(); }\n" + MAIN % (
    "cmocka_unit_test(pitfall_07_first), cmocka_unit_test(second)")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """{(program, case): outcome} of a sample project run by run_c."""
    root = tmp_path_factory.mktemp("sample")
    (root / "CMakeLists.txt").write_text(CMAKE)
    for name, text in (("good", GOOD), ("bad", BAD), ("crash", CRASH)):
        (root / f"{name}.c").write_text(text)
    build = root / "build"
    subprocess.run(["cmake", "-S", root, "-B", build, "-G", "Ninja"], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", build], check=True, capture_output=True)
    suite = junit.Suite("c")
    run_c.run_all(build, root / "results", suite)
    return suite


def cases(suite, program):
    return {c.name: c.outcome for c in suite.cases if c.suite == program}


def test_cases_by_name(outcome):
    assert {c.name for c in outcome.cases if c.suite == "good"} == {"pitfall_07_first", "second"}
    assert sum(1 for c in outcome.cases if c.suite == "good") == 3  # two groups
    assert cases(outcome, "good")["second"] == "skipped"


def test_failing_case_is_failed(outcome):
    assert cases(outcome, "bad") == {"pitfall_07_first": "passed", "second": "failed"}


def test_crash_gives_a_failed_case(outcome):
    found = cases(outcome, "crash")
    assert "failed" in found.values(), found


def test_program_without_xml_is_one_case(outcome):
    assert cases(outcome, "plain") == {"plain": "passed"}
    assert cases(outcome, "plain_bad") == {"plain_bad (the program)": "failed"}
    assert cases(outcome, "environment") == {"environment": "passed"}


def test_hang_is_ended_and_failed(outcome):
    case = next(c for c in outcome.cases if c.suite == "slow")
    assert case.outcome == "failed" and "did not end" in case.text


def test_program_that_is_not_there_is_failed(outcome):
    assert "failed" in cases(outcome, "unbuilt").values()


def test_unknown_property_is_an_error():
    with pytest.raises(ValueError, match="WILL_FAIL"):
        run_c.properties({"name": "x", "properties": [{"name": "WILL_FAIL", "value": True}]})


def test_a_case_of_another_back_end_is_no_skip_but_one_that_ran_nowhere_is():
    suite = junit.Suite("c")
    for program, names in (("coop", ["both", "fiber_only", "nowhere"]), ("fiber", ["both", "fiber_only", "nowhere"])):
        for name in names:
            case = junit.Case(name, f"kernel_conformance_{program}")
            if name == "nowhere" or (name == "fiber_only" and program == "coop"):
                case.skip("not on this back end")
            suite.cases.append(case)
    left = [(c.suite[-5:].strip("_"), c.name, c.outcome) for c in run_c.drop_other_backends(suite.cases)]
    assert left == [
        ("coop", "both", "passed"), ("coop", "nowhere", "skipped"), ("fiber", "both", "passed"),
        ("fiber", "fiber_only", "passed"), ("fiber", "nowhere", "skipped"),
    ]


def test_empty_suite_fails():
    suite = junit.Suite("empty")
    run.judge(suite, strict=False)
    assert suite.count("failed") == 1


def test_skip_fails_only_where_nothing_may_be_skipped():
    for strict, outcome in ((False, "skipped"), (True, "failed")):
        suite = junit.Suite("s")
        with suite.case("a") as case:
            case.skip("no PyPI")
        run.judge(suite, strict)
        assert suite.cases[0].outcome == outcome and "no PyPI" in suite.cases[0].text


def test_broken_runner_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "RESULTS", tmp_path)

    def broken(_):
        raise OSError("no disk")

    result = run.run_suite(run_suites.Suite("s", "", broken), strict=False)
    assert result.count("failed") == 1 and "no disk" in result.cases[0].text
    assert junit.read(tmp_path / "s.xml")[0].outcome == "failed"


def test_a_failed_need_is_said_in_place_of_running(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "RESULTS", tmp_path)
    board = run.Board([])
    bad = junit.Suite("build")
    with bad.case("compile") as case:
        case.fail("no")
    board.finish(run_suites.Suite("build", "", None), bad, 0)
    suite = run_suites.Suite("c", "", lambda _: pytest.fail("must not run"), ("build",))
    assert board.broken_need(suite) == "build"
    result = run.run_suite(suite, False, board.broken_need(suite))
    assert [c.text for c in result.cases] == ["build failed, which this suite needs"]


def test_long_texts_are_cut_in_the_middle():
    text = run.excerpt("\n".join(str(i) for i in range(100)))
    assert "    0\n" in text and text.endswith("    99") and "... 60 lines ..." in text


def test_junit_round_trip_and_odd_characters(tmp_path):
    suite = junit.Suite("s")
    with suite.case("a<b>&\x01") as case:
        case.fail("bell \x07 and \x1b[31m")
    suite.write(tmp_path / "a.xml")
    (found,) = junit.read(tmp_path / "a.xml")
    assert found.name == "a<b>&?" and found.outcome == "failed"


def test_several_documents_in_one_file(tmp_path):
    path = tmp_path / "a.xml"
    one = '<?xml version="1.0"?>\n<testsuites><testsuite name="{0}"><testcase name="{0}" time="0.5"/></testsuite></testsuites>\n'
    path.write_text(one.format("a") + one.format("b"))
    assert [c.name for c in junit.read(path)] == ["a", "b"]
    path.write_text("<testsuites><testsu")
    with pytest.raises(ValueError):
        junit.read(path)


def required(*names, outcome="passed"):
    suite = junit.Suite("x")
    for name in names:
        with suite.case(name) as case:
            if outcome == "skipped":
                case.skip("no")
    return {c.name: c.outcome for c in run_suites.required_cases([suite]).cases}


def test_required_cases():
    everything = [f"{kind}_{number:02d}_x" for kind, number in run_suites.required_numbers()]
    assert {"pitfall_48_x", "hostile_58_x"} <= set(everything)
    assert set(required(*everything).values()) == {"passed"}
    found = required(*[n for n in everything if n != "pitfall_48_x"], "pitfall_480", "pitfall_148")
    assert found["pitfall_48.exists"] == "failed"
    assert sum(1 for o in found.values() if o == "failed") == 1
    assert set(required(*everything, outcome="skipped").values()) == {"skipped"}


def test_choose_brings_what_is_needed():
    assert [s.name for s in run_suites.choose(["c"])] == ["build.sanitize", "c"]
    with pytest.raises(SystemExit, match="no suite 'x'"):
        run_suites.choose(["x"])


def test_eight_configurations_at_least():
    rows = list(run_suites.configurations())
    assert len(rows) >= 8
    assert {r[1] for r in rows} >= {"gcc", "clang", "arm"}
    assert {r[2] for r in rows} == {"beacon", "peripheral", "full"}
    assert {r[3] for r in rows} >= {"0", "4"}
