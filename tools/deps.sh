#!/bin/sh
# Installs what a goal of the Makefile needs from the distribution's packages (Debian 12 and 13),
# and says what and why. Does nothing, quickly, when everything is there. Without root it prints the
# exact command to run and ends with status 3.
#
#   tools/deps.sh GOAL...       GOAL: build demo test bench size fuzz doc interop format
#   tools/deps.sh --list GOAL...    only print the packages with their reasons
#
# Environment: BREEZE_TRIXIE  an unpacked Debian 13 with micropython, instead of our own
#              BREEZE_VENV    a Python environment with tools/requirements-test.txt, instead of our own
#              BREEZE_LINUX   an unpacked linux-image package of Debian, instead of our own
#              BREEZE_CI=1    what cannot be had is a failure, never a reason to skip
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
cache=${XDG_CACHE_HOME:-${HOME:-$root/build}/.cache}/breeze
export DEBIAN_FRONTEND=noninteractive

say() { printf 'deps: %s\n' "$*"; }
fail() {
    printf 'deps: %s\n' "$*" >&2
    exit 3
}

# One row per package: goal, package, how to see that it is there, why. The probe is cmd:NAME (a
# program in PATH), pc:NAME (pkg-config knows it), file:PATTERN, or any:A,B (one of these programs).
packages() {
    cat <<'ROWS'
build   gcc                     any:gcc,cc,clang    compiles the host
build   libc6-dev               file:/usr/include/stdio.h   the C library's headers
build   cmake                   cmd:cmake           the build system behind the Makefile
build   ninja-build             cmd:ninja           runs the compiler in parallel
build   libmbedtls-dev          file:/usr/include/mbedtls/aes.h   AES for the virtual air's controllers, cryptography for pairing
build   pkg-config              cmd:pkg-config      finds libraries
build   python3                 cmd:python3         runs the scripts in tools/
demo    =build                  -                   -
test    =build                  -                   -
test    =format                 -                   -
test    libcmocka-dev           pc:cmocka           the C tests' framework
test    clang                   cmd:clang           second compiler, fuzz targets
test    libclang-rt-dev         fuzzer:clang        libFuzzer and the sanitizers for clang
test    doxygen                 cmd:doxygen         the API reference
test    bluez                   cmd:btmon           decodes our btsnoop traces
test    tshark                  cmd:tshark          decodes our btsnoop traces and pcap files
test    iproute2                cmd:ip              gives RootCanal a network namespace of its own
test    valgrind                cmd:valgrind        counts instructions
test    libc6-dbg               dpkg:libc6-dbg      valgrind needs it
test    gcc-arm-none-eabi       cmd:arm-none-eabi-gcc   builds for Cortex-M
test    libnewlib-arm-none-eabi file:/usr/lib/arm-none-eabi/include/stdio.h   C library headers for Cortex-M
test    qemu-system-arm         cmd:qemu-system-arm runs the example for a board
test    python3-venv            venv:python3        an environment for the Python test tools
bench   =build                  -                   -
bench   valgrind                cmd:valgrind        counts instructions
bench   libc6-dbg               dpkg:libc6-dbg      valgrind needs it
size    =build                  -                   -
size    gcc-arm-none-eabi       cmd:arm-none-eabi-gcc   builds for Cortex-M0+
size    libnewlib-arm-none-eabi file:/usr/lib/arm-none-eabi/include/stdio.h   C library headers for Cortex-M0+
fuzz    =build                  -                   -
fuzz    clang                   cmd:clang           libFuzzer comes with it
fuzz    libclang-rt-dev         fuzzer:clang        libFuzzer and the sanitizers
doc     doxygen                 cmd:doxygen         the API reference
doc     python3                 cmd:python3         runs the scripts in tools/
interop =build                  -                   -
interop libcmocka-dev           pc:cmocka           the C tests' framework
interop python3-venv            venv:python3        an environment for the Python test tools
interop iproute2                cmd:ip              gives RootCanal a network namespace of its own
interop tshark                  cmd:tshark          decodes our btsnoop traces
interop gcc-arm-none-eabi       cmd:arm-none-eabi-gcc   builds the example for a board
interop libnewlib-arm-none-eabi file:/usr/lib/arm-none-eabi/include/stdio.h   C library headers for it
interop qemu-system-arm         cmd:qemu-system-arm runs that board
interop qemu-system-x86         cmd:qemu-system-x86_64   runs Linux, whose host is the peer
interop bluez                   cmd:bluetoothctl    that host: its daemon and tools
interop bluez-test-tools        cmd:l2test          opens its channels
interop dbus-daemon             cmd:dbus-daemon     carries its calls
interop busybox-static          dpkg:busybox-static the rest of that Linux
format  clang-format            cmd:clang-format    the C formatter
ROWS
}

