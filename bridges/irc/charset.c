/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Character sets, by the C library's iconv. */
#include <errno.h>
#include <iconv.h>

#include "charset.h"
#include "mem.h"
#include "text.h"
#include "utf8.h"

struct ircb_charset {
	iconv_t cd;
	bool none; /* Windows-1252, which text.c has */
};

static void charset_destroy(void *obj)
{
	struct ircb_charset *c = obj;

	if (!c->none)
		iconv_close(c->cd);
}

int ircb_charset_new(struct ircb_charset **cp, const char *name)
{
	struct ircb_charset *c;
	iconv_t cd = 0;

	if (*name) {
		cd = iconv_open("UTF-8", name);
		if (cd == (iconv_t)-1)
			return EINVAL;
	}
	c = mem_new(sizeof(*c), charset_destroy);
	c->cd = cd;
	c->none = !*name;
	*cp = c;
	return 0;
}

/* Some sets wait with a letter for the accent that may follow it. */
static void put_kept(struct ircb_charset *c, struct buf *b)
{
	char out[64], *p = out;
	size_t room = sizeof(out);

	iconv(c->cd, NULL, NULL, &p, &room);
	buf_add(b, out, sizeof(out) - room);
}

static void convert(struct ircb_charset *c, struct buf *b, struct view v)
{
	char *in = (char *)v.p, out[256], *p;
	size_t left = v.n, room;

	iconv(c->cd, NULL, NULL, NULL, NULL);
	while (left) {
		p = out;
		room = sizeof(out);
		if (iconv(c->cd, &in, &left, &p, &room) == (size_t)-1 &&
		    errno != E2BIG) {
			buf_add(b, out, sizeof(out) - room);
			utf8_put(b, 0xfffd);
			in++;
			left--;
			continue;
		}
		buf_add(b, out, sizeof(out) - room);
	}
	put_kept(c, b);
}

void ircb_charset_text(struct ircb_charset *c, struct buf *b, struct view v)
{
	if (c->none || ircb_is_utf8(v))
		ircb_to_utf8(b, v);
	else
		convert(c, b, v);
}
