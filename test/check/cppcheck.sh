#!/bin/sh
# cppcheck over the sources. Left out: scope, shadowing and unread values (gcc sees to them), conditions that it believes
# constant because it follows no loop, const of parameters whose type a table prescribes, what is left to be zero, NULL as a
# last argument (a pointer on every system that runs the tests).
cd "$(dirname "$0")/../.." || exit 1
set --
for noise in variableScope shadowVariable shadowFunction shadowArgument unreadVariable redundantInitialization \
    knownConditionTrueFalse constParameter constParameterCallback unusedStructMember unassignedVariable varFuncNullUB; do
    set -- "$@" --suppress=$noise
done
for folder in src port transport tool sim test/unit test/port test/support test/fuzz test/fault test/attack bench; do
    [ -d $folder ] && set -- "$@" $folder
done
cppcheck -q -j "$(nproc)" --std=c11 --enable=warning,style,performance,portability --inline-suppr --error-exitcode=1 \
    -Iinclude -Isrc -I. "$@" 2>&1 || exit 1
echo "nothing found"
