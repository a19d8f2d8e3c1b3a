#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Which lines of a folder no test runs: a build with gcov, in build-cov, in
# which the unit tests, the fuzz seeds and the end-to-end tests are run. Prints
# for each file how many lines there are and how many of them were run; what
# was not is in build-cov/missed.
#
#   sh tests/coverage.sh [FOLDER...]    src/sip imc
set -eu
cd "$(dirname "$0")/.."
. etc/lib.sh

folder=build-cov

# "file lines run" of what gcov says on its standard input; the lines that
# were not run go to missed.
count()
{
	awk -v name="$1" -v missed="$folder/missed" '
		{ split($0, part, ":"); n = part[1]; gsub(/ /, "", n) }
		n == "#####" || n == "=====" {
			lines++
			text = $0
			sub(/^[^:]*: */, "", text)
			print name ":" text >>missed
		}
		n ~ /^[0-9]+\*?$/ { lines++; run++ }
		END { print name, lines + 0, run + 0 }'
}

build $folder CC=gcc \
	CFLAGS='-O0 -g --coverage -fprofile-update=atomic -Wno-maybe-uninitialized' \
	LDFLAGS=--coverage
find $folder -name '*.gcda' -delete
make -s -C $folder -k -j "$(nproc)" check >$folder/check.out 2>&1 ||
	say "unit tests failed: see $folder/check.out"
CONFAB_BUILD=$PWD/$folder /usr/bin/python3 -m pytest -q \
	-p no:cacheprovider tests/e2e >$folder/e2e.out 2>&1 ||
	say "end-to-end tests failed: see $folder/e2e.out"

[ $# != 0 ] || set -- src/sip imc
rm -f $folder/missed
for f in "$@"; do
	for note in "$folder/$f"/*.gcno; do
		name=$f/$(basename "$note" .gcno | sed 's/.*-//').c
		(cd $folder && gcov -t "${note#"$folder/"}" 2>/dev/null) |
			awk -v want="$name" '
				/^ *-: *0:Source:/ { on = index($0, want) > 0 }
				on' |
			count "$name"
	done
done | awk '{
		printf "%-28s %5d %5d %5.1f %%\n", $1, $2, $3,
			$2 ? 100 * $3 / $2 : 100
		lines += $2
		run += $3
	}
	END { printf "%-28s %5d %5d %5.1f %%\n", "all", lines, run,
		lines ? 100 * run / lines : 100 }'
