#!/usr/bin/env python3
"""The public headers against the documents: every public function is described, and what is described exists."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def read(*patterns):
    return {path.relative_to(ROOT).as_posix(): path.read_text() for pattern in patterns for path in ROOT.glob(pattern)}


def declared(text):
    """The functions that a header declares."""
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return set(re.findall(r"^[\w ]+[ *](troth_\w+)\(", code, flags=re.M))


def faults(public, headers, documents):
    known = set().union(*(declared(text) for text in headers.values()))
    words = set(re.findall(r"\btroth_\w+|\bTROTH_\w+", "\n".join(headers.values())))
    found = []
    told = "\n".join(documents.values())
    for header, text in public.items():
        found += [f"{header}: no document speaks of {name}" for name in sorted(declared(text))
                  if not re.search(rf"\b{name}\b", told)]
    for document, text in documents.items():
        called = set(re.findall(r"\b(troth_\w+)\(", text))
        found += [f"{document}: there is no function {name}" for name in sorted(called - known)]
        found += [f"{document}: there is no {name}" for name in sorted(set(re.findall(r"\bTROTH_[A-Z0-9_]*\w", text)))
                  if name not in words]
    return found


def main():
    public = read("include/troth/*.h")
    headers = read("include/troth/*.h", "port/*/*.h", "transport/*.h")
    documents = read("*.md", "docs/*.md")
    header = {"a.h": "int troth_there(void);\n"}
    planted = [({}, {"a.md": "troth_there troth_gone(x)"}), (header, {"a.md": ""}),
               ({}, {"a.md": "troth_there TROTH_GONE"})]
    missed = [f"not found although planted: {text}" for api, text in planted if not faults(api, header, text)]
    found = missed + faults(public, headers, documents)
    print("\n".join(found) or f"{len(documents)} documents, {len(headers)} headers")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
