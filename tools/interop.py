#!/usr/bin/env python3
"""`make interop`: the cases against independent hosts and controllers, and the table of them.

Runs the scenarios in virtual time (tests/scenario), the cases against Bumble and over RootCanal
(tests/interop) and those against Linux and BlueZ in QEMU (tests/bluez), and writes doc/INTEROP.md:
a row for each feature, a column for each peer, what the run itself gave. A case that no row names
gets a row of its own; a row that names a case which did not run says so, and fails.

    tools/interop.py [--build DIR] [--out FILE]     --build: a finished sanitizer build, not ours
"""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

import junit  # noqa: E402
import run_c  # noqa: E402
import run_suites  # noqa: E402

RESULTS = run_suites.RESULTS / "interop"

# What a column lacks, and why: the text of a cell.
ELSEWHERE = "—: the other columns"
NOT_SHOWN = "—: bluetoothd does not show it"
ONE_LINK = "—: one Linux, one controller"
NO_SWITCH = "—: the daemon has no such call"

# (feature, scenarios in virtual time, cases of tests/interop, cases of tests/bluez); a text instead
# of a list is why there is none.
FEATURES = [
    ("Advertising and active scanning", ELSEWHERE,
     ["test_advertise_connectable_scan_active"], ["test_scan"]),
    ("Passive scanning", ["test_scan"], ["test_advertise_connectable_scan_passive"], ["test_scan"]),
    ("Scannable advertising", ELSEWHERE, ["test_advertise_scannable"], NOT_SHOWN),
    ("Non-connectable advertising", ["test_scan"], ["test_advertise_non_connectable"], NOT_SHOWN),
    ("31 octets of advertising data", ELSEWHERE, ["test_advertise_31_octets"], NOT_SHOWN),
    ("Advertising data changed and stopped", ELSEWHERE,
     ["test_advertise_update_data", "test_advertise_stop"], NOT_SHOWN),
    ("Connection", ["test_two_hosts"], ["test_connect", "test_connect_before_advertising"],
     ["test_connect_and_mtu"]),
    ("Connection time-out and cancellation", ["test_time_out_and_cancel"],
     ["test_connect_time_out_then_connect", "test_connect_cancel_then_connect"], NO_SWITCH),
    ("Disconnection by the central", ["test_two_hosts"], ["test_disconnect_by_central"],
     ["test_disconnect_by_central", "test_disconnect_by_central_and_reconnect"]),
    ("Disconnection by the peripheral", ["test_two_hosts"], ["test_disconnect_by_peripheral"],
     ["test_disconnect_by_peripheral", "test_disconnect_by_peripheral_and_reconnect"]),
    ("Re-connection", ["test_two_hosts"], ["test_reconnect"],
     ["test_disconnect_by_central_and_reconnect", "test_disconnect_by_peripheral_and_reconnect"]),
    ("A peer that vanishes", ["completions_at_link_loss"],
     ["test_peripheral_vanishes", "test_central_vanishes"],
     ["test_peripheral_vanishes", "test_central_vanishes"]),
    ("Four links, any mix of roles", ["test_five_hosts"],
     ["test_four_links_as_central", "test_four_links_mixed_roles"], ONE_LINK),
    ("Parameter update by the central", ["test_parameters"], ["test_parameter_update_by_central"],
     ["test_parameter_update_by_central"]),
    ("Parameter update by the peripheral", ["test_parameters"],
     ["test_parameter_update_by_peripheral", "test_parameter_update_by_peripheral_over_l2cap"],
     ["test_parameter_update_by_peripheral"]),
    ("Parameter request refused", ELSEWHERE,
     ["test_parameter_update_refused_by_central"], ["test_parameter_update_refused_by_central"]),
    ("MTU exchange", ["mtu_from_either_side_and_both"],
     ["test_mtu_by_central", "test_mtu_by_peripheral"], ["test_connect_and_mtu"]),
    ("Discovery of everything", ["discovery_over_the_air"], ["test_discover_everything"],
     ["test_discover_everything"]),
    ("Discovery by UUID", ELSEWHERE, ["test_discover_by_uuid"],
     ["test_discover_everything"]),
    ("Read", ["read_and_write_over_a_lossy_air"], ["test_read"], ["test_read"]),
    ("Long read", ["read_and_write_over_a_lossy_air"], ["test_read_long"], ["test_read_long"]),
    ("Read refused", ELSEWHERE, ["test_read_refused"],
     ["test_read_refused"]),
    ("Write", ["read_and_write_over_a_lossy_air"], ["test_write", "test_write_large"],
     ["test_write"]),
    ("Write refused", ELSEWHERE, ["test_write_refused"],
     ["test_write_refused"]),
    ("Write without response", ELSEWHERE,
     ["test_write_without_response"], ["test_write_without_response"]),
    ("Notifications", ["thousand_notifications_in_order"],
     ["test_notify_1000_in_order", "test_notify_after_unsubscribe", "test_notify_large"],
     ["test_notify"]),
    ("Indications", ["indications_queue_and_confirm"], ["test_indicate"], ["test_indicate"]),
    ("Database hash and robust caching", ["hostile_40_request_that_crosses_service_changed"],
     ["test_database_hash", "test_robust_caching"], NOT_SHOWN),
    ("Service Changed, also for a bonded peer that was away",
     ["service_changed_reaches_a_bonded_client_that_was_away"],
     ["test_service_changed", "test_service_changed_while_away"], NOT_SHOWN),
    ("The peripheral as GATT client", ["discovery_over_the_air"],
     ["test_peripheral_as_client"], ["test_peripheral_as_client", "test_central_serves"]),
    ("Both ends client and server at once", ELSEWHERE,
     ["test_both_directions_at_once"], ["test_peripheral_as_client", "test_central_serves"]),
    ("Long write", ["long_values"], ["test_write_long"], ["test_write_long"]),
    ("Pairing, and encryption with the bond",
     ["every_io_pair_secure_connections", "every_io_pair_legacy",
      "bond_encrypts_again_secure_connections", "bond_encrypts_again_legacy"],
     ["test_pair_and_encrypt_again", "test_pairing"], ["test_pair_and_encrypt_again"]),
    ("A wrong passkey", ["hostile_46_wrong_passkey"], ["test_wrong_passkey"], ["test_wrong_passkey"]),
    ("LE credit based channels",
     ["from_one_octet_to_64_kilobytes", "segments_with_credits_of_the_application"],
     ["test_breeze_opens", "test_bumble_opens", "test_channel"],
     ["test_channel_by_linux", "test_channel_by_breeze"]),
]

