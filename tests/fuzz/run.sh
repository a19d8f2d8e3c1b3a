#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fuzzes each target, or the ones named ("sip wire"), for so many seconds
# (600), one on each processor; with clang, in build-fuzz. New inputs are kept
# in $CORPUS/TARGET (build-fuzz/corpus), what failed as build-fuzz/TARGET-*,
# beside its log build-fuzz/TARGET.log. The last line counts. With $FUZZ_RUNS
# there are at most so many inputs, the same ones each time.
#
#   sh tests/fuzz/run.sh [SECONDS [TARGET...]]
set -eu
cd "$(dirname "$0")/../.."
. etc/lib.sh

folder=build-fuzz
corpus=${CORPUS:-$folder/corpus}

# Packets of others, where there are any: see tests/e2e/test_torture.py.
torture()
{
	wire=${CONFAB_TORTURE:-../shared/torture}/wire
	case $1 in sip | response) [ ! -d "$wire" ] || echo "$wire" ;; esac
}

# one SECONDS TARGET
one()
{
	dict=tests/fuzz/$2.dict
	[ -f "$dict" ] && dict=-dict=$dict || dict=
	same=
	[ -z "${FUZZ_RUNS-}" ] || same="-runs=$FUZZ_RUNS -seed=1"
	mkdir -p "$corpus/$2"
	# shellcheck disable=SC2046,SC2086
	if nice "$folder/tests/fuzz/fuzz_$2" $dict $same -max_total_time="$1" \
		-timeout=10 -rss_limit_mb=1024 -max_len=8192 \
		-artifact_prefix="$folder/$2-" \
		"$corpus/$2" "tests/fuzz/seeds/$2" $(torture "$2") \
		>"$folder/$2.log" 2>&1; then
		say "$2: $(grep '^Done ' "$folder/$2.log")"
		return
	fi
	say "$2 FAILED: see $folder/$2.log"
	: >"$folder/$2.failed"
	grep -hE 'ERROR:|runtime error|Assertion|^SUMMARY|Test unit' \
		"$folder/$2.log" >&2
	return 1
}

# By itself, for each processor: see below.
if [ "${1-}" = --one ]; then
	one "$2" "$3"
	exit
fi

command -v clang >/dev/null || die "clang is missing"
goal=fuzz
build $folder CC=clang CFLAGS='-O1 -g' --enable-fuzzing --enable-sanitize
seconds=${1:-600}
[ $# = 0 ] || shift
[ $# != 0 ] || set -- $(ls tests/fuzz/seeds)
status=0
rm -f $folder/*.failed
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 \
	sh tests/fuzz/run.sh --one "$seconds" || status=1
failed=$(find $folder -maxdepth 1 -name '*.failed' | wc -l)
echo "$(($# - failed)) $failed targets: quiet, and not"
exit $status
