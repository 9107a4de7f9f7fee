"""Walks a recording with nothing but cbor2: every item is a frame, numbers have no gap, CRCs are right."""
import io
import json
import sys

import cbor2

TABLE = []
for byte in range(256):
    crc = byte
    for _ in range(8):
        crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    TABLE.append(crc)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


with open(sys.argv[1], "rb") as file:
    data = file.read()
stream = io.BytesIO(data)
kinds = []
while stream.tell() < len(data):
    start = stream.tell()
    item = cbor2.CBORDecoder(stream).decode()
    if isinstance(item, cbor2.CBORTag):
        assert item.tag == 55799
        item = item.value
    kind, sequence, _, encoding, payload, crc = item
    assert sequence == len(kinds), "sequence"
    assert crc32c(data[start : stream.tell() - 5]) == int.from_bytes(crc, "big"), "crc"
    kinds.append(kind)
    if kind == 0:
        header = cbor2.loads(payload)
    if kind == 5:
        totals, index_offset, own_offset = cbor2.loads(payload)
        assert int.from_bytes(own_offset, "big") == start
print(json.dumps({"kinds": kinds, "format": header["format"], "ticks": totals["ticks"], "events": totals["events"]}))
