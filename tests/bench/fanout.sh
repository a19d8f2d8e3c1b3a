#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# confabd and Debian's Kamailio imc side by side: the same rooms, members and
# messages, one server after the other, over UDP on loopback.
#
#   sh tests/bench/fanout.sh [--quick] [--build DIR] [--profile FILE]
#
#   --quick         a fifth of the messages, 300 instead of 1,000 to join
#   --build DIR     where confabd and tests/bench/fanout were built (build)
#   --profile FILE  no comparison: perf records confabd under the load of the
#                   first table into FILE and prints what costs most. Needs
#                   Debian's linux-perf. Where perf may not count, callgrind
#                   does (slow; take few messages):
#                     valgrind --tool=callgrind confabd -c FILE
#                     tests/bench/fanout --server ... --messages 50
#                     callgrind_annotate callgrind.out.PID
#
# Both servers are as an operator has them:
#   confabd   default settings, durable (each message is synced to the disk
#             before it is acknowledged), a fresh state directory;
#   kamailio  5.6.3 of Debian 12 (packages kamailio, kamailio-extra-modules),
#             imc with the stateless recipe of its manual, db_text, one child
#             a core, no log. Its imc keeps all in memory until it stops. It
#             forgets a member's port, so outbound_proxy leads to the load
#             generator. Its receive buffer is raised as far as it goes:
#             with the default it drops answers and waits for repetitions,
#             which makes joining three times as slow.
# Pinned: the load generator, to the last core. The servers may run on all
# cores. CPU is user and kernel time of the server and its children, with a
# second of silence after the load; memory is their proportional set size.
# Ends with 1 when confabd lost or doubled anything.
set -eu
cd "$(dirname "$0")/../.."

build=build quick= profile=
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=1 ;;
	--build) build=$2 && shift ;;
	--profile) profile=$2 && shift ;;
	*) sed -n '3,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
	esac
	shift
done

messages=2000 latency=300 crowd=1000 limit=300
[ -z "$quick" ] || messages=400 latency=100 crowd=300 limit=60
sip_port=5062 member_port=7062
last_core=$(($(nproc) - 1))

for program in confabd tests/bench/fanout; do
	[ -x "$build/$program" ] || {
		echo "$build/$program is missing: build first (make)" >&2
		exit 2
	}
done

# What is synced must reach a disk: /tmp may be memory.
tmp=$(mktemp -d "${BENCH_TMP:-/var/tmp}/confab-bench.XXXXXX")
case $(stat -f -c %T "$tmp") in
tmpfs | ramfs)
	rmdir "$tmp"
	echo "${BENCH_TMP:-/var/tmp} is no disk: set BENCH_TMP" >&2
	exit 2 ;;
esac

server=
stop_server()
{
	[ -n "$server" ] || return 0
	kill "$server" 2>/dev/null || :
	wait "$server" 2>/dev/null || :
	server=
}

