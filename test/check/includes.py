#!/usr/bin/env python3
"""The include arrows of DESIGN.md: each room may include what the table says, and nothing else.

The check first proves itself: every planted arrow must be refused, or the check fails.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FREESTANDING = {"stdbool.h", "stddef.h", "stdint.h", "string.h"}

# Room -> rooms that it may include; itself is always allowed. The first pattern that fits a path names its room.
# "free": the four freestanding headers. "system": any header that is not ours.
ROOMS = [
    (r"include/troth/(\w+)\.h", "api/{}"),
    (r"src/(\w+)(/.*|\.[ch])", "src/{}"),
    (r"port/(\w+)/.*", "port/{}"),
    (r"transport/.*", "transport"),
    (r"sim/.*", "sim"),
    (r"tool/ca[_/.].*", "tool/ca"),
    (r"tool/.*", "tool"),
    (r"firmware/.*", "firmware"),
    (r"test/(\w+)/.*", "test/{}"),
    (r"bench/.*", "bench"),
]
API = r"api/(?!private)\w+"
ALLOWED = {
    "api/port": ["free"],
    "api/edhoc": ["free", "api/port"],
    "api/cert": ["free", "api/port"],
    "api/private": ["free", "api/cert", "api/edhoc", "api/port"],
    "api/troth": ["free", r"api/\w+"],
    "src/bytes": ["free", "api/port"],
    "src/cbor": ["free", "src/bytes"],
    "src/ccm": ["free", "src/bytes"],
    "src/kdf": ["free", "src/bytes"],
    "src/p256": ["free", "src/bytes"],
    "src/cose": ["free", "src/bytes", "src/cbor"],
    "src/frame": ["free", "src/bytes"],
    "src/cert": ["free", "api/cert", "src/bytes", "src/cbor", "src/cose", "src/p256"],
    "src/edhoc": ["free", "api/edhoc", "src/bytes", "src/cbor", "src/ccm", "src/cose", "src/kdf", "src/p256"],
    "src/record": ["free", "api/private", "src/bytes", "src/ccm"],
    "src/pairing": ["free", "api/port", "src/bytes"],
    "src/store": ["free", "api/private", "src/bytes"],
    "src/revoke": ["free", "api/private", "api/cert", "src/bytes", "src/cbor"],
    "src/device": ["free", r"api/\w+", r"src/\w+"],
    r"port/\w+": ["system", "api/port", "port/soft"],
    "transport": ["system"],
    "sim": ["system"],
    "tool/ca": ["system", "api/cert", "api/port", "src/cert", "src/cbor", "src/bytes", r"port/\w+", "tool"],
    "tool": ["system", API, "src/cbor", "src/bytes", r"port/\w+", "transport", "sim", "tool/ca"],
    "firmware": ["system", API, r"port/\w+", "transport"],
    r"test/(unit|fuzz)": ["system", r"api/\w+", r"src/\w+", r"port/\w+", "transport", "sim", "tool", "test/support"],
    "test/port": ["system", API, "src/(kdf|ccm|bytes)", r"port/\w+", "test/support"],
    r"test/\w+": ["system", API, r"port/\w+", "transport", "sim", "test/support"],
    "bench": ["system", API, r"port/\w+", "transport", "test/support"],
}

# What a room must not take in through other files either.
NEVER = {
    "tool/ca": r"api/(troth|private|edhoc)|src/(device|edhoc|record)",
    "src/edhoc": r"src/(record|pairing|device)",
    "src/record": r"src/(edhoc|pairing|device)",
    "src/pairing": r"api/(edhoc|private)|src/(edhoc|record|device)",
    "src/frame": r"api/(edhoc|cert|private|troth)|src/(edhoc|record|kdf|ccm|device)",
    "transport": r"api/.*|src/.*",
}

# Hooks for tests have no place in the core.
HOOK = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b.*(?:TEST|FUZZ|MOCK|UNIT)", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)

# Forbidden arrows, each of which the check must find.
PLANTED = [
    ("src/kdf.c", '#include "port/openssl/openssl.h"'),
    ("src/kdf.c", '#include "../port/soft/soft.h"'),
    ("src/frame.c", '#include "transport/serial.h"'),
    ("src/edhoc/session.c", '#include "sim/chip.h"'),
    ("src/cert/read.c", '#include "tool/json.h"'),
    ("src/bytes.c", "#include <stdio.h>"),
    ("src/bytes.c", "#include <stdlib.h>"),
    ("src/record.c", "#include <time.h>"),
    ("src/store.c", "#  include <unistd.h>"),
    ("src/store.c", "#include <sys/stat.h>"),
    ("src/bytes.c", "#include <openssl/evp.h>"),
    ("src/device/device.c", '#include "test/support/nor.h"'),
    ("include/troth/port.h", "#include <stdio.h>"),
    ("include/troth/port.h", "#include <troth/edhoc.h>"),
    ("port/openssl/openssl.c", '#include "src/bytes.h"'),
    ("port/psa/psa.c", '#include "../../src/kdf.h"'),
    ("port/openssl/openssl.c", '#include "port/psa/psa.h"'),
    ("port/flash/flash.c", '#include "../file/file.h"'),
    ("port/file/file.c", "#include <troth/troth.h>"),
    ("src/edhoc/session.c", '#include "record.h"'),
    ("src/edhoc/session.c", '#include "../pairing.h"'),
    ("src/record.c", '#include "edhoc/session.h"'),
    ("src/record.c", "#include <troth/edhoc.h>"),
    ("src/record.c", '#include "pairing.h"'),
    ("src/pairing.c", '#include "record.h"'),
    ("src/pairing.c", "#include <troth/edhoc.h>"),
    ("src/frame.c", '#include "kdf.h"'),
    ("src/frame.c", '#include "record.h"'),
    ("src/frame.c", "#include <troth/private.h>"),
    ("transport/serial.c", "#include <troth/troth.h>"),
    ("transport/udp.c", '#include "../include/troth/edhoc.h"'),
    ("sim/chip.c", "#include <troth/port.h>"),
    ("sim/chip.c", '#include "port/soft/soft.h"'),
    ("sim/chip.c", '#include "src/bytes.h"'),
    ("tool/ca.c", "#include <troth/troth.h>"),
    ("tool/ca.c", "#include <troth/edhoc.h>"),
    ("tool/ca.c", '#include "src/record.h"'),
    ("tool/ca_through.c", '#include "tool/device.h"'),
    ("tool/device.c", '#include "src/edhoc/session.h"'),
    ("firmware/main.c", '#include "src/bytes.h"'),
    ("firmware/main.c", "#include <troth/private.h>"),
    ("firmware/main.c", "x = troth.private_.phase;"),
    ("test/fault/test_power.c", '#include "src/device/device.h"'),
    ("test/unit/test_device.c", "x = troth->private_.phase;"),
    ("src/record.c", "#ifdef TROTH_TEST"),
    ("src/unheard.c", "#include <string.h>"),
]
# And arrows that it must let pass.
PLANTED_GOOD = [
    ("src/kdf.c", '#include "bytes.h"\n#include <string.h>'),
    ("src/edhoc/session.c", '#include "../ccm.h"\n#include "cose.h"\n#include <troth/edhoc.h>'),
    ("port/openssl/openssl.c", '#include "openssl.h"\n#include <openssl/evp.h>\n#include "port/soft/soft.h"'),
    ("port/psa/psa.c", '#include "../soft/soft.h"'),
    ("transport/serial.c", '#include "serial.h"\n#include <string.h>'),
]


def room_of(path):
    for pattern, name in ROOMS:
        match = re.fullmatch(pattern, path)
        if match:
            return name.format(*match.groups())
    return None


def normal(path):
    parts = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def path_of(path, quote, name):
    """Our file that an include names, "" for one that is not ours."""
    if quote == "<":
        return f"include/{name}" if name.startswith("troth/") else ""
    beside = normal(f"{path.rpartition('/')[0]}/{name}")
    candidates = [candidate for candidate in (beside, name, f"src/{name}", f"include/{name}")
                  if candidate and room_of(candidate)]
    there = [candidate for candidate in candidates if (ROOT / candidate).exists()]
    plausible = [candidate for candidate in (name, beside) if candidate in candidates]
    return (there + plausible + [name])[0]


def target_of(path, quote, name):
    """The room that an include leads to: one of ours, "free" or "system"."""
    ours = path_of(path, quote, name)
    if ours:
        return room_of(ours) or f"unknown {name}"
    return "free" if name in FREESTANDING else "system"


def reached(path, text, seen):
    """Every file of ours that this one takes in, through others too."""
    for quote, name in INCLUDE.findall(text):
        ours = path_of(path, quote, name)
        if ours and ours not in seen:
            seen.add(ours)
            if (ROOT / ours).exists():
                reached(ours, (ROOT / ours).read_text(), seen)
    return seen


def faults(path, text):
    room = room_of(path)
    allowed = next((rooms for pattern, rooms in ALLOWED.items() if room and re.fullmatch(pattern, room)), None)
    if allowed is None:
        return [f"{path}: belongs to no room of the table in test/check/includes.py"]
    found = []
    for quote, name in INCLUDE.findall(text):
        target = target_of(path, quote, name)
        if target == room or (target == "free" and "system" in allowed):
            continue
        if not any(re.fullmatch(pattern, target) for pattern in allowed):
            found.append(f"{path}: {room} must not include {name} ({target})")
    for far in sorted(reached(path, text, set())):
        if re.fullmatch(NEVER.get(room, "-"), room_of(far) or ""):
            found.append(f"{path}: {room} takes in {far} through another file")
    if re.match(r"src/", path) and HOOK.search(text):
        found.append(f"{path}: a hook for tests in the core")
    if not re.match(r"src/|include/", path) and re.search(r"\bprivate_\b", text):
        found.append(f"{path}: touches private fields")
    return found


def main():
    missed = [f"not found although planted: {path}: {text}" for path, text in PLANTED if not faults(path, text)]
    missed += [f"refused although good: {line}" for path, text in PLANTED_GOOD for line in faults(path, text)]
    folders = ("include", "src", "port", "transport", "sim", "tool", "firmware", "test", "bench")
    files = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.[ch]"))
    found = [line for path in files for line in faults(path.relative_to(ROOT).as_posix(), path.read_text())]
    print("\n".join(missed + found) or f"{len(files)} files, {len(PLANTED)} planted arrows refused")
    return 1 if missed or found else 0


if __name__ == "__main__":
    sys.exit(main())
