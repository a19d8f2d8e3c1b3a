/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store: what must survive. One thread of its own runs SQLite (WAL,
 * synchronous=FULL) and commits what has gathered as one group (at most 64
 * transactions or 5 ms of waiting); answers come back on the loop's thread,
 * in the order of store_commit(). No SQL outside this folder.
 *
 * All views are copied by the put functions; views in answers are borrowed
 * until the handler returns. Ids are 1..INT64_MAX.
 */
#ifndef CONFAB_STORE_H
#define CONFAB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

struct store;
struct store_txn;

struct store_room {
	uint64_t id;
	struct view name, domain; /* unique together, without letter case */
	uint32_t flags;           /* the seeds' "flag": 1 private */
	struct view subject;
	uint64_t created_ms;
	uint32_t notices;         /* core/room.h */
	uint64_t head;            /* newest sequence number; load only */
};

struct store_member {
	uint64_t id, room;
	struct view addr;   /* canonical: "sip:alice@example.org" */
	struct view nick;   /* or empty: as the address says */
	uint32_t role;      /* core/member.h */
	uint32_t state;
	uint64_t acked;     /* cursor: everything up to here is delivered */
	uint64_t joined_ms;
	uint64_t muted_until_ms; /* 0 .. UINT64_MAX */
	struct view inviter; /* canonical address, or empty */
	struct view away;    /* or empty */
};

struct store_link {
	uint64_t id, room;
	struct view label;  /* unique, without letter case */
	struct view target; /* "irc:libera/#lobby" */
	struct view via, nick;
	bool configured;    /* by the file, not by confabctl */
	uint64_t acked;
};

/* What waits for one user by himself: a journal without a room. */
struct store_inbox {
	uint64_t id;       /* unique among the rooms' as well */
	struct view addr;  /* canonical */
	uint64_t head;     /* newest sequence number; load only */
	uint64_t acked;
};

struct store_msg {
	uint64_t room, seq; /* unique together; room: or inbox */
	bool inbox;
	uint64_t id;
	uint32_t kind;      /* core/msg.h */
	struct view from;   /* canonical address of the sender */
	struct view name;   /* as shown: "alice", "bob@libera" */
	struct view text;
	uint64_t time_ms, origin, reply_to;
	uint64_t audience;  /* core/msg.h; all 64 bits are kept */
	struct view dedupe; /* unique in all rooms for an hour and up to
			     * two minutes, or empty */
	struct view meta;   /* what else came with it, or (as most) empty; at
			       most STORE_META_MAX bytes */
};
enum { STORE_META_MAX = 4096 };

/* A device of a user, and the way to it. */
struct store_binding {
	struct view aor;      /* "sip:alice@example.org" */
	uint64_t id;          /* unique with aor; 0: learned from a request,
				 the next six are empty then */
	struct view contact;  /* URI */
	struct view path;     /* value of a Route header, or empty */
	struct view instance; /* +sip.instance without <>, or empty */
	uint64_t reg_id;
	struct view call_id;
	uint64_t cseq;
	struct view flow;     /* "udp:192.0.2.1:5060" */
	uint32_t listener;    /* index of the socket */
	struct view agent;    /* User-Agent, or empty */
	uint64_t expires_ms;  /* wall clock; 0: never */
	uint64_t seen_ms;
	uint64_t body_max;    /* learned; 0: nothing yet */
	uint32_t traits;      /* learned, as sip/device.h has them */
};

/* user takes no invitations from other; both canonical addresses. */
struct store_block {
	struct view user, other;
};

/* What digest needs of a password (HA1, in hex), per algorithm, of the bare
 * name and of name@domain; or empty. */
enum store_ha1 {
	STORE_MD5, STORE_SHA256, STORE_MD5_FULL, STORE_SHA256_FULL,
	STORE_HA1S,
};
struct store_user {
	struct view name;  /* unique */
	struct view realm; /* that the HA1s are for */
	struct view ha1[STORE_HA1S];
	bool disabled;
	uint64_t created_ms;
};

/* Of a SIP user on another network. */
struct store_account {
	uint64_t id;
	struct view network, owner, login; /* unique together: "xmpp", his
				canonical address, as the network has it */
	struct view secret;   /* as io/seal.h made it; empty: there is none */
	struct view host;     /* of the server; empty: as the login says */
	uint32_t port;        /* 0: the usual one */
	struct view resource; /* or empty */
	uint32_t policy;      /* when he logs in: daemon/accounts.h */
	bool enabled;
	struct view error;    /* what went wrong last, or empty */
	uint64_t used_ms;     /* wall clock; 0: never */
	struct view settings; /* the face's own, or empty */
	uint64_t created_ms;
};

/* Where a user is in a room of another network, by his account or as a
 * component: what a worker has to know to bring him back. */
