"""Runs the README's program and compares what it prints with what the README shows below it."""
import pathlib
import re
import subprocess
import sys

readme = pathlib.Path("README.md").read_text()
shown = re.search(r"```cpp\n.*?```\s*```text\n(.*?)```", readme, re.S)
if not shown:
    sys.exit("the README shows no output below its program")
printed = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout


def lines(text):
    """(score, id) of each line; the last digits of a score depend on the libtorch that is installed."""
    return [(round(float(line.split()[0]), 3), line.split()[1]) for line in text.splitlines()]


for seen, expected in zip(lines(printed), lines(shown.group(1)), strict=True):
    if seen[1] != expected[1] or abs(seen[0] - expected[0]) > 0.0011:
        sys.exit(f"the README shows {expected}, the program prints {seen}")
print(f"the README's program prints its {len(lines(printed))} lines")
