/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control socket's lines, each with one answer: one line, one JSON object,
 * {"ok":true,"result":...} or {"ok":false,"error":"..."}.
 */
#include <jansson.h>

#include "control.h"
#include "daemon.h"

enum { LINES = 16 };

static unsigned answers;

static void on_answer(struct view text, uint64_t a, uint64_t b, void *arg)
{
	json_t *root, *ok;

	(void)b;
	assert(arg == &answers && a == 7);
	assert(text.n && text.p[text.n - 1] == '\n');
	text.n--;
	assert(!view_has(text, '\n'));
	root = json_loadb(text.p, text.n, 0, NULL);
	ok = json_object_get(root, "ok");
	assert(json_is_boolean(ok));
	if (json_is_true(ok))
		assert(json_object_get(root, "result"));
	else
		assert(json_string_length(json_object_get(root, "error")));
	json_decref(root);
	answers++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = view_mem(data, size), line;
	struct confab *c = daemon_get();

	for (int n = 0; n < LINES && rest.n; n++) {
		view_cut(rest, '\n', &line, &rest);
		answers = 0;
		control_take(c->control, line, on_answer, 7, 8, &answers);
		daemon_settle();
		assert(answers == 1);
	}
	daemon_clean();
	assert(hub_room_count(c->hub) == 0);
	return 0;
}