have() { command -v "$1" >/dev/null 2>&1; }

installed() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'
}

probe() {
    arg=${1#*:}
    case $1 in
    cmd:*) have "$arg" ;;
    any:*) for c in $(echo "$arg" | tr ',' ' '); do if have "$c"; then return 0; fi; done; return 1 ;;
    pc:*) have pkg-config && pkg-config --exists "$arg" ;;
    file:*) [ -e "$arg" ] ;;
    dpkg:*) ! have dpkg-query || installed "$arg" ;;
    venv:*) [ -n "${BREEZE_VENV:-}" ] || "$arg" -c 'import venv, ensurepip' 2>/dev/null ;;
    fuzzer:*) have "$arg" && [ -e "$(clang_fuzzer)" ] ;;
    *) return 1 ;;
    esac
}

# The path that libFuzzer's archive has, or would have.
clang_fuzzer() {
    for name in libclang_rt.fuzzer-$(uname -m).a libclang_rt.fuzzer.a; do
        path=$(clang -print-file-name="$name" 2>/dev/null) || path=
        if [ -e "$path" ]; then
            echo "$path"
            return
        fi
        path=$(clang -print-resource-dir 2>/dev/null)/lib/linux/$name
        if [ -e "$path" ]; then
            echo "$path"
            return
        fi
    done
    echo /nonexistent
}

# Debian names libFuzzer's package after the compiler's version, which the `clang` package decides.
real_name() {
    case $1 in
    libclang-rt-dev)
        v=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)
        if [ -z "$v" ]; then
            case $(debian_version) in 12) v=14 ;; *) v=19 ;; esac
        fi
        echo "libclang-rt-$v-dev" ;;
    *) echo "$1" ;;
    esac
}

real_names() {
    for name in $1; do
        printf ' %s' "$(real_name "$name")"
    done
}

rows_of() {
    packages | while read -r goal name how why; do
        [ "$goal" = "$1" ] || continue
        case $name in
        =*) rows_of "${name#=}" ;;
        *) printf '%s %s %s\n' "$name" "$how" "$why" ;;
        esac
    done
}

debian_version() {
    cut -d. -f1 /etc/debian_version 2>/dev/null || echo none
}

# ---- Distribution packages -----------------------------------------------------------------------

updated=no
# install "package package" -- the reasons were already said.
install_packages() {
    if ! have apt-get; then
        fail "this is not a Debian system; install by its own means: $1, then run the command again."
    fi
    if [ "$(id -u)" != 0 ]; then
        fail "installing needs root. Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends$(real_names "$1")"
    fi
    if [ $updated = no ]; then
        say "apt-get update"
        apt-get update -qq || fail "apt-get update failed; see the lines above."
        updated=yes
    fi
    names=$(real_names "$1")
    say "apt-get install$names"
    # shellcheck disable=SC2086
    apt-get install -y --no-install-recommends -o Dpkg::Use-Pty=0 -qq $names ||
        fail "apt-get install$names failed; see the lines above."
}

