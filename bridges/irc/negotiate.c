/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What we and the server can do together (CAP), and login by SASL, which is
 * over before CAP END: whoever is in a channel is who he says.
 */
#include <errno.h>

#include "clock.h"
#include "conn_priv.h"
#include "log.h"
#include "mem.h"

enum { SASL_OUT_MAX = 16384 };

/* ---- wanted? ---- */

static bool sasl_wanted(const struct ircb_conn *c)
{
	const struct ircb_conn_conf *f = &c->conf;

	return !view_eqs(view_str(f->sasl), "off") &&
	       ((f->login[0] && f->login_password[0]) || f->cert_file[0]);
}

static struct ircb_sasl_conf sasl_conf(const struct ircb_conn *c)
{
	return (struct ircb_sasl_conf){
		.wanted = view_str(c->conf.sasl),
		.login = view_str(c->conf.login),
		.password = view_str(c->conf.login_password),
		.has_cert = c->conf.cert_file[0] && ircb_conn_is_secure(c),
		.private = ircb_conn_is_private(c),
		.without = c->sasl_failed,
	};
}

bool ircb_negotiate_missed(const struct ircb_conn *c)
{
	/* With NickServ there is another way. */
	return sasl_wanted(c) && !c->account[0] && !c->conf.nickserv[0];
}

void ircb_negotiate_failed(struct ircb_conn *c)
{
	ircb_conn_lost(c, GONE_NET,
		       VIEW("the server offers no login (SASL) "
			    "that we could use"));
}

/* ---- CAP ---- */

static void send_cap(struct ircb_conn *c, const char *what, struct view list)
{
	struct view params[2] = { view_str(what), list };

	if (ircb_conn_send_now(c, "CAP", params, list.n ? 2 : 1))
		ircb_conn_lost(c, GONE_NET, VIEW("the server does not read"));
}

int ircb_negotiate_begin(struct ircb_conn *c)
{
	struct view params[2] = { VIEW("LS"), VIEW("302") };

	return ircb_conn_send_now(c, "CAP", params, 2);
}

static void end_caps(struct ircb_conn *c)
{
	if (c->cap_ended || c->state != IRCB_LOGIN)
		return;
	c->cap_ended = true;
	send_cap(c, "END", VIEW_NONE);
}

static void begin_sasl(struct ircb_conn *c)
{
	struct ircb_sasl_conf conf = sasl_conf(c);
	enum ircb_mech m;
	struct view name;

	if (!(c->caps.on & IRCB_CAP_SASL) ||
	    ircb_sasl_pick(&m, &conf, view_str(c->caps.sasl))) {
		if (c->state == IRCB_LOGIN && ircb_negotiate_missed(c))
			ircb_negotiate_failed(c);
		else
			end_caps(c);
		return;
	}
	c->sasl = ircb_sasl_new(m, &conf);
	name = view_str(ircb_mech_name(m));
	if (ircb_conn_send_now(c, "AUTHENTICATE", &name, 1))
		ircb_conn_lost(c, GONE_NET, VIEW("the server does not read"));
}

static void go_on(struct ircb_conn *c)
{
	unsigned wanted = ~0U;
	struct buf list = { 0 };

	if (!sasl_wanted(c))
		wanted &= ~(unsigned)IRCB_CAP_SASL;
	ircb_out_label(c->out, c->caps.on & IRCB_CAP_LABEL);
	if (ircb_caps_next(&c->caps, wanted, &list))
		send_cap(c, "REQ", buf_view(&list));
	else if (c->caps.asked || c->sasl)
		; /* the answer is on its way */
	else if (sasl_wanted(c) && !c->account[0])
		begin_sasl(c);
	else
		end_caps(c);
	buf_free(&list);
}

/* IRCv3 sts: a plain connection has to become a secure one; one that is
 * secure says for how long that holds. */
