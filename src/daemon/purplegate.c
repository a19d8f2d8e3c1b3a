/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libpurple's networks need of the daemon: configuration, accounts of
 * users, and the answers that nobody else may see. */
#include "purplegate.h"

#include <errno.h>
#include <string.h>

#include "gateside.h"
#include "log.h"
#include "mem.h"
#include "purple/pface.h"
#include "purple/pgate.h"
#include "purple_words.h"
#include "wire.h"

#define NETWORK VIEW("purple")

enum { OPTIONS_MAX = 24 };

struct purplegate {
	struct gateside side;
	struct pgate_accounts ops;
	struct pmap *map;          /* ref */
	struct imc_command code;   /* imc has borrowed it */
};

/* ---- accounts ---- */

static enum pgate_login login_of(const char *word)
{
	if (!strcmp(word, "always"))
		return PGATE_ALWAYS;
	return strcmp(word, "manual") ? PGATE_PRESENCE : PGATE_MANUAL;
}

static enum pgate_login policy_of(const struct confab *c,
				  enum account_policy policy)
{
	switch (policy) {
	case ACCOUNT_MANUAL:
		return PGATE_MANUAL;
	case ACCOUNT_ALWAYS:
		return PGATE_ALWAYS;
	case ACCOUNT_DEFAULT:
		return login_of(c->conf->purple_gateway.login);
	default:
		return PGATE_PRESENCE;
	}
}

static enum pgate_auth auth_word(struct view word)
{
	static const char *const words[] = {
		[PGATE_ASK] = "ask", [PGATE_ALLOW] = "allow",
		[PGATE_DENY] = "deny", [PGATE_KNOWN] = "known",
	};
	size_t i = 0;

	while (i < PGATE_KNOWN && !view_eqs(word, words[i]))
		i++;
	return (enum pgate_auth)i;
}

/* "by=chat" */
static bool is_claimed(struct view settings)
{
	struct buf value = { 0 };
	struct view key;
	bool claimed = false;

	while (purple_setting(&settings, &key, &value))
		claimed |= view_eqs(key, "by");
	buf_free(&value);
	return claimed;
}

static enum pgate_auth auth_of(const struct confab *c, struct view settings)
{
	enum pgate_auth auth = auth_word(
		view_str(c->conf->purple_gateway.auth));
	struct buf value = { 0 };
	struct view key;

	while (purple_setting(&settings, &key, &value))
		if (view_eqs(key, "auth"))
			auth = auth_word(buf_view(&value));
	buf_free(&value);
	return auth;
}

static void each(const struct addr *owner,
		 void (*h)(const struct pgate_account *a, void *h_arg),
		 void *h_arg, void *arg)
{
	const struct gateside *x = arg;
	const struct account *a = NULL;
	struct view whose = owner ? owner->text : VIEW_NONE;

	while ((a = accounts_each(gateside_accounts(x), NETWORK, whose, a))) {
		struct pgate_account out = {
			.id = a->id,
			.owner = a->owner,
			.policy = policy_of(x->c, a->policy),
			.auth = auth_of(x->c, a->settings),
			.enabled = a->enabled,
			.claimed = is_claimed(a->settings),
		};

		if (view_cut(a->login, '/', &out.proto, &out.login))
			h(&out, h_arg);
	}
}

/* What an account says of itself, as lists of texts. */
struct opened {
	char *proto, *user, *password; /* owned; the last is wiped */
	char *pin;                     /* owned; or NULL */
	bool far;
	char *options[OPTIONS_MAX + 1]; /* owned */
};

static void opened_free(struct opened *o)
{
	for (size_t i = 0; o->options[i]; i++)
		mem_free(o->options[i]);
	mem_free(o->proto);
	mem_free(o->user);
	mem_free(o->pin);
	mem_wipe_free(o->password, o->password ? strlen(o->password) : 0);
}

static void open_settings(struct opened *o, const struct account *a)
{
	struct view settings = a->settings, key;
	const struct view opt = VIEW("opt.");
	struct buf value = { 0 }, option = { 0 };
	size_t n = 0;

	while (n < OPTIONS_MAX && purple_setting(&settings, &key, &value)) {
		if (view_eqs(key, "pin") && !o->pin) {
			o->pin = view_dup(buf_view(&value));
		} else if (view_eqs(key, "near")) {
			o->far = view_eqs(buf_view(&value), "no");
		} else if (view_starts(key, opt)) {
			buf_addv(&option, view_from(key, opt.n));
			buf_addc(&option, '=');
			buf_addv(&option, buf_view(&value));
			o->options[n++] = buf_take(&option);
		}
	}
	buf_free(&value);
	buf_free(&option);
}

