#!/usr/bin/env python3
"""`make interop`: the cases against independent hosts and controllers, and the table of them.

Runs the scenarios in virtual time and the PDU scripts (tests/scenario, tests/pdu), the cases against
Bumble and over RootCanal (tests/interop) and those against Linux and BlueZ in QEMU (tests/bluez),
and writes doc/INTEROP.md: a row for each feature, a column for each peer, what the run itself gave.
A case that no row names gets a row of its own; a row that names a case which did not run says so,
and fails.

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

# Why a column has no case: the text of a cell.
KERNEL = "—: its kernel does not show it"
ONE_LINK = "—: one controller for this Linux"
NO_CALL = "—: no call for it"
NOT_TRIED = "—: not tried"
UNSOLVED = "—: tried, without result"
NOT_THERE = "—: not in Linux 6.1"
ABOVE = "—: no concern of a controller"
OUR_AIR = "—: our air only"


class Row:
    """A feature, and the functions whose cases show it, by column; a text says why there are none.

    `peers`: in tests/interop; which of its cases are Bumble's and which RootCanal's, they say.
    """

    def __init__(self, feature, breeze, peers, linux, bumble=None, rootcanal=None):
        self.feature = feature
        self.columns = {"breeze": breeze, "peers": peers, "linux": linux}
        self.reasons = {"bumble": bumble, "rootcanal": rootcanal}


SECTIONS = {
    "Advertising, scanning and links": [
        Row("Advertising and active scanning", ["test_legacy_calls_on_any_pair_of_levels"],
            ["test_advertise_connectable_scan_active"], ["test_scan"]),
        Row("Passive scanning", ["test_scan"], ["test_advertise_connectable_scan_passive"],
            ["test_scan"]),
        Row("Scannable and non-connectable advertising",
            ["test_scan", "test_legacy_calls_on_any_pair_of_levels"],
            ["test_advertise_scannable", "test_advertise_non_connectable"], KERNEL),
        Row("31 octets of advertising data", ["test_octets_on_any_pair_of_levels"],
            ["test_advertise_31_octets"], KERNEL),
        Row("Advertising data changed and stopped", ["test_legacy_calls_on_any_pair_of_levels"],
            ["test_advertise_update_data", "test_advertise_stop"], KERNEL),
        Row("Connection", ["test_two_hosts"], ["test_connect", "test_connect_before_advertising"],
            ["test_connect_and_mtu"]),
        Row("Connection time-out and cancellation", ["test_time_out_and_cancel"],
            ["test_connect_time_out_then_connect", "test_connect_cancel_then_connect"], NO_CALL),
        Row("Disconnection by the central", ["test_two_hosts"], ["test_disconnect_by_central"],
            ["test_disconnect_by_central", "test_disconnect_by_central_and_reconnect"]),
        Row("Disconnection by the peripheral", ["test_two_hosts"],
            ["test_disconnect_by_peripheral"],
            ["test_disconnect_by_peripheral", "test_disconnect_by_peripheral_and_reconnect"]),
        Row("Re-connection", ["test_two_hosts"], ["test_reconnect"],
            ["test_disconnect_by_central_and_reconnect",
             "test_disconnect_by_peripheral_and_reconnect"]),
        Row("A peer that vanishes", ["completions_at_link_loss"],
            ["test_peripheral_vanishes", "test_central_vanishes"],
            ["test_peripheral_vanishes", "test_central_vanishes"],
            rootcanal="—: it ends links that lose their host"),
        Row("A bare Cortex-M (examples/board) in QEMU", "—: the columns beside",
            ["test_board_builds", "test_board_runs"], "—: Bumble is enough",
            rootcanal=OUR_AIR),
        Row("Four links, any mix of roles", ["test_five_hosts"],
            ["test_four_links_as_central", "test_four_links_mixed_roles"], ONE_LINK),
        Row("Parameter update by the central", ["test_parameters"],
            ["test_parameter_update_by_central"], ["test_parameter_update_by_central"]),
        Row("Parameter update by the peripheral", ["test_parameters"],
            ["test_parameter_update_by_peripheral",
             "test_parameter_update_by_peripheral_over_l2cap"],
            ["test_parameter_update_by_peripheral"]),
        Row("Parameter request refused", ["test_parameters"],
            ["test_parameter_update_refused_by_central"],
            ["test_parameter_update_refused_by_central"]),
        Row("Long packets and PHYs, without being asked and by call",
            ["pitfall_87_long_packets_and_2m_without_being_asked"],
            ["test_phy_by_call", "test_data_length_by_call"], KERNEL, rootcanal=OUR_AIR),
        Row("Accept list, auto-connect",
            ["test_advertiser_accepts_some", "test_scanner_accepts_some", "test_auto_connect"],
            ["test_accept_list_of_a_central", "test_accept_list_of_a_peripheral"], KERNEL,
            rootcanal=OUR_AIR),
        Row("Directed advertising, high and low duty",
            ["test_directed_is_for_one_peer", "test_directed_high_duty_ends"],
            ["test_directed_high_duty_ends", "test_directed_is_seen_and_ends",
             "test_directed_connect"], NO_CALL, rootcanal=OUR_AIR),
        Row("Legacy commands where there are no others",
            ["test_legacy_calls_on_any_pair_of_levels"], ["test_falls_back_to_legacy_commands"],
            NO_CALL, rootcanal=OUR_AIR),
        Row("Version and features of the peer",
            ["remote_version_and_features", "remote_version_on_demand"],
            ["test_remote_version_and_features", "test_remote_version_over_rootcanal"], NO_CALL),
        Row("Connection subrating",
            ["central_changes", "peripheral_asks", "central_refuses", "a_side_is_old"],
            ["test_subrate_by_breeze", "test_subrate_by_bumble", "test_subrate_over_rootcanal"],
            NOT_THERE),
    ],
    "GATT": [
        Row("MTU exchange", ["mtu_from_either_side_and_both"],
            ["test_mtu_by_central", "test_mtu_by_peripheral"], ["test_connect_and_mtu"]),
        Row("Discovery of everything", ["discovery_over_the_air"], ["test_discover_everything"],
            ["test_discover_everything"]),
        Row("Discovery by UUID", ["discover_services_by_uuid", "find_by_type_value"],
            ["test_discover_by_uuid"], ["test_discover_everything"]),
        Row("Included and secondary services",
            ["gatt_cl_gad_bv_03_c_includes", "gatt_sr_gad_bv_03_c_includes"],
            ["test_included_and_secondary_services"], NO_CALL, rootcanal=ABOVE),
        Row("Read", ["read_and_write_over_a_lossy_air"], ["test_read"], ["test_read"]),
        Row("Long read", ["read_and_write_over_a_lossy_air"], ["test_read_long"],
            ["test_read_long"]),
        Row("Read multiple, also of variable length",
            ["gatt_cl_gar_bv_05_c_read_multiple", "gatt_sr_gar_bv_05_c_read_multiple",
             "read_multiple_variable"], ["test_read_multiple"], NO_CALL, rootcanal=ABOVE),
        Row("Read refused", ["reads", "permissions_follow_the_security_level"],
            ["test_read_refused"], ["test_read_refused"]),
        Row("Write", ["read_and_write_over_a_lossy_air"], ["test_write", "test_write_large"],
            ["test_write"]),
        Row("Long write", ["long_values"], ["test_write_long"], ["test_write_long"]),
        Row("Reliable write",
            ["gatt_cl_gaw_bv_06_c_reliable_write", "gatt_sr_gaw_bv_06_c_reliable_write"],
            ["test_reliable_write", "test_reliable_write_to_us"], NO_CALL, rootcanal=ABOVE),
        Row("Write refused", ["writing", "permissions_follow_the_security_level"],
            ["test_write_refused"], ["test_write_refused"]),
        Row("Write without response", ["write_commands"], ["test_write_without_response"],
            ["test_write_without_response"]),
        Row("Signed write", ["signed_writes_both_ways", "restart_takes_no_counter_back"],
            ["test_signed_write_over_rootcanal"], ["test_signed_writes"],
            bumble="—: Bumble has none"),
        Row("Notifications", ["thousand_notifications_in_order"],
            ["test_notify_1000_in_order", "test_notify_after_unsubscribe", "test_notify_large"],
            ["test_notify"]),
        Row("Multiple handle value notifications",
            ["gatt_cl_gan_bv_02_c_multiple_notifications",
             "gatt_sr_gan_bv_02_c_multiple_notifications"],
            ["test_multiple_notifications", "test_multiple_notifications_to_us"], NO_CALL,
            rootcanal=ABOVE),
        Row("Indications", ["indications_queue_and_confirm"], ["test_indicate"],
            ["test_indicate"]),
        Row("Database hash and robust caching",
            ["hash_follows_the_services", "hostile_40_request_that_crosses_service_changed"],
            ["test_database_hash", "test_robust_caching"],
            ["test_database_hash_and_service_changed"], rootcanal=ABOVE),
        Row("Service Changed, also for a bonded peer that was away",
            ["service_changed_reaches_a_bonded_client_that_was_away"],
            ["test_service_changed", "test_service_changed_while_away"],
            ["test_database_hash_and_service_changed"], rootcanal=ABOVE),
        Row("The peripheral as GATT client", ["both_roles_at_once"], ["test_peripheral_as_client"],
            ["test_peripheral_as_client", "test_central_serves"]),
        Row("Both ends client and server at once", ["both_roles_at_once"],
            ["test_both_directions_at_once"], ["test_peripheral_as_client", "test_central_serves"]),
        Row("Name and appearance written", ["name_and_appearance_are_writable"],
            ["test_name_and_appearance_are_written"], NO_CALL, rootcanal=ABOVE),
        Row("Enhanced ATT bearers",
            ["encrypted_links_open_bearers", "both_sides_connect_at_once",
             "procedures_run_at_once", "notifications_of_a_handle_keep_their_order"],
            ["test_breeze_opens_bearers", "test_bumble_opens_bearers",
             "test_bearers_over_rootcanal"], ["test_eatt"]),
    ],
    "Extended and periodic advertising": [
        Row("Data longer than 31 octets",
            ["test_long_data", "test_long_octets"],
            ["test_ext_data_of_any_length", "test_ext_data_over_rootcanal"], UNSOLVED),
        Row("Scan responses, and who asked", ["test_scan_response_and_who_asked"],
            ["test_ext_scan_response", "test_ext_scan_request_is_told"], KERNEL,
            rootcanal="—: it answers no scan requests of a set"),
        Row("Anonymous advertising", ["test_hostile_55_anonymous"], ["test_ext_anonymous"], KERNEL,
            rootcanal="—: it shows the address"),
        Row("Several sets", ["test_several_sets_beside_legacy"], ["test_ext_several_sets"],
            NOT_TRIED),
        Row("1M, 2M and coded PHY", ["test_coded"], ["test_ext_phys"], NOT_TRIED),
        Row("Connection through a set", ["test_connection_by_a_set"],
            ["test_ext_connect", "test_ext_connected_set_is_told"], ["test_connect_and_mtu"]),
        Row("Sets that end by time and events", ["test_sent_after_events_and_time"],
            ["test_ext_set_ends"], KERNEL, rootcanal=OUR_AIR),
        Row("Periodic advertising and synchronisation", ["test_data", "test_losses"],
            ["test_per_data_of_any_length", "test_per_train_that_stops_is_lost",
             "test_per_over_rootcanal"], NO_CALL),
        Row("Transfer of a sync (PAST)", ["test_transfer_of_a_sync", "test_transfer_of_a_set"],
            ["test_per_transfer_of_a_set", "test_per_transfer_of_a_sync"], NO_CALL),
    ],
    "Security": [
        Row("Pairing, and encryption with the bond",
            ["every_io_pair_secure_connections", "every_io_pair_legacy",
             "bond_encrypts_again_secure_connections", "bond_encrypts_again_legacy"],
            ["test_pair_and_encrypt_again", "test_pairing", "test_pair_over_rootcanal",
             "test_rootcanal_legacy_pairing"],
            ["test_pair_and_encrypt_again"]),
        Row("The bond outlasts a restart or power loss of either side",
            ["bonds_survive_in_the_settings"], ["test_bond_after_restart"],
            NOT_TRIED, rootcanal=ABOVE),
        Row("We have lost the bond: told, paired anew",
            ["hostile_49_lost_bond_is_no_way_to_plain_text"], ["test_we_lose_the_bond"], NOT_TRIED,
            rootcanal=ABOVE),
        Row("The peer has lost the bond: told, paired anew as the policy says",
            ["policy_of_pairing_again", "hostile_48_just_works_over_an_authenticated_bond"],
            ["test_bumble_loses_the_bond", "test_bumble_loses_the_bond_and_offers_less"],
            NOT_TRIED, rootcanal=ABOVE),
        Row("A wrong passkey", ["hostile_46_wrong_passkey"], ["test_wrong_passkey"],
            ["test_wrong_passkey"], rootcanal=ABOVE),
        Row("Out of band", ["out_of_band"],
            ["test_out_of_band", "test_out_of_band_legacy", "test_out_of_band_forged"],
            "—: bluetoothd has no call for it", rootcanal=ABOVE),
        Row("Privacy: our private address, found by the bond",
            ["private_peripheral_is_found_by_its_bond", "private_central_is_known_by_its_bond",
             "advertising_goes_on_across_rotations"],
            ["test_breeze_hides_as_peripheral", "test_breeze_hides_as_central",
             "test_two_of_ours_on_rootcanal"],
            ["test_breeze_hides_as_peripheral", "test_breeze_hides_as_central"]),
        Row("Privacy: the peer's private address, found by the bond",
            ["both_sides_private", "controller_resolves_if_it_can", "list_smaller_than_bonds"],
            ["test_bumble_hides_as_peripheral", "test_bumble_hides_as_central",
             "test_two_of_ours_on_rootcanal"],
            ["test_linux_hides_as_peripheral", "test_linux_hides_as_central"]),
    ],
    "L2CAP channels": [
        Row("LE credit based channels",
            ["from_one_octet_to_64_kilobytes", "segments_with_credits_of_the_application"],
            ["test_breeze_opens", "test_bumble_opens", "test_channel"],
            ["test_channel_by_linux", "test_channel_by_breeze"]),
        Row("Channels that need security",
            ["the_channel_needs_it", "the_peer_needs_it", "it_ends_once_at_any_moment"],
            ["test_we_need_it", "test_we_need_it_enhanced", "test_bumble_needs_it",
             "test_bumble_needs_it_enhanced"], NO_CALL, rootcanal=ABOVE),
        Row("Enhanced credit based channels",
            ["five_channels_at_once", "connect_three"],
            ["test_breeze_opens_five", "test_bumble_opens_five", "test_breeze_opens_enhanced",
             "test_bumble_opens_enhanced"],
            ["test_eatt"], rootcanal=ABOVE),
        Row("Reconfiguration of channels", ["reconfigure"], ["test_reconfigure"], NO_CALL,
            rootcanal=ABOVE),
    ],
}

INTRODUCTION = """# Interoperability

