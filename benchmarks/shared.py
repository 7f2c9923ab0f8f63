"""What the benchmarks share."""
import os
import platform
import struct

INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")


def processor():
    """Its name, how many there are, which instructions of interest it has, and how busy it is."""
    with open("/proc/cpuinfo") as file:
        fields = {key.strip(): value for key, _, value in (line.partition(":") for line in file)}
    known = fields.get("flags", "").split()
    words = [fields.get("model name", platform.machine()).strip() + f", {os.cpu_count()} processors", *(i for i in INSTRUCTIONS if i in known)]
    return " ".join(words) + f", load {os.getloadavg()[0]:.1f}"


def write_texts(texts, file):
    """As the programs read them: each a uint32 length, little-endian, and the bytes."""
    raw = [text.encode() for text in texts]
    file.write_bytes(b"".join(struct.pack("<I", len(text)) + text for text in raw))
