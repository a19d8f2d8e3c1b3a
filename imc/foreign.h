/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Domains of others that the operator lets us send to, by DNS. */
#ifndef CONFAB_IMC_FOREIGN_H
#define CONFAB_IMC_FOREIGN_H

#include "resolve.h"

struct foreign;

/* domains: "example.net", or a URI that says more: "sip:example.net;
 * transport=tls"; ends with NULL; NULL: none. What old (or NULL) knows of them
 * stays. EINVAL with why. */
int foreign_new(struct foreign **fp, const struct resolve_conf *conf,
		char *const *domains, const struct foreign *old,
		struct buf *why);
void foreign_free(struct foreign *f); /* NULL is allowed */
bool foreign_has(const struct foreign *f, struct view domain);
/* The way to the servers of this domain, for the recipient with this hash.
 * ENOENT: none of those, EAGAIN: not resolved (yet). */
int foreign_flow(const struct foreign *f, struct view domain, uint64_t who,
		 struct sip_flow *out);
/* As resolve_heard(), of who, whose URI this is. */
void foreign_heard(struct foreign *f, struct view uri,
		   const struct sip_flow *via, enum hop_sign sign);

#endif
