/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An answer to a request of ours, read by hand: of its header section only
 * the status, the top Via's branch and the CSeq method matter.
 */
#ifndef CONFAB_RESPONSE_PRIV_H
#define CONFAB_RESPONSE_PRIV_H

#include "view.h"

struct response {
	int status;         /* 100..699 */
	struct view branch; /* of the top Via */
	struct view method; /* of the CSeq */
};

/* EBADMSG: it is no answer, or one of the three is not there. */
int response_scan(struct response *out, struct view packet);
/* The value of the first header of this name (no compact form), trimmed; or
 * empty. */
struct view response_header(struct view packet, struct view name);

#endif
