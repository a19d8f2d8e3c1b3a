#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# More than confabd can take: offered load of 1, 2, 5 and 10 times its
# capacity over UDP on loopback, with quiet users beside it, and a SIGTERM in
# the middle of a flood.
#
#   sh tests/bench/overload.sh [--proxy] [--quick | --long] [--build DIR]
#                                [--seconds N]
#
#   --proxy      all behind one trusted source, as from a proxy in front of it;
#                else each user has an address and logs in by digest
#   --quick      two seconds each instead of 60: a check that it works, not
#                how fast (nothing it measures is judged but memory)
#   --long       ten times too much for five minutes, and what memory is left
#                of it a minute later
#   --build DIR  where confabd and tests/bench/overload were built (build)
#
# confabd has its default settings but for rates of users and rooms, and that
# of sources. Goodput is what was acknowledged (202), and so is on the disk,
# against what it took at most right before and right after.
# The load generator stands for other machines: it has the last core to itself
# in all phases alike, and confabd all the others.
# A quiet user's word without an answer counts with the time that it has waited.
# Ends with 1 when nothing got through, when confabd died, did not end in time
# or used more memory than it may.
set -eu
cd "$(dirname "$0")/../.."

build=build seconds=60 quick= proxy= factor=
while [ $# -gt 0 ]; do
	case $1 in
	--quick) seconds=2 quick=1 ;;
	--long) seconds=300 factor=10 ;;
	--proxy) proxy=1 ;;
	--build) build=$2 && shift ;;
	--seconds) seconds=$2 && shift ;;
	*) sed -n '3,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
	esac
	shift
done
for program in confabd confabctl tests/bench/overload; do
	[ -x "$build/$program" ] || {
		echo "$build/$program is missing: build first (make)" >&2
		exit 2
	}
done

sip_port=${BENCH_PORT:-5064} load_port=$((${BENCH_PORT:-5064} + 2000))
memory_mib=256
tmp=$(mktemp -d "${BENCH_TMP:-/var/tmp}/confab-overload.XXXXXX")
server= load=
finish()
{
	[ -z "$load" ] || kill "$load" 2>/dev/null || :
	[ -z "$server" ] || kill -KILL "$server" 2>/dev/null || :
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM

cat >"$tmp/confab.conf" <<EOF
domain = "bench.example"
listen = {"udp:127.0.0.1:$sip_port"}
state_dir = "$tmp/state"
control = "$tmp/control.sock"
trusted = {${proxy:+"127.0.0.1/32"}}
imc {
    create_on_join = true
}
limits {
    user_rate = 0
    room_rate = 0
    create_rate = 0
    join_rate = 0
    user_rooms = 0
    source_rate = 0
    memory_max = $memory_mib
}
EOF
chmod 600 "$tmp/confab.conf"
mkdir -m 700 "$tmp/state"
last=$(($(nproc) - 1))
others=0-$((last ? last - 1 : 0))
taskset -c "$others" "$build/confabd" -c "$tmp/confab.conf" >"$tmp/log" 2>&1 &
server=$!
port=$(printf ':%04X ' "$sip_port")
for i in $(seq 100); do
	! grep -q "$port" /proc/net/udp || break
	sleep 0.1
done

if [ -z "$proxy" ]; then
	for i in $(seq 0 99); do
		echo "loud$i,loud$i"
		[ "$i" -gt 7 ] || echo "quiet$i,quiet$i"
	done >"$tmp/users.csv"
	"$build/confabctl" -s "$tmp/control.sock" user import \
		"$tmp/users.csv" >/dev/null
fi

flood()
{
	way=direct bind=127.1.0.1
	[ -z "$proxy" ] || way=proxy bind=127.0.0.1
	exec taskset -c "$last" "$build/tests/bench/overload" \
		"127.0.0.1:$sip_port" "$bind:$load_port" "$server" "$1" 100 \
		"$way" $factor
}

memory()
{
	awk '/^Pss:/ { printf "%.1f MiB\n", $2 / 1024 }' \
		"/proc/$server/smaps_rollup"
}

failed=0 lines=5
before=$(memory)
(flood "$seconds") | tee "$tmp/out" || failed=1
[ -z "$factor" ] || {
	lines=2
	sleep 60
	echo "memory: $before before, $(memory) a minute after"
}
[ "$(grep -c 'goodput=' "$tmp/out")" = "$lines" ] || failed=1
awk -v max="$memory_mib" '{
	for (i = 1; i <= NF; i++)
		if (split($i, kv, "=") == 2 && kv[1] == "pss_mib" &&
		    kv[2] > max * 1.05)
			bad = 1
	} END { exit bad }' "$tmp/out" || {
	echo "more memory than $memory_mib MiB" >&2
	failed=1
}

# SIGTERM while it comes in: it ends within its 10 s (and a bit).
flood 30 >/dev/null 2>&1 &
load=$!
sleep 2
kill -TERM "$server" || :
ended=
for i in $(seq 130); do
	kill -0 "$server" 2>/dev/null || { ended=$i && break; }
	sleep 0.1
done
kill "$load" 2>/dev/null || :
wait "$load" 2>/dev/null || :
load=
status=0
[ -n "$ended" ] && { wait "$server" || status=$?; }
if [ -z "$ended" ] || [ "$status" != 0 ]; then
	echo "SIGTERM: ended ${ended:-not}, status $status" >&2
	failed=1
else
	echo "SIGTERM in a flood: ended after 0.1 s x $ended, status $status"
fi
server=
[ "$failed" = 0 ] || tail -20 "$tmp/log" >&2
exit "$failed"
