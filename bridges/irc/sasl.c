/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SASL: PLAIN, EXTERNAL, SCRAM-SHA-256. */
#include <errno.h>
#include <string.h>

#include "base64.h"
#include "mem.h"
#include "sasl.h"
#include "scram.h"

enum { IN_MAX = 8192 };

struct ircb_sasl {
	enum ircb_mech mech;
	char *login, *password; /* owned; wiped */
	struct scram *scram;	/* owned; or NULL */
	struct buf in;		/* pieces of what the server says */
	unsigned steps;
	bool verified;
};

static const char *const names[IRCB_MECHS] = {
	[IRCB_MECH_EXTERNAL] = "EXTERNAL",
	[IRCB_MECH_SCRAM] = "SCRAM-SHA-256",
	[IRCB_MECH_PLAIN] = "PLAIN",
};

const char *ircb_mech_name(enum ircb_mech m)
{
	return names[m];
}

bool ircb_mech_known(struct view name)
{
	for (size_t i = 0; i < IRCB_MECHS; i++)
		if (view_ieqs(name, names[i]))
			return true;
	return false;
}

static bool offers(struct view list, const char *name)
{
	struct view item;

	/* CAP 301 does not tell. */
	if (!list.n)
		return true;
	while (list.n) {
		view_cut(list, ',', &item, &list);
		if (view_ieqs(item, name))
			return true;
	}
	return false;
}

static bool can(const struct ircb_sasl_conf *c, enum ircb_mech m)
{
	if ((c->wanted.n && !view_ieqs(c->wanted, names[m])) ||
	    c->without & 1U << m)
		return false;
	if (m == IRCB_MECH_EXTERNAL)
		return c->has_cert;
	if (!c->login.n || !c->password.n)
		return false;
	return m == IRCB_MECH_SCRAM || c->private;
}

int ircb_sasl_pick(enum ircb_mech *out, const struct ircb_sasl_conf *conf,
		   struct view offered)
{
	for (unsigned m = 0; m < IRCB_MECHS; m++) {
		if (!can(conf, m) || !offers(offered, names[m]))
			continue;
		/* Where the server does not say, PLAIN is what all have. */
		if (!offered.n && m == IRCB_MECH_SCRAM && conf->private &&
		    !conf->wanted.n)
			continue;
		*out = (enum ircb_mech)m;
		return 0;
	}
	return ENOENT;
}

static void sasl_destroy(void *obj)
{
	struct ircb_sasl *s = obj;

	mem_free(s->login);
	mem_wipe_free(s->password, strlen(s->password));
	mem_deref(s->scram);
	buf_free(&s->in);
}

struct ircb_sasl *ircb_sasl_new(enum ircb_mech m,
				const struct ircb_sasl_conf *conf)
{
	struct ircb_sasl *s = mem_new(sizeof(*s), sasl_destroy);

	s->mech = m;
	s->login = view_dup(conf->login);
	s->password = view_dup(conf->password);
	buf_init(&s->in, IN_MAX);
	if (m == IRCB_MECH_SCRAM)
		s->scram = scram_new(conf->login, conf->password, VIEW_NONE);
	return s;
}

enum ircb_mech ircb_sasl_mech(const struct ircb_sasl *s)
{
	return s->mech;
}

static int plain(struct ircb_sasl *s, struct view server, struct buf *raw)
{
	if (server.n || s->steps)
		return EBADMSG;
	/* RFC 4616: whom to act as, who we are, the password. */
	buf_adds(raw, s->login);
	buf_addc(raw, '\0');
	buf_adds(raw, s->login);
	buf_addc(raw, '\0');
	buf_adds(raw, s->password);
	return 0;
}

/* RFC 4422 appendix A: whom to act as; empty: as the certificate says. */
static int external(struct ircb_sasl *s, struct view server, struct buf *raw)
{
	if (server.n || s->steps)
		return EBADMSG;
	buf_adds(raw, s->login);
	return 0;
}

static int scram(struct ircb_sasl *s, struct view server, struct buf *raw)
{
	int err = 0;

	switch (s->steps) {
	case 0:
		if (server.n)
			return EBADMSG;
		scram_first(s->scram, raw);
		return 0;
	case 1:
		return scram_final(s->scram, server, raw);
	case 2:
		err = scram_verify(s->scram, server);
		s->verified = !err;
		return err;
	default:
		return EBADMSG;
	}
}

static int run(struct ircb_sasl *s, struct buf *out)
{
	static int (*const mechs[])(struct ircb_sasl *s, struct view server,
				    struct buf *raw) = {
		[IRCB_MECH_EXTERNAL] = external,
		[IRCB_MECH_SCRAM] = scram,
		[IRCB_MECH_PLAIN] = plain,
	};
	struct buf server = { 0 }, raw = { 0 };
	int err = base64_decode(&server, buf_view(&s->in));

	if (!err)
		err = mechs[s->mech](s, buf_view(&server), &raw);
	if (!err)
		err = base64_encode(out, buf_view(&raw));
	s->steps++;
	if (raw.n)
		explicit_bzero(raw.p, raw.n);
	buf_free(&raw);
	buf_free(&server);
	buf_clear(&s->in);
	return err;
}

int ircb_sasl_step(struct ircb_sasl *s, struct view param, struct buf *out,
		   bool *answer)
{
	*answer = false;
	if (!view_eqs(param, "+"))
		buf_addv(&s->in, param);
	if (s->in.over || param.n > IRCB_SASL_CHUNK)
		return EMSGSIZE;
	if (param.n == IRCB_SASL_CHUNK)
		return 0;
	*answer = true;
	return run(s, out);
}

bool ircb_sasl_complete(const struct ircb_sasl *s)
{
	return s->mech == IRCB_MECH_SCRAM ? s->verified : s->steps > 0;
}

struct view ircb_sasl_chunk(struct view *rest, bool *last)
{
	struct view piece = view_head(*rest, IRCB_SASL_CHUNK);

	*rest = view_from(*rest, piece.n);
	*last = piece.n < IRCB_SASL_CHUNK;
	return piece.n ? piece : VIEW("+");
}
