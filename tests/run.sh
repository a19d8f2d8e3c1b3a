#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every test there is: style, unit and end-to-end, in a plain build and in one
# with AddressSanitizer and UndefinedBehaviorSanitizer; then the fuzz targets
# for some seconds each. Installs what it needs. The last line counts.
#
#   sh tests/run.sh           all
#   sh tests/run.sh unit      the unit tests only (also: e2e, style, fuzz)
#   FAST=1 sh tests/run.sh    without the sanitized build
set -eu
cd "$(dirname "$0")/.."
. etc/lib.sh

TEST_PACKAGES="libcmocka-dev python3 python3-pytest python3-slixmpp
 python3-websocket prosody ejabberd
 lua-sec ngircd inspircd openssl baresip-core sipsak sip-tester linphone-cli
 twinkle-console profanity irssi tmux purple-discord
 kamailio chromium-headless-shell iproute2 procps util-linux e2fsprogs
 xfsprogs clang libclang-rt-dev"
what=${1:-all}
passed=0 failed=0 skipped=0

count()
{
	passed=$((passed + $1))
	failed=$((failed + $2))
	skipped=$((skipped + $3))
}

style()
{
	say "style"
	if sh tests/check_style.sh; then
		count 1 0 0
	else
		count 0 1 0
	fi
}

# passed, failed, skipped of cmocka's closing lines in automake's logs; a log
# without any (a crash, or no test run) is a failure.
unit_counts()
{
	awk '
		FNR == 1 && NR > 1 && !seen { lost++ }
		FNR == 1 { seen = 0 }
		/^\[  PASSED  \] [0-9]+ test/ { p += $4; seen = 1 }
		/^\[  FAILED  \] [0-9]+ test/ { f += $4; seen = 1 }
		/^\[  SKIPPED \] [0-9]+ test/ { s += $4; seen = 1 }
		END { if (!NR || !seen) lost++; print p + 0, f + lost + 0, s + 0 }
		' "$1"/tests/unit/t_*.log 2>/dev/null || echo 0 1 0
}

unit()
{
	say "unit tests in $1"
	rm -f "$1"/tests/unit/*.log
	status=0
	make -s -C "$1" -k -j "$(nproc)" check >"$1/check.out" 2>&1 ||
		status=$?
	unit_counts "$1" >"$1/check.counts"
	read -r p f s <"$1/check.counts"
	say "$p passed, $f failed, $s skipped"
	if [ "$status" != 0 ] || [ "$f" != 0 ]; then
		grep -hE '^(FAIL|ERROR):|error:|FAILED|ERROR:|runtime error' \
			"$1/check.out" "$1"/tests/unit/*.log >&2 || :
		[ "$f" != 0 ] || f=1
	fi
	count "$p" "$f" "$s"
}

# Every second file, from the first (0) or the second (1) on. Tests wait far
# more than they compute, so two such halves run at once.
e2e_half()
{
	CONFAB_BUILD=$PWD/$1 CONFAB_PORTS=$((11000 + $2 * 10000)) \
		/usr/bin/python3 -m pytest -q -p no:cacheprovider \
		--junitxml="$1/e2e-$2.xml" \
		$(find tests/e2e -maxdepth 1 -name 'test_*.py' | sort |
			awk -v half="$2" 'NR % 2 == half') \
		$([ "$2" = 1 ] || echo tests/e2e/tables) >"$1/e2e-$2.log" 2>&1
}

e2e()
{
	say "end-to-end tests with $1"
	status=0
	rm -f "$1"/e2e-?.xml
	e2e_half "$1" 0 &
	other=$!
	e2e_half "$1" 1 || status=$?
	wait $other || status=$?
	cat "$1/e2e-0.log" "$1/e2e-1.log" >&2
	/usr/bin/python3 - "$1" >"$1/e2e.counts" <<'END'
import sys
import xml.etree.ElementTree as et
passed = failed = skipped = 0
for half in '01':
    try:
        s = et.parse('%s/e2e-%s.xml' % (sys.argv[1], half))
        s = s.getroot().find('testsuite')
        n, f, e, k = (int(s.get(a)) for a in
                      ('tests', 'failures', 'errors', 'skipped'))
        passed, failed, skipped = passed + n - f - e - k, failed + f + e, \
            skipped + k
    except Exception:
        failed += 1
print(passed, failed, skipped)
END
	read -r p f s <"$1/e2e.counts"
	[ "$status" = 0 ] || [ "$f" != 0 ] || f=1
	count "$p" "$f" "$s"
}

# Each target is one test. Where there is no clang, "make check" has run them
# over their seeds.
fuzz()
{
	say "fuzzing"
	if ! command -v clang >/dev/null; then
		count 0 0 1
		return
	fi
	status=0
	FUZZ_RUNS=${FUZZ_RUNS-20000} \
		sh tests/fuzz/run.sh "${FUZZ_SECONDS:-3}" >fuzz.counts || status=$?
	read -r p f _ <fuzz.counts || p=0 f=1
	rm -f fuzz.counts
	[ "$status" = 0 ] || [ "$f" != 0 ] || f=1
	count "$p" "$f" 0
}

# shellcheck disable=SC2086
need $BUILD_PACKAGES $TEST_PACKAGES
case $what in all | style) style ;; esac
for folder in build build-asan; do
	case $what in all | unit | e2e) ;; *) break ;; esac
	[ "$folder" = build ] && option= || option=--enable-sanitize
	[ -z "${FAST-}" ] || [ "$folder" = build ] || continue
	build $folder $option
	case $what in all | unit) unit $folder ;; esac
	case $what in all | e2e) e2e $folder ;; esac
done
case $what in fuzz) fuzz ;; all) [ -n "${FAST-}" ] || fuzz ;; esac
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
