#!/usr/bin/env python3
"""Doxygen's input filter: turns the house style's plain `//` comments into documentation comments.

The number of lines never changes, so that Doxygen's warnings name the right one. A comment block above
a declaration documents it and the declarations that follow it without an empty line or a comment; the
file's first block documents the file; a comment after code on its line documents that line.
"""

import re
import sys

BLOCK = re.compile(r"^\s*// ?(.*)$")
RULE = re.compile(r"^\s*//\s*-{3,}.*")
TRAILING = re.compile(r"^(?P<code>\s*[^\s/#\"][^\"]*?[;,{}\w)])\s*// (?P<text>.*)$")
MACRO_TRAILING = re.compile(r"^(?P<code>\s*#\s*define\s+[^\"]*?\S)\s*// (?P<text>.*)$")


def escape(text):
    """Plain sentences: what Doxygen would take for a command or markup stays as it is typed."""
    return re.sub(r"([\\@<>#%$&])", r"\\\1", text)


def is_function(line):
    """A line that begins a function's declaration or an inline function."""
    return bool(re.match(r"^(?!typedef|struct \w+ \{|enum|union|extern \"C|_Static)[A-Za-z_].*\(", line))


def file_block(block):
    """The file's own comment; the alias is in the Doxyfile."""
    out = ["/// @thisfile " + escape(block[0])]
    return out + ["/// " + escape(text) for text in block[1:]]


def take_block(lines, index):
    """The texts of the comment block that begins at index, rules of dashes emptied."""
    block = []
    while index < len(lines) and BLOCK.match(lines[index]):
        line = lines[index]
        block.append("" if RULE.match(line) else BLOCK.match(line).group(1))
        index += 1
    return block


def trailing(line):
    match = MACRO_TRAILING.match(line) or TRAILING.match(line)
    if not match:
        return line
    return f"{match.group('code')} /**< {escape(match.group('text'))} */"


class Family:
    """The text of the block above, for further functions of the same thought: those that stand
    directly below the first, or after the struct or the inline function that the block introduces."""

    def __init__(self):
        self.text = None
        self.used = False
        self.closed = False

    def begin(self, block, following):
        self.text = " ".join(escape(text) for text in block) if any(block) else None
        self.used = not is_function(following)
        self.closed = False

    def end(self):
        self.text = None

    def see(self, line):
        """The line, with the family's text in front where it begins another of its functions."""
        if line.startswith("#") or (not line.strip() and not self.closed):
            self.end()
        if line.strip():
            self.closed = line.startswith("}")
        if is_function(line):
            if self.text and self.used:
                line = f"/** {self.text} */ {line}"
            self.used = True
        return line


def convert(lines):
    out = []
    family = Family()
    while len(out) < len(lines):
        index = len(out)
        block = take_block(lines, index)
        if not block:
            out.append(trailing(family.see(lines[index])))
            continue
        end = index + len(block)
        following = lines[end] if end < len(lines) else ""
        indent = re.match(r"\s*", lines[index]).group(0)
        if index == 0:
            out += file_block(block)
        elif following.strip() and any(block):
            out += [indent + "/// " + escape(text) for text in block]
            if not indent:
                family.begin(block, following)
        else:
            out += lines[index:end]
            family.end()
    return out


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    if sys.argv[1].endswith(".md"):
        sys.stdout.write(text)
        return
    sys.stdout.write("\n".join(convert(text.split("\n"))))


if __name__ == "__main__":
    main()
