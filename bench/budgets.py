"""Figures beside their bounds (bench/budgets): printed, written as JSON, judged."""
import json
from pathlib import Path

FILE = Path(__file__).with_name("budgets")


def read():
    """name -> (bound, aim, unit, what)"""
    lines = [line.split(maxsplit=4) for line in FILE.read_text().splitlines() if line and line[0] != "#"]
    return {name: (int(bound), int(aim), unit, what) for name, bound, aim, unit, what in lines}


def judge(figures, kinds):
    """Prints every budget of these kinds, then a line that says whether all are kept; False where one is not."""
    broken = []
    print(f"\n{'budget':<18} {'figure':>7} {'bound':>7} {'aim':>7}")
    for name, (bound, aim, unit, what) in read().items():
        if name.split(".")[0] not in kinds:
            continue
        figure = figures.get(name)
        word = "not measured" if figure is None else "BROKEN" if figure > bound else "" if figure > aim else "aim met"
        print(f"{name:<18} {figure if figure is not None else '-':>7} {bound:>7} {aim:>7} {unit} {what}"
              + (f": {word}" if word else ""))
        if figure is None or figure > bound:
            broken.append(name)
    print(f"over its bound: {' '.join(broken)}" if broken else "every figure is within its bound")
    return not broken


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")
