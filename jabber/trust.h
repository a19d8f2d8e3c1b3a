/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose certificates are believed, one TLS context for each ca_file: reading
 * a bundle takes 100 ms and a megabyte, which is too much for each login.
 */
#ifndef CONFAB_JABBER_TRUST_H
#define CONFAB_JABBER_TRUST_H

#include <stddef.h>

#include "list.h"
#include "stream.h"

struct trust {
	struct list known; /* private */
};

void trust_init(struct trust *t);
void trust_free(struct trust *t);
/* ca_file "": the system's. *tp is borrowed: valid until the next call, or
 * with a reference. A file that has changed is read again. EINVAL with words
 * in why. */
int trust_get(struct trust *t, struct tls_ctx **tp, const char *ca_file,
	      char *why, size_t size);

#endif
