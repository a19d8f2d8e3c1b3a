/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sample file and the man page's list, out of the option table. */
#include <string.h>

#include "options.h"

static const char *shown(const struct opt *o)
{
	return o->example ? o->example : o->def;
}

static void add_value(struct buf *out, const struct opt *o)
{
	bool quoted = o->type == OPT_STR;

	if (quoted)
		buf_addc(out, '"');
	buf_adds(out, shown(o));
	if (quoted)
		buf_addc(out, '"');
}

/* Each line of help behind "# ". */
static void add_comment(struct buf *out, const char *indent, const char *help)
{
	while (*help) {
		size_t n = strcspn(help, "\n");

		buf_addf(out, "%s# %.*s\n", indent, (int)n, help);
		help += n + (help[n] == '\n');
	}
}

static void add_opt(struct buf *out, const struct opt *o, bool in_section,
		    bool example)
{
	const char *indent = in_section ? "    " : "";

	add_comment(out, indent, o->help);
	/* In an example what is not given by the example stays commented. */
	buf_addf(out, "%s%s%s = ", indent,
		 example && !o->example ? "#" : "", o->key);
	add_value(out, o);
	buf_adds(out, "\n");
}

static void comment_out(struct buf *out, struct view text)
{
	struct view line;

	while (text.n) {
		view_cut(text, '\n', &line, &text);
		buf_adds(out, "#");
		buf_addv(out, line);
		buf_adds(out, "\n");
	}
}

static void add_section(struct buf *out, const struct opt_section *s)
{
	bool example = s->titled || s->off;
	struct buf b = { 0 };

	add_comment(out, "", s->help);
	if (s->titled)
		buf_addf(&b, "%s \"%s\" {\n", s->name, s->sample);
	else
		buf_addf(&b, "%s {\n", s->name);
	for (size_t i = 0; i < s->count; i++)
		add_opt(&b, &s->opts[i], true, example);
	buf_adds(&b, "}\n");
	if (example)
		comment_out(out, buf_view(&b));
	else
		buf_addv(out, buf_view(&b));
	buf_free(&b);
}

void conf_print_sample(struct buf *out)
{
	buf_adds(out, "# confab.conf: see confab.conf(5). Check it with\n"
		      "# \"confabd --check -c FILE\". Each value shown is the "
		      "default,\n# but for the domain and the examples of "
		      "sections below.\n\n");
	for (size_t i = 0; i < opt_sections[0].count; i++)
		add_opt(out, &opt_sections[0].opts[i], false, false);
	for (size_t i = 1; i < opt_section_count; i++) {
		buf_adds(out, "\n");
		add_section(out, &opt_sections[i]);
	}
}

/* mdoc: a backslash is written \e; a line must not begin with . or '; a
 * double quote would quote an argument. */
static void add_mdoc(struct buf *out, const char *text)
{
	bool bol = true;

	for (; *text; text++) {
		if (bol && (*text == '.' || *text == '\''))
			buf_adds(out, "\\&");
		if (*text == '\\')
			buf_adds(out, "\\e");
		else if (*text == '"')
			buf_adds(out, "\\(dq");
		else
			buf_addc(out, *text);
		bol = *text == '\n';
	}
}

static void add_mdoc_opt(struct buf *out, const struct opt *o, bool reload)
{
	static const char *const types[] = { "Text", "A list", "A number",
					     "True or false" };

	buf_addf(out, ".It Ic %s\n", o->key);
	add_mdoc(out, o->help);
	buf_addf(out, "\n%s%s", types[o->type],
		 reload ? ", taken by SIGHUP" : "");
	if (o->required && !*o->def) {
		buf_adds(out, ", required.\n");
	} else if (*o->def) {
		buf_adds(out, "; the default is\n.Li ");
		add_mdoc(out, o->def);
		buf_adds(out, " .\n");
	} else {
		buf_adds(out, ", empty by default.\n");
	}
}

void conf_print_man(struct buf *out)
{
	for (size_t i = 0; i < opt_section_count; i++) {
		const struct opt_section *s = &opt_sections[i];

		if (s->name)
			buf_addf(out, ".Ss %s%s\n%s\n", s->name,
				 s->titled ? " \\(dqlabel\\(dq { ... }" :
					     " { ... }",
				 s->help);
		else
			buf_adds(out, ".Ss Top level\n");
		buf_adds(out, ".Bl -tag -width Ds\n");
		for (size_t k = 0; k < s->count; k++)
			add_mdoc_opt(out, &s->opts[k],
				     s->reload || s->opts[k].reload);
		buf_adds(out, ".El\n");
	}
}
