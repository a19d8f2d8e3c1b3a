/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents of presence: reading by events, writing in the one form that all
 * phones understand. */
#include "pidf.h"

#include <errno.h>
#include <string.h>

#include "mem.h"
#include "utf8.h"
#include "xlimit.h"

#define NS_PIDF "urn:ietf:params:xml:ns:pidf"
#define NS_DM NS_PIDF ":data-model"
#define NS_RPID NS_PIDF ":rpid"
#define NS_CLIENT "jabber:client"

enum { DEPTH = 16, TEXTS_MAX = 64 * 1024 };

/* ---- words ---- */

struct word {
	const char *name;
	enum show show;
};

/* RFC 4480 3.2; what is not here says nothing about being there. */
static const struct word activities[] = {
	{ "away", SHOW_AWAY },		{ "appointment", SHOW_AWAY },
	{ "breakfast", SHOW_AWAY },	{ "dinner", SHOW_AWAY },
	{ "in-transit", SHOW_AWAY },	{ "lunch", SHOW_AWAY },
	{ "meal", SHOW_AWAY },		{ "shopping", SHOW_AWAY },
	{ "busy", SHOW_DND },		{ "meeting", SHOW_DND },
	{ "on-the-phone", SHOW_DND },	{ "performance", SHOW_DND },
	{ "presentation", SHOW_DND },	{ "steering", SHOW_DND },
	{ "working", SHOW_DND },	{ "worship", SHOW_DND },
	{ "holiday", SHOW_XA },		{ "permanent-absence", SHOW_XA },
	{ "sleeping", SHOW_XA },	{ "travel", SHOW_XA },
	{ "vacation", SHOW_XA },	{ NULL, SHOW_ONLINE },
};

/* What phones write where they know no activities. */
static const struct word notes[] = {
	{ "Away", SHOW_AWAY },		{ "Idle", SHOW_AWAY },
	{ "Be right back", SHOW_AWAY }, { "Out to lunch", SHOW_AWAY },
	{ "Busy", SHOW_DND },		{ "On the phone", SHOW_DND },
	{ "Do not disturb", SHOW_DND }, { NULL, SHOW_ONLINE },
};

static enum show word_show(const struct word *w, struct view name)
{
	while (w->name && !view_ieqs(name, w->name))
		w++;
	return w->show;
}

/* ---- reading ---- */

enum kind {
	K_OTHER,
	K_PRESENCE, K_TUPLE, K_PERSON, K_STATUS, K_BASIC, K_SHOW, K_NOTE,
	K_CONTACT, K_ACTIVITIES, K_ACTIVITY, K_INPUT,
};

/* A piece of texts, which may still move. */
struct piece {
	size_t at, n;
};

struct about {
	enum show show, activity; /* SHOW_ONLINE: nothing said */
	struct piece note, lang;
	struct piece other_note;  /* that of activities */
	bool idle;
};

struct tuple {
	struct about about;
	struct piece id;
	bool open, closed, hint;
	int priority;
};

struct reader_state {
	struct xlimit *xml;    /* borrowed */
	struct buf *texts;     /* borrowed */
	struct tuple tuple[PRESENCE_PLACES_MAX];
	size_t count;
	bool full;             /* one more tuple is read, and left out */
	struct about person, all; /* all: of the document */
	enum kind at[DEPTH];
	struct buf word;       /* text of the element that is open */
	struct piece lang;     /* of a note that is open */
	bool done;
};

static struct piece keep(struct reader_state *r, struct view v)
{
	struct piece p = { r->texts->n, v.n };

	buf_addv(r->texts, v);
	return p;
}

static struct tuple *tuple_of(struct reader_state *r)
{
	return r->full || !r->count ? NULL : &r->tuple[r->count - 1];
}

/* Whose words those in the element at this depth are. */
static struct about *about_of(struct reader_state *r, unsigned depth)
{
	struct tuple *t = tuple_of(r);

	if (depth < 2)
		return &r->all;
	if (r->at[1] == K_PERSON)
		return &r->person;
	return r->at[1] == K_TUPLE && t ? &t->about : NULL;
}

static bool is_rpid(struct view ns)
{
	return view_starts(ns, VIEW(NS_PIDF)) && !view_eqs(ns, NS_PIDF) &&
	       !view_eqs(ns, NS_DM);
}

