/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a REGISTER: all of it before anything is done. */
#include "register_priv.h"

#include <errno.h>
#include <string.h>

#include "dest_priv.h"
#include "scan_priv.h"
#include "text_priv.h"
#include "uri_priv.h"

static void fault(struct reg *r, int status, const char *reason)
{
	if (r->status)
		return;
	r->status = status;
	r->reason = reason;
}

/* RFC 3261 20.19, 10.2.1.1: what is no number counts as the usual; more than
 * any is as much as any. */
static uint32_t seconds(struct view v, uint32_t usual)
{
	uint64_t n;
	size_t i;

	for (i = 0; i < v.n; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return usual;
	if (!v.n)
		return usual;
	return view_u64(&n, v, UINT32_MAX) ? UINT32_MAX : (uint32_t)n;
}

static struct view without(struct view v, char open, char close)
{
	if (v.n < 2 || *v.p != open || v.p[v.n - 1] != close)
		return VIEW_NONE;
	return view_head(view_from(v, 1), v.n - 2);
}

/* "<urn:uuid:...>" in quotes (RFC 5626 4.1). */
static struct view instance_of(struct view value)
{
	struct view urn = without(without(value, '"', '"'), '<', '>');
	size_t i;

	for (i = 0; i < urn.n; i++)
		if (!scan_is_uri(urn.p[i]))
			return VIEW_NONE;
	return urn.n <= REGISTER_INSTANCE_MAX ? urn : VIEW_NONE;
}

static void take_param(struct register_contact *c, const struct sip_param *p)
{
	uint64_t n;

	if (view_ieqs(p->name, "expires"))
		c->expires = seconds(p->value, c->expires);
	else if (view_ieqs(p->name, "+sip.instance"))
		c->instance = instance_of(p->value);
	else if (view_ieqs(p->name, "reg-id") &&
		 !view_u64(&n, p->value, INT32_MAX))
		c->reg_id = (uint32_t)n;
}

static int read_contact(struct register_contact *c, struct view value)
{
	struct sip_param param;
	struct view rest;
	int err = scan_split_uri(&c->uri, &rest, view_trim(value));

	if (err)
		return err;
	while ((err = scan_param(&param, &rest)) == 0)
		take_param(c, &param);
	if (err != ENOENT)
		return err;
	return sip_uri_parse(&c->parts, c->uri);
}

static bool is_sip(const struct sip_uri *uri)
{
	return view_ieqs(uri->scheme, "sip") || view_ieqs(uri->scheme, "sips");
}

static void add_contact(struct reg *r, struct view value, uint32_t usual)
{
	struct register_contact c = { .expires = usual };

	if (r->star || (view_eqs(view_trim(value), "*") && r->count))
		fault(r, 400, "Contact * Is Not Alone");
	else if (view_eqs(view_trim(value), "*"))
		r->star = true;
	else if (r->count == REGISTER_CONTACTS)
		fault(r, 403, "Too Many Contacts");
	else if (read_contact(&c, value))
		fault(r, 400, "Malformed Contact");
	else if (!is_sip(&c.parts))
		fault(r, 400, "Contact Is No SIP URI");
	else
		r->contact[r->count++] = c;
}

static void read_contacts(struct reg *r, const struct prescan *pre,
			  uint32_t usual)
{
	size_t i, n;

	for (i = 0; i < pre->lines && !r->status; i++) {
		struct view rest = pre->line[i].value;

		if (pre->line[i].id != HDR_CONTACT)
			continue;
		do {
			n = scan_until(rest, ',');
			add_contact(r, view_head(rest, n), usual);
			rest = view_from(rest, n + 1);
		} while (rest.n && !r->status);
	}
}

/* ---- lists of option tags ---- */

static bool list_has(struct view list, const char *tag)
{
	struct view item;

	while (list.n) {
		view_cut(list, ',', &item, &list);
		if (view_ieqs(view_trim(item), tag))
			return true;
	}
	return false;
}

bool reg_supports(const struct prescan *pre, const char *tag)
{
	size_t i;

	for (i = 0; i < pre->lines; i++)
		if ((pre->line[i].id == HDR_SUPPORTED ||
		     pre->line[i].id == HDR_REQUIRE) &&
		    list_has(pre->line[i].value, tag))
			return true;
	return false;
}

/* What may stand in Require. */
static bool is_known(struct view tag, enum sip_method method)
{
	static const struct {
		enum sip_method method;
		const char *tag;
	} known[] = {
		{ SIP_REGISTER, "path" },
		{ SIP_REGISTER, "outbound" },
		{ SIP_SUBSCRIBE, "eventlist" },
		{ SIP_SUBSCRIBE, "recipient-list-subscribe" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].method == method && view_ieqs(tag, known[i].tag))
			return true;
	return false;
}

void reg_unknown(struct buf *out, struct view list, enum sip_method method)
{
	struct view item;

	while (list.n) {
		view_cut(list, ',', &item, &list);
		item = view_trim(item);
		if (!item.n || is_known(item, method))
			continue;
		if (out->n)
			buf_adds(out, ", ");
		text_put_unfolded(out, item);
	}
}

/* ---- Path ---- */

static bool has_ob(struct view uri)
{
	struct sip_uri parts;
	struct view param, params;

	if (sip_uri_parse(&parts, uri))
		return false;
	for (params = parts.params; params.n;) {
		view_cut(params, ';', &param, &params);
		if (view_ieqs(param, "ob"))
			return true;
	}
	return false;
}

/* RFC 3327 4: each value is a name-addr. */
static bool path_ok(struct reg *r, struct view value, bool first)
{
	struct sip_nameaddr a;

	value = view_trim(value);
	if (!value.n || (*value.p != '<' && *value.p != '"') ||
	    scan_nameaddr(&a, value))
		return false;
	if (first)
		r->first_ob = has_ob(a.uri);
	return true;
}

static void add_path(struct reg *r, struct view values)
{
	size_t n;

	while (values.n && !r->status) {
		n = scan_until(values, ',');
		if (!path_ok(r, view_head(values, n), !r->path.n))
			fault(r, 400, "Malformed Path");
		if (r->path.n)
			buf_adds(&r->path, ", ");
		text_put_unfolded(&r->path, view_trim(view_head(values, n)));
		values = view_from(values, n + 1);
	}
}

static void read_path(struct reg *r, const struct prescan *pre)
{
	size_t i;

	for (i = 0; i < pre->lines; i++)
		if (pre->line[i].id == HDR_PATH)
			add_path(r, pre->line[i].value);
	if (r->path.n > SIP_ROUTE_MAX)
		fault(r, 400, "Path Too Long");
	/* a quoted pair may be a NUL (RFC 3261 25.1) */
	if (!text_is_line(buf_view(&r->path)))
		fault(r, 400, "Malformed Path");
}

void reg_read(struct reg *out, const struct prescan *pre, uint32_t usual)
{
	uint32_t expires = seconds(pre->first[HDR_EXPIRES], usual);

	memset(out, 0, sizeof(*out));
	read_contacts(out, pre, expires);
	if (out->star &&
	    (seconds(pre->first[HDR_EXPIRES], usual) || out->count))
		fault(out, 400, "Contact * Without Expires 0");
	read_path(out, pre);
	out->path_supported = reg_supports(pre, "path");
	out->outbound_supported = reg_supports(pre, "outbound");
}

void reg_free(struct reg *r)
{
	buf_free(&r->path);
}
