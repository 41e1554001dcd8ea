#!/usr/bin/env python3
"""Bytes on the wire and instructions of a pairing, beside their bounds. Writes build/bench.json; exit 1: one is broken.

Wire: bench/pair prints every frame of two devices on the test bench, with certificates of 140 bytes.
Instructions: x86-64, gcc -O2, counted by callgrind while the two pair. What is counted is the core's own functions, of
both sides together. Hash, HMAC, HKDF, AEAD, ECC, p256 and frames are out (the ports and the rooms of OUT). Every copy,
comparison and clearing of memory that a counted function asks the C library or src/bytes.c for is in, on its account.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import budgets

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "build/gcc/bench/bench_pair"
OUT = {"kdf", "ccm", "p256", "frame"}
MESSAGES = ("1", "2", "3", "4")  # kinds of frames that hold an EDHOC message, after one byte
COPY = re.compile(r"_*(mem(cpy|move|set|cmp)|bcmp|strlen)\w*")
BYTES = {"wipe", "ct_equal", "span_equal"}
VARIANTS = {"0": ("0", "2"), "3": ("3", "2"), "3, suite 3": ("3", "3"), "0, issuing CA": ("0", "2", "chain"),
            "3, issuing CA": ("3", "2", "chain")}


def run(*command):
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "LD_BIND_NOW": "1"})
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr}")
    return done.stdout


def measure_wire(arguments):
    wire = {"pair": 0, "pair frames": 0, "reconnect": 0, "reconnect frames": 0, "messages": []}
    for line in run(PROGRAM, *arguments).splitlines():
        words = line.split()
        if words[0] in ("pair", "reconnect"):
            wire[f"{words[0]} frames"] += int(words[3])
            wire[words[0]] += int(words[3]) - 1 if words[2] in MESSAGES else 0
            wire["messages"].append({"phase": words[0], "from": int(words[1]), "kind": int(words[2]),
                                     "frame": int(words[3])})
        else:
            wire[words[0]] = int(words[1])
    return wire


def room_of(path):
    found = re.search(r"(?:^|/)src/(\w+)", path.removeprefix(str(ROOT)))
    return found[1] if found else None


class Profile:
    """What callgrind wrote: the instructions of each function of the core, and of what it had copied."""

    def __init__(self, path):
        self.names = {}
        self.own = {}    # (room, function) -> instructions
        self.copies = {} # (room, function) -> instructions spent for it in the C library and in src/bytes.c
        function, file, callee, callee_file, is_call = None, "", "", None, False
        for line in path.read_text().splitlines():
            key, equals, value = line.partition("=")
            if equals and key in ("fl", "fi", "fe", "cfi", "cfl", "fn", "cfn"):
                value = self._name(key[-2:] if key.endswith("fn") else "fl", value)
                if key == "fl":
                    file = value
                elif key == "fn":
                    function = (room_of(file), value.partition("'")[0])
                elif key == "cfn":
                    callee = value.partition("'")[0]
                elif key in ("cfi", "cfl"):
                    callee_file = value
            elif equals and key == "calls":
                is_call = True
            elif re.match(r"[+\-*\d]", line):
                cost = int(line.split()[1])
                if not is_call:
                    self._add(self.own, function, cost)
                elif self._copies(callee, callee_file or file):
                    self._add(self.copies, function, cost)
                if is_call:
                    callee_file, is_call = None, False

    def _name(self, kind, text):
        number, _, name = text.partition(" ")
        if name:
            self.names[kind, number] = name
        return self.names[kind, number]

    def _add(self, table, function, cost):
        room, name = function
        if room is not None and not self._copies(name, f"src/{room}.c"):
            table[function] = table.get(function, 0) + cost

    @staticmethod
    def _copies(name, file):
        """Also what src/bytes.c does itself; what it hands on to the port is no copy."""
        return COPY.fullmatch(name) is not None or (room_of(file) == "bytes" and name in BYTES)

    def rooms(self, table):
        sums = {}
        for (room, _), cost in table.items():
            sums[room] = sums.get(room, 0) + cost
        return sums

    def counted(self):
        return sum(cost for table in (self.own, self.copies) for (room, _), cost in table.items() if room not in OUT)


def measure_instructions(arguments):
    path = ROOT / "build/callgrind.out"
    run("valgrind", "--tool=callgrind", "--toggle-collect=measured_pairing", f"--callgrind-out-file={path}", PROGRAM,
        *arguments)
    profile = Profile(path)
    if not profile.own:
        raise SystemExit("callgrind saw nothing of the core: is the program built with -g?")
    return profile


def print_wire(wires):
    print(f"{'method':<16} {'certificate':>11} {'pair':>6} {'framed':>7} {'reconnect':>10} {'framed':>7} {'record':>7}")
    for name, wire in wires.items():
        print(f"{name:<16} {wire['certificate']:>11} {wire['pair']:>6} {wire['pair frames']:>7} {wire['reconnect']:>10}"
              f" {wire['reconnect frames']:>7} {wire['record']:>7}")
    print("pair, reconnect: bytes of the EDHOC messages, both ways; framed: every frame with its head, control records")
    print("included; record: bytes around one message")


def print_instructions(costs):
    for method, profile in costs.items():
        own, copies = profile.rooms(profile.own), profile.rooms(profile.copies)
        print(f"\ninstructions, method {method:<14} {'own':>8} {'copies':>8}")
        for room in sorted(own, key=lambda room: -own[room] - copies.get(room, 0)):
            print(f"  {room:<32} {own[room]:>8} {copies.get(room, 0):>8}" + ("  not counted" if room in OUT else ""))
        both = {key: cost + profile.copies.get(key, 0) for key, cost in profile.own.items() if key[0] not in OUT}
        print("  most of it in")
        for room, function in sorted(both, key=both.get, reverse=True)[:10]:
            print(f"    {room + '/' + function:<30} {profile.own[room, function]:>8}"
                  f" {profile.copies.get((room, function), 0):>8}")


def main():
    wires = {name: measure_wire(arguments) for name, arguments in VARIANTS.items()}
    costs = {method: measure_instructions((method, "2")) for method in ("0", "3")}
    figures = {"wire.record.2": wires["0"]["record"], "wire.record.3": wires["3, suite 3"]["record"]}
    for method in ("0", "3"):
        figures[f"wire.pair.{method}"] = wires[method]["pair"]
        figures[f"wire.chain.{method}"] = wires[f"{method}, issuing CA"]["pair"]
        figures[f"wire.reconnect.{method}"] = wires[method]["reconnect"]
        figures[f"cost.pair.{method}"] = costs[method].counted()
    print_wire(wires)
    print_instructions(costs)
    kept = budgets.judge(figures, ("wire", "cost"))
    budgets.write(ROOT / "build/bench.json", {
        "figures": figures, "wire": wires,
        "instructions": {method: {"own": profile.rooms(profile.own), "copies": profile.rooms(profile.copies)}
                         for method, profile in costs.items()}})
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