static bool is_note(const struct xlimit_tag *tag)
{
	return view_eqs(tag->name, "note") &&
	       view_starts(tag->ns, VIEW(NS_PIDF));
}

static enum kind kind_of(enum kind parent, const struct xlimit_tag *tag)
{
	static const struct {
		enum kind parent;
		const char *ns, *name;
		enum kind kind;
	} table[] = {
		{ K_PRESENCE, NS_PIDF, "tuple", K_TUPLE },
		{ K_PRESENCE, NS_DM, "person", K_PERSON },
		{ K_TUPLE, NS_PIDF, "status", K_STATUS },
		{ K_TUPLE, NS_PIDF, "contact", K_CONTACT },
		{ K_STATUS, NS_PIDF, "basic", K_BASIC },
		{ K_STATUS, NS_CLIENT, "show", K_SHOW },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (parent == table[i].parent &&
		    view_eqs(tag->ns, table[i].ns) &&
		    view_eqs(tag->name, table[i].name))
			return table[i].kind;
	if (is_note(tag) && parent != K_OTHER && parent != K_STATUS)
		return K_NOTE;
	if (parent == K_ACTIVITIES)
		return is_rpid(tag->ns) ? K_ACTIVITY : K_OTHER;
	if (is_rpid(tag->ns) && view_eqs(tag->name, "activities") &&
	    (parent == K_TUPLE || parent == K_STATUS || parent == K_PERSON))
		return K_ACTIVITIES;
	if (is_rpid(tag->ns) && view_eqs(tag->name, "user-input") &&
	    (parent == K_TUPLE || parent == K_STATUS || parent == K_PERSON))
		return K_INPUT;
	return K_OTHER;
}

static struct view attr(const struct xlimit_tag *tag, const char *name)
{
	return view_str(xlimit_attr(tag, name));
}

static void begin_tuple(struct reader_state *r, const struct xlimit_tag *tag)
{
	struct tuple *t;

	r->full = r->count == PRESENCE_PLACES_MAX;
	if (r->full)
		return;
	t = &r->tuple[r->count++];
	*t = (struct tuple){ .about = { .show = SHOW_ONLINE,
					.activity = SHOW_ONLINE } };
	t->id = keep(r, view_head(attr(tag, "id"), 64));
}

/* RFC 3863 4.1.5: 0 to 1, three digits behind the point. */
static int priority_of(struct view v)
{
	struct view whole, part;
	uint64_t n = 0, digits = 0;

	view_cut(view_trim(v), '.', &whole, &part);
	if (view_eqs(whole, "1"))
		return 127;
	part = view_head(part, 3);
	if (view_u64(&digits, part, 999))
		return 0;
	for (n = digits; part.n < 3; part.n++)
		n *= 10;
	return (int)((n * 127 + 500) / 1000);
}

static void take_activity(struct reader_state *r, unsigned depth,
			  struct view name)
{
	struct about *a = about_of(r, depth);
	struct tuple *t = r->at[1] == K_TUPLE ? tuple_of(r) : NULL;

