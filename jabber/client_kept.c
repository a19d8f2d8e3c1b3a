/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session of XEP-0198 outlives the worker that had it: its id, our address
 * and the count of what we have confirmed are with confabd. What this worker
 * was still to send is not: confabd sends again what it was not told of.
 */
#include <string.h>

#include "client_priv.h"
#include "jid.h"
#include "mem.h"

enum { KEPT_MAX = 4000 };

void kept_write(struct client *c, uint32_t h)
{
	struct buf b = { 0 };

	if (!c->resume_id)
		return;
	buf_add_u64(&b, h);
	buf_addc(&b, '\n');
	buf_add_u64(&b, c->resume_ms);
	buf_addc(&b, '\n');
	buf_adds(&b, c->own);
	buf_addc(&b, '\n');
	buf_adds(&b, c->resume_id);
	if (b.n <= KEPT_MAX)
		worker_keep(c->jab->worker, c->id, buf_view(&b));
	buf_free(&b);
}

void kept_drop(struct client *c)
{
	if (!c->resume_id)
		return;
	mem_free(c->resume_id);
	c->resume_id = NULL;
	worker_keep(c->jab->worker, c->id, VIEW_NONE);
}

void kept_read(struct client *c, struct view kept)
{
	struct view h, ms, own;
	uint64_t count;

	if (!view_cut(kept, '\n', &h, &kept) ||
	    !view_cut(kept, '\n', &ms, &kept) ||
	    !view_cut(kept, '\n', &own, &kept) || !kept.n ||
	    view_u64(&count, h, UINT32_MAX) ||
	    view_u64(&c->resume_ms, ms, UINT32_MAX) ||
	    !view_ieq(jid_bare(own), jid_bare(view_str(c->creds.jid))))
		return;
	c->in = (uint32_t)count;
	c->own = view_dup(own);
	c->resume_id = view_dup(kept);
	c->sm = true;
	client_set_state(c, CLIENT_BROKEN);
}