struct store_visit {
	uint64_t id;
	struct view network, owner, room; /* unique together: "xmpp", his
				canonical address, a bare JID */
	struct view nick;
	struct view secret;   /* the room's password, sealed; or empty */
	bool wanted;          /* he joined and has not left */
	struct view last_id;  /* of the newest message that he got; or empty */
	uint64_t last_ms;
	struct view settings; /* the face's own, or empty */
};

/* Who may see whose presence. */
struct store_watch {
	struct view network, user, other; /* unique together, with direction:
				ours, and theirs; canonical addresses */
	uint32_t direction;   /* 0: other watches user; 1: user, other */
	uint32_t state;       /* 0 none, 1 pending, 2 allowed, 3 denied */
	uint64_t number;      /* for "/allow 17"; 0: not asked */
	uint64_t asked_ms;
};

/* What a face has to remember, such as up to where it has an archive. */
struct store_kept {
	struct view network, key; /* unique together */
	struct view value;
};

/* A dialog of one who watches something, as sip/subs_priv.h has it. */
struct store_sub {
	uint64_t id;
	struct view package;
	struct view resource, watcher;
	struct view call_id, tag, own_tag, own_uri;
	struct view event, event_id;
	struct view peer, target, route; /* where its NOTIFYs go to */
	struct view flow;     /* as of a binding */
	uint32_t listener;
	uint32_t cseq_in;
	uint32_t cseq_out;    /* none above it was used */
	uint32_t state;
	bool stranger;
	uint64_t expires_ms;  /* wall clock */
	struct view list;     /* of a list: what is in it; else empty */
};

/* What one device has published. */
struct store_pub {
	uint64_t id;
	struct view package, resource, etag, body;
	uint64_t said, heard; /* its order among the others */
	uint64_t expires_ms;  /* wall clock */
};

/* Everything, once, at the start; each handler may be NULL. Rooms come before
 * their members and links. */
struct store_load {
	void (*room)(const struct store_room *r, void *arg);
	void (*member)(const struct store_member *m, void *arg);
	void (*link)(const struct store_link *l, void *arg);
	void (*binding)(const struct store_binding *b, void *arg);
	void (*block)(const struct store_block *b, void *arg);
	void (*user)(const struct store_user *u, void *arg);
	void *arg;
	void (*inbox)(const struct store_inbox *i, void *arg);
	void (*account)(const struct store_account *a, void *arg); /* by id */
	void (*visit)(const struct store_visit *v, void *arg);     /* by id */
	void (*watch)(const struct store_watch *w, void *arg);
	void (*kept)(const struct store_kept *k, void *arg);
	void (*sub)(const struct store_sub *s, void *arg);         /* by id */
	void (*pub)(const struct store_pub *p, void *arg);         /* by id */
};

/* Runs on the store's thread when answers are waiting: has to make the loop's
 * thread call store_dispatch(). */
typedef void (store_wake_h)(void *arg);
typedef void (store_done_h)(int err, void *arg);
typedef void (store_msgs_h)(int err, const struct store_msg *msgs,
			    size_t count, void *arg);

/* Opens (or makes) dir/confab.db: takes the lock, checks (quick_check),
 * migrates. Makes dir (0700) where it is missing. Errors, with one clear line
 * in why: EBUSY another confabd has it, ENOTSUP a newer schema, EBADMSG
 * damaged, EACCES, ENOSPC, EIO. */
int store_open(struct store **sp, const char *dir, store_wake_h *wakeh,
	       void *arg, char *why, size_t whysize);

enum { STORE_TABLE_MAX = 64 };

/* Who has the lock; pid 0: he has not said so yet. */
struct store_holder {
	int pid;
	bool shared;
};
struct store_conf {
	bool shared;      /* waits for the lock: a note for who meets it */
	struct store_holder *holder; /* filled when EBUSY; or NULL */
	const char *dir;  /* the lock; and confab.db, without a file */
	const char *file; /* the data base: an absolute path, or NULL */
	const char *rooms_table, *members_table; /* NULL: the seeds' names */
	/* Or NULL: nothing is gathered. Something is queued: asks for one
	 * store_flush() soon, at the end of the loop's turn. */
	store_wake_h *soonh;
};
/* The same with more to choose. The file is locked by file.lock. EINVAL: a
 * table's name is none, or is taken by another table of ours. */
int store_open_conf(struct store **sp, const struct store_conf *conf,
		    store_wake_h *wakeh, void *arg, char *why,
		    size_t whysize);
/* Letters, digits and _, no digit first, none of our other tables. */
bool store_table_ok(struct view name);
/* Before the first store_commit(); runs on the calling thread. EBADMSG, EIO:
 * store_why() has the words. */
int store_load(struct store *s, const struct store_load *load);
/* What failed last; only while nothing is queued. */
const char *store_why(const struct store *s);
/* Commits what is queued, runs the answers, ends the thread; what the answers'
 * handlers still ask for gets ESHUTDOWN. Not from a handler. NULL is
 * allowed. */
