#!/usr/bin/env python3
"""Functions of at most 70 lines, files of at most 700."""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FUNCTION_MAX = 70
FILE_MAX = 700


def faults(name, text):
    lines = text.splitlines()
    found = [f"{name}: {len(lines)} lines, over {FILE_MAX}"] if len(lines) > FILE_MAX else []
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{" and name.endswith(".c"):
            start = number
        elif line == "}" and start:
            if number - start + 1 > FUNCTION_MAX:
                found.append(f"{name}:{start}: a function of {number - start + 1} lines, over {FUNCTION_MAX}")
            start = None
    return found


def main():
    planted = [faults("a.c", "int f(void)\n{\n" + "    g();\n" * 69 + "}\n"), faults("a.py", "x\n" * 701)]
    missed = ["a planted fault was not found"] if not all(planted) else []
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
                            check=True).stdout.split("\n")
    files = [name for name in listed if name.endswith((".c", ".h", ".py", ".sh")) and (ROOT / name).exists()]
    found = missed + [line for name in files for line in faults(name, (ROOT / name).read_text())]
    print("\n".join(found) or f"{len(files)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