INTRODUCTION = """# Interoperability

Written by `make interop` from its own run; do not edit. Each cell is what the cases of that feature
gave; the number is how many ran. **Breeze** is two of our hosts on the virtual air in virtual time.
**Bumble** is Bumble's host against ours, each as central and as peripheral, over our air.
**RootCanal** is two of our hosts, each with RootCanal as controller. **Linux** is Linux and BlueZ in
QEMU with a controller of our air, against our host; "as" names its role where it had only one.

"""

NOTES = """
`—` is a feature without a case in that column, with the reason. "the other columns": the scenarios
in virtual time leave it to them. "does not show it": the type and the octets of advertisements stay
inside the kernel and bluetoothd, which offer a merged view. The cases are in `tests/scenario`,
`tests/interop` and `tests/bluez`.
"""


# ---- Running -------------------------------------------------------------------------------------


def scenarios(build):
    def run(suite):
        for test in run_c.listed(build):
            if test["name"].startswith("scenario_"):
                suite.cases += run_c.run_test(test, RESULTS)

    return run


def run_suite(name, run):
    suite = junit.Suite(name)
    run(suite)
    suite.write(RESULTS / f"{name}.xml")
    return suite


def build_ours():
    suite = run_suite("build", run_suites.build("sanitize"))
    if suite.count("failed"):
        sys.exit(suite.finish(None))
    return run_suites.SANITIZE


def run_columns(build):
    """The suites by name. Linux mostly waits: it runs beside the others."""
    columns = {
        "virtual": scenarios(build),
        "interop": run_suites.pytest("tests/interop", peers=True),
        "bluez": run_suites.pytest("tests/bluez", case_seconds=2400, seconds=10800),
    }
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = {n: pool.submit(run_suite, n, columns[n]) for n in ("bluez", "virtual", "interop")}
        return {name: job.result() for name, job in jobs.items()}


# ---- The table -----------------------------------------------------------------------------------


def function_of(case):
    return case.name.split("[")[0]


def by_function(cases):
    found = {}
    for case in cases:
        found.setdefault(function_of(case), []).append(case)
    return found