void store_close(struct store *s);
/* Hands over what gathered since soonh. */
void store_flush(struct store *s);
/* Runs the handlers of all answers that are there. */
void store_dispatch(struct store *s);

/* One atomic change: begin, put, commit. */
struct store_txn *store_begin(struct store *s);
void store_put_room(struct store_txn *t, const struct store_room *r);
/* With its members, messages and links. */
void store_del_room(struct store_txn *t, uint64_t room);
void store_put_member(struct store_txn *t, const struct store_member *m);
void store_del_member(struct store_txn *t, uint64_t member);
void store_put_link(struct store_txn *t, const struct store_link *l);
void store_del_link(struct store_txn *t, uint64_t link);
/* Nothing happens where it is stored already. */
void store_put_inbox(struct store_txn *t, const struct store_inbox *i);
/* With its messages. */
void store_del_inbox(struct store_txn *t, uint64_t inbox);
void store_put_msg(struct store_txn *t, const struct store_msg *m);
void store_put_binding(struct store_txn *t, const struct store_binding *b);
void store_del_binding(struct store_txn *t, struct view aor, uint64_t id);
void store_put_block(struct store_txn *t, const struct store_block *b);
void store_del_block(struct store_txn *t, const struct store_block *b);
void store_put_user(struct store_txn *t, const struct store_user *u);
void store_del_user(struct store_txn *t, struct view name);
void store_put_account(struct store_txn *t, const struct store_account *a);
void store_del_account(struct store_txn *t, uint64_t account);
/* Nothing happens where there is no such account. */
void store_account_used(struct store_txn *t, uint64_t account,
			uint64_t used_ms, struct view error);
void store_put_visit(struct store_txn *t, const struct store_visit *v);
void store_del_visit(struct store_txn *t, uint64_t visit);
/* Nothing happens where there is no such visit. */
void store_visit_mark(struct store_txn *t, uint64_t visit, struct view last_id,
		      uint64_t last_ms);
void store_put_watch(struct store_txn *t, const struct store_watch *w);
/* Only what makes it unique counts. */
void store_del_watch(struct store_txn *t, const struct store_watch *w);
void store_put_kept(struct store_txn *t, const struct store_kept *k);
void store_del_kept(struct store_txn *t, struct view network, struct view key);
void store_put_sub(struct store_txn *t, const struct store_sub *s);
void store_del_sub(struct store_txn *t, uint64_t sub);
void store_put_pub(struct store_txn *t, const struct store_pub *p);
void store_del_pub(struct store_txn *t, uint64_t pub);
void store_member_cursor(struct store_txn *t, uint64_t member, uint64_t acked);
void store_link_cursor(struct store_txn *t, uint64_t link, uint64_t acked);
void store_inbox_cursor(struct store_txn *t, uint64_t inbox, uint64_t acked);
/* Messages of the room with seq < below, or older than before_ms, go; the
 * room's head stays. */
void store_prune(struct store_txn *t, uint64_t room, uint64_t below,
		 uint64_t before_ms);
/* Takes t. doneh (may be NULL) hears 0, EEXIST (a unique key is taken: nothing
 * of t was stored), ENOENT (a member, link or message without its room:
 * likewise), EMSGSIZE (t is over 16 MiB), ENOSPC, EIO, or ESHUTDOWN; after 0
 * it is on the disk. */
void store_commit(struct store_txn *t, store_done_h *doneh, void *arg);
void store_abort(struct store_txn *t);

/* At most max (1..256) messages with seq > after, in order, without their
 * dedupe keys. It sees what was given to store_commit() before this call, and
 * nothing later. Errors: EMSGSIZE (over 16 MiB), EIO, ESHUTDOWN. */
void store_read(struct store *s, uint64_t room, uint64_t after, size_t max,
		store_msgs_h *h, void *arg);

/* The newest texts and emotes (kinds below 2), at most max (<= 200), in order,
 * for all (audience 0), with after < seq <= upto: what lies beyond is not
 * looked at. As store_read() otherwise. */
struct store_span {
	uint64_t after, upto;
};
void store_history(struct store *s, uint64_t room, struct store_span span,
		   size_t max, store_msgs_h *h, void *arg);

/* The same, of those said from since_ms to until_ms (0: no end), and the
 * oldest of them where that is wanted. */
struct store_archive {
	struct store_span span;
	uint64_t since_ms, until_ms;
	size_t max;
	bool oldest;
};
void store_archive(struct store *s, uint64_t room,
		   const struct store_archive *a, store_msgs_h *h, void *arg);

struct store_stats {
	uint64_t commits;      /* groups, pages without a commit included */
	uint64_t transactions; /* stored */
	uint64_t failed;
	uint64_t queued;       /* not answered yet, pages included */
};
void store_stats(const struct store *s, struct store_stats *out);

#endif