Written by `make interop` from its own run; do not edit. Each cell is what the cases of that feature
gave; the number is how many ran.

- **Breeze**: two of our hosts on the virtual air in virtual time, or one against a script of PDUs.
- **Bumble**: Bumble's host against ours, each as central and as peripheral, over our air.
- **RootCanal**: two of our hosts, each with RootCanal as its controller.
- **Linux**: Linux and BlueZ in QEMU, with a controller of our air, against our host, each as central and
  as peripheral; "as" names Linux's role where it had only one.

"""

NOTES = """
`—` is a feature without a case in that column, with the reason. "its kernel does not show it": the type
and the octets of advertisements, accept lists and packet lengths stay inside Linux, whose daemon offers
a merged view. "no call for it": the daemon cannot be asked to. "no concern of a controller": it
takes place in the host alone. The cases are in `tests/scenario`, `tests/pdu`, `tests/interop` and
`tests/bluez`.
"""


# ---- Running -------------------------------------------------------------------------------------


def scenarios(build):
    def run(suite):
        for test in run_c.listed(build):
            if test["name"].startswith(("scenario_", "test_att_", "test_gatt_", "test_l2cap_")):
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
        "interop": run_suites.pytest("tests/interop", peers=True, seconds=7200),
        "bluez": run_suites.pytest("tests/bluez", case_seconds=2400, seconds=10800),
    }
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = {n: pool.submit(run_suite, n, columns[n]) for n in ("bluez", "virtual", "interop")}
        return {name: job.result() for name, job in jobs.items()}


# ---- The table -----------------------------------------------------------------------------------

COLUMNS = ("breeze", "bumble", "rootcanal", "linux")
BUMBLE_ALONE = ("test_caching", "test_board")  # modules all of whose cases face Bumble


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


def outcome(cases):
    """What these cases gave."""
    failed = sorted({function_of(case) for case in cases if case.outcome == "failed"})
    if failed:
        return f"**fail**: {', '.join(failed)}"
    ran = [case for case in cases if case.outcome == "passed"]
    if not ran:
        return f"skipped: {cases[0].text.splitlines()[0]}"
    return f"pass ({len(ran)}{roles_of(ran)})"


def cell(named, reason, cases, known):
    """`named`: functions of this row, or why there are none; `cases`: of this column, by function;
    `known`: those of every column that the same folder fills."""
    if isinstance(named, str):
        return reason or named
    missing = [name for name in named if name not in known]
    if missing:
        return f"**not run**: {', '.join(missing)}"
    mine = [case for name in named for case in cases.get(name, [])]
    return outcome(mine) if mine else reason or "**no case**"


def column_of(case):
    """The peer of a case of tests/interop, from its name: who has which role, as its parameters say; where
    one host is named, the other one is of the other kind."""
    roles = re.findall(r"(breeze|bumble)\w*?_(?:peripheral|central)", case.name.partition("[")[2])
    hosts = roles or re.findall("breeze|bumble", case.name)
    if "rootcanal" in case.name:
        return "" if "bumble" in hosts else "rootcanal"
    if any(module in case.suite for module in BUMBLE_ALONE):
        return "bumble"
    return "bumble" if len(hosts) == 1 or len(set(hosts)) == 2 else ""


def cases_of(suites):
    """The cases of each column by function; of both columns of tests/interop as "peers"."""
    peers = suites["interop"].cases
    found = {name: [case for case in peers if column_of(case) == name]
             for name in ("bumble", "rootcanal")}
    found |= {"breeze": suites["virtual"].cases, "peers": peers, "linux": suites["bluez"].cases}
    return {name: by_function(cases) for name, cases in found.items()}


def named_somewhere(key):
    rows = [row for section in SECTIONS.values() for row in section]
    return {name for row in rows for name in row.columns[key] if isinstance(row.columns[key], list)}


def extra_rows(found):
    """A row for each case that SECTIONS does not name."""
    for key in ("peers", "linux"):
        named = named_somewhere(key)
        for function, cases in found[key].items():
            told = any(function in found[name] for name in COLUMNS)
            if function in named or not told or "test_traces" in cases[0].suite:
                continue
            columns = {"breeze": "—", "peers": "—", "linux": "—"} | {key: [function]}
            feature = function.removeprefix("test_").replace("_", " ").capitalize()
            yield Row(feature, *columns.values(), bumble="—", rootcanal="—")


def line_of(row, found):
    cells = []
    for name in COLUMNS:
        key = "peers" if name in row.reasons else name
        cells.append(cell(row.columns[key], row.reasons.get(name), found[name], found[key]))
    return f"| {row.feature} | {' | '.join(cells)} |"


def table(suites):
    found = cases_of(suites)
    more = list(extra_rows(found))
    for title, rows in [*SECTIONS.items(), *([("More", more)] if more else [])]:
        yield f"## {title}\n"
        yield "| feature | Breeze | Bumble | RootCanal | Linux |"
        yield "|---|---|---|---|---|"
        yield from (line_of(row, found) for row in rows)
        yield ""


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
