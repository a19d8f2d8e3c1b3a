/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the SIP face share. */
#ifndef CONFAB_IMC_PRIV_H
#define CONFAB_IMC_PRIV_H

#include "fanout.h"
#include "foreign.h"
#include "fromgate.h"
#include "headers.h"
#include "imc.h"
#include "location.h"
#include "resolve.h"
#include "rights.h"

struct imc {
	struct loop *loop;          /* borrowed, as are the next two */
	struct hub *hub;
	struct sip *sip;            /* NULL: not yet, or no more */
	char *domain, *manager;     /* owned */
	char *mark;                 /* owned; imc_cmd_start_char */
	bool create_on_join, check_on_create;
	enum dialect dialect;
	enum verb link_verb;        /* VERB_LINK_...: links_by */
	unsigned history_on_join;
	bool time_marks;
	bool running;               /* between start and stop */
	struct headers headers;
	struct location *location;  /* owned */
	struct store *store;        /* borrowed */
	struct blocks *blocks;      /* owned */
	const struct users *users;  /* borrowed, or NULL */
	struct quotas *quotas;      /* owned */
	struct resolve *proxy;        /* owned, or NULL */
	struct foreign *foreign;    /* owned */
	struct dns *dns;            /* borrowed */
	struct sip_dest *stray;     /* ref: of the last user who was never
				       heard, see imc_ways() */
	struct fanout fanout;
	struct htable letters;      /* under way, by id; owned */
	struct htable forks;        /* likewise */
	uint64_t letter_id;         /* the newest of both */
	struct fromgate fromgate;
	struct list replays;        /* under way; owned */
	uint64_t replay_id;         /* the newest */
	const struct imc_command *extra[IMC_COMMANDS_MAX]; /* borrowed */
	size_t extra_count;
};

/* ---- imc_ways.c ---- */

/* The ways to user: the proxy; or each of his registered devices; or where he
 * was last heard; or the servers of his domain, if we may send there. */
struct way {
	struct sip_flow flow;
	struct sip_dest *dest; /* borrowed until the next imc_ways(), as is
				  device; take a reference to keep it */
	struct binding *device; /* NULL: nothing is known of it */
	uint64_t binding;      /* its id, see imc_device() */
};
struct ways {
	struct way way[LOCATION_BINDINGS];
	size_t count;          /* 1 or more after ROUTE_OK */
};
enum route { ROUTE_OK, ROUTE_UNKNOWN, ROUTE_UNRESOLVED };
enum route imc_ways(struct imc *i, const struct addr *user, struct ways *out);
/* What is known of a device of user; NULL: nothing. Borrowed. */
struct binding *imc_device(const struct imc *i, const struct addr *user,
			   uint64_t binding);
struct device_form imc_form(const struct way *way);
/* Its connection to us, beside the way that it has. */
bool imc_stream_flow(const struct imc *i, const struct addr *user,
		     uint64_t binding, struct sip_flow *out);
/* RFC 3261 18.1.1: a copy is not too large for the flow's network. */
enum { IMC_PACKET_MAX = 1300 };
bool imc_packet_fits(const struct imc *i, const struct sip_template *t,
		     const struct way *way);
/* From within a done handler: this device of user refused a text of this
 * type. True: for a reason that can be helped, it should be sent again as
 * imc_form() says now. */
bool imc_learn(struct imc *i, const struct addr *user, uint64_t binding,
	       int status, enum device_type type);
/* Likewise: which device the copy went to. */
uint64_t imc_done_binding(const struct imc *i, const struct addr *user);
/* Likewise: the copy went a way that does not lead to user any more, and
 * others do. */
bool imc_has_moved(const struct imc *i, const struct addr *user);
/* A final answer to something that we sent. */
void imc_on_status(struct imc *i, int status);

/* ---- imc.c ---- */

/* The domain of a room whose URI has this host: an IP address that a request
 * reached us at is ours. */
struct view imc_domain_of(const struct imc *i, struct view host);
/* That place is the manager, not a room. */
bool imc_is_manager(const struct imc *i, struct view user,
		    struct view domain);

/* Adds a text in our dialect. args->who.name is filled in here: his nick in r
 * (which may be NULL), or his address. */
void imc_add_text(struct buf *out, const struct imc *i, enum text t,
		  const struct text_args *args, const struct room *r);
/* The rules of the house (house.h) are ours. */
void imc_keep_house(struct imc *i);
/* A line from the room to somebody, by himself. */
void imc_tell(struct imc *i, struct room *r, const struct addr *to,
	      struct view text);

/* What all copies of one text share; filled in by imc_template(). */
struct imc_text {
	uint64_t id;
	struct view from, body, in_reply_to;
	struct view type;           /* empty: text/plain in UTF-8 */
	uint64_t time_ms;
	struct headers_more more;   /* of this message */
	sip_done_h *doneh;          /* gets the struct imc */
};
int imc_template(struct sip_template **tp, struct imc *i,
		 const struct imc_text *t);

#endif
