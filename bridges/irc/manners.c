/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Manners on other people's networks. */
#include "manners.h"
#include "text.h"

enum { CONTACT_MAX = 200 };

enum ircb_wish ircb_wish(struct view text, bool bare)
{
	static const struct {
		const char *word;
		enum ircb_wish wish;
	} wishes[] = {
		{ "off", IRCB_WISH_OFF },
		{ "version", IRCB_WISH_VERSION },
		{ "contact", IRCB_WISH_CONTACT },
	};
	struct view word = view_trim(text);

	if (word.n && word.p[0] == ':')
		word = view_from(word, 1);
	else if (!bare)
		return IRCB_WISH_NONE;
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		if (view_ieqs(word, wishes[i].word))
			return wishes[i].wish;
	return IRCB_WISH_NONE;
}

bool ircb_is_staff(enum ircb_casemap map, struct view masks,
		   const struct ircb_line *l)
{
	struct view mask;

	if (!l->user.n || !l->host.n)
		return false;
	while (view_word(&masks, " ", &mask))
		if (ircb_mask_match(map, mask, l->prefix))
			return true;
	return false;
}

static void add_contact(struct buf *b, const char *before,
			struct view contact)
{
	struct buf clean = { 0 };
	struct view v;

	ircb_strip_controls(&clean, contact);
	v = buf_view(&clean);
	if (v.n) {
		buf_adds(b, before);
		buf_addv(b, view_head(v, ircb_cut(v, CONTACT_MAX)));
	}
	buf_free(&clean);
}

bool ircb_about(struct buf *b, struct view ctcp, struct view contact)
{
	static const struct {
		const char *ctcp, *words, *before;
	} answers[] = {
		{ "VERSION", "confab, a SIP gateway", "; contact: " },
		{ "SOURCE", "confab is free software (GPL-3.0-or-later)",
		  "; its source is to be had from " },
		{ "USERINFO", "by a SIP gateway", "; contact: " },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (!view_ieqs(ctcp, answers[i].ctcp))
			continue;
		buf_adds(b, answers[i].words);
		add_contact(b, answers[i].before, contact);
		return true;
	}
	return false;
}

void ircb_obey(struct buf *b, struct view contact)
{
	buf_adds(b, "I leave, with all who came by me, and stay away until "
		    "my operator brings me back");
	add_contact(b, "; contact: ", contact);
}