	if (a && a->activity == SHOW_ONLINE)
		a->activity = word_show(activities, name);
	if (t)
		t->hint = true;
}

static void on_start(const struct xlimit_tag *tag, unsigned depth, void *arg)
{
	struct reader_state *r = arg;
	enum kind k = K_OTHER;
	struct tuple *t;

	buf_clear(&r->word);
	if (depth >= DEPTH) {
		xlimit_stop(r->xml);
		return;
	}
	if (depth)
		k = kind_of(r->at[depth - 1], tag);
	else if (view_eqs(tag->ns, NS_PIDF) && view_eqs(tag->name, "presence"))
		k = K_PRESENCE;
	else
		xlimit_stop(r->xml);
	r->at[depth] = k;
	t = tuple_of(r);
	if (k == K_TUPLE)
		begin_tuple(r, tag);
	else if (k == K_CONTACT && t)
		t->priority = priority_of(attr(tag, "priority"));
	else if (k == K_ACTIVITY)
		take_activity(r, depth, tag->name);
	else if (k == K_NOTE)
		r->lang = keep(r, view_head(attr(tag, "xml:lang"), 35));
}

static void on_text(struct view text, void *arg)
{
	struct reader_state *r = arg;

	buf_addv(&r->word, text);
}

static void end_note(struct reader_state *r, unsigned depth)
{
	struct view v = view_trim(buf_view(&r->word));
	struct about *a = about_of(r, depth);
	struct piece *note;

	if (!a || !v.n)
		return;
	note = r->at[depth - 1] == K_ACTIVITIES ? &a->other_note : &a->note;
	if (note->n)
		return;
	*note = keep(r, view_head(v, utf8_cut(v, PRESENCE_NOTE_MAX)));
	if (note == &a->note)
		a->lang = r->lang;
}

static void on_end(unsigned depth, void *arg)
{
	struct reader_state *r = arg;
	struct view v = view_trim(buf_view(&r->word));
	struct tuple *t = tuple_of(r);
	struct about *a;

	if (r->at[depth] == K_NOTE) {
		end_note(r, depth);
	} else if (r->at[depth] == K_INPUT) {
		a = about_of(r, depth);
		if (a)
			a->idle = view_ieqs(v, "idle");
	} else if (r->at[depth] == K_BASIC && t) {
		t->open |= view_ieqs(v, "open");
		t->closed |= view_ieqs(v, "closed");
	} else if (r->at[depth] == K_SHOW && t) {
		t->about.show = show_of_word(v);
		t->hint = true;
	}
	r->done |= !depth;
	buf_clear(&r->word);
}

/* ---- what it comes to ---- */

static struct view text_of(const struct reader_state *r, struct piece p)
{
	return p.n ? view_mem(r->texts->p + p.at, p.n) : VIEW_NONE;
}

static void note_of(const struct reader_state *r, const struct tuple *t,
		    struct presence_place *out)
{
	const struct about *const all[] = { &t->about, &r->person, &r->all };

	for (size_t i = 0; i < 3 && !out->note.n; i++) {
		out->note = text_of(r, all[i]->note);
		out->lang = text_of(r, all[i]->lang);
		if (!out->note.n)
			out->note = text_of(r, all[i]->other_note);
	}
}

static enum show show_of(const struct reader_state *r, const struct tuple *t,
			 struct view note)
{
	if (t->closed || (!t->open && !t->hint))
		return SHOW_OFFLINE;
	if (t->about.show != SHOW_ONLINE)
		return t->about.show;
	if (t->about.activity != SHOW_ONLINE)
		return t->about.activity;
	if (r->person.activity != SHOW_ONLINE)
		return r->person.activity;
	return word_show(notes, note);
}

static void conclude(const struct reader_state *r, struct presence_state *out)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct tuple *t = &r->tuple[i];
		struct presence_place *p = &out->place[out->count++];

		*p = (struct presence_place){
			.id = text_of(r, t->id),
			.priority = t->priority,
			.idle = t->about.idle || r->person.idle,
		};
		note_of(r, t, p);
		p->show = show_of(r, t, p->note);
	}
	presence_sort(out);
}

int pidf_read(struct presence_state *out, struct buf *texts, struct view body)
{
	static const struct xlimit_ops ops = { on_start, on_text, on_end };
	static const struct xlimit_max max = { PIDF_MAX, 2 * PIDF_MAX,
					       PIDF_MAX, 1024, DEPTH, 1000,
					       200,	 32 };
	struct reader_state r = {
		.texts = texts,
		.person = { .show = SHOW_ONLINE, .activity = SHOW_ONLINE },
		.all = { .show = SHOW_ONLINE, .activity = SHOW_ONLINE },
	};
	int err;

	out->count = 0;
	buf_clear(texts);
	if (body.n > PIDF_MAX)
		return EMSGSIZE;
	if (!utf8_valid(body))
		return EBADMSG;
	r.xml = xlimit_new(&max, &ops, &r);
	buf_init(&r.word, TEXTS_MAX);
	err = xlimit_feed(r.xml, body, NULL);
	if (err || !r.done)
		err = EBADMSG;
	else
		conclude(&r, out);
	buf_free(&r.word);
	mem_deref(r.xml);
	return err;
}

/* ---- writing ---- */

