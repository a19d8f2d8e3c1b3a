/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is published (RFC 3903): for each resource what each of its devices
 * has said, under an entity tag of its own that is another after every
 * PUBLISH.
 */
#ifndef CONFAB_PUBS_PRIV_H
#define CONFAB_PUBS_PRIV_H

#include "event_priv.h"
#include "hash.h"
#include "list.h"
#include "wheel.h"

enum { PUB_ETAG = 16 };

struct pub {
	struct hnode by_resource;
	struct kept kept;
	struct wtimer timer;
	struct pubs *set;                  /* borrowed */
	const struct sip_package *package; /* borrowed */
	uint64_t id;           /* of its row */
	char etag[PUB_ETAG];
	uint64_t said, heard;  /* its order: when this was said, and when
				  somebody was heard of it at all */
	uint64_t until_ms;     /* monotonic: its end */
	size_t n;              /* bytes of body */
	char *body;            /* owned */
	struct view resource;  /* borrowed: in text */
	char text[];
};

struct pubs *pubs_new(struct sip *s);
void pubs_free(struct pubs *ps); /* nobody is told; NULL is allowed */
size_t pubs_count(const struct pubs *ps);

/* NULL. */
struct pub *pubs_find(const struct pubs *ps, const struct sip_package *p,
		      struct view resource, struct view etag);
/* ENOBUFS: so many bytes more are too many for us; more: it is a new one. */
int pubs_room(const struct pubs *ps, size_t bytes, bool more);
/* A new one, without a body and a time to end. The one that was silent longest
 * goes where the resource has too many; its package is told. */
struct pub *pubs_add(struct pubs *ps, const struct sip_package *p,
		     struct view resource);
/* One that was there before a restart. */
struct pub_past {
	uint64_t id;
	struct view resource, etag, body;
	uint64_t said, heard;
	uint32_t expires;
};
void pubs_restore(struct pubs *ps, const struct sip_package *p,
		  const struct pub_past *past);
/* All of a resource end. */
void pubs_forget(struct pubs *ps, const struct sip_package *p,
		 struct view resource);
/* Its body from now on; the package is told. */
void pub_say(struct pub *pub, struct view body);
/* Ends so many seconds from now, and has a new etag. */
void pub_extend(struct pub *pub, uint32_t expires);
/* It is gone; the package is told. */
void pub_end(struct pub *pub);

#endif
