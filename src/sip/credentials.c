/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digest credentials. Phones differ in what they put into quotes, so each
 * parameter is taken with or without; what is inside is checked all the more.
 */
#include "ascii.h"
#include "credentials_priv.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "scan_priv.h"

enum { NC_DIGITS = 8 };

static const struct {
	const char *name;
	size_t offset;
	bool needed;
} fields[] = {
	{ "username", offsetof(struct credentials, username), true },
	{ "realm", offsetof(struct credentials, realm), true },
	{ "nonce", offsetof(struct credentials, nonce), true },
	{ "uri", offsetof(struct credentials, uri), true },
	{ "response", offsetof(struct credentials, response), true },
	{ "algorithm", offsetof(struct credentials, algorithm), false },
	{ "qop", offsetof(struct credentials, qop), false },
	{ "cnonce", offsetof(struct credentials, cnonce), false },
	{ "nc", offsetof(struct credentials, nc_text), false },
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static struct view *field_of(struct credentials *c, size_t i)
{
	return (struct view *)(void *)((char *)c + fields[i].offset);
}

/* Bare values may be more than tokens: some phones do not quote the uri. */
static size_t bare_len(struct view v)
{
	size_t n = 0;

	while (n < v.n && v.p[n] != ',' && v.p[n] != '"' &&
	       !scan_is_lws(v.p[n]))
		n++;
	return n;
}

static int take_value(struct view *out, struct view *v)
{
	size_t n;

	if (!v->n)
		return EBADMSG;
	if (*v->p != '"') {
		n = bare_len(*v);
		*out = view_head(*v, n);
		*v = view_from(*v, n);
		return n && n <= CREDENTIALS_VALUE ? 0 : EBADMSG;
	}
	n = scan_quoted(*v);
	if (!n || n - 2 > CREDENTIALS_VALUE)
		return EBADMSG;
	*out = view_mem(v->p + 1, n - 2);
	*v = view_from(*v, n);
	return 0;
}

/* Others (opaque, auth-param) are for others: their form is checked. */
static int take_param(struct credentials *out, struct view *v)
{
	struct view name = scan_token(v), value;
	size_t i;
	int err;

	if (!name.n || !scan_char(v, '='))
		return EBADMSG;
	err = take_value(&value, v);
	for (i = 0; i < FIELDS && !err; i++) {
		if (!view_ieqs(name, fields[i].name))
			continue;
		if (field_of(out, i)->p)
			return EBADMSG;
		*field_of(out, i) = value;
	}
	return err;
}

/* RFC 7616 3.4: exactly eight hex digits. */
static int read_nc(uint32_t *out, struct view v)
{
	size_t i;

	if (v.n != NC_DIGITS)
		return EBADMSG;
	for (i = 0, *out = 0; i < v.n; i++) {
		if (ascii_hex(v.p[i]) < 0)
			return EBADMSG;
		*out = *out << 4 | (uint32_t)ascii_hex(v.p[i]);
	}
	return *out ? 0 : EBADMSG;
}

static int check(struct credentials *c)
{
	size_t i;

	for (i = 0; i < FIELDS; i++) {
		if (fields[i].needed && !field_of(c, i)->n)
			return EBADMSG;
	}
	if (c->qop.p && (!c->cnonce.n || !c->nc_text.n))
		return EBADMSG;
	return c->nc_text.p ? read_nc(&c->nc, c->nc_text) : 0;
}

int credentials_parse(struct credentials *out, struct view value)
{
	size_t n = 0;
	int err;

	memset(out, 0, sizeof(*out));
	scan_lws(&value);
	if (!view_ieqs(scan_token(&value), "Digest"))
		return ENOENT;
	if (!value.n || !scan_is_lws(*value.p))
		return EBADMSG;
	scan_lws(&value);
	do {
		err = ++n > CREDENTIALS_PARAMS ? EBADMSG :
						 take_param(out, &value);
	} while (!err && scan_char(&value, ','));
	if (!err && value.n)
		err = EBADMSG;
	return err ? err : check(out);
}
