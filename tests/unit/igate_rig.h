/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole IRC gateway on gates_rig.h, with sessions that are none
 * (irc_stub.h). Networks libera and oftc; bob has the account bobby on
 * libera.
 */
#ifndef CONFAB_IGATE_RIG_H
#define CONFAB_IGATE_RIG_H

#include "gates_rig.h"
#include "igate_priv.h"
#include "irc_stub.h"

struct igate_rig {
	struct imap *map;
	struct igate *gate;
	struct igate_conf conf; /* before gate_rig_open(): what differs */
	bool account_gone, account_bad;
	const char *account_login; /* bobby */
	const struct bridge_voices *voices; /* of the module "puppets" */
	void *voices_arg;
};

static struct igate_rig ir;

/* ---- faces ---- */

void bridge_voices(struct bridge *b, const struct bridge_voices *ops,
		   void *arg)
{
	(void)b;
	ir.voices = ops;
	ir.voices_arg = arg;
}

/* ---- accounts ---- */

static inline int gr_find(const struct addr *owner, struct view network,
			  struct igate_account *out, void *arg)
{
	(void)arg;
	if (ir.account_gone || !view_eqs(network, "libera") ||
	    !view_eqs(owner->text, "sip:bob@example.org"))
		return ENOENT;
	*out = (struct igate_account){ .id = 7, .login = VIEW("bobby") };
	if (ir.account_login)
		out->login = view_str(ir.account_login);
	return 0;
}

static inline int gr_open(uint64_t id,
			  int (*use)(struct view password, void *use_arg),
			  void *use_arg, struct buf *why, void *arg)
{
	(void)arg;
	assert_int_equal(id, 7);
	if (ir.account_bad)
		buf_adds(why, "the key is missing");
	return ir.account_bad ? EACCES : use(VIEW("tops3cret"), use_arg);
}

static const struct igate_accounts gr_accounts = {
	.find = gr_find, .open = gr_open, .note = gr_note,
	.shut = gr_turn, .unshut = gr_turn,
};

/* ---- life ---- */

static inline void gr_map(void)
{
	struct buf why = { 0 };

	assert_int_equal(imap_new(&ir.map, VIEW("gw.org"), &why), 0);
	assert_int_equal(imap_network(ir.map, VIEW("libera"), &why), 0);
	assert_int_equal(imap_network(ir.map, VIEW("oftc"), &why), 0);
	buf_free(&why);
}

static inline void gr_gate(void)
{
	struct igate_conf conf = ir.conf;
	struct buf why = { 0 };

	conf.loop = gr.loop;
	conf.hub = gr.hub;
	conf.store = gr.store;
	conf.map = ir.map;
	conf.accounts = &gr_accounts;
	conf.domain = "example.org";
	conf.contact = conf.contact ? conf.contact : "";
	conf.nick_suffix = conf.nick_suffix ? conf.nick_suffix : "";
	if (!conf.logins_rate)
		conf.logins_rate = 1000;
	assert_int_equal(igate_new(&ir.gate, &conf, &why), 0);
	buf_free(&why);
}

static inline void igate_rig_open(void)
{
	static const struct face_ops irc = {
		.scheme = "irc", .caps = FACE_MEMBERS | FACE_ECHO,
		.start = gr_face_start, .stop = gr_face_stop,
		.fanout = gr_fanout, .tell = gr_tell,
	};
	const struct gate_listener listener = {
		.typing = gr_on_typing, .tell = gr_on_tell, .knows = gr_knows,
		.arg = &gr,
	};
	struct store_load rows = { .visit = igate_load_visit,
				   .kept = igate_load_kept };

	stub_open();
	gr_hub_open();
	gr_map();
	gr_gate();
	rows.arg = ir.gate;
	gr_hub_start(&irc, &listener, &rows);
	assert_int_equal(igate_start(ir.gate), 0);
	gr_settle();
}

static inline void igate_rig_close(void)
{
	igate_stop(ir.gate);
	gr_hub_stop();
	igate_free(ir.gate);
	mem_deref(ir.map);
	gr_hub_close();
	stub_close();
}

static inline int igate_rig_setup(void **state)
{
	memset(&ir, 0, sizeof(ir));
	return gr_setup(state);
}

#define IGATE_TEST(fn)                                                        \
	cmocka_unit_test_setup_teardown(fn, igate_rig_setup, gr_teardown)

/* ---- what tests do ---- */

/* Somebody there says something: to alice by herself where place is empty. */
static inline void irc_says(const char *label, const struct ircp *p)
{
	stub_in(label, p);
	gr_settle();
}

/* Logs in whoever waits for it, and is called nick there. */
static inline void seat_comes_up(const char *label, const char *nick)
{
	stub_up(label, nick);
	gr_settle();
}

#endif
