/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What confabd and its workers say to each other: one table of frame types,
 * their fields as a string of letters, one encoder and one decoder. An
 * unknown type, a field that is short or left over, or a text that is not
 * UTF-8 is an error that costs the worker its life.
 */
#ifndef CONFAB_WIRE_H
#define CONFAB_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "framer.h"

enum { WIRE_VERSION = 1, WIRE_FIELDS_MAX = 8, WIRE_SETTINGS_MAX = 32 };

/*      name         to whom   fields: u = u64, s = text, m = settings
 *                             (the frame's id: account, or 0) */
#define WIRE_TYPES(X) \
	X(HELLO,       WORKER, "uus")     /* version, log level, name */ \
	X(PING,        WORKER, "u")       /* number */ \
	X(ACCOUNT,     WORKER, "sm")      /* label, settings; id */ \
	X(ACCOUNT_DEL, WORKER, "")        /* id */ \
	X(JOIN,        WORKER, "uusss")   /* leg, enum join_manner, place, \
					     nick, key; id: account */ \
	X(PART,        WORKER, "us")      /* leg, reason */ \
	X(SAY,         WORKER, "uuuussu") /* leg, seq, message id, kind, \
					     name, text, time */ \
	X(EXPEL,       WORKER, "uuss")    /* leg, ban, nick, reason */ \
	X(SESSION,     WORKER, "sm")      /* label, settings: log in; id */ \
	X(SESSION_END, WORKER, "")        /* log out; id */ \
	X(SEND,        WORKER, "us")      /* tag or 0, parcel; id */ \
	X(SEND_MANY,   WORKER, "ss")      /* parcel, receivers; id */ \
	X(READY,       DAEMON, "u")       /* version */ \
	X(PONG,        DAEMON, "u")       /* number */ \
	X(LOG,         DAEMON, "us")      /* level, line */ \
	X(ACCOUNT_UP,  DAEMON, "s")       /* own address; id */ \
	X(ACCOUNT_LOST, DAEMON, "us")     /* enum lost_why, words; id */ \
	X(JOINED,      DAEMON, "us")      /* leg, own nick */ \
	X(LOST,        DAEMON, "uus")     /* leg, enum lost_why, words */ \
	X(HEARD,       DAEMON, "uussus")  /* leg, kind, nick, text, time, \
					     stable id or "" */ \
	X(DELIVERED,   DAEMON, "uu")      /* leg, seq */ \
	X(FAILED,      DAEMON, "uuus")    /* leg, seq, again, words */ \
	X(PARCEL,      DAEMON, "s")       /* parcel; id */ \
	X(SENT,        DAEMON, "uus")     /* tag, enum parcel_fate, words; \
					     id */ \
	X(TOPIC,       DAEMON, "uuss")    /* leg, enum hub_subject, nick, \
					     text */ \
	X(KEEP,        DAEMON, "s")       /* for the next worker; id */ \
	X(PEOPLE,      DAEMON, "uuusss")  /* leg, enum hub_change, how many \
					     are there, nick, other, \
					     reason */ \
	X(MISSED,      DAEMON, "u")       /* leg */ \
	X(TROUBLE,     DAEMON, "us")      /* leg, words for the staff */ \
	X(UNWANTED,    DAEMON, "s")       /* the network's staff, who: wants \
					     us to go; id: account */ \
	X(RETIRE,      WORKER, "uu")      /* let all logins go, each once it \
					     was quiet for so long, ms, and \
					     at the latest after so long, \
					     ms; then end */ \
	X(RETIRING,    DAEMON, "")        /* does so, of its own accord */

enum parcel_fate { PARCEL_SENT, PARCEL_LATER, PARCEL_NEVER };

/* How those who speak are shown: by the line's text; or each by his name,
 * where the server has a way for that. */
enum join_manner { JOIN_RELAY, JOIN_BY_NAME };

enum wire_type {
	WIRE_NONE,
#define X(name, to, fields) WIRE_##name,
	WIRE_TYPES(X)
#undef X
	WIRE_TYPES_END
};

struct wire_setting {
	struct view key, value;
};

/* A decoded frame: views into the payload. */
struct wire_msg {
	enum wire_type type;
	uint32_t id;
	uint64_t u[WIRE_FIELDS_MAX];    /* the u fields, in order */
	struct view s[WIRE_FIELDS_MAX]; /* the s fields, in order */
	struct wire_setting settings[WIRE_SETTINGS_MAX];
	size_t settings_count;
};

const char *wire_name(unsigned type); /* "HELLO"; "?" when unknown */
/* to_worker: which side we decode for. EBADMSG, and why in words. */
int wire_decode(struct wire_msg *out, const struct frame *f, bool to_worker,
		const char **why);
/* Adds m's fields by its type to b, a payload. Text that is not UTF-8 is
 * cleaned. EINVAL for no type or too many settings, EMSGSIZE over b's max. */
int wire_encode(struct buf *b, const struct wire_msg *m);
/* Encodes m and sends it. Errors as wire_encode() and framer_send(). */
int wire_send(struct framer *f, const struct wire_msg *m);
/* The value of a setting, or an empty view. */
struct view wire_setting(const struct wire_msg *m, const char *key);

#endif
