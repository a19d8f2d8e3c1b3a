/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What it takes to log in somewhere, as settings: jid, password, server ("":
 * by SRV), port, tls (off, direct, else STARTTLS), ca_file, resource (""
 * makes one up, as two sessions of one resource throw each other out).
 */
#ifndef CONFAB_JABBER_CREDS_H
#define CONFAB_JABBER_CREDS_H

#include "front.h"
#include "trust.h"

/* All owned. */
struct creds {
	char *jid;          /* full, prepared */
	char *domain;       /* of it */
	char *ascii_domain; /* as DNS has it */
	char *password, *server, *ca_file;
	char *fault;        /* why it can't work, or NULL */
	uint16_t port;
	enum front_tls mode;
};

/* prefix: of a resource that is made up. */
void creds_read(struct creds *c, const struct wire_msg *m,
		const char *prefix);
/* Fills in what they say; both have to outlive the connection. conf->tls is
 * borrowed from trust. EINVAL with words in why. */
int creds_front(struct front_conf *conf, const struct creds *c,
		struct trust *trust, char *why, size_t size);
void creds_free(struct creds *c);

#endif
