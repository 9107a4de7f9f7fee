"""Which shared libraries an ELF file asks for: the DT_NEEDED names of its dynamic section.

64-bit little-endian files only.
"""

import struct

PT_LOAD, PT_DYNAMIC = 1, 2
DT_NEEDED, DT_STRTAB = 1, 5


def needed(data):
    """Names in the order of the file; none for a static program or for what is no ELF file."""
    if data[:6] != b"\x7fELF\x02\x01":
        return []
    (offset,) = struct.unpack_from("<Q", data, 32)
    entry_size, count = struct.unpack_from("<HH", data, 54)
    # Each: type, flags, offset, virtual address, physical address, size in the file, size in memory, alignment.
    segments = [struct.unpack_from("<IIQQQQQQ", data, offset + entry_size * i) for i in range(count)]
    tags = []
    for kind, _, start, _, _, size, _, _ in segments:
        if kind == PT_DYNAMIC:
            tags += [struct.unpack_from("<qQ", data, start + 16 * i) for i in range(size // 16)]
    strings = next((_file_offset(segments, value) for tag, value in tags if tag == DT_STRTAB), None)
    return [_text(data, strings + value) for tag, value in tags if tag == DT_NEEDED]


def _file_offset(segments, address):
    for kind, _, start, base, _, size, _, _ in segments:
        if kind == PT_LOAD and base <= address < base + size:
            return start + address - base
    raise ValueError(f"address {address:#x} is in no segment of the file")


def _text(data, at):
    return data[at : data.index(b"\0", at)].decode()
