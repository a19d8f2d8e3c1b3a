/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever stands in a body, as each type that is taken; then the text on its
 * way out in parts.
 */
#include "fuzz.h"

#include "content.h"
#include "cpim.h"
#include "html.h"
#include "split.h"
#include "xmltext.h"

static const struct {
	struct view type, charset, params;
} kinds[] = {
	{ VIEW("text/plain"), VIEW("utf-16"), VIEW("") },
	{ VIEW("text/plain"), VIEW("windows-1258"), VIEW("") },
	{ VIEW("text/html"), VIEW(""), VIEW("") },
	{ VIEW("message/cpim"), VIEW(""), VIEW("") },
	{ VIEW("multipart/mixed"), VIEW(""), VIEW("boundary=b") },
};

static void split(struct view text, size_t max)
{
	struct split sp;
	struct buf b = { 0 };
	unsigned n = 0;

	for (split_init(&sp, text, 0, max); split_next(&sp, &b); n++) {
		assert(b.n <= max);
		buf_clear(&b);
	}
	assert(n == sp.count);
	n = 0;
	for (split_init_sms(&sp, text, 0, max); split_next(&sp, &b); n++) {
		assert(b.n <= max);
		assert(sms_size(buf_view(&b), sp.alphabet) <=
		       sms_max(sp.alphabet));
		buf_clear(&b);
	}
	assert(n == sp.count);
	buf_free(&b);
}

static void html(struct view in)
{
	struct buf b = { 0 };

	html_text(&b, in);
	assert(b.n <= in.n + 1);
	buf_free(&b);
}

static void xml(struct view in)
{
	struct buf b = { 0 };

	assert(xmltext_get(&b, in, "state") == xmltext_has(in, "state"));
	assert(b.n <= in.n);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct content_in in = { 0 };
	struct buf b = { 0 };
	struct cpim_head head;
	struct view cpim;
	enum content c;
	size_t i;

	if (!size)
		return 0;
	i = data[0] % (sizeof(kinds) / sizeof(kinds[0]));
	in.type = kinds[i].type;
	in.charset = kinds[i].charset;
	in.params = kinds[i].params;
	in.body = view_mem(data + 1, size - 1);
	c = content_read_cpim(&b, &cpim, &in);
	assert(c == CONTENT_TEXT || c == CONTENT_TYPING ||
	       c == CONTENT_RECEIPT || !b.n);
	cpim_read(&head, cpim);
	xml(in.body);
	if (c == CONTENT_TEXT)
		split(buf_view(&b), 64 + data[0]);
	html(in.body);
	buf_free(&b);
	return 0;
}
