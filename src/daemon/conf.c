/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading confab.conf: libconfuse, driven by the option table. */
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmdtab.h"
#include "conf_check.h"
#include "mem.h"
#include "options.h"
#include "secret.h"

enum { LABEL_MAX = 32 };

/* libconfuse's error function has no argument of the caller's. */
static struct buf *errors;
static const char *error_file; /* sections do not always know it */

static const struct opt_section *section_of(const cfg_t *cfg)
{
	const char *name = cfg_name((cfg_t *)(uintptr_t)cfg);

	for (size_t i = 1; i < opt_section_count; i++)
		if (strcmp(opt_sections[i].name, name) == 0)
			return &opt_sections[i];
	return &opt_sections[0];
}

static const struct opt *find_opt(const struct opt_section *s,
				  const char *key)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->opts[i].key, key) == 0)
			return &s->opts[i];
	return NULL;
}

static void nearest(const char *key, const char *candidate, size_t *least,
		    const char **best)
{
	size_t d = text_distance(view_str(key), view_str(candidate));

	if (d < *least) {
		*least = d;
		*best = candidate;
	}
}

/* "no such option 'lisen'" alone helps nobody: name the key that was meant,
 * or the keys that there are. */
static void suggest(const cfg_t *cfg, const char *line)
{
	const struct opt_section *s = section_of(cfg);
	const char *quote = strchr(line, '\''), *best = NULL;
	size_t least = 4;
	char key[64];

	if (!quote || view_copy(key, sizeof(key),
				view_mem(quote + 1, strcspn(quote + 1, "'"))))
		return;
	for (size_t i = 0; i < s->count; i++)
		nearest(key, s->opts[i].key, &least, &best);
	for (size_t i = 1; !s->name && i < opt_section_count; i++)
		nearest(key, opt_sections[i].name, &least, &best);
	if (best) {
		buf_addf(errors, ": did you mean \"%s\"?", best);
		return;
	}
	buf_adds(errors, "; here there may be:");
	for (size_t i = 0; i < s->count; i++)
		buf_addf(errors, " %s", s->opts[i].key);
	for (size_t i = 1; !s->name && i < opt_section_count; i++)
		buf_addf(errors, " %s{}", opt_sections[i].name);
}

static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char *line;

	if (errors->n || vasprintf(&line, fmt, ap) < 0)
		return;
	buf_addf(errors, "%s:%d: %s", error_file, cfg->line, line);
	if (strstr(line, "no such option"))
		suggest(cfg, line);
	mem_free(line);
}

static int complain(cfg_t *cfg, const char *key, const char *value,
		    struct buf *why)
{
	if (value)
		cfg_error(cfg, "%s = \"%s\": %s", key, value, buf_str(why));
	else
		cfg_error(cfg, "%s: %s", key, buf_str(why));
	buf_free(why);
	return -1;
}

static int check_int(cfg_t *cfg, cfg_opt_t *copt, const struct opt *o)
{
	long n = cfg_opt_getnint(copt, 0);
	struct buf why = { 0 };
	char text[24];

	snprintf(text, sizeof(text), "%ld", n);
	if (n >= o->min && n <= o->max) {
		if (!o->check || !o->check(text, &why))
			return 0;
		return complain(cfg, o->key, text, &why);
	}
	buf_addf(&why, "must be %ld to %ld, not %ld", o->min, o->max, n);
	return complain(cfg, o->key, NULL, &why);
}

static int check_text(cfg_t *cfg, const struct opt *o, const char *value)
{
	struct buf why = { 0 };

	if (!value || !*value || !o->check || !o->check(value, &why)) {
		buf_free(&why);
		return 0;
	}
	return complain(cfg, o->key, value, &why);
}

static int on_value(cfg_t *cfg, cfg_opt_t *copt)
{
	const struct opt *o = find_opt(section_of(cfg), cfg_opt_name(copt));
	int err = 0;

	if (!o || o->type == OPT_BOOL)
		return 0;
	if (o->type == OPT_INT)
		return check_int(cfg, copt, o);
	for (unsigned i = 0; !err && i < cfg_opt_size(copt); i++)
		err = check_text(cfg, o, cfg_opt_getnstr(copt, i));
	return err;
}

/* ---- from the table to libconfuse's options ---- */

static cfg_opt_t make_opt(const struct opt *o)
{
	char *def = (char *)(uintptr_t)o->def;

	switch (o->type) {
	case OPT_INT:
		return (cfg_opt_t)CFG_INT(o->key, strtol(def, NULL, 10),
					  CFGF_NONE);
	case OPT_BOOL:
		return (cfg_opt_t)CFG_BOOL(o->key,
					   strcmp(def, "true") == 0 ?
						   cfg_true :
						   cfg_false,
					   CFGF_NONE);
	case OPT_LIST:
		return (cfg_opt_t)CFG_STR_LIST(o->key, def, CFGF_NONE);
	case OPT_STR:
		break;
	}
	return (cfg_opt_t)CFG_STR(o->key, def, CFGF_NONE);
}

