"""JUnit XML: written by the checks of tools/, read and summed up by tests/run.py."""

import contextlib
import re
import sys
import time
import xml.etree.ElementTree as ET

# Characters that XML 1.0 has no way to hold.
BAD = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text):
    return BAD.sub("?", text)


class Case:
    """One test case; passed unless told otherwise."""

    def __init__(self, name, suite=""):
        self.name = name
        self.suite = suite
        self.seconds = 0.0
        self.outcome = "passed"  # passed, failed, skipped
        self.text = ""

    def fail(self, text):
        self.outcome = "failed"
        self.text = (self.text + "\n" + text).strip()

    def skip(self, reason):
        if self.outcome == "passed":
            self.outcome = "skipped"
            self.text = reason


class Suite:
    """A list of cases under one name."""

    def __init__(self, name):
        self.name = name
        self.cases = []

    @contextlib.contextmanager
    def case(self, name):
        """A case that lasts as long as the with-block; an exception in it is a failure."""
        case = Case(name, self.name)
        self.cases.append(case)
        start = time.monotonic()
        try:
            yield case
        except Exception as error:  # a check that breaks has not passed
            case.fail(f"{type(error).__name__}: {error}")
        case.seconds = time.monotonic() - start

    def count(self, outcome):
        return sum(1 for case in self.cases if case.outcome == outcome)

    def write(self, path):
        top = ET.Element("testsuites")
        element = ET.SubElement(
            top,
            "testsuite",
            name=self.name,
            tests=str(len(self.cases)),
            failures=str(self.count("failed")),
            skipped=str(self.count("skipped")),
            time=f"{sum(case.seconds for case in self.cases):.3f}",
        )
        for case in self.cases:
            node = ET.SubElement(
                element,
                "testcase",
                classname=case.suite or self.name,
                name=clean(case.name),
                time=f"{case.seconds:.3f}",
            )
            if case.outcome != "passed":
                tag = "failure" if case.outcome == "failed" else "skipped"
                first = clean(case.text).split("\n", 1)[0]
                ET.SubElement(node, tag, message=first).text = clean(case.text)
        path.parent.mkdir(parents=True, exist_ok=True)
        ET.indent(top)
        ET.ElementTree(top).write(path, encoding="utf-8", xml_declaration=True)

    def finish(self, path):
        """Writes the file, prints what failed, returns the exit status of a check."""
        if path:
            self.write(path)
        for case in self.cases:
            if case.outcome == "failed":
                print(f"{self.name}: {case.name}:", file=sys.stderr)
                print("    " + case.text.replace("\n", "\n    "), file=sys.stderr)
        failed = self.count("failed")
        print(f"{self.name}: {len(self.cases)} cases, {failed} failed")
        return 1 if failed or not self.cases else 0


def documents(text):
    """The XML documents in a text that may hold several, one after the other, as cmocka appends."""
    text = re.sub(r"<\?xml[^>]*\?>", "", text)
    for part in re.split(r"(?<=</testsuites>)", text):
        if part.strip():
            yield part


def case_of(node, suite):
    case = Case(node.get("name", "?"), node.get("classname") or suite)
    case.seconds = float(node.get("time") or 0)
    for child in node:
        text = (child.text or "").strip() or child.get("message") or ""
        if child.tag in ("failure", "error"):
            case.fail(text or child.tag)
        elif child.tag == "skipped":
            case.skip(text or "skipped")
    return case


def read(path):
    """All cases of a JUnit file. ValueError when it cannot be read as one."""
    cases = []
    for part in documents(path.read_text(errors="replace")):
        try:
            top = ET.fromstring(BAD.sub("?", part))
        except ET.ParseError as error:
            raise ValueError(f"{path.name} is not JUnit XML: {error}") from error
        for suite in top.iter("testsuite"):
            cases += [case_of(node, suite.get("name", "")) for node in suite.iter("testcase")]
    return cases
