/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of conversations: chats.c and chat_*.c. */
#ifndef CONFAB_JABBER_CHAT_PRIV_H
#define CONFAB_JABBER_CHAT_PRIV_H

#include "chat.h"
#include "chat_read.h"
#include "jerror.h"
#include "jtext.h"

#define NS_RECEIPTS "urn:xmpp:receipts"
#define NS_CHATSTATES "http://jabber.org/protocol/chatstates"
#define NS_CARBONS "urn:xmpp:carbons:2"
#define NS_DELAY "urn:xmpp:delay"
#define NS_SID "urn:xmpp:sid:0"

enum {
	CHAT_HEARD = 16,            /* ids of a conversation */
	CHAT_LOCK_MS = 5 * 60 * 1000,
	CHAT_SENT_MS = 300 * 1000,  /* an error may come for so long */
	CHAT_LATE_MS = 60 * 1000,   /* older texts say when they were said */
};

/* Does the other side speak of its typing (XEP-0085 5.1)? */
enum chat_manners { CHAT_NOT_KNOWN, CHAT_SPEAKS, CHAT_SILENT };

/* Of a text that came in; hashes. */
struct chat_heard {
	uint64_t id, from; /* of the stanza; of the full JID */
	uint64_t at_ms;    /* monotonic; 0: none */
	bool receipt;      /* was asked for */
};

struct chat {
	struct hnode by_addr;  /* chats.all */
	struct lnode by_use;   /* chats.used: the longest unused first */
	struct addr *addr;     /* ref: of the conversation */
	struct addr *aor;      /* ref: of the SIP user */
	uint64_t used_ms;
	struct buf device;     /* full JID that spoke last; or empty */
	uint64_t device_ms;
	struct buf thread;     /* the other side's; or empty */
	struct buf lang;       /* the SIP user's; or empty */
	struct chat_heard heard[CHAT_HEARD];
	size_t next_heard;
	enum chat_manners manners;
	bool types;            /* the other side does, just now */
	bool typed;            /* our user does, and it was told */
	uint64_t expired_ms;   /* wall: a text waited in vain until then */
	struct early *early;   /* of one of his texts; or NULL */
	uint64_t lost_seq;     /* text under which the link went away, */
	unsigned losses;       /* so many times */
};

struct chats {
	struct gate *gate;     /* borrowed */
	struct htable all;     /* of struct chat; owned */
	struct list used;
	struct htable sent;    /* of struct chat_sent; owned */
	struct list fresh, kept; /* of them; the oldest first */
	size_t fresh_bytes;    /* of text */
	struct list jobs;      /* of struct job: under way; owned */
	struct list soon;      /* of them: their turn comes by the timer */
	struct list asks;      /* of struct chat_ask; owned */
	struct list logins;    /* of struct login: ":online"; owned */
	struct list owed;      /* of struct owed; owned */
	struct list early;     /* of struct early; owned */
	struct wtimer soon_timer, sweep, early_timer;
};

struct chats *chats_of(const struct gate *g);

/* ---- chats.c ---- */

/* Without its resource. */
struct view chat_bare(struct view jid);
/* NULL: there was no word yet. */
struct chat *chat_find(const struct chats *cs, const struct addr *conv);
struct chat *chat_get(struct chats *cs, struct addr *conv, struct addr *aor);
/* Whom to write to: the device, or bare. */
struct view chat_to(const struct chat *c);
/* The address of the gateway that stands for the other end, and a line from
 * it for the user. */
struct addr *chat_gate_addr(const struct gate *g, const struct addr *conv);
void chat_tell(const struct gate *g, const struct addr *conv,
	       struct addr *aor, struct view text);
/* What a request is answered with. */
struct chat_answer {
	int status;
	struct view words;
};
/* One of his was not sent: the request is answered so, where that can still
 * be, else he is told the words. Of what was written by itself only the log
 * hears. */
void chat_not_sent(struct chats *cs, const struct addr *conv,
		   const struct msg *m, const struct chat_answer *why);

/* ---- chat_early.c: refusals within a moment ---- */

/* His text of this id is on the disk: false: answer it now. True: it will be
 * answered. */
bool chat_early_hold(struct gate_ask *a, struct addr *conv, uint64_t id);
/* False: it has its answer already. */
bool chat_early_end(struct chats *cs, const struct addr *conv, uint64_t id,
		    const struct chat_answer *answer);
void chat_early_stop(struct chats *cs);

/* ---- chat_out.c: to XMPP ---- */

void chat_out_init(struct chats *cs);
void chat_out_free(struct chats *cs);
/* The person ends: nothing of his waits any more. */
void chat_out_gone(struct chats *cs, const struct person *p);
/* Stanza id of a message of ours: the same each time that it is sent. */
struct view chat_id(char dst[24], const struct msg *m);
/* Was it said by who he is on XMPP now? By another account, or none, it never
 * goes out as somebody else's. */
bool chat_is_by(const struct msg *m, const struct person *p);
/* The whole stanza; to: bare or full. */
void chat_stanza(struct buf *b, const struct chats *cs,
		 const struct person *p, const struct msg *m, struct view to);

/* ---- chat_sent.c: what was sent, for errors and receipts ---- */

void chat_sent_add(struct chats *cs, struct addr *conv, struct msg *m,
		   bool to_full);
void chat_sent_free(struct chats *cs);
/* An error stanza from this conversation's other end. */
void chat_failed(struct chats *cs, struct person *p, const struct addr *conv,
		 const struct elem *e);
/* He has got this one of ours. */
void chat_got(struct chats *cs, struct person *p, const struct addr *conv,
	      struct view id);

/* ---- chat_in.c: from XMPP ---- */

bool chats_stanza(struct gate *g, struct xlink *x, struct person *p,
		  const struct elem *e);
/* "received" for a text of theirs; once. */
void chat_confirm(struct person *p, struct view to, struct view id);

/* ---- chat_keep.c: what came from XMPP, onto the disk ---- */

/* To whom it may concern; nothing for an empty to. */
void chat_error(struct person *p, struct view to, struct view id,
		const struct jerror_xmpp *x, struct view text);
/* e says text; from: the address of the gateway; meta->to hears when it
 * fails. */
void chat_keep(struct person *p, const struct elem *e, struct addr *from,
	       struct view text, const struct meta *meta);
void chat_asks_free(struct chats *cs);

/* ---- chat_owed.c: what became of theirs ---- */

struct chat_fate {
	struct view to, id;              /* of the stanza: who sent it */
	const struct jerror_xmpp *error; /* static; NULL: he has got it */
	struct view words;               /* of the error */
};
/* Said now, or as soon as he is online. */
void chat_fate(struct person *p, const struct chat_fate *f);
/* He is, or all who speak by the component are (NULL). */
void chat_owed_up(struct chats *cs, struct person *p);
void chat_owed_free(struct chats *cs);

/* ---- chat_invite.c ---- */

/* Told, never followed. */
void chat_invited(struct person *p, const struct chat_invite *i);

/* ---- chat_command.c ---- */

extern const struct gate_command chat_commands[];
enum { CHAT_COMMANDS = 3 };
void chat_logins_free(struct chats *cs);
void chat_logins_gone(struct chats *cs, const struct person *p);

#endif