static cfg_opt_t *make_opts(const struct opt_section *s, size_t extra)
{
	cfg_opt_t *opts = mem_array(NULL, s->count + extra + 1, sizeof(*opts));

	for (size_t i = 0; i < s->count; i++)
		opts[i] = make_opt(&s->opts[i]);
	opts[s->count + extra] = (cfg_opt_t)CFG_END();
	return opts;
}

/* opts[i] belongs to opt_sections[i]; [0] holds the others. */
static cfg_t *make_cfg(cfg_opt_t **opts)
{
	size_t at = opt_sections[0].count;
	cfg_t *cfg;

	opts[0] = make_opts(&opt_sections[0], opt_section_count - 1);
	for (size_t i = 1; i < opt_section_count; i++) {
		const struct opt_section *s = &opt_sections[i];
		int flags = s->titled ? CFGF_MULTI | CFGF_TITLE |
						CFGF_NO_TITLE_DUPES :
					CFGF_NONE;

		opts[i] = make_opts(s, 0);
		opts[0][at++] = (cfg_opt_t)CFG_SEC(s->name, opts[i], flags);
	}
	cfg = cfg_init(opts[0], CFGF_NONE);
	cfg_set_error_function(cfg, on_error);
	for (size_t i = 0; i < opt_section_count; i++) {
		const struct opt_section *s = &opt_sections[i];

		for (size_t k = 0; k < s->count; k++) {
			char path[96];

			snprintf(path, sizeof(path), "%s%s%s",
				 s->name ? s->name : "", s->name ? "|" : "",
				 s->opts[k].key);
			cfg_set_validate_func(cfg, path, on_value);
		}
	}
	return cfg;
}

/* ---- from libconfuse's values to struct conf ---- */

static char **copy_list(cfg_t *cfg, const char *key)
{
	unsigned n = cfg_size(cfg, key);
	char **list = mem_array(NULL, n + 1, sizeof(*list));

	for (unsigned i = 0; i < n; i++)
		list[i] = mem_strdup(cfg_getnstr(cfg, key, i));
	list[n] = NULL;
	return list;
}

static void copy_opt(void *to, cfg_t *cfg, const struct opt *o)
{
	void *field = (char *)to + o->offset;
	const char *s;

	switch (o->type) {
	case OPT_INT:
		*(long *)field = cfg_getint(cfg, o->key);
		break;
	case OPT_BOOL:
		*(bool *)field = cfg_getbool(cfg, o->key) == cfg_true;
		break;
	case OPT_LIST:
		*(char ***)field = copy_list(cfg, o->key);
		break;
	case OPT_STR:
		s = cfg_getstr(cfg, o->key);
		*(char **)field = mem_strdup(s ? s : "");
		break;
	}
}

static bool is_empty(cfg_t *cfg, const struct opt *o)
{
	const char *s;

	if (o->type == OPT_LIST)
		return cfg_size(cfg, o->key) == 0;
	if (o->type != OPT_STR)
		return false;
	s = cfg_getstr(cfg, o->key);
	return !s || !*s;
}

static int copy_section(void *to, cfg_t *cfg, const struct opt_section *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct opt *o = &s->opts[i];

		copy_opt(to, cfg, o);
		if (!o->required || !is_empty(cfg, o))
			continue;
		cfg_error(cfg, "%s is missing: write for example %s = %s%s%s",
			  o->key, o->key, o->example ? "\"" : "",
			  o->example ? o->example : o->def,
			  o->example ? "\"" : "");
		return EINVAL;
	}
	return 0;
}