static int open_it(struct opened *o, const struct gateside *x, uint64_t id,
		   struct buf *why)
{
	const struct account *a = accounts_by_id(gateside_accounts(x), id);
	struct view proto = VIEW_NONE, user = VIEW_NONE;
	struct buf secret = { 0 };
	const struct pmap_proto *p;
	int err = a ? 0 : ENOENT;

	if (!err && a->has_secret)
		err = accounts_secret(gateside_accounts(x), id, &secret, why);
	if (!err) {
		(void)view_cut(a->login, '/', &proto, &user);
		p = pmap_proto(x->c->purplegate->map, proto);
		o->proto = mem_strdup(p ? p->id : "");
		o->user = view_dup(user);
		o->password = view_dup(buf_view(&secret));
		open_settings(o, a);
	}
	seal_wipe(&secret);
	return err;
}

static int open_account(uint64_t id,
			int (*use)(const struct bridge_setting *s,
				   size_t count, void *use_arg),
			void *use_arg, struct buf *why, void *arg)
{
	const struct gateside *x = arg;
	const struct conf_purple_gateway *g = &x->c->conf->purple_gateway;
	struct bridge_setting list[WIRE_SETTINGS_MAX];
	struct opened o = { .proto = NULL };
	struct buf text = { 0 };
	size_t count = 0;
	int err = open_it(&o, x, id, why);
	const struct pface_account a = {
		.proto = o.proto,
		.user = o.user,
		.password = o.password,
		.pin = o.pin,
		.far = o.far,
		.proxy_host = g->httpProxy_host,
		.proxy_port = g->httpProxy_port,
		.options = o.options,
	};

	if (!err)
		err = pface_settings(&a, list, &count, &text, why);
	if (!err)
		err = use(list, count, use_arg);
	opened_free(&o);
	seal_wipe(&text);
	return err;
}

static void on_change(const struct account *a, enum account_change what,
		      void *arg)
{
	const struct gateside *x = arg;

	(void)what;
	if (x->c->pgate)
		pgate_account_changed(x->c->pgate, a->id);
}

/* ---- answers ---- */

static void run_code(struct ask *a, struct view line, void *arg)
{
	(void)line;
	(void)arg;
	imc_ask_answer(a, 400, VIEW("*** Send /code NUMBER ANSWER, by itself, "
				    "when you are asked for it"));
}

static bool is_secret(struct view text, void *arg)
{
	(void)arg;
	return pgate_is_code(text);
}

static void on_secret(struct ask *a, struct view text, bool at_manager,
		      void *arg)
{
	struct purplegate *x = arg;
	const struct addr *gate = imc_ask_gate(a);
	struct buf words = { 0 };
	int status = 403;

	if (at_manager || (gate && pgate_is_own(x->side.c->pgate, gate)))
		status = pgate_code(x->side.c->pgate, imc_ask_user(a), text,
				    &words);
	else
		buf_adds(&words, "*** That was not for here. Nobody was "
				 "shown it: send it to the address that "
				 "asked you");
	imc_ask_answer(a, status, buf_view(&words));
	buf_free(&words);
}

/* ---- configuration ---- */

size_t purplegate_needed(const struct conf *conf)
{
	return conf->purple_count + (*conf->purple_gateway.domain != '\0');
}

static int check_proto(const struct pmap *m, const struct conf_purple *p,
		       struct buf *why)
{
	const struct pmap_proto *proto = pmap_proto(m, view_str(p->prot));
	const char *dead = proto ? pmap_dead(proto, view_str(p->user)) :
				   "this prot is not allowed";

	if (!dead)
		return 0;
	buf_addf(why, "purple \"%s\": %s", p->label, dead);
	return EINVAL;
}

int purplegate_check(const struct conf *conf, struct buf *why)
{
	struct pmap *map = NULL;
	struct buf text = { 0 };
	int err = purple_map(&map, conf, &text);

	if (err)
		buf_addf(why, "purple_gateway: %s", buf_str(&text));
	for (size_t i = 0; i < conf->purple_count && !err; i++)
		err = check_proto(map, &conf->purple[i], why);
	mem_deref(map);
	buf_free(&text);
	return err;
}

/* ---- the face ---- */

