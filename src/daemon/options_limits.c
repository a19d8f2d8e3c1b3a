/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of section limits. */
#include "options.h"

#define NUMBER(name, least, most) \
	.key = #name, .type = OPT_INT, .reload = true, \
	.offset = offsetof(struct conf_limits, name), .min = least, \
	.max = most

enum { MILLION = 1000 * 1000 };

const struct opt limit_opts[LIMIT_OPTS] = {
	{ NUMBER(connections, 1, MILLION),
	  .def = "1024",
	  .help = "How many connections by TCP, TLS, WS and WSS there may\n"
		  "be. Then those go first on which nobody is known." },
	{ NUMBER(address_connections, 1, MILLION),
	  .def = "32",
	  .help = "How many of them from one address (IPv6: from one /64)." },
	{ NUMBER(source_rate, 0, MILLION),
	  .def = "20",
	  .help = "How many requests in a second an address (IPv6: a /64) "
		  "may\n"
		  "send before it is known whose they are; 0: any number. "
		  "What\n"
		  "is trusted is exempt, and so are texts of users that "
		  "have\n"
		  "logged in. More are refused with 503 and Retry-After, "
		  "and\n"
		  "when that does not help they are dropped." },
	{ NUMBER(source_burst, 1, MILLION),
	  .def = "40",
	  .help = "And how many at once." },
	{ NUMBER(memory_max, 0, MILLION),
	  .def = "256",
	  .help = "MiB of memory that confabd may use; 0: any. Above, what\n"
		  "can be forgotten is, and new requests and connections "
		  "are\n"
		  "refused with 503 until there is less. What was accepted\n"
		  "is kept. Its workers are not counted." },
	{ NUMBER(idle_seconds, 5, 86400),
	  .def = "120",
	  .help = "How long one may be silent on which nobody is known. A\n"
		  "known user has 65 minutes." },
	{ NUMBER(expires_min, 1, 86400),
	  .def = "60",
	  .help = "The shortest registration, in seconds: who asks for less\n"
		  "is told to ask for this." },
	{ NUMBER(expires_max, 60, 86400),
	  .def = "3600",
	  .help = "The longest: who asks for more gets this." },
	{ NUMBER(rooms, 1, 10 * MILLION),
	  .def = "100000",
	  .help = "How many rooms there may be." },
	{ NUMBER(room_members, 1, MILLION),
	  .def = "2000",
	  .help = "How many members, and people that are invited, a room may\n"
		  "have." },
	{ NUMBER(user_rooms, 0, MILLION),
	  .def = "100",
	  .help = "How many rooms one user may own; 0: any number." },
	{ NUMBER(user_places, 0, MILLION),
	  .def = "1000",
	  .help = "How many rooms one user may be in or be invited to; 0: "
		  "any\n"
		  "number." },
	{ NUMBER(waiting_messages, 1, MILLION),
	  .def = "500",
	  .help = "How many messages wait for a member who is away. Then "
		  "the\n"
		  "oldest go, and he and their senders are told." },
	{ NUMBER(waiting_bytes, 1024, 1024 * MILLION),
	  .def = "1048576",
	  .help = "And how much text. Of what waits for a user by himself "
		  "each sender\n"
		  "may have a tenth, and all of other domains together two "
		  "tenths (but\n"
		  "ten messages in any case); then they get 480." },
	{ NUMBER(invite_days, 1, 3650),
	  .def = "7",
	  .help = "How many days an invitation waits for its answer." },
	{ NUMBER(user_rate, 0, MILLION),
	  .def = "5",
	  .help = "How many texts and commands one user may send in a "
		  "second\n"
		  "in the long run; 0: any number. More are refused with "
		  "480\n"
		  "and Retry-After, and he is told, once a minute at most." },
	{ NUMBER(user_burst, 1, MILLION),
	  .def = "20",
	  .help = "And how many at once." },
	{ NUMBER(room_rate, 0, MILLION),
	  .def = "20",
	  .help = "How many texts of all its members a room takes in a "
		  "second;\n"
		  "0: any number. What comes by links is not counted." },
	{ NUMBER(room_burst, 1, MILLION),
	  .def = "100",
	  .help = "And how many at once." },
	{ NUMBER(create_rate, 0, MILLION),
	  .def = "10",
	  .help = "How many rooms one user may make in a minute; 0: any\n"
		  "number." },
	{ NUMBER(join_rate, 0, MILLION),
	  .def = "10",
	  .help = "How often in a minute one user may join one room, or be\n"
		  "shown there by another name or as away; 0: any number." },
	{ NUMBER(invite_rate, 0, MILLION),
	  .def = "20",
	  .help = "How many people one user may invite or add in a minute; "
		  "0:\n"
		  "any number." },
	{ NUMBER(invited_rate, 0, MILLION),
	  .def = "20",
	  .help = "How often in an hour one user may be invited or added, "
		  "by\n"
		  "whom it may be; 0: any number." },
};
