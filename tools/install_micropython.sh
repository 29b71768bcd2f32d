#!/bin/sh
# Installs the Breeze module for the stock MicroPython interpreter.
#
#   tools/install_micropython.sh BUILD LIB      LIB: a folder of the interpreter's path
#
# Where the distribution has no micropython package (Debian 12), Debian 13's interpreter, which
# tools/deps.sh unpacked, gets a name of its own: ~/.local/bin/breeze-micropython.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$1
lib=$2

mkdir -p "$lib"
cmake --install "$build" --component micropython --prefix "$lib"
if ! [ -e "$lib/bluetooth.py" ]; then
    echo "install-micropython: $build has no MicroPython module; run make again." >&2
    exit 1
fi
echo "The module is in $lib: bluetooth.py, its library and the virtual air."

if command -v micropython >/dev/null 2>&1; then
    echo "Try: micropython, then: import bluetooth"
    exit 0
fi
if ! words=$("$here/micropython" --wrapper 2>/dev/null); then
    echo "There is no micropython here; tools/deps.sh demo gets one, then run this again."
    exit 0
fi
bin=$HOME/.local/bin
mkdir -p "$bin"
printf '%s\n' "$words" >"$bin/breeze-micropython"
chmod +x "$bin/breeze-micropython"
echo "This system has no micropython package; Debian 13's interpreter is $bin/breeze-micropython."
echo "Try: $bin/breeze-micropython, then: import bluetooth"
