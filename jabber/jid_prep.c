/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preparation of addresses, by libidn; what is ASCII goes without it. */
#include "jid_prep.h"

#include <errno.h>
#include <idna.h>
#include <stdlib.h>
#include <string.h>
#include <stringprep.h>

#include "jid.h"
#include "utf8.h"

/* A fold of a fold may differ yet (NFKC uncovers letters); this often. */
enum { FOLDS = 4, HOST_MAX = 253, LABEL_MAX = 63 };

static bool is_ascii(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] >= 0x80 || !v.p[i])
			return false;
	return true;
}

static void add_lower(struct buf *out, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		bool upper = v.p[i] >= 'A' && v.p[i] <= 'Z';

		buf_addc(out, (char)(upper ? v.p[i] | 0x20 : v.p[i]));
	}
}

static int prep(struct buf *out, struct view part,
		const Stringprep_profile *profile)
{
	char text[JID_PART_MAX + 1];

	if (!part.n || memchr(part.p, '\0', part.n) || !utf8_valid(part) ||
	    view_copy(text, sizeof(text), part))
		return EBADMSG;
	if (stringprep(text, sizeof(text), 0, profile) != STRINGPREP_OK ||
	    !*text)
		return EBADMSG;
	buf_adds(out, text);
	return 0;
}

/* RFC 3920 A.5: what Nodeprep forbids of ASCII. */
static bool is_ascii_local(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] == 0x7f ||
		    view_has(VIEW("\"&'/:<>@"), v.p[i]))
			return false;
	return v.n && v.n <= JID_PART_MAX;
}

int jid_prep_local(struct buf *out, struct view text)
{
	if (!is_ascii(text))
		return prep(out, text, stringprep_xmpp_nodeprep);
	if (!is_ascii_local(text))
		return EBADMSG;
	add_lower(out, text);
	return 0;
}

int jid_prep_host(struct buf *out, struct view text)
{
	return prep(out, text, stringprep_nameprep);
}

int jid_prep_resource(struct buf *out, struct view text)
{
	return prep(out, text, stringprep_xmpp_resourceprep);
}

int jid_prep(struct buf *out, struct view text)
{
	struct jid j;
	int err = 0;

	jid_split(&j, text);
	if (j.local.n) {
		err = jid_prep_local(out, j.local);
		buf_addc(out, '@');
	}
	if (!err)
		err = jid_prep_host(out, j.domain);
	if (!err && j.resource.n) {
		buf_addc(out, '/');
		err = jid_prep_resource(out, j.resource);
	}
	return err;
}

/* Nameprep maps as Nodeprep does, and forbids no visible ASCII. */
static int fold_again(struct buf *out, struct view text)
{
	struct buf a = { 0 }, b = { 0 };
	int err = prep(&a, text, stringprep_nameprep);

	for (int i = 1; !err; i++) {
		buf_clear(&b);
		err = prep(&b, buf_view(&a), stringprep_nameprep);
		if (!err && view_eq(buf_view(&a), buf_view(&b)))
			break;
		if (i == FOLDS)
			err = EBADMSG;
		buf_clear(&a);
		buf_addv(&a, buf_view(&b));
	}
	if (!err)
		buf_addv(out, buf_view(&a));
	buf_free(&a);
	buf_free(&b);
	return err;
}

int jid_fold(struct buf *out, struct view text)
{
	if (!is_ascii(text))
		return fold_again(out, text);
	if (!text.n || text.n > JID_PART_MAX)
		return EBADMSG;
	add_lower(out, text);
	return 0;
}

/* ---- hosts ---- */

static bool has_alabel(struct view host)
{
	struct view label;

	while (host.n) {
		view_cut(host, '.', &label, &host);
		if (view_istarts(label, VIEW("xn--")))
			return true;
	}
	return false;
}

static bool is_dns_host(struct view host)
{
	struct view label;

	if (!is_ascii(host) || !jid_is_host(host))
		return false;
	while (host.n) {
		view_cut(host, '.', &label, &host);
		if (label.n > LABEL_MAX)
			return false;
	}
	return true;
}

/* How idna_to_ascii_8z() and idna_to_unicode_8z8z() look. */
typedef int (idna_h)(const char *in, char **out, int flags);

/* Appends what to makes of host, in lower case. */
static int convert(struct buf *out, struct view host, idna_h *to)
{
	char text[4 * HOST_MAX + 1], *made = NULL;
	int err = EBADMSG;

	if (memchr(host.p, '\0', host.n) || !utf8_valid(host) ||
	    view_copy(text, sizeof(text), host))
		return EBADMSG;
	if (to(text, &made, IDNA_ALLOW_UNASSIGNED) == IDNA_SUCCESS) {
		add_lower(out, view_str(made));
		err = 0;
	}
	free(made); /* libidn's own */
	return err;
}

int jid_host_ascii(struct buf *out, struct view host)
{
	struct buf made = { 0 };
	int err = 0;

	if (!host.n)
		return EBADMSG;
	if (is_ascii(host))
		add_lower(&made, host);
	else
		err = convert(&made, host, idna_to_ascii_8z);
	if (!err && !is_dns_host(buf_view(&made)))
		err = EBADMSG;
	if (!err)
		buf_addv(out, buf_view(&made));
	buf_free(&made);
	return err;
}

/* An A-label that no U-label makes stays. */
static void add_unicode(struct buf *out, struct view ascii)
{
	struct buf made = { 0 }, back = { 0 };

	if (!convert(&made, ascii, idna_to_unicode_8z8z) &&
	    !jid_host_ascii(&back, buf_view(&made)) &&
	    view_eq(buf_view(&back), ascii))
		buf_addv(out, buf_view(&made));
	else
		buf_addv(out, ascii);
	buf_free(&made);
	buf_free(&back);
}

int jid_host_unicode(struct buf *out, struct view host)
{
	struct buf ascii = { 0 };
	int err = jid_host_ascii(&ascii, host);

	if (!err && has_alabel(buf_view(&ascii)))
		add_unicode(out, buf_view(&ascii));
	else if (!err)
		buf_addv(out, buf_view(&ascii));
	buf_free(&ascii);
	return err;
}