static int add_account(struct confab *c, const struct pmap *map,
		       const struct conf_purple *p, struct buf *why)
{
	const struct conf_purple_gateway *g = &c->conf->purple_gateway;
	struct buf text = { 0 };
	int err = check_proto(map, p, why);
	struct pface_account a = {
		.label = p->label,
		.user = p->user,
		.password = p->password,
		.pin = p->pin,
		.proxy_host = g->httpProxy_host,
		.proxy_port = g->httpProxy_port,
		.options = p->options,
	};

	if (err)
		return err;
	a.proto = pmap_proto(map, view_str(p->prot))->id;
	err = pface_account(c->purple, &a, &text);
	if (err)
		buf_addf(why, "purple \"%s\": %s", p->label,
			 text.n ? buf_str(&text) : strerror(err));
	buf_free(&text);
	return err;
}

int purplegate_face(struct confab *c, const char *program,
		    uint64_t worker_timeout_ms, struct buf *why)
{
	const struct conf_purple_gateway *g = &c->conf->purple_gateway;
	const struct pface_conf pc = {
		.loop = c->loop,
		.program = program,
		.worker_timeout_ms = worker_timeout_ms,
		.workers = (size_t)g->workers,
		.worker_accounts = (size_t)g->worker_accounts,
		.worker_age_ms = (uint64_t)g->worker_age * 1000,
	};
	struct pmap *map = NULL;
	int err = purple_map(&map, c->conf, why);

	if (!err)
		err = pface_new(&c->purple, &pc);
	for (size_t i = 0; i < c->conf->purple_count && !err; i++)
		err = add_account(c, map, &c->conf->purple[i], why);
	mem_deref(map);
	if (!err)
		err = hub_add_face(c->hub, bridge_ops(c->purple), c->purple);
	return err;
}

/* ---- the gateway ---- */

static struct pgate_conf pgate_conf_of(struct confab *c)
{
	const struct conf_purple_gateway *g = &c->conf->purple_gateway;

	return (struct pgate_conf){
		.loop = c->loop,
		.hub = c->hub,
		.store = c->store,
		.bridge = c->purple,
		.map = c->purplegate->map,
		.accounts = &c->purplegate->ops,
		.domain = c->conf->domain,
		.linger_s = (unsigned)g->linger,
		.queue_s = (unsigned)g->queue_time,
		.logins_rate = (unsigned)g->logins_rate,
		.connecting = (unsigned)g->connecting,
		.user_accounts = (unsigned)g->user_accounts,
		.text_rate = (unsigned)g->text_rate,
		.text_max = (size_t)g->text_max,
		.user_rooms = (size_t)g->user_rooms,
		.auth = auth_word(view_str(g->auth)),
		.mapped_users = g->mapped_users,
	};
}

static void fill_in(struct purplegate *x, struct confab *c)
{
	gateside_init(&x->side, c, "purple", on_change);
	x->ops = (struct pgate_accounts){ .each = each,
					  .open = open_account,
					  .note = gateside_note,
					  .shut = gateside_shut,
					  .unshut = gateside_unshut,
					  .arg = &x->side };
	x->code = (struct imc_command){
		.name = "code",
		.usage = "NUMBER ANSWER",
		.help = "an answer to a question of a network; write /code",
		.run = run_code,
		.is_secret = is_secret,
		.secreth = on_secret,
		.arg = x,
	};
}

int purplegate_new(struct confab *c, struct buf *why)
{
	struct pgate_conf pc;
	struct pmap *map = NULL;
	int err;

	if (!*c->conf->purple_gateway.domain)
		return 0;
	err = purple_map(&map, c->conf, why);
	if (err) {
		mem_deref(map);
		return err;
	}
	c->purplegate = mem_zalloc(sizeof(*c->purplegate));
	c->purplegate->map = map;
	fill_in(c->purplegate, c);
	pc = pgate_conf_of(c);
	err = pgate_new(&c->pgate, &pc, why);
	return err ? err : imc_add_command(c->imc, &c->purplegate->code);
}

void purplegate_reload(struct confab *c)
{
	struct pgate_conf pc;

	if (!c->pgate)
		return;
	pc = pgate_conf_of(c);
	pgate_reconf(c->pgate, &pc);
}

int purplegate_start(struct confab *c)
{
	return c->pgate ? pgate_start(c->pgate) : 0;
}

void purplegate_stop(struct confab *c)
{
	if (c->pgate)
		pgate_stop(c->pgate);
}

void purplegate_free(struct confab *c)
{
	pgate_free(c->pgate);
	c->pgate = NULL;
	if (!c->purplegate)
		return;
	gateside_end(&c->purplegate->side);
	mem_deref(c->purplegate->map);
	mem_free(c->purplegate);
	c->purplegate = NULL;
}