def roles_of(cases):
    """The roles that the peer has in these cases, from their names and modules."""
    text = " ".join(f"{case.suite} {case.name}" for case in cases)
    others = {"central": "peripheral", "peripheral": "central"}
    found = {role for role, other in others.items()
             if re.search(rf"(bumble|linux)_{role}|breeze_{other}", text)}
    return f", as {found.pop()}" if len(found) == 1 else ""


def cell(named, cases):
    """What these cases gave. `named`: the functions of this row, or why there are none."""
    if isinstance(named, str):
        return named
    missing = [name for name in named if name not in cases]
    mine = [case for name in named for case in cases.get(name, [])]
    if not mine:
        return "—" if not missing else f"**not run**: {', '.join(missing)}"
    failed = sorted({function_of(case) for case in mine if case.outcome == "failed"})
    if failed:
        return f"**fail**: {', '.join(failed)}"
    ran = [case for case in mine if case.outcome == "passed"]
    if not ran:
        return f"skipped: {mine[0].text.splitlines()[0]}"
    return f"pass ({len(ran)}{roles_of(ran)})"


def column_of(case):
    """The peer of a case of tests/interop, from its name: where one host is named, the other one is
    of the other kind."""
    hosts = re.findall("breeze|bumble", case.name)
    if "rootcanal" in case.name:
        return "" if "bumble" in hosts else "rootcanal"
    return "bumble" if len(hosts) == 1 or len(set(hosts)) == 2 else ""


def only(cases, column):
    return by_function([case for case in cases if column_of(case) == column])


def extra_rows(suites):
    """A row for each case that FEATURES does not name."""
    named = [set(), set(), set()]
    for _, *columns in FEATURES:
        for names, column in zip(named, columns):
            names.update(column if isinstance(column, list) else [])
    for i, key in enumerate(("virtual", "interop", "bluez")):
        for function, cases in by_function(suites[key].cases).items():
            if function in named[i] or re.search(r"pitfall|hostile", function):
                continue
            if key == "interop" and not any("[" in case.name for case in cases):
                continue  # about the traces, not about a peer
            if "test_traces" in cases[0].suite:
                continue
            row = ["—", "—", "—"]
            row[i] = [function]
            yield (function.removeprefix("test_").replace("_", " ").capitalize(), *row)


def table(suites):
    virtual = by_function(suites["virtual"].cases)
    bumble = only(suites["interop"].cases, "bumble")
    rootcanal = only(suites["interop"].cases, "rootcanal")
    linux = by_function(suites["bluez"].cases)
    yield "| feature | Breeze | Bumble | RootCanal | Linux |"
    yield "|---|---|---|---|---|"
    for feature, own, peers, guest in [*FEATURES, *extra_rows(suites)]:
        cells = [cell(own, virtual), cell(reached(peers, bumble, suites), bumble)]
        cells += [cell(reached(peers, rootcanal, suites), rootcanal), cell(guest, linux)]
        yield f"| {feature} | {' | '.join(cells)} |"


def reached(named, cases, suites):
    """The functions of a row that have cases in this column; why there are none, if so."""
    if isinstance(named, str):
        return named
    known = by_function(suites["interop"].cases)
    mine = [name for name in named if name in cases]
    if mine:
        return mine
    return "—: our air only" if all(name in known for name in named) else named


def versions():
    python, _ = run_suites.python()
    names = ("bumble", "rootcanal")
    code = "import importlib.metadata as m; print(*(m.version(n) for n in %r))" % (names,)
    found = subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.split()
    said = subprocess.run(["bluetoothctl", "--version"], capture_output=True, text=True).stdout
    yield from (f"{n} {v}" for n, v in zip(("Bumble", "RootCanal"), found))
    yield "BlueZ " + (said.split()[-1] if said.split() else "not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    top = Path(os.environ.get("BREEZE_LINUX") or cache / "breeze" / "linux")
    yield from (f"Linux {p.name.split('-', 1)[1]}" for p in sorted(top.glob("boot/vmlinuz-*"))[-1:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "doc" / "INTEROP.md")
    arguments = parser.parse_args()
    build = arguments.build or build_ours()
    run_suites.SANITIZE = build  # where the tests find our programs
    suites = run_columns(build)
    lines = list(table(suites))
    text = INTRODUCTION + f"Peers of the last run: {', '.join(versions())}.\n\n"
    arguments.out.write_text(text + "\n".join(lines) + "\n" + NOTES)
    print(f"interop: the table is in {arguments.out}")
    status = max(suite.finish(None) for suite in suites.values())
    return status or any("**" in line for line in lines)


if __name__ == "__main__":
    sys.exit(main())
