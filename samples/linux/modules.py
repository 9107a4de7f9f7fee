"""Kernel modules and the order in which they must be loaded, from the information inside the modules themselves."""

import lzma
import os
import re


class Modules:
    """The modules below one unpacked kernel package."""

    def __init__(self, root):
        self._files = {}
        self._built_in = set()
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                if name == "modules.builtin":
                    with open(path) as lines:
                        self._built_in |= {_module_name(line.strip()) for line in lines}
                elif ".ko" in name:
                    self._files[_module_name(name)] = path

    def load_order(self, wanted):
        """(name, contents) of the modules in `wanted` and of all that they need, each after what it needs.

        A module that is built into the kernel is left out. Raises KeyError for one that the kernel does not have.
        """
        order = {}
        for name in wanted:
            self._visit(name.replace("-", "_"), order)
        return list(order.items())

    def _visit(self, name, order):
        if name in order or name in self._built_in:
            return
        with open(self._files[name], "rb") as file:
            data = file.read()
        if self._files[name].endswith(".xz"):
            data = lzma.decompress(data)
        for before in _names_after(data, b"depends=", b",") + _names_after(data, b"softdep=pre: ", b" "):
            before = before.replace("-", "_")
            # A soft dependency need not exist.
            if before in self._files:
                self._visit(before, order)
        order[name] = data


def _module_name(path):
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def _names_after(data, key, separator):
    found = re.findall(rb"\0" + key + rb"([^\0]*)\0", b"\0" + data)
    return [name.decode() for text in found for name in text.split(separator) if name]
