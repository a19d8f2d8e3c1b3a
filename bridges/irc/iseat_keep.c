/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who said :offline is so after a restart as well: a row "offline libera
 * sip:alice@example.org" each. */
#include "iseat_priv.h"
#include "log.h"
#include "mem.h"

#define NETWORK VIEW("irc")

static void row_key(struct buf *b, const struct seat *s)
{
	buf_adds(b, "offline ");
	buf_addv(b, s->network);
	buf_addc(b, ' ');
	buf_addv(b, s->aor->text);
}

void keep_refused(struct seat *s, bool refused)
{
	struct store_txn *t;
	struct buf key = { 0 };

	if (s->refused == refused)
		return;
	s->refused = refused;
	t = store_begin(s->gate->conf.store);
	row_key(&key, s);
	if (refused)
		store_put_kept(t, &(struct store_kept){ NETWORK,
							buf_view(&key),
							VIEW("1") });
	else
		store_del_kept(t, NETWORK, buf_view(&key));
	store_commit(t, NULL, NULL);
	buf_free(&key);
}

void seats_load(struct igate *g, const struct store_kept *k)
{
	struct view rest = k->key, word, network;
	struct addr *aor;
	struct seat *s;

	if (!view_starts(k->key, VIEW("offline ")) ||
	    !view_word(&rest, " ", &word) ||
	    !view_word(&rest, " ", &network) ||
	    addr_parse(&aor, view_trim(rest)))
		return;
	if (seat_get(&s, g, aor, network)) /* it may be back some day */
		log_debug("irc: %.*s is not taken up again",
			  VIEW_ARG(k->key));
	else
		s->refused = true;
	mem_deref(aor);
}
