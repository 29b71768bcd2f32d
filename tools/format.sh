#!/bin/sh
# Formats all C files in place (--check: only says which would change). The style is .clang-format.
set -eu
cd "$(dirname "$0")/.."
tool=clang-format
if command -v clang-format-14 >/dev/null 2>&1; then
    tool=clang-format-14
fi
mode=-i
if [ "${1:-}" = --check ]; then
    mode="--dry-run --Werror"
fi
# shellcheck disable=SC2086
find include src air ports micropython examples bench tests \( -name '*.c' -o -name '*.h' \) -print0 |
    xargs -0 -r "$tool" --style=file $mode
