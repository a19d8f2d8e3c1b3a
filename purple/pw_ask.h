/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions of libpurple that wait for somebody: the register is pw_ask.c's,
 * which also asks for one line; pw_choose.c has buttons and choices,
 * pw_fields.c forms, pw_told.c what only is to be known.
 */
#ifndef CONFAB_PW_ASK_H
#define CONFAB_PW_ASK_H

#include "pw_priv.h"

struct pw_ask {
	struct lnode node;
	struct pw_seat *seat; /* borrowed */
	uint64_t number;
	void *arg;            /* libpurple's */
	const struct pw_kind *kind; /* of questions; NULL: who may see us */
	struct wtimer late;         /* likewise */
	PurpleAccountRequestAuthorizationCb allow, deny;
	GCallback ok, cancel; /* of the request's type */
	void *more;           /* owned: the kind's */
};

struct pw_kind {
	PurpleRequestType type;
	/* text NULL: he does not answer. True: all is known, finish() is
	 * next. False: asked again, by pw_ask_put(). */
	bool (*take)(struct pw_ask *a, const char *text);
	/* Tells libpurple, which may end the login. a is a copy: it is not
	 * in the register any more. */
	void (*finish)(const struct pw_ask *a, const char *text);
	void (*free)(void *more); /* or NULL */
};

/* What libpurple wants to know, in its words. */
struct pw_words {
	const char *title, *primary, *secondary;
};
void pw_words_put(struct buf *b, const struct pw_words *w);

/* NULL: nobody can be asked by this account, or too much waits; then more is
 * not taken. */
struct pw_ask *pw_ask_new(struct pw_seat *s, const struct pw_kind *kind,
			  void *more, void *arg);
/* Asks him. */
void pw_ask_put(struct pw_ask *a, struct view words, bool secret);
/* For libpurple. */
void *pw_ask_handle(const struct pw_ask *a);

/* What a login is lost for, if the answer that we give costs it. */
void pw_ask_blame(PurpleAccount *account, const struct pw_words *w);

/* ---- options, numbered from 1 ---- */

enum { PW_OPTIONS = 20 };

struct pw_options {
	char *labels[PW_OPTIONS]; /* owned */
	int values[PW_OPTIONS];
	PurpleRequestActionCb calls[PW_OPTIONS];
	size_t count;
};

void pw_options_add(struct pw_options *o, const char *label, int value,
		    PurpleRequestActionCb call);
void pw_options_free(struct pw_options *o);
/* ": (1) Yes (2) No" */
void pw_options_put(struct buf *b, const struct pw_options *o);
/* By number or by its words; count: none. */
size_t pw_options_find(const struct pw_options *o, const char *text);

/* ---- the ops of libpurple's requests ---- */

void *pw_on_choice(const char *title, const char *primary,
		   const char *secondary, int value, const char *ok_text,
		   GCallback ok, const char *cancel_text, GCallback cancel,
		   PurpleAccount *account, const char *who,
		   PurpleConversation *conv, void *arg, va_list list);
void *pw_on_action(const char *title, const char *primary,
		   const char *secondary, int value, PurpleAccount *account,
		   const char *who, PurpleConversation *conv, void *arg,
		   size_t count, va_list list);
void *pw_on_fields(const char *title, const char *primary,
		   const char *secondary, PurpleRequestFields *fields,
		   const char *ok_text, GCallback ok, const char *cancel_text,
		   GCallback cancel, PurpleAccount *account, const char *who,
		   PurpleConversation *conv, void *arg);

#endif
