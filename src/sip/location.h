/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where users are: for each address of record (AOR) the devices that
 * registered, and the place that he was last heard from, which counts as long
 * as no device is registered. Kept in the store.
 *
 * A learned place ends when nothing was heard from it for LOCATION_HEARD_MS,
 * because then somebody else may have the address, or for as long as
 * LOCATION_TRUSTED_MS behind a source that is trusted; with its connection;
 * and when he says that he is nowhere any more.
 *
 * An AOR is a canonical text: "sip:user@host", the host in lower case, no
 * port; its hash is hash_view() of that.
 */
#ifndef CONFAB_LOCATION_H
#define CONFAB_LOCATION_H

#include "buf.h"
#include "device.h"
#include "sip.h"
#include "store.h"
#include "wheel.h"

enum {
	LOCATION_AORS = 100000,
	LOCATION_BINDINGS = 10,  /* registered ones of an AOR */
	LOCATION_BYTES = 64 * 1024 * 1024, /* of what clients said */
	LOCATION_HEARD_MS = 60 * 60 * 1000,
};
#define LOCATION_TRUSTED_MS (UINT64_C(30) * 24 * 3600 * 1000)

struct location;

/* What a REGISTER said of a contact. */
struct contact {
	struct view uri;      /* at most SIP_URI_MAX */
	struct view path;     /* value for a Route header, or empty */
	struct view instance; /* +sip.instance without <>, or empty */
	uint32_t reg_id;      /* 0: none */
	struct view call_id;
	uint32_t cseq;
	struct view agent;    /* User-Agent, or empty; cut where too long */
	bool behind;          /* a proxy is in between */
};

/* Read-only outside of location.c, except dev; valid until the next call that
 * changes something. */
struct binding {
	struct sip_dest *dest;  /* ref */
	struct sip_flow flow;   /* the way back that it came by */
	uint64_t conn;          /* id of the newest connection that he was
				   heard down, 0: none; it may be gone */
	uint64_t id;            /* 0: learned; else the same after a restart,
				   and for the same device */
	struct device dev;
	struct contact contact; /* views into this object; empty: learned */
	uint64_t expires_ms;    /* wall clock */
	uint64_t seen_ms;       /* wall clock */
};

struct location_conf {
	struct store *store;       /* borrowed */
	struct wheel *wheel;       /* borrowed */
	const struct device_rule *rule; /* copied */
	size_t rules;
	size_t aors, bytes;        /* 0: as above */
};

struct location *location_new(const struct location_conf *conf);
void location_free(struct location *l); /* NULL is allowed */
/* What the operator knows of devices, from now on; copied. */
void location_set_rules(struct location *l, const struct device_rule *rule,
			size_t count);
/* While the store loads; arg: the struct location. */
void location_load(const struct store_binding *sb, void *arg);
/* After loading: where connections are asked for, and who is told where users
 * were. One that is gone leads
 * nowhere, and what was learned of it is forgotten; one that the user is known
 * on already is found. NULL: the edge is gone. */
void location_set_sip(struct location *l, struct sip *s);

/* Adds the AOR of these parts; "sip:host" without a user. */
void location_aor(struct buf *b, const struct sip_uri *uri);

/* A request of aor came down flow. */
void location_heard(struct location *l, struct view aor,
		    const struct sip_flow *flow,
		    const struct device_heard *heard);

/* Where to send to: all registered devices that can be reached now, or the
 * learned place where none is registered. The number of them. */
size_t location_find(const struct location *l, struct view aor, uint64_t hash,
		     struct binding *out[LOCATION_BINDINGS]);
/* Its way back, as it is now: its flow; or, where a TCP connection is gone, a
 * new one to the address that it named, if that is where it came from. False:
 * there is none. */
bool location_flow(const struct location *l, const struct binding *b,
		   struct sip_flow *out);
bool location_reaches(const struct location *l, const struct binding *b);
/* All there are, reachable or not, the learned one last. */
size_t location_all(const struct location *l, struct view aor,
		    struct binding *out[LOCATION_BINDINGS + 1]);
/* The one with this id, or NULL. */
struct binding *location_binding(const struct location *l, struct view aor,
				 uint64_t hash, uint64_t id);
/* The device behind this flow, of this User-Agent (or empty): a registered
 * one, else the learned one; NULL: there is neither. */
struct binding *location_by_flow(const struct location *l, struct view aor,
				 uint64_t hash, const struct sip_flow *flow,
				 struct view agent);
/* Something was learned of its device: to be kept. */
void location_learned(struct location *l, struct binding *b);
/* A typing notice of this user: may it be passed on? One a second may. */
bool location_may_type(struct location *l, struct view aor, uint64_t now_ms);
bool location_has(const struct location *l, struct view aor, uint64_t hash);
size_t location_count(const struct location *l);
/* Devices of all users. */
size_t location_registered(const struct location *l);
/* A device of his is registered, reachable or not. */
bool location_is_registered(const struct location *l, struct view aor);
/* That is another than before. h runs amid the change and only takes note of
 * it; at most LOCATION_HEARERS of them. */
enum { LOCATION_HEARERS = 4 };
typedef void (location_changed_h)(struct view aor, void *arg);
void location_on_change(struct location *l, location_changed_h *h, void *arg);
/* Those with this arg hear nothing any more. */
void location_quiet(struct location *l, const void *arg);

/* ---- for the registrar and the operator ---- */

/* Changes of one AOR: each is seen at once, and is on the disk when doneh of
 * location_commit() hears 0. */
struct location_change;
struct location_change *location_begin(struct location *l, struct view aor);
/* A contact until expires_ms. Takes the place of the one with the same
 * instance and reg-id, or with an equal URI (RFC 3261 19.1.4). One whose URI
 * or path can't stand in a request is not bound. */
void location_bind(struct location_change *c, const struct contact *contact,
		   const struct sip_flow *flow, uint64_t expires_ms);
/* id 0: what was learned. */
void location_unbind(struct location_change *c, uint64_t id);
/* He goes: without a device he is not where he was heard either. */
void location_leave(struct location_change *c);
/* More was learned of the device. */
void location_keep(struct location_change *c, struct binding *b);
/* Takes c. */
void location_commit(struct location_change *c, store_done_h *doneh,
		     void *arg);
/* Which one location_bind() would replace, or NULL. */
struct binding *location_same(const struct location *l, struct view aor,
			      const struct contact *contact);
/* EBUSY: that many more contacts are too many for aor; ENOSPC: for us. */
int location_room(const struct location *l, struct view aor, size_t more,
		  size_t bytes);

/* "contact <...> udp:192.0.2.1:5060 ...", one line, for the operator. */
void location_put(struct buf *b, const struct location *l,
		  const struct binding *bd);

#endif
