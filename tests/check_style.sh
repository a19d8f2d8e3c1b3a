#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What can be said of the sources without compiling them: banned functions,
# vendors' headers in their one folder, licence lines, line lengths, includes
# that stay on their floor.
set -u
cd "$(dirname "$0")/.."
bad=0

complain()
{
	[ -z "$2" ] && return
	echo "style: $1:" >&2
	echo "$2" | sed 's/^/  /' >&2
	bad=1
}

sources=$(find src bridges imc jabber purple tests -name '*.[ch]' 2>/dev/null)
product=$(find src bridges imc jabber purple -name '*.[ch]' 2>/dev/null)
scripts=$(find etc tests .ci -name '*.sh' -o -name '*.py' -o -path .ci/run)

# shellcheck disable=SC2086
{
complain "banned function" "$(grep -nwE \
	'(strcpy|strcat|sprintf|vsprintf|strncpy|strncat|strtok|atoi|atol|gets|gethostbyname|alloca|system|popen)[[:space:]]*\(' \
	$product)"
complain "no licence line first (SPDX-License-Identifier)" "$(
	for f in $sources; do
		head -1 "$f" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
			echo "$f"
	done
	for f in $scripts; do
		head -3 "$f" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
			echo "$f"
	done)"
complain "line over 79 columns" "$(
	for f in $sources; do
		expand "$f" | awk -v f="$f" '
			length($0) > 79 { print f ":" NR ": " length($0) }'
	done)"
complain "white space at the end of a line" "$(
	grep -nE '[[:space:]]+$' $sources $scripts)"
complain "unfinished work" "$(grep -nE 'TODO|FIXME|XXX' $product)"

sql='"[^"]*(SELECT [^"]*FROM|INSERT INTO|UPDATE [a-z_]+ SET|DELETE FROM|PRAGMA) '
complain "SQL outside src/store" "$(
	echo "$product" | grep -v '^src/store/' | xargs grep -nE "$sql")"
complain "SQL that is printed: it is prepared, and its values are bound" "$(
	grep -nE -A3 '(printf|buf_add[a-z0-9_]*)[[:space:]]*\(' src/store/*.c |
		grep -E "$sql"
	grep -nE 'sqlite3_(v?mprintf|v?snprintf|str_[a-z]+|get_table)' $product)"

# vendor REGEX FOLDER...: included there and nowhere else in the product.
vendor()
{
	regex=$1
	shift
	hits=$(grep -nE "#include [<\"]$regex" $product)
	for folder in "$@"; do
		hits=$(echo "$hits" | grep -v "^$folder/")
	done
	complain "$regex belongs to $*" "$hits"
}

vendor 'osip' src/sip
vendor '(uv\.h|ares|wslay|openssl/(ssl|x509|err))' src/io
vendor 'sqlite3' src/store
vendor 'strophe' jabber
vendor 'libirc' bridges/irc
vendor 'confuse' src/daemon
vendor 'jansson' src/daemon src/ctl

# floor FOLDER ALLOWED: quoted includes of the folder's files live in itself
# or in the folders named.
floor()
{
	folder=$1
	shift
	hits=$(for f in "$folder"/*.[ch]; do
		[ -e "$f" ] || continue
		sed -n 's/^#include "\([^"]*\)".*/\1/p' "$f" |
		while read -r name; do
			for d in "$folder" "$@"; do
				[ -e "$d/$name" ] && continue 2
			done
			[ "$name" = config.h ] || echo "$f: $name"
		done
	done)
	complain "include from a floor above or beside" "$hits"
}

floor src/base
floor src/io src/base
floor src/store src/base
floor src/core src/io src/store src/base
floor src/sip src/io src/store src/base
floor bridges src/core src/io src/store src/base
floor bridges/echo bridges src/core src/io src/store src/base
floor bridges/irc bridges src/core src/io src/store src/base
floor jabber bridges src/core src/io src/store src/base
floor imc bridges src/core src/sip src/io src/store src/base
}
exit $bad
