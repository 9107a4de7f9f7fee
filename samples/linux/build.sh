#!/bin/bash
# Builds a Debian riscv64 guest from Debian's own packages, through the package source that this host's apt uses.
#   samples/linux/build.sh OUTDIR [--compiler] [--add FILE:PATH[:MODE]]...
# OUTDIR/Image               the unmodified Debian kernel
# OUTDIR/initrd-min.cpio.gz  busybox and the virtio modules
# OUTDIR/initrd.cpio.gz      the same and unmodified programs: redis, sqlite3, nginx, mke2fs, iperf3, dropbear
# OUTDIR/versions.txt        the packages it was made from
# OUTDIR/packages.lock       the same with their sums and places: for packages.lock here, with --compiler
# --compiler puts the C compiler proper (cc1) into initrd.cpio.gz; --add a file into both, with octal MODE (755).
# The same packages and additions give the same bytes. Fetched packages stay in OUTDIR/.work for the next time.
# Needs a Debian host (12 or later) of any architecture, with python3; not root.
# This host's own package lists are not touched.
set -euo pipefail
export LC_ALL=C
suite=trixie
here=$(cd "$(dirname "$0")" && pwd)

fail() { echo "build.sh: $1" >&2; exit "${2:-1}"; }
usage="usage: build.sh OUTDIR [--compiler] [--add FILE:PATH[:MODE]]..."

[ $# -ge 1 ] && [[ $1 != -* ]] || fail "$usage" 2
mkdir -p "$1" && out=$(cd "$1" && pwd)
shift
additions=() compiler=
while [ $# -gt 0 ]; do
  case $1 in
    --compiler) compiler=1; shift ;;
    --add)
      [[ ${2-} =~ ^[^:]+:[^:]+(:[0-7]+)?$ ]] || fail "--add wants FILE:PATH[:MODE], not '${2-}'" 2
      [ -r "${2%%:*}" ] || fail "--add: cannot read ${2%%:*}" 2
      additions+=(--add "$2"); shift 2 ;;
    *) fail "$usage" 2 ;;
  esac
done

# Packages of the programs, then of the libraries that these name.
packages=(busybox-static redis-server redis-tools sqlite3 nginx nginx-common e2fsprogs iperf3 dropbear-bin
  libc6 libgcc-s1 libstdc++6 libatomic1 libsqlite3-0 libjemalloc2 liblzf1 libssl3t64 libsystemd0 libcap2 libzstd1
  liblzma5 zlib1g libreadline8t64 libtinfo6 libcrypt1 libtomcrypt1 libtommath1 libgmp10 libpcre2-8-0 liblz4-1
  libgcrypt20 libgpg-error0 libbz2-1.0 libext2fs2t64 libcom-err2 libblkid1 libuuid1 libiperf0 libsctp1)
programs=(usr/bin/redis-server usr/bin/redis-cli usr/bin/redis-benchmark usr/bin/sqlite3
  usr/sbin/nginx usr/sbin/mke2fs usr/sbin/mkfs.ext4 usr/bin/iperf3 usr/sbin/dropbear usr/bin/dropbearkey)
if [ -n "$compiler" ]; then
  packages+=(cpp-14-riscv64-linux-gnu libisl23 libmpc3 libmpfr6)
  programs+=(usr/libexec/gcc/riscv64-linux-gnu/14/cc1)
fi

for tool in apt-get:apt apt-cache:apt dpkg:dpkg python3:python3 gzip:gzip; do
  command -v "${tool%%:*}" > /dev/null ||
    fail "${tool%%:*} not found: this needs a Debian host with ${tool##*:} installed"
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r $keyring ] || fail "$keyring not found: apt install debian-archive-keyring"
source_uri=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
  awk '$1 == "Debian" { print $2; exit }')
[ -n "$source_uri" ] || fail "apt knows no Debian package source: on a Debian host, run apt-get update first"

