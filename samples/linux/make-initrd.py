#!/usr/bin/env python3
"""Writes one initial RAM disk, an uncompressed cpio archive, to standard output.

  make-initrd.py --kernel DIR --user DIR [--overlay DIR] [--program PATH]... [--add FILE:PATH[:MODE]]...

--kernel and --user are unpacked Debian packages. Busybox, the virtio modules and /init are always in; each
--program brings the shared libraries that it names. --overlay is a folder of further files.
"""

import argparse
import os
import sys

from cpio import Tree
from elf import needed
from modules import Modules

CORE_MODULES = ["virtio_mmio", "virtio_blk", "virtio_net", "virtio_rng"]
EXTRA_MODULES = ["crc32c_generic", "ext4", "9p", "9pnet_virtio"]
FOLDERS = "bin sbin dev proc sys tmp run root mnt usr/bin usr/sbin var/log var/lib/nginx/body var/log/nginx".split()
LIBRARIES = "usr/lib/riscv64-linux-gnu"
LOADER = "ld-linux-riscv64-lp64d.so.1"
# Asked for at run time, by name, when a thread ends: no program lists it.
LOADED_LATER = ["libgcc_s.so.1"]


def fail(message):
    sys.exit(f"make-initrd.py: {message}")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def find_in_package(root, path):
    """A program's file, under either of the two places that merged /usr allows."""
    for candidate in (path, path.removeprefix("usr/")):
        found = os.path.join(root, candidate)
        if os.path.exists(found):
            return found
    fail(f"{path} is in none of the fetched packages: add its package to build.sh")


def put_modules(tree, kernel):
    modules = Modules(kernel)
    try:
        core = modules.load_order(CORE_MODULES)
        everything = modules.load_order(CORE_MODULES + EXTRA_MODULES)
    except KeyError as missing:
        fail(f"the kernel package has no module {missing}")
    for name, data in everything:
        tree.file(f"mod/{name}.ko", data)
    core_names = [name for name, _ in core]
    tree.file("mod/core", "".join(f"{name}\n" for name in core_names).encode())
    tree.file("mod/extra", "".join(f"{name}\n" for name, _ in everything if name not in core_names).encode())


def put_programs(tree, user, programs):
    available = {}
    for folder, _, names in sorted(os.walk(user)):
        for name in names:
            if ".so" in name:
                available.setdefault(name, os.path.join(folder, name))
    done = set()

    def put_library(name, wanted_by):
        if name in done:
            return
        done.add(name)
        if name not in available:
            fail(f"{wanted_by} needs {name}, which is in none of the fetched packages: add its package to build.sh")
        data = read(os.path.realpath(available[name]))
        tree.file(f"usr/lib/{name}" if name == LOADER else f"{LIBRARIES}/{name}", data, 0o755)
        for other in needed(data):
            put_library(other, name)

    for program in programs:
        path = find_in_package(user, program)
        while os.path.islink(path):
            tree.symlink(program, os.readlink(path))
            program = os.path.normpath(os.path.join(os.path.dirname(program), os.readlink(path)))
            path = find_in_package(user, program)
        data = read(path)
        tree.file(program, data, 0o755)
        for name in needed(data) + LOADED_LATER:
            put_library(name, program)


def put_overlay(tree, overlay):
    for folder, _, names in os.walk(overlay):
        for name in names:
            path = os.path.join(folder, name)
            tree.file(os.path.relpath(path, overlay), read(path))


def put_addition(tree, spec):
    file, path, *mode = spec.split(":")
    tree.file(path, read(file), int(mode[0], 8) if mode else 0o755)


def main():
    parser = argparse.ArgumentParser()
    for name in ("kernel", "user"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--overlay")
    for name in ("program", "add"):
        parser.add_argument(f"--{name}", action="append", default=[])
    options = parser.parse_args()

    tree = Tree()
    for folder in FOLDERS:
        tree.directory(folder)
    tree.symlink("lib", "usr/lib")
    tree.character_device("dev/console", 5, 1)
    tree.file("init", read(os.path.join(os.path.dirname(os.path.abspath(__file__)), "init")), 0o755)
    tree.file("bin/busybox", read(find_in_package(options.user, "usr/bin/busybox")), 0o755)
    put_modules(tree, options.kernel)
    put_programs(tree, options.user, options.program)
    if options.overlay:
        put_overlay(tree, options.overlay)
    for spec in options.add:
        put_addition(tree, spec)
    tree.write(sys.stdout.buffer)


if __name__ == "__main__":
    main()
