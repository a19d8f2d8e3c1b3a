/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands of others. What they are about is a user's own, so they are taken
 * where nobody else reads: at the manager's address.
 */
#include "extra.h"

#include <errno.h>

#include "consent.h"
#include "imc_priv.h"

const struct imc_command *extra_find(const struct imc *i, struct view name)
{
	for (size_t n = 0; n < i->extra_count; n++)
		if (view_ieqs(name, i->extra[n]->name))
			return i->extra[n];
	return NULL;
}

static bool is_at_manager(const struct ask *a)
{
	return !a->person && view_empty(a->at.name);
}

static void refuse_place(struct ask *a, const struct imc_command *cmd)
{
	struct text_args args = { .name = cmd->name };
	struct buf manager = { 0 };

	buf_addf(&manager, "%s@%s", a->imc->manager, a->imc->domain);
	args.word = buf_view(&manager);
	ask_refuse_with(a, REFUSED_FOR_MANAGER, &args);
	buf_free(&manager);
}

void extra_run(struct ask *a, const struct imc_command *cmd,
	       const struct cmdline *line)
{
	a->verb = VERB_EXTRA;
	if (is_at_manager(a))
		cmd->run(a, line->rest, cmd->arg);
	else
		refuse_place(a, cmd);
}

void extra_help(struct buf *out, const struct imc *i)
{
	for (size_t n = 0; n < i->extra_count; n++)
		buf_addf(out, "%s%s %s - %s\r\n", i->mark, i->extra[n]->name,
			 i->extra[n]->usage, i->extra[n]->help);
}

bool extra_secret(struct ask *a, struct view text)
{
	for (size_t n = 0; n < a->imc->extra_count; n++) {
		const struct imc_command *cmd = a->imc->extra[n];

		if (!cmd->is_secret || !cmd->is_secret(text, cmd->arg))
			continue;
		a->verb = VERB_EXTRA;
		a->family = FAMILY_EXTRA;
		if (ask_within(a, QUOTA_USER, a->user->hash))
			cmd->secreth(a, text, is_at_manager(a), cmd->arg);
		return true;
	}
	return false;
}

bool extra_consent(struct ask *a, struct view text)
{
	struct buf words = { 0 };
	enum consent_verb verb;
	struct view arg;
	int status;

	if (!is_at_manager(a) || !consent_parse(text, &verb, &arg))
		return false;
	a->verb = VERB_EXTRA;
	a->family = FAMILY_EXTRA;
	if (ask_within(a, QUOTA_USER, a->user->hash)) {
		status = consent_do(a->imc->hub, a->user, verb, arg, &words);
		imc_ask_answer(a, status, buf_view(&words));
	}
	buf_free(&words);
	return true;
}

int imc_add_command(struct imc *i, const struct imc_command *cmd)
{
	if (extra_find(i, view_str(cmd->name)))
		return EEXIST;
	if (i->extra_count == IMC_COMMANDS_MAX)
		return ENOSPC;
	i->extra[i->extra_count++] = cmd;
	return 0;
}

const struct addr *imc_ask_user(const struct ask *a)
{
	return a->user;
}

const struct addr *imc_ask_gate(const struct ask *a)
{
	return a->gate;
}

bool imc_ask_is_private(const struct ask *a)
{
	return a->flow.transport == SIP_TLS ||
	       a->flow.transport == SIP_WSS ||
	       netaddr_is_loopback(&a->flow.peer);
}

void imc_ask_answer(const struct ask *a, int status, struct view text)
{
	ask_answer(a, status);
	ask_tell(a, TELL_MANAGER, text);
}
