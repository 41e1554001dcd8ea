#!/bin/sh
# Flash, RAM, stack, bytes on the wire and instructions are within their bounds (bench/budgets).
cd "$(dirname "$0")/../.." || exit 1
result=0
for measure in size bench; do
    out=$(bench/$measure.py 2>&1) || result=1
    case $out in
    *budget*) printf '%s\n' "$out" | sed -n '/^budget/,$p' ;;
    *) printf '%s\n' "$out" ;;
    esac
done
exit $result