want_goal() {
    missing=
    rows=$(rows_of "$1" | sort -u)
    while read -r name how why; do
        if ! probe "$how"; then
            say "$1 needs $name: $why"
            missing="$missing $name"
        fi
    done <<ROWS
$rows
ROWS
    if [ -n "$missing" ]; then
        install_packages "${missing# }"
    fi
}

# ---- The stock MicroPython interpreter ------------------------------------------------------------

works() { [ "$("$@" -c 'import ffi; print("yes")' 2>/dev/null)" = yes ]; }

# Prints the words that run a usable interpreter; nothing when there is none.
interpreter() {
    "$here/micropython" --command 2>/dev/null || true
}

want_interpreter() {
    words=$(interpreter)
    if [ -n "$words" ]; then
        return
    fi
    if [ -n "${BREEZE_TRIXIE:-}" ]; then
        fail "BREEZE_TRIXIE=$BREEZE_TRIXIE holds no working micropython."
    fi
    case $(debian_version) in
    12 | bookworm*)
        say "Debian 12 has no micropython package; Debian 13's is unpacked into $cache/trixie (once, 180 MB, half a minute)."
        unpack_trixie ;;
    *)
        say "the demo and its tests need micropython: the stock interpreter that runs the programs"
        install_packages micropython ;;
    esac
    words=$(interpreter)
    [ -n "$words" ] || fail "micropython is installed but does not run; try: $here/micropython --explain"
}

