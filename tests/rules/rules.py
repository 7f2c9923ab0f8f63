"""The house rules of the tree: who may include what, what a file may hold. Prints each breach and ends with a count."""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])

# A room, and the third-party headers that its src/ may see; which rooms it may include stands in its CMakeLists.txt.
THIRD_PARTY = {
    "core": [],
    "kernels": [],
    "media": ["jpeglib.h", "jerror.h", "png.h", "webp/", "stb/stb_image.h", "stb_image.h"],
    "tokenize": ["utf8proc.h", "pcre2.h", "nlohmann/"],
    "preprocess": [],
    "model": ["torch/", "zlib.h"],
    "bundle": ["nlohmann/", "openssl/"],
    "encode": [],
    "filter": ["nlohmann/", "utf8proc.h"],
    "store": ["sqlite3.h", "xxhash.h"],
    "index": [],
    "rerank": [],
    "search": ["nlohmann/"],
}


def rooms_below(room):
    """What the room's target links: the ROOMS of its sextant_room, and those below them."""
    own = top / "src" / room / "CMakeLists.txt"
    text = (own if own.exists() else top / "src/CMakeLists.txt").read_text(encoding="utf-8")
    found = re.search(rf"sextant_room\({room}\b[^)]*?\bROOMS\s+([a-z\s]+)", text)
    direct = found.group(1).split() if found else []
    return set(direct).union(*map(rooms_below, direct))


ROOMS = {room: (rooms_below(room), third_party) for room, third_party in THIRD_PARTY.items()}
SYSTEM = {"fcntl.h", "unistd.h", "sys/stat.h", "sys/file.h", "sys/types.h", "sys/mman.h", "setjmp.h", "stdio.h", "stdlib.h", "string.h"}
PER_LEVEL = {"immintrin.h": ("_avx2", "_avx512"), "arm_neon.h": ("_neon",)}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
FORBIDDEN = re.compile(r"\bstd::(cout|cerr|clog)\b|(?<![\w.:])(?:std::)?(?:printf|fprintf|puts|abort|exit|_exit|terminate)\s*\(")

breaches = []


def breach(path, what):
    breaches.append(f"{path.relative_to(top)}: {what}")


def check_include(path, room, name, public):
    rooms, third_party = ROOMS[room] if room else (list(ROOMS), [])
    parts = name.split("/")
    if parts[0] == "sextant" and len(parts) == 3:
        target = parts[1]
    elif parts[0] in ROOMS and len(parts) == 2:  # an internal header, "room/file.hpp"
        target = parts[0]
        if public:
            breach(path, f"a public header includes the internal {name}")
    else:
        target = None
    if target is not None:
        if room and target != room and target not in rooms:
            breach(path, f"room {room} may not look into {target} ({name})")
        return
    if name.startswith("Eigen/") or "." not in name or (not public and name in SYSTEM):
        return
    if name in PER_LEVEL and path.stem.endswith(PER_LEVEL[name]):  # compiled for one level of CPU
        return
    if public or not any(name.startswith(prefix) for prefix in third_party):
        breach(path, f"{name} may not be seen here")
    if name.startswith("torch/") and path.parent != top / "src/model":
        breach(path, "only src/model sees libtorch")


def check_library_file(path):
    text = path.read_text(encoding="utf-8")
    relative = path.relative_to(top)
    public = relative.parts[0] == "include"
    room = relative.parts[2 if public else 1] if len(relative.parts) > (3 if public else 2) else None
    if room is not None and room not in ROOMS:
        breach(path, f"there is no room {room}")
        return
    for _, name in INCLUDE.findall(text):
        check_include(path, room, name, public)
    if public and "#pragma once" not in text:
        breach(path, "no #pragma once")
    code = re.sub(r'//[^\n]*|"(?:\\.|[^"\\\n])*"', "", text)
    for match in FORBIDDEN.finditer(code):
        breach(path, f"{match.group(0)}: the library neither prints nor ends the program")


def check_any_source(path):
    text = path.read_text(encoding="utf-8")
    if not text.isascii() and path.suffix != ".py":  # scripts hold texts in other languages to try
        breach(path, "holds characters outside ASCII")
    lines = text.count("\n")
    if lines > 600:
        breach(path, f"has {lines} lines; at most 600")
    if re.search(r"\bTODO\b|\bFIXME\b|\bXXX\b", text) and path.name != "rules.py":
        breach(path, "has something left to do")


def check_readme():
    readme = (top / "README.md").read_text(encoding="utf-8")
    programs = {p: (top / "examples" / p).read_text() for p in ("1_first_search.cpp",)}
    blocks = re.findall(r"```cpp\n(.*?)```", readme, re.S)
    for name, program in programs.items():
        body = program[program.index("#include"):]
        if body not in blocks:
            breach(top / "README.md", f"does not show examples/{name} as it is")
    for command in ("bash examples/quickstart.sh", "bash tests/run.sh"):
        if command not in readme:
            breach(top / "README.md", f"does not name {command}")
    if "bash tests/run.sh" not in (top / ".ci/run").read_text():
        breach(top / ".ci/run", "does not call the test command of the README")


def check_umbrella():
    umbrella = (top / "include/sextant/sextant.hpp").read_text()
    seen, open_headers = set(), set(re.findall(r"<(sextant/[^>]+)>", umbrella))
    while open_headers:
        header = open_headers.pop()
        seen.add(header)
        open_headers |= set(re.findall(r"<(sextant/[^>]+)>", (top / "include" / header).read_text())) - seen
    for path in (top / "include/sextant").rglob("*.hpp"):
        name = str(path.relative_to(top / "include"))
        if name not in seen and path.name != "sextant.hpp":
            breach(path, "is not reached from sextant.hpp")


files = 0
for path in sorted(p for folder in ("include", "src") for p in (top / folder).rglob("*.[ch]pp")):
    check_library_file(path)
for folder in ("include", "src", "tests", "examples", "benchmarks", "cmake"):
    for path in sorted((top / folder).rglob("*")):
        if path.suffix in {".cpp", ".hpp", ".py", ".sh", ".cmake"}:
            check_any_source(path)
            files += 1
check_readme()
check_umbrella()
print("\n".join(breaches))
print(f"{files} files, {len(breaches)} breaches of the house rules")
sys.exit(1 if breaches or files < 50 else 0)
