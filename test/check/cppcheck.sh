#!/bin/sh
# cppcheck: over what we ship with its opinions on style too, over the rest for faults. Left out: scope, shadowing and
# unread values (gcc sees to them), conditions that it believes constant because it follows no loop, const of parameters
# whose type a table prescribes, and NULL as a last argument (a pointer on every system that runs the tests).
cd "$(dirname "$0")/../.." || exit 1

# look ENABLED FOLDER...: those of the folders that exist
look() {
    enabled=$1
    shift
    for folder in "$@"; do
        shift
        [ -d "$folder" ] && set -- "$@" "$folder"
    done
    for noise in variableScope shadowVariable shadowFunction shadowArgument unreadVariable redundantInitialization \
        knownConditionTrueFalse constParameter constParameterCallback unusedStructMember varFuncNullUB; do
        set -- "$@" --suppress=$noise
    done
    cppcheck -q -j "$(nproc)" --std=c11 --enable="$enabled" --inline-suppr --error-exitcode=1 -Iinclude -Isrc -I. "$@" 2>&1
}

look warning,style,performance,portability src port transport tool || exit 1
look warning,performance,portability sim bench test/support test/unit test/port test/fuzz test/fault test/attack || exit 1
echo "nothing found"
