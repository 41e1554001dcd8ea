#!/bin/sh
# clang-tidy (.clang-tidy says what it looks for) over everything that the build with gcc compiles.
cd "$(dirname "$0")/../.." || exit 1
database=build/gcc/compile_commands.json
[ -f $database ] || {
    echo "$database is missing: make check builds it"
    exit 1
}
files=$(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' $database | sort -u)
if ! out=$(printf '%s\n' "$files" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/gcc 2>/dev/null); then
    printf '%s\n' "$out"
    exit 1
fi
echo "$(printf '%s\n' "$files" | wc -l) files"
