#!/bin/bash
# Builds every bare-metal sample and the firmware from its sources.
#   samples/build.sh [OUTDIR]      OUTDIR: samples/prebuilt when left out
# Needs Debian's gcc-riscv64-unknown-elf. The same compiler gives the same bytes wherever the sources lie;
# OUTDIR/compiler.txt says which compiler it was. Symbols and line numbers are kept for debuggers.
set -euo pipefail
export LC_ALL=C
samples=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:-$samples/prebuilt}"
out=$(cd "${1:-$samples/prebuilt}" && pwd)
size_max=100000
cross=riscv64-unknown-elf-

command -v ${cross}gcc > /dev/null || {
  echo "build.sh: ${cross}gcc not found: apt install gcc-riscv64-unknown-elf" >&2
  exit 2
}
cd "$samples"

flags=(-std=gnu11 -g -gno-record-gcc-switches "-ffile-prefix-map=$samples=samples" "-fdebug-prefix-map=$samples=samples"
  -ffreestanding -fno-pic -fno-common -fno-stack-protector -fno-asynchronous-unwind-tables
  -fno-tree-loop-distribute-patterns -ffunction-sections -fdata-sections
  -Wall -Wextra -Werror -mcmodel=medany -Icommon)
link=(-nostdlib -nostartfiles -static -Wl,--gc-sections -Wl,--build-id=none -Wl,--no-warn-rwx-segments)
integer=(-march=rv64imac_zicsr_zifencei -mabi=lp64 -Os)
floating=(-march=rv64gc -mabi=lp64d -O2 -fno-math-errno)

# build NAME SCRIPT SOURCES -- FLAGS: one ELF, from object files with names that do not change.
build() {
  local name=$1 script=$2 sources=() objects=() objdir
  shift 2
  while [ "$1" != -- ]; do sources+=("$1"); shift; done
  shift
  objdir=$(mktemp -d)
  for source in "${sources[@]}"; do
    objects+=("$objdir/$(basename "$(dirname "$source")")-$(basename "$source").o")
    ${cross}gcc "${flags[@]}" "$@" -c "$source" -o "${objects[-1]}"
  done
  ${cross}gcc "${link[@]}" "$@" -T "$script" "${objects[@]}" -o "$out/$name.elf"
  rm -r "$objdir"
  chmod 644 "$out/$name.elf"
  local size
  size=$(wc -c < "$out/$name.elf")
  [ "$size" -lt $size_max ] || { echo "build.sh: $name.elf is $size bytes, over the $size_max allowed" >&2; exit 1; }
}

build firmware firmware/firmware.ld firmware/*.[Sc] common/{bytes,finisher,print,uart}.c -- "${integer[@]}" -Ifirmware
for name in hello race clock disk udp-kv count; do
  build $name common/sample.ld common/*.[Sc] $name/*.[Sc] -- "${integer[@]}" -I$name
done
build lock-server common/sample.ld common/crt0.S common/{bytes,finisher,print,trap,uart,virtio}.c lock-server/*.c \
  udp-kv/{ip,net}.c -- "${integer[@]}" -Ilock-server -Iudp-kv
build scribble common/sample.ld common/*.[Sc] scribble/*.c disk/blk.c -- "${integer[@]}" -Iscribble
build fp common/sample.ld common/*.[Sc] fp/*.c -- "${floating[@]}" -Ifp
${cross}gcc --version | head -1 > "$out/compiler.txt"
${cross}ld --version | head -1 >> "$out/compiler.txt"
