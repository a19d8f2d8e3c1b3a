#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# From a fresh Debian to a running chat server:
#
#   sh etc/quickstart.sh               build and run a room server
#   sh etc/quickstart.sh --build-only  build, and stop there
#   sh etc/quickstart.sh --demo        build, and show SIP, XMPP and IRC users
#                                      talking in one room
#
# Everything is made in build/; rooms and messages are kept in build/state.
set -eu
cd "$(dirname "$0")/.."
. etc/lib.sh

port=${CONFAB_PORT:-5060}

usage()
{
	sed -n '4,11s/^# \{0,1\}//p' "$0"
}

first_address()
{
	address=$(hostname -I 2>/dev/null | tr ' ' '\n' |
		grep -m 1 '^[0-9.]*$') || :
	echo "${address:-127.0.0.1}"
}

# A configuration for a room server; kept when it is there already, so that it
# can be edited.
write_config()
{
	address=$1
	[ -f build/confab.conf ] && return
	cat >build/confab.conf <<END
# Made by etc/quickstart.sh, and left alone from now on. See
# etc/confab.conf.sample and "man confab.conf" for what else there is.
domain    = "$address"
listen    = {"udp:0.0.0.0:$port", "tcp:0.0.0.0:$port"}
state_dir = "$PWD/build/state"
control   = "$PWD/build/control.sock"
# Who is believed without a password: nobody. See "confabctl user".
trusted   = {}
END
}

# Two users to begin with, whose passwords nobody else knows.
write_users()
{
	[ ! -f build/users.csv ] || return 0
	(
		umask 077
		for name in alice bob; do
			echo "$name,$(od -An -N6 -tx1 /dev/urandom | tr -d ' ')"
		done >build/users.new
	)
}

# As soon as confabd answers; once.
add_users()
{
	[ -f build/users.new ] || return 0
	for try in 1 2 3 4 5 6 7 8 9 10; do
		build/confabctl -s build/control.sock status >/dev/null 2>&1 &&
			break
		sleep 1
	done
	build/confabctl -s build/control.sock user import build/users.new \
		>/dev/null && mv build/users.new build/users.csv
}

show_users()
{
	cat build/users.new build/users.csv 2>/dev/null |
		while IFS=, read -r name password; do
			echo "  sip:$name@$1   password $password"
		done
}

serve()
{
	write_config "$(first_address)"
	write_users
	domain=$(sed -n 's/^domain *= *"\(.*\)"/\1/p' build/confab.conf)
	cat <<END

confab is starting. Give a SIP softphone, on any machine, one of these accounts:

$(show_users "$domain")

with registration on, and as its proxy or server $domain:$port, UDP or TCP.
Then send text messages (not calls) like these:

  to sip:chat-manager@$domain   #help
  to sip:chat-manager@$domain   #join lobby
  to sip:lobby@$domain          hello, everybody

More accounts: build/confabctl -s build/control.sock user add NAME
What is going on: build/confabctl -s build/control.sock status
The configuration is build/confab.conf; the passwords are in build/users.csv.
Ctrl-C ends it; rooms and members stay.

END
	add_users &
	exec build/confabd -c build/confab.conf
}

case ${1-} in
'' | --build-only | --demo) ;;
-h | --help) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac

# shellcheck disable=SC2086
need $BUILD_PACKAGES
build build
case ${1-} in
--build-only)
	say "built: build/confabd, build/confabctl"
	;;
--demo)
	need prosody ngircd lua-sec openssl python3 python3-slixmpp
	exec /usr/bin/python3 etc/demo.py --build build
	;;
*)
	serve
	;;
esac
