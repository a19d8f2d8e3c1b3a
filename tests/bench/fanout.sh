#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# confabd and Debian's Kamailio imc side by side: the same rooms, members and
# messages, by turns, over UDP on loopback.
#
#   sh tests/bench/fanout.sh [--quick] [--build DIR] [--profile FILE]
#
#   --quick         a fifth of the messages, and one round
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
# Both are there all the time, and each round is a turn of one and a turn of
# the other: what else the machine does hits both. Of three rounds the middle
# value counts, for each line by itself. "others" is the processor time that
# neither the server nor the load generator had, as a share of what one
# processor has in that time: a turn in which it is more than a tenth is taken
# again, three times at most.
# Pinned: the load generator, to the last core. The servers may run on all
# cores. CPU is user and kernel time of the server and its children, with a
# second of silence after the load; memory is their proportional set size.
# BENCH_PORT (5062) and the port after it are the servers', the members' are
# 2,000 further. Ends with 1 when confabd lost or doubled anything.
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

deliveries=200000 latency=300 limit=300 rounds=3
[ -z "$quick" ] || deliveries=40000 latency=100 rounds=1
confab_port=${BENCH_PORT:-5062} kamailio_port=$((${BENCH_PORT:-5062} + 1))
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

confab= kamailio=
stop_server()
{
	[ -n "$1" ] || return 0
	kill "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

finish()
{
	stop_server "$confab"
	stop_server "$kamailio"
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM

# await_server NAME PID PORT: its socket is there (/proc/net/udp:
# hexadecimal, address and port).
await_server()
{
	port=$(printf ':%04X ' "$3")
	for i in $(seq 100); do
		! grep -q "$port" /proc/net/udp || return 0
		kill -0 "$2" 2>/dev/null || break
		sleep 0.1
	done
	echo "$1 did not start:" >&2
	tail -5 "$tmp/$1.log" >&2
	exit 2
}

start_confab()
{
	cat >"$tmp/confab.conf" <<-EOF
	domain = "bench.example"
	listen = {"udp:127.0.0.1:$confab_port"}
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
	confab=$!
	await_server confab "$confab" "$confab_port"
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
	listen=udp:127.0.0.1:$kamailio_port
	mpath="$modules/"
	loadmodule "tm.so"
	loadmodule "sl.so"
	loadmodule "textops.so"
	loadmodule "db_text.so"
	loadmodule "imc.so"
	modparam("imc", "db_url", "text://$tmp/db")
	modparam("imc", "outbound_proxy", "sip:127.0.0.1:$((kamailio_port + 2000))")
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
	kamailio=$!
	await_server kamailio "$kamailio" "$kamailio_port"
}

# load SERVER RUN OPTION...: into $tmp/SERVER-RUN.kv, "key=value" lines.
load()
{
	kv=$tmp/$1-$2.kv
	eval "pid=\$$1 port=\$$1_port"
	shift 2
	taskset -c "$last_core" "$build/tests/bench/fanout" \
		--server "127.0.0.1:$port" \
		--bind "127.0.0.1:$((port + 2000))" --pid "$pid" \
		--timeout "$limit" "$@" >"$kv" || echo "failed=$?" >>"$kv"
}

# What RUN is: its rooms, and how many talk in them at a time.
shape()
{
	case $1 in
	rooms) echo --prefix room --rooms 10 --members 100 --window 4 ;;
	small) echo --prefix small --rooms 100 --members 20 --window 16 ;;
	crowd) echo --prefix crowd --rooms 1 --members 1000 --window 4 ;;
	calm) echo --prefix room --rooms 10 --members 100 --window 1 ;;
	esac
}

members()
{
	shape "$1" | sed 's/.*--members \([0-9]*\).*/\1/'
}

# How much of one processor others had, from lines of several runs.
others_of()
{
	awk -F = '
		$1 == "seconds" { seconds = $2 + 1 }
		$1 == "others_cpu_s" { others = $2 }
		$1 == "stolen_cpu_s" { print (others + $2) * 100 / seconds }'
}

# turn SERVER RUN MESSAGES NAME
turn()
{
	for try in 1 2 3 4; do
		load "$1" "$4" $(shape "$2") --joined 1 --messages "$3"
		! others_of <"$tmp/$1-$4.kv" | awk '$1 > 10 { exit 1 }' ||
			return 0
		! grep -q '^failed=' "$tmp/$1-$4.kv" || return 0
	done
}

# talk RUN MESSAGES: the servers by turns. Who could not even join is left
# out.
talk()
{
	for round in $(seq "$rounds"); do
		for name in $servers; do
			[ -e "$tmp/$name-$1.out" ] ||
				turn "$name" "$1" "$2" "$1.$round"
		done
	done
}

join()
{
	for name in $servers; do
		echo "$name: $(members "$1") members a room join" >&2
		load "$name" "$1" $(shape "$1") --messages 0
		! grep -q '^failed=' "$tmp/$name-$1.kv" ||
			: >"$tmp/$name-$1.out"
	done
}

