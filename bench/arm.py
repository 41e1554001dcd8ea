"""Compiles sources for a Cortex-M0+ as the figures are stated (gcc -Os, sections), and reads what came out.

Used by size.py (flash, RAM and stack) and by test/check/core.py (what the core may not contain).
"""
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "arm-none-eabi-"
MACHINE = ["-mcpu=cortex-m0plus", "-mthumb", "-Os"]
FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Wvla", "-Werror", "-ffunction-sections",
         "-fdata-sections", "-fstack-usage", "-fcallgraph-info=su", "-Iinclude", "-Isrc", "-I."]
LINK = ["--specs=nano.specs", "-nostartfiles", "-Wl,--gc-sections", "-Wl,--entry=0", "-Wl,--no-warn-mismatch"]


def run(*command):
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(str(word) for word in command[:1])} failed:\n{done.stderr}")
    return done.stdout


def core_sources():
    return sorted(path.relative_to(ROOT) for path in (*ROOT.glob("src/*.c"), *ROOT.glob("src/*/*.c")))


def room_of(source):
    """src/cbor.c -> cbor, src/edhoc/session.c -> edhoc, port/soft/soft.c -> soft."""
    return source.parts[1].removesuffix(".c")


def compile_all(sources, folder):
    """Compiles every source into `folder`; source -> object."""
    folder.mkdir(parents=True, exist_ok=True)
    objects = {source: folder / ("__".join(source.with_suffix(".o").parts)) for source in sources}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda pair: run(PREFIX + "gcc", *MACHINE, *FLAGS, "-c", pair[0], "-o", pair[1]),
                      objects.items()))
    return objects


def symbols(objects):
    """(object, type letter of nm, name, size) of every symbol."""
    for source, path in objects.items():
        for line in run(PREFIX + "nm", "-P", "-S", path).splitlines():
            name, kind, *numbers = line.split()
            yield source, kind, name, int(numbers[1], 16) if len(numbers) > 1 else 0


