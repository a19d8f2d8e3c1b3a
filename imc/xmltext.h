/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The few words that are wanted out of small XML documents (RFC 3994, RFC
 * 5438), whatever prefixes their makers chose. No parser: what is no XML has
 * no elements. Pure.
 */
#ifndef CONFAB_IMC_XMLTEXT_H
#define CONFAB_IMC_XMLTEXT_H

#include "buf.h"

/* The text right behind the first start tag of this local name is added to
 * out, trimmed, its entities replaced. False: there is no such tag. */
bool xmltext_get(struct buf *out, struct view doc, const char *local);
bool xmltext_has(struct view doc, const char *local);
/* v as the text of an element. */
void xmltext_put(struct buf *out, struct view v);

#endif