void pidf_put_text(struct buf *out, struct view text)
{
	while (text.n) {
		uint32_t cp = utf8_next(&text);

		if (cp == '&')
			buf_adds(out, "&amp;");
		else if (cp == '<')
			buf_adds(out, "&lt;");
		else if (cp == '>')
			buf_adds(out, "&gt;");
		else if (cp == '"')
			buf_adds(out, "&quot;");
		else if (cp == '\'')
			buf_adds(out, "&apos;");
		else if (cp != UTF8_BAD && cp != 0xfffe && cp != 0xffff &&
			 (cp >= 0x20 || cp == '\t' || cp == '\n'))
			utf8_put(out, cp);
	}
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* An xs:ID, of any text, another for each. */
static void put_id(struct buf *out, struct view id)
{
	buf_adds(out, "ID-");
	for (size_t i = 0; i < id.n; i++) {
		if (is_name_char(id.p[i]))
			buf_addc(out, id.p[i]);
		else
			buf_addf(out, "_%02x", (unsigned char)id.p[i]);
	}
}

static void put_note(struct buf *out, const char *name,
		     const struct presence_place *p)
{
	struct view note = p->note;

	if (!note.n && p->show == SHOW_XA)
		note = VIEW("extended away");
	if (!note.n)
		return;
	buf_addf(out, "<%s", name);
	if (p->lang.n) {
		buf_adds(out, " xml:lang=\"");
		pidf_put_text(out, p->lang);
		buf_addc(out, '"');
	}
	buf_addc(out, '>');
	pidf_put_text(out, note);
	buf_addf(out, "</%s>", name);
}

static void put_contact(struct buf *out, struct view entity, int priority)
{
	int n = (priority * 1000 + 63) / 127;

	buf_adds(out, "<contact");
	if (n >= 1000)
		buf_adds(out, " priority=\"1\"");
	else if (n > 0)
		buf_addf(out, " priority=\"0.%03d\"", n);
	buf_addc(out, '>');
	pidf_put_text(out, entity);
	buf_adds(out, "</contact>");
}

/* RFC 3863 4.1.2: in this order. */
static void put_tuple(struct buf *out, struct view entity,
		      const struct presence_place *p)
{
	bool open = p->show != SHOW_OFFLINE;

	buf_adds(out, "<tuple id=\"");
	put_id(out, p->id);
	buf_addf(out, "\"><status><basic>%s</basic>",
		 open ? "open" : "closed");
	if (open && p->show != SHOW_ONLINE)
		buf_addf(out, "<show xmlns=\"" NS_CLIENT "\">%s</show>",
			 show_name(p->show));
	buf_adds(out, "</status>");
	put_contact(out, entity, p->priority);
	put_note(out, "note", p);
	buf_adds(out, "</tuple>");
}

static const char *activity_of(enum show show)
{
	if (show == SHOW_AWAY || show == SHOW_XA)
		return "<rpid:activities><rpid:away/></rpid:activities>";
	return show == SHOW_DND ?
		       "<rpid:activities><rpid:busy/></rpid:activities>" :
		       "";
}

static void put_person(struct buf *out, const struct presence_place *p)
{
	const char *activity = activity_of(p->show);

	bool idle = p->idle && p->show != SHOW_OFFLINE;

	if (!*activity && !p->note.n && !idle)
		return;
	buf_addf(out, "<dm:person id=\"p1\">%s", activity);
	if (idle) /* RFC 4480 3.15 */
		buf_adds(out, "<rpid:user-input>idle</rpid:user-input>");
	put_note(out, "dm:note", p);
	buf_adds(out, "</dm:person>");
}

void pidf_put(struct buf *out, struct view entity,
	      const struct presence_state *p)
{
	static const struct presence_place nowhere = { .id = VIEW("none") };

	buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
		      "<presence xmlns=\"" NS_PIDF "\" xmlns:dm=\"" NS_DM
		      "\" xmlns:rpid=\"" NS_RPID "\" entity=\"");
	pidf_put_text(out, entity);
	buf_adds(out, "\">");
	for (size_t i = 0; i < p->count; i++)
		put_tuple(out, entity, &p->place[i]);
	if (!p->count)
		put_tuple(out, entity, &nowhere);
	else
		put_person(out, &p->place[0]);
	buf_adds(out, "</presence>\r\n");
}