class Calls:
    """The call graph of the objects, with the stack frame of every function.

    A function is named as gcc's .ci files name it: `name`, or `file:name` where it is static.
    An indirect call is resolved in one of four ways; one that fits none is an error, so none is forgotten:
      - through a port table (a line like `call->sha256(...)`): `port_prefix`sha256 where that function was compiled
        too, else noted as a call of the port, whose stack is the port's own;
      - through a parameter, and in a function of HANDED: every function whose address the caller's code holds, itself
        or in a constant table;
      - on a line of TABLES: every function in the tables named there;
      - else: every function whose address the calling code holds, itself or in a constant table.
    """
    PORT = re.compile(r"\b(?:call|crypto|store)->(\w+)\(")
    POINTER = re.compile(r"\b(\w+)(?:\[[^][]*\])?\(")
    TABLES = {r"->(prove|check)\[": r"troth_edhoc_(signature|static_dh)"}
    HANDED = {"session_run"}
    C_LIBRARY = re.compile(r"mem\w+|str\w+")

    def __init__(self, objects, port_prefix="troth_soft_"):
        self.port_prefix = port_prefix
        self.frame = {}     # function -> bytes
        self.defined = {}   # function -> where
        self.handed = set()  # functions that call what they were handed
        self.through = set()  # these, and functions that hand on to them what they were handed
        self.unbounded = []  # functions whose frame grows at run time
        self.calls = {}     # function -> functions
        self.ports = {}     # function -> functions of the port that it calls
        self.outside = set()
        self.tables = {}    # data object -> functions in it
        self.uses = {}      # function -> data objects that it refers to
        self.depths = {}
        indirect = []
        for source, path in objects.items():
            indirect += self._read_graph(path.with_suffix(".ci"))
        for source, path in objects.items():
            self._read_relocations(source, path)
        for function, place in indirect:
            self._resolve(function, place)
        self.through = set(self.handed)
        while True:
            more = {function for function, callees in self.calls.items()
                    if callees & self.through and not self.uses.get(function)} - self.through
            if not more:
                break
            self.through |= more
        called = {callee for callees in self.calls.values() for callee in callees}
        self.outside = called - set(self.frame)

    def _read_graph(self, path):
        indirect = []
        for line in path.read_text().splitlines():
            node = re.match(r'node: { title: "([^"]+)" label: "([^"]*)"', line)
            edge = re.match(r'edge: { sourcename: "([^"]+)" targetname: "([^"]+)"(?: label: "([^"]*)")?', line)
            stack = node and re.search(r"(\d+) bytes \(([^)]*)\)", node[2])
            if stack:
                self.frame[node[1]] = int(stack[1])
                self.defined[node[1]] = node[2].split(r"\n")[1]
                if "dynamic" in stack[2]:
                    self.unbounded.append(node[1])
            elif edge and edge[2] == "__indirect_call":
                indirect.append((edge[1], edge[3]))
            elif edge:
                self.calls.setdefault(edge[1], set()).add(edge[2])
        return indirect

    def _title(self, source, name):
        static = f"{source}:{name}"
        return static if static in self.frame else name

    def _read_relocations(self, source, path):
        section = ""
        for line in run(PREFIX + "readelf", "-rW", path).splitlines():
            head = re.match(r"Relocation section '\.rel\.(text|rodata|data\.rel\.ro|data)\.(\S+)'", line)
            entry = re.match(r"[0-9a-f]{8} +[0-9a-f]{8} +R_ARM_ABS32 +[0-9a-f]+ +(\S+)", line)
            if line.startswith("Relocation section"):
                section = head and (head[1], head[2])
            elif entry and section:
                name = re.sub(r"^\.(text|rodata|data\.rel\.ro|data)\.", "", entry[1])
                key = self._title(source, name)
                if section[0] == "text":
                    self.uses.setdefault(self._title(source, section[1]), set()).update({f"{source}:{name}", name, key})
                else:
                    inside = {key} if key in self.frame else {f"{source}:{name}", name}
                    self.tables.setdefault(f"{source}:{section[1]}", set()).update(inside)

    def tables_of(self, function):
        """The functions whose address this function holds, directly or in a constant table."""
        return self._inside(self.uses.get(function, set()))

    def _inside(self, names):
        """The functions among these, and in the constant tables among these, and in tables that those refer to."""
        seen, left = set(), set(names)
        while left:
            seen |= left
            left = set().union(*(self.tables.get(name, set()) for name in left)) - seen
        return {name for name in seen if name in self.frame or self.C_LIBRARY.fullmatch(name)}

    def _resolve(self, function, place):
        name = function.rpartition(":")[2]
        file, line = place.rsplit(":", 2)[:2]
        lines = (ROOT / file).read_text().splitlines()
        text = lines[int(line) - 1]
        port = self.PORT.search(text)
        pattern = next((value for key, value in self.TABLES.items() if re.search(key, text)), None)
        if port:
            target = self.port_prefix + port[1]
            if target in self.frame:
                self.calls.setdefault(function, set()).add(target)
            else:
                self.ports.setdefault(function, set()).add(port[1])
        elif pattern:
            tables = {table for table in self.tables if re.fullmatch(pattern, table.rpartition(":")[2])}
            self.calls.setdefault(function, set()).update(self._inside(tables))
        elif name in self.HANDED or self._is_parameter(function, lines, self.POINTER.findall(text)):
            self.handed.add(function)
        elif self.tables_of(function):
            self.calls.setdefault(function, set()).update(self.tables_of(function))
        else:
            raise SystemExit(f"{file}:{line}: an indirect call that bench/arm.py cannot follow (class Calls):\n{text}")

    def _is_parameter(self, function, lines, names):
        start = int(self.defined[function].rsplit(":", 2)[1]) - 1
        head = "\n".join(lines[start:lines.index("{", start)])
        return any(re.search(rf"\b{name}\b", head.partition("(")[2]) for name in names)

    def depth(self, function, handed=frozenset(), trail=()):
        """(bytes of stack below the caller of `function`, the chain that needs them, port functions that may be at its
        end). `handed`: what its caller gave it to call; a table without functions gives nothing."""
        key = (function, handed)
        if key in self.depths:
            return self.depths[key]
        if function in trail:
            cycle = " -> ".join((*trail[trail.index(function):], function))
            raise SystemExit(f"recursion: {cycle}")
        if function in self.handed and not handed and not (trail and self.uses.get(trail[-1])):
            raise SystemExit(f"{function} calls what it is handed, and bench/arm.py does not know what that is")
        own = self.frame.get(function, self.c_frame(function))
        best, chain, ports = 0, (), set(self.ports.get(function, ()))
        called = self.calls.get(function, set()) | (handed if function in self.handed else set())
        for callee in sorted(called):
            given = handed | frozenset(self.tables_of(function)) if callee in self.through else frozenset()
            below, path, through = self.depth(callee, given, (*trail, function))
            ports |= through
            if below > best:
                best, chain = below, path
        self.depths[key] = (own + best, (function, *chain), ports)
        return self.depths[key]

    c_frames = {}

    def c_frame(self, function):
        """The stack of a function of the C library, once read_library has looked."""
        return self.c_frames.get(function, 0)

    def read_library(self, image):
        """Frames of what came without a .ci file: every push and every `sub sp` of its code added up."""
        function = None
        for line in run(PREFIX + "objdump", "-d", image).splitlines():
            head = re.match(r"[0-9a-f]+ <(\S+)>:", line)
            if head:
                function = head[1]
            if function is None or function not in self.outside:
                continue
            push = re.search(r"\tpush\t{([^}]*)}", line)
            sub = re.search(r"\tsub\tsp, #(\d+)", line)
            count = len(push[1].split(",")) * 4 if push else int(sub[1]) if sub else 0
            self.c_frames[function] = self.c_frames.get(function, 0) + count
        missing = sorted(name for name in self.outside if name not in self.c_frames and name not in self.frame)
        self.depths.clear()
        return missing


def link(objects, keep, image):
    """Links what the symbols of `keep` need; the bytes of flash by source, the C library as Path("libc")."""
    wanted = [f"-Wl,-u,{name}" for name in keep]
    table = image.with_suffix(".map")
    run(PREFIX + "gcc", *MACHINE, *LINK, *wanted, f"-Wl,-Map={table}", *objects.values(), "-o", image)
    sources = {str(path): source for source, path in objects.items()}
    flash, ram, last = {}, {}, None
    text = table.read_text().partition("Linker script and memory map")[2]
    text = re.sub(r"^( [.*]\S+)\n +", r"\1 ", text, flags=re.M)
    for line in text.splitlines():
        part = re.match(r" (\.\S+|\*fill\*) +0x[0-9a-f]+ +0x([0-9a-f]+)(?: (.*))?$", line)
        if not part:
            continue
        size = int(part[2], 16)
        if part[1] != "*fill*":
            last = sources.get(part[3], Path("libc"))
        if re.match(r"\.(text|rodata|data|ARM\.ex|init|fini)|\*fill\*", part[1]) and last is not None:
            flash[last] = flash.get(last, 0) + size
        if re.match(r"\.(data|bss|COMMON)", part[1]):
            ram[last] = ram.get(last, 0) + size
    return flash, ram
