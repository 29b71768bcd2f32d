"""C sources as far as the checks need them: text without comments and strings, and functions.

Functions are found by the house format: a definition's body opens with a lone `{` in column 0 and
closes with `}` in column 0 (clang-format's AfterFunction), and nothing else does.
"""

import re

TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""",
    re.DOTALL,
)


def blank(match):
    """Same length and lines, nothing that a pattern could match."""
    text = match.group(0)
    if text[0] in "\"'":
        return text[0] + " " * (len(text) - 2) + text[-1]
    return re.sub(r"[^\n]", " ", text)


def strip(text):
    """The text with comments and the insides of strings blanked, positions unchanged."""
    return TOKEN.sub(blank, text)


def functions(stripped):
    """Yields (name, first line, last line, body's first line), lines from 1, for each definition."""
    lines = stripped.split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{":
            start = number
        elif line.startswith("}") and start is not None:
            first, name = signature(lines, start)
            yield name, first, number, start
            start = None


def signature(lines, brace):
    """Where the definition whose body opens in line `brace` begins, and the function's name."""
    first = brace
    while first > 1:
        above = lines[first - 2]
        if not above.strip() or above.startswith(("}", "#")) or above.rstrip().endswith(";"):
            break
        first -= 1
    head = " ".join(line.strip() for line in lines[first - 1 : brace - 1])
    head = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", head)
    match = re.search(r"(\w+)\s*\(", head)
    return first, match.group(1) if match else "?"
