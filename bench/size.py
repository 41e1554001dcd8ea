#!/usr/bin/env python3
"""Flash, RAM and stack of the core on a Cortex-M0+, beside their bounds. Writes build/size.json; exit 1: one is broken.

Flash: what the linker keeps (--gc-sections) of each room when the functions of a variant are wanted, with port/soft.
Stack: the deepest chain of calls, from gcc's call graph and frames; the ports' functions are those of port/soft where
it has them, and are named where it has not: their stack comes on top, inside the vendor's library.
"""
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import arm
import budgets

BUILD = arm.ROOT / "build/size"
HEADERS = sorted((arm.ROOT / "include/troth").glob("*.h"))
SOFT = ["troth_soft_sha256", "troth_soft_aes128"]
EDHOC = {
    "I": ["begin", "make_1", "take_2", "verify_2", "make_3", "take_4", "export", "end", "take_error"],
    "R": ["begin", "take_1", "make_2", "take_3", "verify_3", "make_4", "export", "end", "make_error"],
}
AUTH = {"0": ["troth_edhoc_signature"], "3": ["troth_edhoc_static_dh"]}
AUTH["all"] = AUTH["0"] + AUTH["3"]
WORDS = ["troth_strerror", "troth_strreason"]  # texts for people: a device that shows none does not link them
ROOMS = ["device", "pairing", "record", "store", "revoke", "frame", "cert", "edhoc", "cbor", "kdf", "ccm",
         "p256", "bytes"]
APART = ["soft", "libc"]


def public_functions(header):
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
    return re.findall(r"^[\w ]+[ *](troth_\w+)\(", text, flags=re.M)


def variants():
    """name -> symbols that are wanted"""
    table = {}
    for auth, symbols in AUTH.items():
        for role in ("I", "R", "IR"):
            table[f"EDHOC {role} {auth}"] = [f"troth_edhoc_{call}" for part in role for call in EDHOC[part]] + symbols
    everything = public_functions(arm.ROOT / "include/troth/troth.h")
    device = [name for name in everything if name not in WORDS]
    for auth, symbols in AUTH.items():
        table[f"device {auth}"] = device + symbols
    table["device +words"] = everything + AUTH["all"]
    return table


def measure_flash(objects):
    """variant -> room -> bytes"""
    table = {}
    for name, wanted in variants().items():
        flash, ram = arm.link(objects, wanted + SOFT, BUILD / (name.replace(" ", "_") + ".elf"))
        if any(ram.values()):
            raise SystemExit(f"static RAM in {ram}: the core and the soft port have no globals")
        rooms = {}
        for source, size in flash.items():
            room = "libc" if source == Path("libc") else arm.room_of(source)
            rooms[room] = rooms.get(room, 0) + size
        table[name] = rooms
    return table


def measure_structs():
    """Sizes of the public structs, compiled for the target."""
    probe = BUILD / "structs.c"
    names = sorted({name for header in HEADERS
                    for name in re.findall(r"^struct (troth\w*) \{", header.read_text(), flags=re.M)})
    constants = ["TROTH_BUFFER_MIN", "TROTH_BUFFER_CHAIN"]
    lines = [f"#include <troth/{header.name}>" for header in HEADERS]
    wanted = [(name, f"sizeof(struct {name})") for name in names] + [(name, name) for name in constants]
    lines += [f"extern const char size_{name}[{size}];\nconst char size_{name}[{size}] = {{0}};"
              for name, size in wanted]
    probe.write_text("\n".join(lines) + "\n")
    objects = arm.compile_all([probe.relative_to(arm.ROOT)], BUILD)
    sizes = {name.removeprefix("size_"): size for _, _, name, size in arm.symbols(objects)}
    return {name: sizes[name] for name in names}, {name: sizes[name] for name in constants}


def measure_stack(objects):
    """header -> public function -> {bytes, chain, ports}"""
    calls = arm.Calls(objects)
    missing = calls.read_library(BUILD / "device_+words.elf")
    if missing:
        print(f"frames not known, counted as 0: {', '.join(missing)}", file=sys.stderr)
    if calls.unbounded:
        raise SystemExit(f"frames without a bound: {', '.join(calls.unbounded)}")
    table = {}
    for header in HEADERS:
        for function in public_functions(header):
            depth, chain, ports = calls.depth(function)
            short = [name.rpartition(":")[2] for name in chain]
            table.setdefault(header.stem, {})[function] = {"bytes": depth, "chain": short, "ports": sorted(ports)}
    return table


def print_flash(table, groups):
    for title, names in groups:
        print(f"\n{title:<10}" + "".join(f"{name.partition(' ')[2]:>9}" for name in names))
        rooms = [room for room in ROOMS if any(room in table[name] for name in names)]
        rooms += sorted({room for name in names for room in table[name]} - set(ROOMS) - set(APART))
        for room in rooms:
            print(f"{room:<10}" + "".join(f"{table[name].get(room, 0):>9}" for name in names))
        print(f"{'core':<10}" + "".join(f"{core_of(table[name]):>9}" for name in names))
        for room in APART:
            print(f"{room:<10}" + "".join(f"{table[name].get(room, 0):>9}" for name in names))


def core_of(rooms):
    return sum(size for room, size in rooms.items() if room not in APART)


def main():
    soft = [path.relative_to(arm.ROOT) for path in arm.ROOT.glob("port/soft/*.c")]
    objects = arm.compile_all(arm.core_sources() + soft, BUILD)
    flash = measure_flash(objects)
    structs, constants = measure_structs()
    stack = measure_stack(objects)
    compiler = arm.run(arm.PREFIX + "gcc", "--version").splitlines()[0]
    print(f"{compiler}, {' '.join(arm.MACHINE)}, gc-sections")
    print("Flash in bytes: roles I, R or both; method 0, 3 or all; +words: with troth_strerror and troth_strreason")
    print_flash(flash, [("EDHOC", [name for name in flash if name.startswith("EDHOC")]),
                        ("device", [name for name in flash if name.startswith("device")])])
    print("\nstruct                     bytes")
    for name, size in structs.items():
        print(f"{name:<24} {size:>7}")
    print("\nstack                      bytes  deepest chain (+ port calls, not counted, that may come in it)")
    for header, functions in stack.items():
        for name, found in functions.items():
            ports = f"  + {' '.join(found['ports'])}" if found["ports"] else ""
            print(f"{name:<24} {found['bytes']:>7}  {' '.join(found['chain'][1:])}{ports}")
    deepest = max(found["bytes"] for found in stack["troth"].values())
    context = structs["troth"] + deepest
    edhoc = flash["EDHOC IR all"]
    figures = {
        "size.core": core_of(flash["device all"]),
        "size.edhoc": sum(edhoc.get(room, 0) for room in ("edhoc", "cbor")),
        "ram.pairing": context + constants["TROTH_BUFFER_MIN"],
        "ram.chain": context + constants["TROTH_BUFFER_CHAIN"],
    }
    print(f"\nram: struct troth {structs['troth']} + stack {deepest} + buffer {constants['TROTH_BUFFER_MIN']}"
          f" (chains: {constants['TROTH_BUFFER_CHAIN']})")
    kept = budgets.judge(figures, ("size", "ram"))
    budgets.write(arm.ROOT / "build/size.json", {
        "compiler": compiler, "flags": arm.MACHINE, "figures": figures, "flash": flash, "structs": structs,
        "buffers": constants, "stack": stack})
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
