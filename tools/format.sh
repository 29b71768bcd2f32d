#!/bin/sh
# Formats C files in place: those named, or all of the tree (--check: only says which would change).
# The style is .clang-format.
#
#     tools/format.sh [--check] [FILE ...]
set -eu
mode=-i
if [ "${1:-}" = --check ]; then
    mode="--dry-run --Werror"
    shift
fi
for file in "$@"; do
    case $file in
    -*) echo "format: there is no option $file; --check is the only one, and stands first." >&2; exit 2 ;;
    *.c | *.h) ;;
    *) echo "format: $file is no C file: its name ends neither in .c nor in .h." >&2; exit 2 ;;
    esac
    if [ ! -f "$file" ]; then
        echo "format: there is no file $file." >&2
        exit 2
    fi
done
tool=clang-format
if command -v clang-format-14 >/dev/null 2>&1; then
    tool=clang-format-14
fi
# shellcheck disable=SC2086
if [ $# -gt 0 ]; then
    exec "$tool" --style=file $mode -- "$@"
fi
cd "$(dirname "$0")/.."
# shellcheck disable=SC2086
find include src air ports micropython examples bench tests \( -name '*.c' -o -name '*.h' \) -print0 |
    xargs -0 -r "$tool" --style=file $mode
