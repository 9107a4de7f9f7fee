"""A cpio archive in the kernel's "newc" form (Linux Documentation/driver-api/early-userspace/buffer-format.rst).

Owners are root, times are zero, entries are sorted by name: the same contents give the same bytes, and nobody has to be
root to make them.
"""

import os
import stat


class Tree:
    """The files of an archive, by path without a leading slash. Parent directories are made as needed."""

    def __init__(self):
        self._entries = {}

    def _put(self, path, mode, data=b"", device=(0, 0)):
        path = path.strip("/")
        parent = os.path.dirname(path)
        if parent:
            self.directory(parent)
        if stat.S_ISDIR(mode) and path in self._entries:
            return
        self._entries[path] = (mode, data, device)

    def directory(self, path):
        self._put(path, stat.S_IFDIR | 0o755)

    def file(self, path, data, mode=0o644):
        self._put(path, stat.S_IFREG | mode, data)

    def symlink(self, path, target):
        self._put(path, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, path, major, minor, mode=0o600):
        self._put(path, stat.S_IFCHR | mode, b"", (major, minor))

    def write(self, out):
        """Writes the whole archive to a binary stream."""
        for inode, path in enumerate(sorted(self._entries), start=1):
            mode, data, device = self._entries[path]
            out.write(_entry(path, inode, mode, data, device))
        out.write(_entry("TRAILER!!!", 0, 0, b"", (0, 0)))


def _pad(data):
    return data + b"\0" * (-len(data) % 4)


def _entry(path, inode, mode, data, device):
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = [inode, mode, 0, 0, links, 0, len(data), 0, 0, device[0], device[1], len(name), 0]
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _pad(header + name) + _pad(data)
