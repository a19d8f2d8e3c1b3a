/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The package "presence.winfo" (RFC 3857, RFC 3858): a user sees who watches
 * him, who would like to (pending, or waiting when he is not there any more),
 * and of other networks who asks. Documents are always whole. He decides in
 * chat, with /allow and /deny (consent.h).
 */
#ifndef CONFAB_WINFO_H
#define CONFAB_WINFO_H

#include "hub.h"
#include "sip.h"

struct winfo;

/* hub and sip are borrowed. Errors as sip_package_add(). */
int winfo_new(struct winfo **wp, struct hub *hub, struct sip *sip);
/* Who watches this resource has changed. */
void winfo_changed(struct winfo *w, struct view resource);
/* Before the hub ends. NULL is allowed. */
void winfo_quiet(struct winfo *w);
/* After the edge. NULL is allowed. */
void winfo_free(struct winfo *w);

#endif
