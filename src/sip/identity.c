/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who speaks. Trusted sources say so, by From or by P-Asserted-Identity as
 * configured; everybody else logs in, and what else he says of himself does
 * not count.
 */
#include "identity_priv.h"

#include <errno.h>

#include "throttle_priv.h"

/* Where a WebSocket comes from may be a web server that has it from anywhere,
 * or a browser that any page of the world speaks by. */
static bool is_trusted(const struct sip *s, const struct sip_flow *flow)
{
	size_t i;

	if (sip_is_ws(flow->transport) && !s->trusted_ws)
		return false;
	for (i = 0; i < s->trusted_count; i++) {
		if (netmask_has(&s->trusted[i], &flow->peer))
			return true;
	}
	return false;
}

enum sip_identity_how identity_trusts(const struct sip *s,
				      const struct sip_flow *flow)
{
	const char *const *name;

	if (is_trusted(s, flow))
		return ID_TRUSTED;
	for (name = s->trusted_certs; flow->conn && name && *name; name++) {
		if (sip_conn_is(s, flow->conn, view_str(*name)))
			return ID_CERT;
	}
	return ID_NONE;
}

/* ---- trusted sources ---- */

/* RFC 3325 9.1: one or two values, of which one is a SIP URI; in a line or in
 * two. */
static struct view asserted(const struct prescan *pre)
{
	struct sip_nameaddr a;
	struct sip_uri uri;
	size_t i, n;

	for (i = 0; i < pre->lines; i++) {
		struct view rest = pre->line[i].value;

		if (pre->line[i].id != HDR_ASSERTED)
			continue;
		for (; rest.n; rest = view_from(rest, n + 1)) {
			n = scan_until(rest, ',');
			if (scan_nameaddr(&a, view_head(rest, n)) == 0 &&
			    sip_uri_parse(&uri, a.uri) == 0)
				return a.uri;
		}
	}
	return VIEW_NONE;
}

/* A proxy that asserts identities passes on the requests of those, too, of
 * whom it knows none. */
static bool settle_trusted(struct uas *u)
{
	struct view text = u->req->from.uri;

	if (u->in && u->in->identity.n)
		text = u->in->identity;
	else if (!u->in && u->sip->trusted_identity == SIP_TRUST_ASSERTED)
		text = asserted(u->pre);
	if (view_empty(text))
		uas_answer(u, 403, "No Asserted Identity", NULL, 0);
	else if (sip_uri_parse(&u->id.uri, text))
		uas_answer(u, 400, "From Is No Address To Chat With", NULL, 0);
	else if (view_empty(u->id.uri.user))
		uas_answer(u, 403, "From Names No User", NULL, 0);
	else if (!uri_user_is_plain(u->id.uri.user))
		uas_answer(u, 400, "Needless Escapes In From", NULL, 0);
	else
		u->id.how = u->trusted;
	return u->id.how != ID_NONE;
}

/* ---- users ---- */

static void refuse_stranger(const struct uas *u)
{
	u->sip->stats.untrusted++;
	if (u->sip->users_unknown)
		uas_answer_busy(u);
	else
		uas_answer(u, 403, NULL, NULL, 0);
}

/* RFC 8760 2.3 has us say the best first, and phones pass over what they don't
 * know. These give up instead. */
static bool knows_md5_alone(const struct uas *u)
{
	struct view agent = u->pre->first[HDR_USER_AGENT];
	const char *const *name;

	for (name = u->sip->md5_agents; name && *name; name++) {
		if (view_istarts(agent, view_str(*name)))
			return true;
	}
	return false;
}

/* Where both would be too much for a stranger, the one that any phone knows
 * may do: the last one. */
static void challenge(const struct uas *u, bool stale)
{
	struct sip_header headers[AUTH_CHALLENGES];
	struct auth_challenge c;
	size_t i;

	u->sip->stats.untrusted++;
	auth_challenge(u->sip->auth, &c, &u->flow->peer, stale);
	for (i = 0; i < c.count; i++) {
		headers[i].name = VIEW("WWW-Authenticate");
		headers[i].value = c.value[i];
	}
	i = c.count - 1;
	if (!i || knows_md5_alone(u) ||
	    !uas_answer(u, 401, NULL, headers, c.count))
		uas_answer(u, 401, NULL, &headers[i], 1);
}

