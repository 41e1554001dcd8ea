#!/usr/bin/env python3
"""What the core may not contain, read from its objects for a Cortex-M0+: calls out of it (malloc, stdio, an OS), arrows
between its rooms that the includes do not show, mutable globals, variable-length arrays, recursion, unbounded frames.

The check first proves itself: each planted fault must be found.
"""
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import arm
import includes

BUILD = arm.ROOT / "build/check"
# What a compiler may call by itself, and strlen; all of it is in every C library.
LIBRARY = re.compile(r"mem(cpy|move|set|cmp)|strlen|__aeabi_\w+|__gnu_thumb1_case_\w+")

PLANTED = {
    "heap": "#include <stdlib.h>\nvoid *plant(void);\nvoid *plant(void)\n{\n    return malloc(1);\n}\n",
    "output": "#include <stdio.h>\nvoid plant(void);\nvoid plant(void)\n{\n    puts(\"\");\n}\n",
    "mutable global": "static int seen;\nint plant(void);\nint plant(void)\n{\n    return seen++;\n}\n",
    "static data": "int plant = 1;\nextern int plant;\n",
    "variable-length array": "int plant(int n);\nint plant(int n)\n{\n    volatile int a[n];\n    a[0] = n;\n"
                             "    return a[0];\n}\n",
    "recursion": "int plant(volatile int *n);\nint plant(volatile int *n)\n{\n"
                 "    return *n ? plant(n) + plant(n) : 0;\n}\n",
    "arrow": "#include <troth/edhoc.h>\nuint8_t plant(const struct troth_edhoc *s);\n"
             "uint8_t plant(const struct troth_edhoc *s)\n{\n    return troth_edhoc_suite(s);\n}\n",
}


def may_use(room):
    """The rooms whose functions this one may call, by the table of the includes."""
    allowed = includes.ALLOWED.get(f"src/{room}", [])
    return [room] + [re.sub(r"(api|src)/", "", pattern) for pattern in allowed]


def faults(objects):
    found = []
    defined, undefined = {}, []
    for source, kind, name, _ in arm.symbols(objects):
        if kind in "DdBbC":
            found.append(f"{source}: mutable data: {name}")
        if kind in "UwW":
            undefined.append((source, name))
        elif kind in "TRD":
            defined[name] = arm.room_of(source)
    for source, name in undefined:
        room = arm.room_of(source)
        if name not in defined and not LIBRARY.fullmatch(name):
            found.append(f"{source}: calls out of the core: {name}")
        elif name in defined and not any(re.fullmatch(pattern, defined[name]) for pattern in may_use(room)):
            found.append(f"{source}: {room} must not use {name} of {defined[name]}")
    calls = arm.Calls(objects)
    found += [f"{name}: a frame without bound" for name in calls.unbounded]
    for function in set(calls.frame) - calls.through:
        calls.depth(function)
    return found


def found_when_planted(text, objects):
    """The fault is found when this text stands in the place of src/record.c, beside the rest of the core."""
    planted = BUILD / "planted.c"
    planted.write_text(text)
    try:
        record = arm.compile_all([planted.relative_to(arm.ROOT)], BUILD).popitem()[1]
        return any(line.startswith("src/record.c") for line in faults({**objects, Path("src/record.c"): record}))
    except SystemExit as stop:
        return re.search(r"-Werror=vla|recursion", str(stop)) is not None


def main():
    objects = arm.compile_all(arm.core_sources(), BUILD)
    found = [f"not found although planted: {name}" for name, text in PLANTED.items()
             if not found_when_planted(text, objects)]
    found += faults(objects)
    print("\n".join(found) or f"{len(objects)} objects, {len(PLANTED)} planted faults found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