measure()
{
	for run in crowd rooms small; do
		join "$run"
		echo "$servers: they talk" >&2
		talk "$run" $((deliveries / $(members "$run")))
	done
	[ ! -e "$tmp/kamailio-rooms.out" ] || : >"$tmp/kamailio-calm.out"
	talk calm "$latency"
}

# value SERVER-RUN KEY: the middle one of the rounds', or the joining's.
value()
{
	cat "$tmp/$1".*.kv "$tmp/$1.kv" 2>/dev/null |
		sed -n "s/^$2=//p" | sort -n |
		awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
}

# The worst of the rounds: nothing is lost in the middle.
worst()
{
	cat "$tmp/$1".*.kv 2>/dev/null | sed -n "s/^$2=//p" | sort -n | tail -1
}

# Of one processor's time, in the middle one of the rounds.
others()
{
	cat "$tmp/$1".*.kv 2>/dev/null | others_of | sort -n |
		awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
}

# line TEXT CONFAB KAMAILIO [DIVISOR]
line()
{
	echo "$2|$3" |
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

# row TEXT RUN KEY [DIVISOR]
row()
{
	line "$1" "$(value "confab-$2" "$3")" "$(value "kamailio-$2" "$3")" \
		"${4:-1}"
}

worst_row()
{
	line "$1" "$(worst "confab-$2" "$3")" "$(worst "kamailio-$2" "$3")"
}

others_row()
{
	line "others, %" "$(others "confab-$1")" "$(others "kamailio-$1")"
}

head_line()
{
	printf '\n%s\n  %-36s %10s %10s %10s\n' "$1" "" confab kamailio ratio
}

talk_table()
{
	row "deliveries a second" "$1" deliveries_per_s
	row "server CPU, us a delivery" "$1" cpu_us_per_delivery
	row "latency p50, ms" "$1" p50_ms
	row "latency p99, ms" "$1" p99_ms
	row "memory, MiB" "$1" pss_kib 1024
	worst_row "lost" "$1" lost
	worst_row "doubled" "$1" doubled
	worst_row "copies sent again by the server" "$1" repeated
	worst_row "messages sent again by members" "$1" resent
	row "load generator, us a delivery" "$1" load_us_per_delivery
	others_row "$1"
}

tables()
{
	head_line "10 rooms of 100, 4 messages under way at a time"
	talk_table rooms
	head_line "1 room of 1,000, 4 messages under way at a time"
	talk_table crowd
	head_line "100 rooms of 20, 16 messages under way at a time"
	talk_table small
	head_line "10 rooms of 100, one message at a time"
	row "deliveries a second" calm deliveries_per_s
	row "latency p50, ms" calm p50_ms
	row "latency p99, ms" calm p99_ms
	others_row calm
	head_line "1 room, 1,000 join one after the other (at most $limit s)"
	row "members that joined" crowd joined
	row "seconds to the last answer" crowd join_seconds
	row "seconds to the last notice" crowd join_settled_seconds
	row "server CPU, s" crowd join_cpu_s
	row "memory, MiB" crowd join_pss_kib 1024
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

# Each shape by itself: what a delivery costs, and how many there are.
goals_of()
{
	goal "$1: at most an eighth of Kamailio's CPU" \
		"$(value "confab-$2" cpu_us_per_delivery)" \
		"$(part "$2" cpu_us_per_delivery 8)"
	goal "$1: Kamailio's rate, of a quarter of ours" \
		"$(value "kamailio-$2" deliveries_per_s)" \
		"$(value "confab-$2" deliveries_per_s |
			awk '{ print $1 / 4 }')"
}

goals()
{
	printf '\ngoals\n'
	goal "at most 10 us server CPU a delivery" \
		"$(value confab-rooms cpu_us_per_delivery)" 10
	goals_of "10 x 100" rooms
	goals_of "1 x 1,000" crowd
	goals_of "100 x 20" small
	goal "1,000 joined in under a third of Kamailio's time" \
		"$(value confab-crowd join_settled_seconds)" \
		"$(part crowd join_settled_seconds 3)"
}

record()
{
	load confab rooms $(shape rooms) --messages 0
	perf record -q -F 999 -g -o "$profile" -p "$confab" &
	perf=$!
	load confab rooms.1 $(shape rooms) --joined 1 \
		--messages $((deliveries / 25))
	kill -INT "$perf"
	wait "$perf" || :
	cat "$tmp/confab-rooms.1.kv"
	perf report --stdio --no-children -g none -i "$profile" \
		2>/dev/null | grep -v '^#' | head -60
}

servers=confab
start_confab
if [ -n "$profile" ]; then
	record
	exit 0
fi

if has_kamailio; then
	start_kamailio
	servers="confab kamailio"
else
	echo "Kamailio is not here, so confabd runs alone. To compare:" >&2
	echo "  apt-get install kamailio kamailio-extra-modules" >&2
fi
measure
tables
goals
! grep -l '^failed=' "$tmp"/confab-*.kv >/dev/null || {
	echo "confabd lost, doubled or refused something:" >&2
	grep -E '^(failed|joined|lost|doubled|strange|refused)=' \
		"$tmp"/confab-*.kv >&2
	exit 1
}