finish()
{
	stop_server
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Its socket is there (/proc/net/udp: hexadecimal, address and port).
await_server()
{
	port=$(printf ':%04X ' "$sip_port")
	for i in $(seq 100); do
		! grep -q "$port" /proc/net/udp || return 0
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	echo "$1 did not start:" >&2
	tail -5 "$tmp/$1.log" >&2
	exit 2
}

start_confab()
{
	rm -rf "$tmp/state"
	cat >"$tmp/confab.conf" <<-EOF
	domain = "bench.example"
	listen = {"udp:127.0.0.1:$sip_port"}
	state_dir = "$tmp/state"
	control = "$tmp/control.sock"
	trusted = {"127.0.0.0/8"}
	imc {
	    manager = "chat-manager"
	    imc_cmd_start_char = "#"
	    create_on_join = true
	    check_on_create = false
	    outbound_proxy = ""
	    extra_hdrs = ""
	}
	limits {
	    user_rate = 0
	    room_rate = 0
	    create_rate = 0
	    join_rate = 0
	}
	EOF
	"$build/confabd" -c "$tmp/confab.conf" >"$tmp/confab.log" 2>&1 &
	server=$!
	await_server confab
}

modules=
for dir in /usr/lib/*/kamailio/modules /usr/lib/kamailio/modules; do
	[ ! -e "$dir/imc.so" ] || modules=$dir
done

has_kamailio()
{
	command -v kamailio >/dev/null && [ -n "$modules" ] &&
		[ -e "$modules/db_text.so" ] &&
		[ -e /usr/share/kamailio/dbtext/kamailio/imc_rooms ]
}

# Tables: of the package, copied, because it writes to them when it stops.
# Memory: a transaction (9 KiB) lives for five seconds after its answer.
start_kamailio()
{
	rm -rf "$tmp/db"
	mkdir "$tmp/db"
	for table in version imc_rooms imc_members; do
		cp "/usr/share/kamailio/dbtext/kamailio/$table" "$tmp/db/"
	done
	cat >"$tmp/kamailio.cfg" <<-EOF
	debug=-1
	maxbuffer=4194304
	log_stderror=yes
	children=$(nproc)
	auto_aliases=no
	disable_tcp=yes
	listen=udp:127.0.0.1:$sip_port
	mpath="$modules/"
	loadmodule "tm.so"
	loadmodule "sl.so"
	loadmodule "textops.so"
	loadmodule "db_text.so"
	loadmodule "imc.so"
	modparam("imc", "db_url", "text://$tmp/db")
	modparam("imc", "outbound_proxy", "sip:127.0.0.1:$member_port")
	request_route {
	    if (is_method("MESSAGE")) {
	        if (imc_manager())
	            sl_send_reply("200", "ok");
	        else
	            sl_send_reply("500", "command error");
	    }
	    exit;
	}
	EOF
	kamailio -DD -E -m 4096 -M 64 -w "$tmp" -Y "$tmp" \
		-f "$tmp/kamailio.cfg" >"$tmp/kamailio.log" 2>&1 &
	server=$!
	await_server kamailio
}

# load NAME OPTION...: into $tmp/NAME.kv, "key=value" lines.
load()
{
	kv=$tmp/$1.kv
	shift
	taskset -c "$last_core" "$build/tests/bench/fanout" \
		--server "127.0.0.1:$sip_port" \
		--bind "127.0.0.1:$member_port" --pid "$server" \
		--timeout "$limit" "$@" >"$kv" || echo "failed=$?" >>"$kv"
}

# Each part on a server that was just started.
measure()
{
	echo "$1: one room of $crowd" >&2
	"start_$1"
	load "$1-crowd" --prefix crowd --members "$crowd" --messages 20
	stop_server
	"start_$1"
	echo "$1: ten rooms of 100" >&2
	load "$1-rooms" --prefix room --rooms 10 --members 100 \
		--messages "$messages" --window 4
	load "$1-small" --prefix small --rooms 100 --members 20 \
		--messages "$messages" --window 16
	load "$1-calm" --prefix calm --rooms 10 --members 100 \
		--messages "$latency" --window 1
	stop_server
}

value()
{
	sed -n "s/^$2=//p" "$tmp/$1.kv" 2>/dev/null | tail -1
}

# row TEXT RUN KEY [DIVISOR]
row()
{
	echo "$(value "confab-$2" "$3")|$(value "kamailio-$2" "$3")" |
	awk -F '|' -v text="$1" -v by="${4:-1}" '
		function show(v) {
			if (v == "")
				return "-"
			v /= by
			return sprintf(v < 100 ? "%.2f" : "%.0f", v)
		}
		{
			ratio = "-"
			if ($2 > 0)
				ratio = sprintf("%.3f", $1 / $2)
			printf "  %-36s %10s %10s %10s\n", text, show($1),
				show($2), ratio
		}'
}

head_line()
{
	printf '\n%s\n  %-36s %10s %10s %10s\n' "$1" "" confab kamailio ratio
}

tables()
{
	head_line "10 rooms of 100, $messages messages, 4 under way at a time"
	row "deliveries a second" rooms deliveries_per_s
	row "server CPU, us a delivery" rooms cpu_us_per_delivery
	row "latency p50, ms" rooms p50_ms
	row "latency p99, ms" rooms p99_ms
	row "memory, MiB" rooms pss_kib 1024
	row "lost" rooms lost
	row "doubled" rooms doubled
	row "copies sent again by the server" rooms repeated
	row "messages sent again by members" rooms resent
	head_line "100 rooms of 20, $messages messages, 16 under way at a time"
	row "deliveries a second" small deliveries_per_s
	row "server CPU, us a delivery" small cpu_us_per_delivery
	row "lost" small lost
	head_line "10 rooms of 100, $latency messages, one at a time"
	row "deliveries a second" calm deliveries_per_s
	row "latency p50, ms" calm p50_ms
	row "latency p99, ms" calm p99_ms
	head_line "1 room, $crowd join one after the other (at most $limit s)"
	row "members that joined" crowd joined
	row "seconds to the last answer" crowd join_seconds
	row "seconds to the last notice" crowd join_settled_seconds
	row "server CPU, s" crowd join_cpu_s
	row "memory, MiB" crowd join_pss_kib 1024
	row "then, us CPU a delivery" crowd cpu_us_per_delivery
}

# goal TEXT VALUE LIMIT
goal()
{
	echo "$2 $3" | awk -v text="$1" '
		NF < 2 { printf "  %-52s not measured\n", text; next }
		{
			met = ($1 <= $2) ? "met" : "MISSED"
			printf "  %-52s %s (%.2f of %.2f)\n", text, met, $1, $2
		}'
}

part()
{
	echo "$(value "kamailio-$1" "$2") $3" | awk 'NF == 2 { print $1 / $2 }'
}

goals()
{
	printf '\ngoals\n'
	cpu=$(value confab-rooms cpu_us_per_delivery)
	joined=$(value confab-crowd join_settled_seconds)
	goal "at most 10 us server CPU a delivery" "$cpu" 10
	goal "10 x 100: at most an eighth of Kamailio's" "$cpu" \
		"$(part rooms cpu_us_per_delivery 8)"
	goal "1 x $crowd: at most an eighth of Kamailio's" \
		"$(value confab-crowd cpu_us_per_delivery)" \
		"$(part crowd cpu_us_per_delivery 8)"
	goal "100 x 20: at most an eighth of Kamailio's" \
		"$(value confab-small cpu_us_per_delivery)" \
		"$(part small cpu_us_per_delivery 8)"
	goal "Kamailio's deliveries a second, of a quarter of ours" \
		"$(value kamailio-rooms deliveries_per_s)" \
		"$(value confab-rooms deliveries_per_s |
			awk '{ print $1 / 4 }')"
	goal "$crowd joined in under a third of Kamailio's time" "$joined" \
		"$(part crowd join_settled_seconds 3)"
}

record()
{
	start_confab
	load warm --prefix warm --rooms 10 --members 100 --messages 10
	perf record -q -F 999 -g -o "$profile" -p "$server" &
	perf=$!
	load rooms --prefix room --rooms 10 --members 100 \
		--messages $((messages * 3)) --window 4
	kill -INT "$perf"
	wait "$perf" || :
	stop_server
	cat "$tmp/rooms.kv"
	perf report --stdio --no-children -g none -i "$profile" \
		2>/dev/null | grep -v '^#' | head -60
}

if [ -n "$profile" ]; then
	record
	exit 0
fi

measure confab
if has_kamailio; then
	measure kamailio
else
	echo "Kamailio is not here, so confabd runs alone. To compare:" >&2
	echo "  apt-get install kamailio kamailio-extra-modules" >&2
fi
tables
goals
! grep -l '^failed=' "$tmp"/confab-*.kv >/dev/null || {
	echo "confabd lost, doubled or refused something:" >&2
	grep -E '^(failed|joined|lost|doubled|strange|refused)=' \
		"$tmp"/confab-*.kv >&2
	exit 1
}
