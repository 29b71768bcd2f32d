"""Counts the instructions of a callgrind output file that belong to the host.

What counts (doc/BENCH.md): every instruction of a function that stands under src/ (inlined headers
included), and of the C library's functions that such a function calls (memcpy and its like). The
air, the bench and system calls do not.
"""

import re



def host_instructions(path, folder="/src/"):
    """Returns {function: instructions} for the functions under `folder` of one callgrind.out."""
    names = {}

    def name(kind, text):
        # "(3) /path" defines, "(3)" refers.
        match = re.match(r"\((\d+)\)(?: (.*))?$", text)
        if not match:
            return text
        key = (kind, match.group(1))
        if match.group(2) is not None:
            names[key] = match.group(2)
        return names[key]

    totals = {}
    function = None
    counts = called_counts = False
    call_line = False
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line.startswith("fl="):
                counts = folder in name("file", line[3:])
            elif line.startswith(("fi=", "fe=")):
                name("file", line[3:])
            elif line.startswith("fn="):
                function = name("fn", line[3:])
            elif line.startswith("ob="):
                name("ob", line[3:])
            elif line.startswith("cob="):
                called_counts = "libc" in name("ob", line[4:])
            elif line.startswith(("cfi=", "cfl=")):
                name("file", line[4:])
            elif line.startswith("cfn="):
                name("fn", line[4:])
            elif line.startswith("calls="):
                call_line = True
            elif line and (line[0].isdigit() or line[0] in "+-*"):
                cost = int(line.split()[1]) if len(line.split()) > 1 else 0
                if call_line:
                    # The inclusive cost of a call: only of calls into the C library.
                    if counts and called_counts:
                        totals[function] = totals.get(function, 0) + cost
                    call_line = called_counts = False
                elif counts:
                    totals[function] = totals.get(function, 0) + cost
    return totals
