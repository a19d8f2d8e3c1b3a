/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of purple's sections and commands. */
#include "purple_words.h"

#include <errno.h>

#include "mem.h"

int purple_map(struct pmap **mp, const struct conf *conf, struct buf *why)
{
	const struct conf_purple_gateway *g = &conf->purple_gateway;
	struct view domain = view_str(*g->domain ? g->domain :
						   "gateway.invalid");
	struct view id, label;
	int err = pmap_new(mp, domain, why);

	for (size_t i = 0; g->allow && g->allow[i] && !err; i++) {
		(void)view_cut(view_str(g->allow[i]), '=', &id, &label);
		err = pmap_allow(*mp, id, label, why);
	}
	if (!err && pmap_is_ours(*mp, view_str(conf->domain))) {
		buf_adds(why, "its domain has to be another one than that "
			      "of our users");
		err = EINVAL;
	}
	return err;
}

bool purple_is_one(struct view a, struct view b)
{
	struct view ap, an, bp, bn;
	struct buf one = { 0 }, two = { 0 };
	bool same = view_cut(a, '/', &ap, &an) && view_cut(b, '/', &bp, &bn) &&
		    view_eq(ap, bp) && !pmap_name(&one, ap, an) &&
		    !pmap_name(&two, bp, bn) &&
		    view_eq(buf_view(&one), buf_view(&two));

	buf_free(&one);
	buf_free(&two);
	return same;
}

bool purple_is_pin(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!view_has(VIEW("0123456789abcdefABCDEF"), v.p[i]))
			return false;
	return v.n == 64;
}
