#!/usr/bin/env python3
"""Draws the Security Manager's table of states into doc/SMP.md, from the code that runs it.

What each state takes is read from `rows` of src/smp/pair.c, the states from src/smp/state.h, and what a
PDU can lead to from the functions that its handler reaches: each smp_expect() among them names a state.
The text between the two markers of doc/SMP.md is replaced; the rest of the page is written by hand.

    tools/smp_table.py [--check]     --check: change nothing, fail when the page is not up to date
"""

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import csource  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "doc" / "SMP.md"
BEGIN, END = "<!-- drawn by tools/smp_table.py -->", "<!-- end -->"
ROLES = {"P": "peripheral", "C": "central"}
# Only a pairing can be in the midst of something; these two are before and after.
OUTSIDE = ("IDLE", "DEAD")
NAMES = {
    "PAIRING_REQ": "Pairing Request", "PAIRING_RSP": "Pairing Response",
    "CONFIRM": "Pairing Confirm", "RANDOM": "Pairing Random", "FAILED": "Pairing Failed",
    "ENC_INFO": "Encryption Information", "CENTRAL_ID": "Central Identification",
    "ID_INFO": "Identity Information", "ID_ADDR": "Identity Address Information",
    "SIGN_INFO": "Signing Information", "SECURITY_REQ": "Security Request",
    "PUBLIC_KEY": "Pairing Public Key", "DHKEY_CHECK": "Pairing DHKey Check",
    "KEYPRESS": "Pairing Keypress Notification",
}


def enum(text, name):
    """The constants of an enum without SMP_, in order."""
    body = re.search(rf"enum {name} \{{(.*?)\}};", text, re.DOTALL).group(1)
    return re.findall(r"\bSMP_(\w+)\s*(?:=\s*\w+\s*)?,", body)


def rows(text, states):
    """(states, PDU, roles, handler) of each row of the table."""
    body = re.search(r"\} rows\[\] = \{(.*?)\n\};", text, re.DOTALL).group(1)
    found = []
    for where, code, roles, handler in re.findall(r"\{([^,{}]+), SMP_(\w+), ([^,]+), (\w+)\}", body):
        named = re.findall(r"S\((\w+)\)", where)
        if where.strip() == "ANY":
            named = [state for state in states if state not in OUTSIDE]
        if not named or set(named) - set(states):
            raise ValueError(f"a row whose states are unclear: {where}")
        found.append((named, code, [role.strip() for role in roles.split("|")], handler))
    if len(found) != body.count("{"):
        raise ValueError("a row that is not understood")
    return found


def bodies(folder):
    """The text of each function, by its name."""
    found = {}
    for path in sorted(folder.glob("*.c")):
        text = csource.strip(path.read_text())
        lines = text.split("\n")
        for name, _first, last, start in csource.functions(text):
            found[name] = "\n".join(lines[start:last])
    return found


def leads_to(handler, functions):
    """The states that the functions which a handler reaches can put a link into."""
    todo, seen, states = [handler], set(), set()
    while todo:
        name = todo.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        for called in re.findall(r"smp_expect\((.*?)\);", functions[name], re.DOTALL):
            states |= set(re.findall(r"SMP_(\w+)", called))
        todo += re.findall(r"\b[a-z_]\w*\b", functions[name])
    return states


def known_to(role, states, found):
    """The states that a link of this role can be in: all but those whose own PDUs are another's."""
    own = {s: [r[2] for r in found if s in r[0] and len(r[0]) < len(states) - len(OUTSIDE)]
           for s in states}
    return [s for s in states if not own[s] or any(role in roles for roles in own[s])]


def table(role, states, codes, found, functions):
    known = known_to(role, states, found)
    lines = [
        f"### As {ROLES[role]}",
        "",
        "| PDU | " + " | ".join(s.lower() for s in known) + " | can lead to |",
        "|---|" + "---|" * (len(known) + 1),
    ]
    for code in codes:
        cells, next_states = [], set()
        for state in known:
            handlers = [r[3] for r in found if state in r[0] and r[1] == code and role in r[2]]
            if handlers:
                next_states |= leads_to(handlers[0], functions)
                cells.append(f"`{handlers[0]}`")
            else:
                cells.append("" if state in OUTSIDE else "ends")
        following = ", ".join(s.lower() for s in states if s in next_states)
        lines.append(f"| {NAMES[code]} | " + " | ".join(cells) + f" | {following} |")
    return lines


def drawn():
    text = csource.strip((ROOT / "src" / "smp" / "state.h").read_text())
    states, codes = enum(text, "smp_state"), enum(text, "smp_code")
    found = rows(csource.strip((ROOT / "src" / "smp" / "pair.c").read_text()), states)
    functions = bodies(ROOT / "src" / "smp")
    lines = []
    for role in ROLES:
        lines += table(role, states, codes, found, functions) + [""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    wanted = f"{before}{BEGIN}\n\n{drawn()}\n{END}{after}"
    if wanted == page:
        return 0
    if options.check:
        print("doc/SMP.md is not what the code says: run tools/smp_table.py", file=sys.stderr)
        return 1
    PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
