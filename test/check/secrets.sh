#!/bin/sh
# No branch and no index of port/soft depends on a key or on data, in what clang makes of it at each level. The check first
# proves itself: a planted branch and a planted index must be found.
cd "$(dirname "$0")/../.." || exit 1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

build_and_run() {
    clang -std=c11 "$@" -fsanitize=memory -Iinclude -I. test/check/secrets.c port/soft/soft.c -o "$folder/secrets" &&
        "$folder/secrets"
}

for plant in BRANCH INDEX; do
    if build_and_run -O1 -DPLANT_$plant 2>/dev/null; then
        echo "the planted $plant was not found"
        exit 1
    fi
done
for level in -O0 -O1 -Os -O2 -O3; do
    if ! build_and_run $level; then
        echo "port/soft: a branch or an index depends on a secret at $level"
        exit 1
    fi
done
echo "port/soft: no branch or index on a secret, at five levels of optimisation"