static bool label_ok(const char *label)
{
	size_t n = strspn(label, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return n > 0 && n <= LABEL_MAX && !label[n];
}

static int copy_titled(struct conf *c, cfg_t *cfg, const struct opt_section *s)
{
	size_t *count = (size_t *)(void *)((char *)c + s->array_count);
	unsigned n = cfg_size(cfg, s->name);
	char *array = mem_zalloc((n + 1) * s->size);
	int err = 0;

	*(void **)(void *)((char *)c + s->array) = array;
	for (unsigned i = 0; i < n && !err; i++) {
		cfg_t *sec = cfg_getnsec(cfg, s->name, i);
		const char *label = cfg_title(sec);

		*(char **)(void *)(array + i * s->size) = mem_strdup(label);
		*count = i + 1;
		err = copy_section(array + i * s->size, sec, s);
		if (!err && !label_ok(label)) {
			cfg_error(sec, "the label \"%s\" must be 1 to %d "
				       "letters, digits and -_.",
				  label, LABEL_MAX);
			err = EINVAL;
		}
	}
	return err;
}

static int copy_all(struct conf *c, cfg_t *cfg)
{
	int err = copy_section(c, cfg, &opt_sections[0]);

	for (size_t i = 1; i < opt_section_count && !err; i++) {
		const struct opt_section *s = &opt_sections[i];

		if (s->titled)
			err = copy_titled(c, cfg, s);
		else
			err = copy_section((char *)c + s->offset,
					   cfg_getsec(cfg, s->name), s);
	}
	return err;
}

/* ---- taking it down ---- */

static void free_list(char **list)
{
	for (char **p = list; p && *p; p++)
		mem_free(*p);
	mem_free(list);
}

static void free_section(void *at, const struct opt_section *s)
{
	for (size_t i = 0; i < s->count; i++) {
		void *field = (char *)at + s->opts[i].offset;
		char *text;

		if (s->opts[i].type == OPT_LIST)
			free_list(*(char ***)field);
		if (s->opts[i].type != OPT_STR)
			continue;
		text = *(char **)field;
		mem_wipe_free(text, text ? strlen(text) : 0);
	}
}

static void conf_destroy(void *obj)
{
	struct conf *c = obj;

	for (size_t i = 0; i < opt_section_count; i++) {
		const struct opt_section *s = &opt_sections[i];
		size_t *count = (size_t *)(void *)((char *)c + s->array_count);
		char *array;

		if (!s->titled) {
			free_section((char *)c + s->offset, s);
			continue;
		}
		array = *(char **)(void *)((char *)c + s->array);
		for (size_t k = 0; k < *count; k++) {
			free_section(array + k * s->size, s);
			mem_free(*(char **)(void *)(array + k * s->size));
		}
		mem_free(array);
	}
}

static int parse(struct conf *c, const char *file)
{
	cfg_opt_t **opts = mem_array(NULL, opt_section_count, sizeof(*opts));
	cfg_t *cfg = make_cfg(opts);
	int err = 0;

	errno = 0;
	switch (cfg_parse(cfg, file)) {
	case CFG_SUCCESS:
		err = copy_all(c, cfg);
		break;
	case CFG_FILE_ERROR:
		err = errno ? errno : EIO;
		buf_addf(errors, "%s: %s", file, strerror(err));
		break;
	default:
		err = EINVAL;
		if (!errors->n)
			buf_addf(errors, "%s: not a configuration file", file);
		break;
	}
	cfg_free(cfg);
	for (size_t i = 0; i < opt_section_count; i++)
		mem_free(opts[i]);
	mem_free(opts);
	return err;
}

/* A value that is quoted may go over several lines, or do worse. */
static void make_line(struct buf *why)
{
	for (size_t i = 0; i < why->n; i++)
		if ((unsigned char)why->p[i] < ' ' || why->p[i] == 0x7f)
			why->p[i] = ' ';
}

static int load_component(struct conf_jabber_component *jc, const char *file,
			  struct buf *why)
{
	int err = secret_load(&jc->secret, "COMPONENT", "DOMAIN",
			      jc->secret_file, file, why);

	if (!err)
		err = secret_load(&jc->muc_secret, "COMPONENT", "MUC_DOMAIN",
				  jc->muc_secret_file, file, why);
	if (!err && !*jc->muc_secret) {
		mem_free(jc->muc_secret);
		jc->muc_secret = mem_strdup(jc->secret);
	}
	return err;
}

int conf_irc_secrets(struct conf_irc *n, const char *file,
		     struct buf *why)
{
	int err = secret_load(&n->password, "IRC", n->label, n->password_file,
			      file, why);

	if (!err)
		err = secret_load(&n->account_password, "IRCACCOUNT", n->label,
				  n->account_password_file, file, why);
	if (!err)
		err = secret_load(&n->webirc_password, "WEBIRC", n->label,
				  n->webirc_password_file, file, why);
	return err;
}

static int load_secrets(struct conf *c, const char *file, struct buf *why)
{
	int err = load_component(&c->jabber_component, file, why);

	for (size_t i = 0; i < c->jabber_count && !err; i++)
		err = secret_load(&c->jabber[i].password, "JABBER",
				  c->jabber[i].label,
				  c->jabber[i].password_file, file, why);
	for (size_t i = 0; i < c->irc_count && !err; i++)
		err = conf_irc_secrets(&c->irc[i], file, why);
	for (size_t i = 0; i < c->purple_count && !err; i++)
		err = secret_load(&c->purple[i].password, "PURPLE",
				  c->purple[i].label,
				  c->purple[i].password_file, file, why);
	for (size_t i = 0; i < c->link_count && !err; i++)
		err = secret_load(&c->link[i].password, "LINK",
				  c->link[i].label, c->link[i].password_file,
				  file, why);
	return err;
}

int conf_load(struct conf **cp, const char *file, struct buf *why)
{
	struct conf *c = mem_new(sizeof(*c), conf_destroy);
	int err;

	errors = why;
	error_file = file;
	err = parse(c, file);
	if (!err)
		err = load_secrets(c, file, why);
	if (!err)
		err = conf_check(c, file, why);
	errors = NULL;
	make_line(why);
	if (err)
		mem_deref(c);
	else
		*cp = c;
	return err;
}