static bool heed_sts(struct ircb_conn *c)
{
	struct ircb_server *s = c->server;

	if (!c->caps.sts)
		return false;
	if (!ircb_conn_is_secure(c) && c->caps.sts_port &&
	    c->state == IRCB_LOGIN) {
		log_info("irc %s: wants TLS, at port %u", s->host,
			 c->caps.sts_port);
		ircb_conn_secure(c, c->caps.sts_port);
		return true;
	}
	if (ircb_conn_is_secure(c)) {
		s->sts_port = netaddr_port(stream_peer(c->stream));
		s->sts_until_ms = now_ms() + c->caps.sts_seconds * 1000;
	}
	return false;
}

static void on_ls(struct ircb_conn *c, struct view list, bool more)
{
	ircb_caps_offer(&c->caps, list);
	if (!more && !heed_sts(c))
		go_on(c);
}

static void on_new(struct ircb_conn *c, struct view list, bool more)
{
	(void)more;
	ircb_caps_offer(&c->caps, list);
	go_on(c);
}

static void on_del(struct ircb_conn *c, struct view list, bool more)
{
	(void)more;
	ircb_caps_drop(&c->caps, list);
	ircb_out_label(c->out, c->caps.on & IRCB_CAP_LABEL);
}

static void on_ack(struct ircb_conn *c, struct view list, bool more)
{
	ircb_caps_ack(&c->caps, list);
	if (more)
		return;
	/* What it did not repeat it does not mean. */
	c->caps.refused |= c->caps.asked;
	c->caps.asked = 0;
	go_on(c);
}

static void on_nak(struct ircb_conn *c, struct view list, bool more)
{
	(void)more;
	ircb_caps_nak(&c->caps, list);
	go_on(c);
}

static void on_cap(struct ircb_conn *c, const struct ircb_line *l)
{
	static const struct {
		const char *name;
		void (*run)(struct ircb_conn *c, struct view list, bool more);
	} subs[] = {
		{ "LS", on_ls },   { "NEW", on_new }, { "DEL", on_del },
		{ "ACK", on_ack }, { "NAK", on_nak },
	};
	bool more = l->count > 3 && view_eqs(l->params[2], "*");
	size_t i;

	for (i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
		if (!view_ieqs(ircb_param(l, 1), subs[i].name))
			continue;
		subs[i].run(c, ircb_param(l, more ? 3 : 2), more);
		return;
	}
}

/* ---- SASL ---- */

static void sasl_over(struct ircb_conn *c)
{
	c->sasl = mem_deref(c->sasl);
}

static int send_answer(struct ircb_conn *c, struct view rest)
{
	struct view piece;
	bool last = false;
	int err = 0;

	while (!last && !err) {
		piece = ircb_sasl_chunk(&rest, &last);
		err = ircb_conn_send_now(c, "AUTHENTICATE", &piece, 1);
	}
	return err;
}

static void sasl_broken(struct ircb_conn *c, int err)
{
	struct view star = VIEW("*");

	(void)ircb_conn_send_now(c, "AUTHENTICATE", &star, 1);
	ircb_conn_lost(c, GONE_AUTH,
		       err == EACCES ?
			       VIEW("the server does not know our password: "
				    "it may not be who it says") :
			       VIEW("the login (SASL) went wrong"));
}

static void on_authenticate(struct ircb_conn *c, const struct ircb_line *l)
{
	struct buf out = { .max = SASL_OUT_MAX };
	bool answer;
	int err;

	if (!c->sasl)
		return;
	err = ircb_sasl_step(c->sasl, ircb_param(l, 0), &out, &answer);
	if (!err && answer)
		err = send_answer(c, buf_view(&out));
	if (out.n)
		mem_wipe_free(out.p, out.cap);
	else
		buf_free(&out);
	if (err)
		sasl_broken(c, err);
}

bool ircb_negotiate_command(struct ircb_conn *c, const struct ircb_line *l)
{
	if (view_eqs(l->command, "CAP"))
		on_cap(c, l);
	else if (view_eqs(l->command, "AUTHENTICATE"))
		on_authenticate(c, l);
	else
		return false;
	return true;
}

