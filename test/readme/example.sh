#!/bin/sh
# The C code of a Markdown file, as the tests compile it: example.sh README.md example.c
sed -n '/^```c$/,/^```$/{//!p}' "$1" >"$2"
