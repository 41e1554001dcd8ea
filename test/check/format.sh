#!/bin/sh
# The C sources are as clang-format leaves them.
cd "$(dirname "$0")/../.." || exit 1
list() { git ls-files "$@" -co --exclude-standard '*.c' '*.h'; }
if ! out=$(list -z | xargs -0 clang-format --dry-run -Werror 2>&1); then
    printf '%s\n' "$out" | sed -n 's/^\([^:]*:[0-9]*\):.*error.*/\1: clang-format -i would change this/p' | sort -u
    exit 1
fi
echo "$(list | wc -l) files"