static void refuse_guesser(const struct uas *u)
{
	struct buf b = { 0 };

	u->sip->stats.untrusted++;
	buf_add_u64(&b, THROTTLE_MS / 1000);
	uas_answer_with(u, 480, "Retry-After", buf_view(&b));
	buf_free(&b);
}

/* 0; EBADMSG; ENOENT: not for us. */
static int read_credentials(const struct uas *u, struct credentials *out,
			    const struct prescan_line *l)
{
	int err = ENOENT;

	if (l->id == HDR_AUTHORIZATION)
		err = credentials_parse(out, l->value);
	if (!err && !auth_is_ours(u->sip->auth, out))
		err = ENOENT;
	return err;
}

/* A phone may answer each of our challenges (RFC 8760 2.4: it should not):
 * the first one that its user has an HA1 for counts. EBADMSG: one is broken,
 * ENOENT: there are none. */
static int find_credentials(const struct uas *u, struct credentials *out)
{
	int found = ENOENT, err;
	struct credentials c;
	size_t i;

	for (i = 0; i < u->pre->lines; i++) {
		err = read_credentials(u, &c, &u->pre->line[i]);
		if (err == EBADMSG)
			return err;
		if (err || (!found && (auth_can(u->sip->auth, out) ||
				       !auth_can(u->sip->auth, &c))))
			continue;
		*out = c;
		found = 0;
	}
	return found;
}

/* RFC 7616 3.4.6 wants the same URI in both places, but proxies change the
 * one, and some programs write no more than the host into the other. Another
 * user there is another request. */
static bool is_for_this(const struct uas *u, struct view text)
{
	struct uri_parts p;

	if (uri_scan(&p, text) || !p.chat)
		return false;
	return view_empty(p.uri.user) ||
	       uri_user_is(p.uri.user, u->req->ruri.uri.user);
}

/* What he calls himself must be himself: his name at our domain, or at what a
 * phone without DNS knows us by. */
static bool owns(const struct uas *u, const struct sip_uri *uri)
{
	struct netaddr numeric;

	return uri_user_is(uri->user, u->id.uri.user) &&
	       (view_ieq(uri->host, u->id.uri.host) ||
		!netaddr_set(&numeric, uri->host, 0));
}

static bool settle_user(struct uas *u, const struct user *user)
{
	const struct uri_parts *own = &u->req->from_uri;

	if (u->req->method == SIP_REGISTER)
		own = &u->req->to_uri;
	u->id.uri.scheme = VIEW("sip");
	u->id.uri.user = user->name;
	u->id.uri.host = users_domain(u->sip->users);
	u->id.how = ID_DIGEST;
	if (own->chat && owns(u, &own->uri))
		return true;
	uas_answer(u, 403, u->req->method == SIP_REGISTER ?
				   "To Is Somebody Else" :
				   "From Is Somebody Else",
		   NULL, 0);
	return false;
}

static bool settle_digest(struct uas *u, const struct credentials *c)
{
	const struct auth_try attempt = {
		.cred = c,
		.src = &u->flow->peer,
		.method = u->pre->method,
	};
	const struct user *user;

	switch (auth_check(u->sip->auth, &attempt, &user)) {
	case AUTH_OK:
		amp_forgive(u->sip->amp, auth_source(&u->flow->peer));
		overload_knows(u);
		return settle_user(u, user);
	case AUTH_STALE:
		challenge(u, true);
		break;
	case AUTH_REFUSED:
		refuse_guesser(u);
		break;
	case AUTH_WRONG:
		u->sip->stats.auth_failures++;
		challenge(u, false);
		break;
	case AUTH_NONE:
		challenge(u, false);
		break;
	}
	return false;
}

static bool settle_stranger(struct uas *u)
{
	struct credentials c;
	int err;

	if (!u->sip->auth || !auth_on(u->sip->auth)) {
		refuse_stranger(u);
		return false;
	}
	err = find_credentials(u, &c);
	if (err == ENOENT)
		challenge(u, false);
	else if (err)
		uas_answer(u, 400, "Malformed Authorization", NULL, 0);
	else if (!is_for_this(u, c.uri))
		uas_answer(u, 400, "Authorization Is For Another URI", NULL,
			   0);
	else
		return settle_digest(u, &c);
	return false;
}

bool identity_settle(struct uas *u)
{
	return u->trusted ? settle_trusted(u) : settle_stranger(u);
}
