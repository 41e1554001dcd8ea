#!/bin/sh
# Flash, RAM and stack are within their bounds.
cd "$(dirname "$0")/../.." || exit 1
out=$(bench/size.py 2>&1) && kept=0 || kept=1
case $out in
*budget*) printf '%s\n' "$out" | sed -n '/^budget/,$p' ;;
*) printf '%s\n' "$out" ;;
esac
exit $kept
