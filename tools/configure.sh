#!/bin/sh
# Configures a CMake preset without its chatter; shows all of it when that fails.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build
log=build/$1.configure.log
if ! cmake --preset "$@" >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
