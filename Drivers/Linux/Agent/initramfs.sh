#!/bin/sh
# initramfs.sh AGENT MODULES OUT: a gzip cpio with /init, the console, and modules with their order when there are any.
# The cpio headers are written here, because a device node takes a privilege on disk and none in an archive.
set -eu
agent=$1 modules=$2 out=$3
inode=0

# entry NAME MODE SIZE MAJOR MINOR: a header, to be followed by the data.
entry() {
	inode=$((inode + 1))
	printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\0' \
		"$inode" "$2" 0 0 1 0 "$3" 0 0 "$4" "$5" $((${#1} + 1)) 0 "$1"
	pad $((110 + ${#1} + 1))
}

pad() {
	head -c $(((4 - $1 % 4) % 4)) /dev/zero
}

directory() {
	entry "$1" $((0040755)) 0 0 0
}

file() {
	size=$(wc -c <"$2")
	entry "$1" "$3" "$size" 0 0
	cat "$2"
	pad "$size"
}

{
	for name in dev proc sys modules; do
		directory "$name"
	done
	entry dev/console $((0020600)) 0 5 1
	file init "$agent" $((0100755))
	if [ -n "$modules" ]; then
		file modules.order "$modules/modules.order" $((0100644))
		while read -r name; do
			file "modules/$name" "$modules/modules/$name" $((0100644))
		done <"$modules/modules.order"
	fi
	entry 'TRAILER!!!' 0 0 0 0
} | gzip -n -9 >"$out"