/* RPL_LOGGEDIN: nick nick!user@host account :words */
static void logged_in(struct ircb_conn *c, const struct ircb_line *l)
{
	if (view_copy(c->account, sizeof(c->account), ircb_param(l, 2)))
		view_copy(c->account, sizeof(c->account), VIEW("?"));
	log_info("irc %s: logged in with services as %s", c->server->host,
		 c->account);
}

static void logged_out(struct ircb_conn *c, const struct ircb_line *l)
{
	(void)l;
	c->account[0] = '\0';
	log_info("irc %s: logged out of services", c->server->host);
}

static void sasl_done(struct ircb_conn *c, const struct ircb_line *l)
{
	bool good;

	if (!c->sasl)
		return;
	/* 907: we are in already, if services said so. */
	good = l->code == 907 ? c->account[0] != '\0' :
				ircb_sasl_complete(c->sasl);
	sasl_over(c);
	if (!good) {
		sasl_broken(c, EACCES);
		return;
	}
	/* 900 comes first, but not everywhere. */
	if (!c->account[0])
		view_copy(c->account, sizeof(c->account), VIEW("?"));
	end_caps(c);
}

/* Which ways there are, when ours is none. */
static void sasl_mechs(struct ircb_conn *c, const struct ircb_line *l)
{
	struct view list = ircb_param(l, 1);

	if (list.n && list.n < sizeof(c->caps.sasl))
		view_copy(c->caps.sasl, sizeof(c->caps.sasl), list);
}

/* Services may know a user by his password only, not by his certificate, or
 * have it in a form that SCRAM can't use. */
static bool try_another(struct ircb_conn *c)
{
	struct ircb_sasl_conf conf;
	enum ircb_mech m;

	c->sasl_failed |= 1U << ircb_sasl_mech(c->sasl);
	conf = sasl_conf(c);
	if (ircb_sasl_pick(&m, &conf, view_str(c->caps.sasl)))
		return false;
	sasl_over(c);
	begin_sasl(c);
	return true;
}

static void sasl_failed(struct ircb_conn *c, const struct ircb_line *l)
{
	static const struct {
		unsigned code;
		enum worker_lost why;
		const char *words;
	} meanings[] = {
		{ 902, GONE_AUTH, "the account is locked" },
		{ 904, GONE_AUTH, "login refused (SASL)" },
		{ 905, GONE_CONFIG, "login or password is too long" },
		{ 906, GONE_NET, "the server broke the login (SASL) off" },
	};
	size_t i = 0;

	if (!c->sasl || (l->code == 904 && c->state == IRCB_LOGIN &&
			 try_another(c)))
		return;
	sasl_over(c);
	if (c->state != IRCB_LOGIN)
		return;
	while (meanings[i].code != l->code)
		i++;
	ircb_conn_lost_line(c, l, meanings[i].why, meanings[i].words);
}

bool ircb_negotiate_numeric(struct ircb_conn *c, const struct ircb_line *l)
{
	static const struct {
		unsigned code;
		void (*run)(struct ircb_conn *c, const struct ircb_line *l);
	} numerics[] = {
		{ 900, logged_in },   { 901, logged_out },  /* RPL_LOGGED* */
		{ 902, sasl_failed }, /* ERR_NICKLOCKED */
		{ 903, sasl_done },   /* RPL_SASLSUCCESS */
		{ 904, sasl_failed }, /* ERR_SASLFAIL */
		{ 905, sasl_failed }, /* ERR_SASLTOOLONG */
		{ 906, sasl_failed }, /* ERR_SASLABORTED */
		{ 907, sasl_done },   /* ERR_SASLALREADY */
		{ 908, sasl_mechs },  /* RPL_SASLMECHS */
	};
	size_t i;

	for (i = 0; i < sizeof(numerics) / sizeof(numerics[0]); i++) {
		if (numerics[i].code != l->code)
			continue;
		numerics[i].run(c, l);
		return true;
	}
	return false;
}
