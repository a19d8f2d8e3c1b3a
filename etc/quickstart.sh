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

# A configuration for a room server on this machine and its network; kept
# when it is there already, so that it can be edited.
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
# Everybody in these networks is believed to be who he says he is.
trusted   = {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
             "$address"}
END
}

serve()
{
	write_config "$(first_address)"
	domain=$(sed -n 's/^domain *= *"\(.*\)"/\1/p' build/confab.conf)
	cat <<END

confab is starting. Point a SIP softphone at it:

  account      sip:YOURNAME@$domain      (no password, no registration)
  SIP proxy    $domain:$port, UDP or TCP

and send text messages (not calls) like these:

  to sip:chat-manager@$domain   #help
  to sip:chat-manager@$domain   #join lobby
  to sip:lobby@$domain          hello, everybody

Only machines in private networks are believed; the configuration is
build/confab.conf. What is going on: build/confabctl -s build/control.sock status
Ctrl-C ends it; rooms and members stay.

END
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
