#!/bin/sh
# cppcheck over the sources. Left out: scope, shadowing and unread values (gcc sees to them), conditions that it believes
# constant because it does not follow a loop, const of parameters whose type a table prescribes, what is left to be zero.
cd "$(dirname "$0")/../.." || exit 1
folders=
for folder in src port transport tool sim test/unit test/port test/support test/fuzz test/fault test/attack bench; do
    [ -d $folder ] && folders="$folders $folder"
done
# shellcheck disable=SC2086  # a list of words
cppcheck -q -j "$(nproc)" --std=c11 --enable=warning,style,performance,portability --inline-suppr --error-exitcode=1 \
    --suppress=variableScope --suppress=shadowVariable --suppress=shadowFunction --suppress=shadowArgument \
    --suppress=knownConditionTrueFalse --suppress=constParameter --suppress=constParameterCallback \
    --suppress=unusedStructMember --suppress=unassignedVariable --suppress=unreadVariable \
    -Iinclude -Isrc -I. $folders 2>&1 || exit 1
echo "$folders"
