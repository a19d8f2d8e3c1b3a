#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The power fails while confabd commits: its state_dir lies on ext4 in a file,
# and a reflink copy of that file at a random moment is what the disk would
# hold. Each copy is mounted and must have every text that was answered with
# 202 before the cut, in a sound store on which a confabd starts.
#
#   powercut.sh [CUTS] [SEED]      needs root and loop mounts; exit 77: skipped
#
# CONFAB_BUILD names the folder with the programs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cuts=${1:-50} seed=${2:-1}

skip()
{
	echo "powercut: SKIPPED: $1"
	exit 77
}

[ "$(id -u)" = 0 ] || skip "it needs root, to mount"
for tool in mkfs.xfs mkfs.ext4 mount umount python3; do
	command -v "$tool" >/dev/null || skip "there is no $tool"
done
work=$(mktemp -d /var/tmp/confab-cut-XXXXXX)

tidy()
{
	for place in snap state outer; do
		mountpoint -q "$work/$place" && umount "$work/$place"
	done
	rm -rf --one-file-system "$work"
}
trap tidy EXIT
trap 'exit 1' INT TERM

mkdir "$work/outer" "$work/state" "$work/snap"
truncate -s 2G "$work/outer.img"
mkfs.xfs -q -m reflink=1 "$work/outer.img" 2>"$work/why" ||
	skip "no xfs with reflink: $(tail -1 "$work/why")"
mount -o loop "$work/outer.img" "$work/outer" 2>"$work/why" ||
	skip "loop mounts are not permitted: $(tail -1 "$work/why")"
truncate -s 128M "$work/outer/disk.img"
mkfs.ext4 -q -F "$work/outer/disk.img"
mount -o loop "$work/outer/disk.img" "$work/state" 2>"$work/why" ||
	skip "no loop mount within a loop mount: $(tail -1 "$work/why")"
sync -f "$work/outer"
python3 "$here/powercut.py" "$work" --cuts "$cuts" --seed "$seed"
