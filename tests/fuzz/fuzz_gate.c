/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever comes into the gateway: each line is a flat stanza for a component
 * (first letter c, or r for that of our rooms) or for an account (a), or what
 * a SIP user says (s: ADDRESS TEXT). Each request has one answer, and no
 * answer and no error has any.
 */
#include "gate_rig.h"

#include "fuzz.h"

static bool is_open;

static void end(void)
{
	gate_rig_close();
	nftw(gr.dir, gr_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void begin(void)
{
	view_copy(gr.dir, sizeof(gr.dir), VIEW("/tmp/fuzz_gate_XXXXXX"));
	assert(mkdtemp(gr.dir));
	clock_freeze(1000000, 1800000000000);
	log_set_level(LOG_ERROR);
	gate_rig_open();
	components_up();
	sip_says("bob", "jabber_gateway", ":online");
	bob_up();
	is_open = true;
	atexit(end);
}

static size_t answers(void)
{
	const char *p = buf_str(&wire);
	size_t n = 0;

	while ((p = strstr(p, ": <iq type='"))) {
		p += strlen(": <iq type='");
		n += !strncmp(p, "result", 6) || !strncmp(p, "error", 5);
	}
	return n;
}

/* A component's server always says from whom. */
static bool wants_answer(const struct elem *e, bool account)
{
	struct view type = elem_get(e, "type");

	return elem_is(e, "iq", NS_CLIENT) && !view_eqs(type, "result") &&
	       !view_eqs(type, "error") &&
	       (account || elem_get(e, "from").n);
}

static struct session *find(const char *label)
{
	struct session *s = sessions;

	while (s && strcmp(s->label, label) != 0)
		s = s->next;
	return s;
}

static void stanza(const char *label, struct view flat)
{
	struct session *s = find(label);
	struct elem e;
	bool answer;

	if (!s) /* he has been idle for long */
		return;
	if (s->state == 1) {
		s->state = 2;
		s->conf.uph(s, VIEW("bob@y.org/r1"), s->conf.arg);
	}
	if (s->state != 2 || elem_check(flat))
		return;
	elem_read(&e, flat);
	answer = wants_answer(&e, label[3] == ':') &&
		 view_eqs(e.ns, NS_CLIENT);
	clock_advance(3000); /* below all rates */
	buf_clear(&wire);
	s->conf.parcelh(s, flat, s->conf.arg);
	assert(answers() == answer || !elem_is(&e, "iq", NULL));
	gr_settle();
	sip_takes(flat.n % 3 ? 200 : 404);
}

static void says(struct view line)
{
	struct view user, text;
	char to[400];

	if (!view_cut(line, ' ', &user, &text) || user.n >= sizeof(to) ||
	    !user.n)
		return;
	view_copy(to, sizeof(to), user);
	if (strlen(to) != user.n || strpbrk(to, "@\r\n"))
		return;
	char *words = view_dup(text);
	sip_says(text.n % 2 ? "alice" : "bob", to, words);
	mem_free(words);
}

static void line_in(struct view line)
{
	struct view rest = view_from(line, 1);

	switch (line.p[0]) {
	case 'a':
		stanza("sip:bob@example.org", rest);
		break;
	case 'c':
		stanza("sip.x.org", rest);
		break;
	case 'r':
		stanza("rooms.x.org", rest);
		break;
	case 's':
		says(rest);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = view_mem(data, size), line;

	if (!is_open)
		begin();
	while (in.n) {
		view_cut(in, '\n', &line, &in);
		if (line.n)
			line_in(line);
		for (struct session *s = sessions; s; s = s->next)
			stub_sent(s->label, 0, "");
		buf_clear(&gr.sip);
		buf_clear(&wire);
	}
	return 0;
}