unpack_trixie() {
    need=
    if ! have debootstrap && ! [ -x /usr/sbin/debootstrap ]; then
        say "needs debootstrap: unpacks Debian 13's packages"
        need="debootstrap"
    fi
    if ! [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
        say "needs debian-archive-keyring: checks Debian 13's signatures"
        need="$need debian-archive-keyring"
    fi
    as_root=
    if [ "$(id -u)" != 0 ]; then
        as_root=fakeroot
        have fakeroot || need="$need fakeroot"
    fi
    if [ -n "$need" ]; then
        install_packages "${need# }"
    fi
    mkdir -p "$cache"
    new=$cache/trixie.$$ # two runs at once do not meet
    log=$cache/debootstrap.log
    bootstrap=$(PATH=$PATH:/usr/sbin command -v debootstrap)
    # --foreign stops before the step that needs a chroot; the packages are then unpacked by
    # dpkg-deb, which needs no privilege.
    if ! $as_root "$bootstrap" --foreign --variant=minbase --include=micropython trixie \
        "$new" >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -rf "$new"
        fail "debootstrap could not fetch Debian 13; its log is $log. BREEZE_TRIXIE=DIR names one that you have."
    fi
    say "unpacking"
    for deb in "$new"/var/cache/apt/archives/*.deb; do
        case $(basename "$deb") in
        libc6_* | libgcc-s1_* | libstdc++6_* | libffi8_* | libmbed* | micropython* | gcc-*-base_*)
            dpkg-deb -x "$deb" "$new" || fail "$deb does not unpack." ;;
        esac
    done
    rm -rf "$new/var/cache/apt/archives" "$cache/trixie"
    mv "$new" "$cache/trixie"
}

# ---- The Linux kernel of the guest ------------------------------------------------------------------

# Debian's kernel package, unpacked, never installed. linux-image-amd64 only names the real one; the
# kernel for clouds has no Bluetooth.
want_linux() {
    if [ -n "${BREEZE_LINUX:-}" ]; then
        ls "$BREEZE_LINUX"/boot/vmlinuz-* >/dev/null 2>&1 || fail "BREEZE_LINUX=$BREEZE_LINUX has no boot/vmlinuz-*."
        return
    fi
    if ls "$cache"/linux/boot/vmlinuz-* >/dev/null 2>&1; then
        return
    fi
    have apt-get || fail "Linux for the guest comes from a Debian package; BREEZE_LINUX=DIR names an unpacked one."
    name=$(linux_package)
    if [ -z "$name" ] && [ "$(id -u)" = 0 ] && [ $updated = no ]; then
        apt-get update -qq || fail "apt-get update failed; see the lines above."
        updated=yes
        name=$(linux_package)
    fi
    [ -n "$name" ] || fail "apt knows no linux-image-amd64. Run: sudo apt-get update; or BREEZE_LINUX=DIR names an unpacked one."
    say "$name is unpacked into $cache/linux (once, 70 to 110 MB, not installed): the kernel of the guest"
    new=$cache/linux.$$
    mkdir -p "$new"
    if ! (cd "$new" && apt-get download -qq -o APT::Sandbox::User=root "$name"); then
        rm -rf "$new"
        fail "apt-get download $name failed; see the lines above."
    fi
    dpkg-deb -x "$new"/*.deb "$new" || fail "$name does not unpack."
    rm -rf "$new"/*.deb "$cache/linux"
    mv "$new" "$cache/linux"
}

linux_package() {
    apt-cache depends linux-image-amd64 2>/dev/null |
        sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1
}

# ---- Python packages ------------------------------------------------------------------------------

# The test tools from PyPI, pinned, in build/venv. Where PyPI cannot be reached, pytest comes from the
# distribution and build/venv.missing holds the reason, which the tests that need the rest print.
want_venv() {
    if [ -n "${BREEZE_VENV:-}" ]; then
        [ -x "$BREEZE_VENV/bin/python" ] || fail "BREEZE_VENV=$BREEZE_VENV has no bin/python."
        rm -f "$root/build/venv.missing"
        return
    fi
    list=$here/requirements-test.txt
    stamp=$root/build/venv/requirements.txt
    mkdir -p "$root/build"
    if cmp -s "$list" "$stamp"; then
        rm -f "$root/build/venv.missing"
        return
    fi
    say "build/venv: $(grep -c '==' "$list") Python packages from PyPI, pinned (Bumble and RootCanal are the independent peers)"
    log=$root/build/venv.log
    rm -rf "$root/build/venv"
    if python3 -m venv "$root/build/venv" >"$log" 2>&1 &&
        "$root/build/venv/bin/pip" install --disable-pip-version-check --progress-bar off --no-input \
            -r "$list" >>"$log" 2>&1; then
        cp "$list" "$stamp"
        rm -f "$root/build/venv.missing"
        return
    fi
    reason=$(grep -m 1 -E 'ERROR|Error|error' "$log" || tail -n 1 "$log")
    rm -rf "$root/build/venv"
    echo "no Python packages from PyPI: $reason" >"$root/build/venv.missing"
    if [ "${BREEZE_CI:-0}" = 1 ]; then
        tail -n 20 "$log" >&2
        fail "pip could not install tools/requirements-test.txt; its log is $log."
    fi
    say "PyPI gave nothing ($reason); the tests that need Bumble or RootCanal will be skipped."
    if ! python3 -c 'import pytest' 2>/dev/null; then
        say "test needs python3-pytest: runs the Python tests"
        install_packages "python3-pytest"
    fi
}

# ---- Main -----------------------------------------------------------------------------------------

if [ "${1:-}" = --list ]; then
    shift
    for goal in "$@"; do
        rows_of "$goal" | sort -u | while read -r name how why; do
            printf '%-8s %-26s %s\n' "$goal" "$(real_name "$name")" "$why"
        done
    done
    exit 0
fi

[ $# -gt 0 ] || fail "say what for: build demo test bench size fuzz doc interop format"
for goal in "$@"; do
    packages | grep -q "^$goal " || fail "there is no goal '$goal'."
    want_goal "$goal"
    case $goal in
    demo) want_interpreter ;;
    test) want_interpreter && want_venv ;;
    # On Debian 12, RootCanal runs with the C library of the Debian 13 that has the interpreter.
    interop) want_linux && want_interpreter && want_venv ;;
    esac
done
