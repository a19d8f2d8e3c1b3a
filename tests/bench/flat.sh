#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a delivery costs, and whether it costs the same in small rooms and in
# large ones, with few under way and with many.
#
#   sh tests/bench/flat.sh [--quick] [--build DIR]
#
#   --quick      up to 1,000 members instead of 10,000, and fewer messages
#   --build DIR  where confabd and tests/bench were built (build)
#
# First the floor: what a datagram costs by system calls alone. Then the SIP
# edge by itself with 1 to 100,000 requests under way, and what each of them
# holds in memory. Then confabd, durable, with one room of 10 to 10,000: user
# and kernel time of the server for a copy. Other load on the machine blurs
# this by some percent. Ends with 1 when something got lost.
set -eu
cd "$(dirname "$0")/../.."

build=build most=10000 deliveries=200000
while [ $# -gt 0 ]; do
	case $1 in
	--quick) most=1000 deliveries=50000 ;;
	--build) build=$2 && shift ;;
	*) sed -n '3,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
	esac
	shift
done

sip_port=${BENCH_PORT:-5066} member_port=$((${BENCH_PORT:-5066} + 2000))
tmp=$(mktemp -d "${BENCH_TMP:-/var/tmp}/confab-flat.XXXXXX")
server=
finish()
{
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	[ -z "$server" ] || wait "$server" 2>/dev/null || :
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM

cat >"$tmp/confab.conf" <<EOF
domain = "bench.example"
listen = {"udp:127.0.0.1:$sip_port"}
state_dir = "$tmp/state"
control = "$tmp/control.sock"
trusted = {"127.0.0.0/8"}
imc {
    manager = "chat-manager"
    create_on_join = true
    notices = "off"
}
limits {
    room_members = 20000
    user_rate = 0
    room_rate = 0
    create_rate = 0
    join_rate = 0
}
EOF
chmod 600 "$tmp/confab.conf"
mkdir -m 700 "$tmp/state"
"$build/confabd" -c "$tmp/confab.conf" >"$tmp/log" 2>&1 &
server=$!
port=$(printf ':%04X ' "$sip_port")
for i in $(seq 100); do
	! grep -q "$port" /proc/net/udp || break
	sleep 0.1
done

"$build/tests/bench/floor" | tee "$tmp/floor"
"$build/tests/bench/flight" | tee "$tmp/flight"

failed=0
members=10
while [ "$members" -le "$most" ]; do
	messages=$((deliveries / members))
	[ "$messages" -le 4000 ] || messages=4000
	"$build/tests/bench/fanout" --server "127.0.0.1:$sip_port" \
		--bind "127.0.0.1:$member_port" --pid "$server" \
		--prefix "flat$members" --members "$members" \
		--messages "$messages" --window 4 --timeout 300 \
		>"$tmp/kv" || failed=1
	# By copies: one that is sent twice costs twice.
	awk -F = -v n="$members" '{ kv[$1] = $2 } END {
		copies = kv["delivered"] + kv["repeated"]
		printf "members_%d_us=%.2f\n", n,
			copies ? kv["cpu_s"] * 1e6 / copies : 0
		printf "members_%d_lost=%d\nmembers_%d_sent_again=%d\n",
			n, kv["lost"], n, kv["repeated"]
	}' "$tmp/kv" | tee -a "$tmp/members"
	members=$((members * 10))
done

cat "$tmp/flight" "$tmp/members" | awk -F = '
	/^flight_[0-9]*_us/ {
		if (!low || $2 < low) low = $2
		if ($2 > high) high = $2
	}
	/^members_[0-9]*_us/ && !/^members_10_us/ {
		if (!mlow || $2 < mlow) mlow = $2
		if ($2 > mhigh) mhigh = $2
	}
	/^members_10_us/ { ten = $2 }
	END {
		if (low)
			printf "flight: +%.0f %% from least to most\n",
				(high / low - 1) * 100
		if (mlow)
			printf "members: +%.0f %% from 100 on; " \
				"10: %.2f us, a tenth of a commit more\n",
				(mhigh / mlow - 1) * 100, ten
	}'
[ "$failed" = 0 ] || tail -5 "$tmp/log" >&2
exit "$failed"