# An apt of our own, for riscv64, beside the host's.
work=$out/.work
mkdir -p "$work"/{etc,lists/partial,cache/archives/partial,debs,empty}
echo "deb [signed-by=$keyring arch=riscv64] $source_uri $suite main" > "$work/etc/sources.list"
: > "$work/etc/status"
apt=(-qq -oAPT::Architecture=riscv64 -oAPT::Architectures=riscv64 -oDir::Etc::SourceList="$work/etc/sources.list"
  -oDir::Etc::SourceParts=/dev/null -oDir::State="$work" -oDir::State::Lists="$work/lists"
  -oDir::State::status="$work/etc/status" -oDir::Cache="$work/cache" -oAPT::Sandbox::User=)
# The packages of today, as apt's list names them: lines of packages.lock. It does not name what lies in the current
# directory already, so it is asked in an empty one.
of_today() {
  local kernel
  kernel=$(apt-cache "${apt[@]}" depends linux-image-riscv64 | awk '$1 == "Depends:" { print $2; exit }')
  [ -n "$kernel" ] || fail "$suite names no riscv64 kernel: is this host's package source a full mirror?"
  (cd "$work/empty" && apt-get "${apt[@]}" download --print-uris "$kernel" "${packages[@]}") |
    sed -nE "s#^'.*/(pool/[^']+)' (\S+) [0-9]+ SHA256:([0-9a-f]+)\$#\3 \2 \1#p" | sort -k2
}

# The same of the versions that were known to be good when packages.lock was written.
of_lock() {
  local package
  for package in 'linux-image-[^_]*' "${packages[@]//./\\.}"; do
    grep -E "^[0-9a-f]{64} ${package//+/\\+}_" "$here/packages.lock" || fail "packages.lock has no $package"
  done | sort -k2
}

# A mirror that is being brought up to date has another list than the one that it has signed, and packages all the same.
if said=$(apt-get "${apt[@]}" update 2>&1); then
  wanted=$(of_today) && [ "$(wc -l <<< "$wanted")" -gt ${#packages[@]} ] ||
    fail "$suite lacks one of the packages that build.sh lists"
else
  echo "$said" >&2
  echo "build.sh: $suite's list for riscv64 cannot be had from this host's package source;" \
    "trying the versions in packages.lock" >&2
  wanted=$(of_lock)
fi

# Exactly these: what an earlier run fetched and is no longer named goes. Each is the one whose sum is named.
named=$(cut -d' ' -f2 <<< "$wanted")
for deb in "$work"/debs/*.deb; do
  grep -qxF "$(basename "$deb")" <<< "$named" || rm -f "$deb"
done
fetch=(/usr/lib/apt/apt-helper -qq -oAPT::Sandbox::User= download-file)
while read -r sum deb path; do
  [ -e "$work/debs/$deb" ] && sha256sum --quiet --check <<< "$sum  $work/debs/$deb" 2> /dev/null && continue
  rm -f "$work/debs/$deb"
  "${fetch[@]}" "${source_uri%/}/$path" "$work/debs/$deb" "SHA256:$sum" ||
    fail "could not fetch $path: is this host's package source reachable, and a full mirror?"
done <<< "$wanted"

rm -rf "$work/kernel" "$work/user"
while read -r deb; do
  case $deb in
    linux-image-*) dpkg -x "$work/debs/$deb" "$work/kernel" ;;
    *) dpkg -x "$work/debs/$deb" "$work/user" ;;
  esac
done <<< "$named"

initrd() {
  local name=$1
  shift
  python3 -B "$here/make-initrd.py" --kernel "$work/kernel" --user "$work/user" "${additions[@]}" "$@" |
    gzip -9n > "$out/$name.part"
  mv "$out/$name.part" "$out/$name"
}
initrd initrd-min.cpio.gz
initrd initrd.cpio.gz --overlay "$here/rootfs" "${programs[@]/#/--program=}"
cp "$work"/kernel/boot/vmlinux-* "$out/Image"
echo "$wanted" > "$out/packages.lock"
echo "$named" > "$out/versions.txt"
(cd "$out" && sha256sum Image initrd-min.cpio.gz initrd.cpio.gz)
