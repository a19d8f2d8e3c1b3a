/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Foreign domains: a handful, from the configuration. */
#include <errno.h>
#include <string.h>

#include "foreign.h"
#include "hash.h"
#include "mem.h"

struct domain {
	char *text;                /* owned: as it was given */
	char *name;                /* owned */
	struct resolve *servers;   /* ref */
};

struct foreign {
	struct domain *list;       /* owned */
	size_t count;
};

static void foreign_destroy(void *obj)
{
	struct foreign *f = obj;

	for (size_t i = 0; i < f->count; i++) {
		resolve_free(f->list[i].servers);
		mem_free(f->list[i].name);
		mem_free(f->list[i].text);
	}
	mem_free(f->list);
}

static struct domain *find(const struct foreign *f, struct view name)
{
	for (size_t i = 0; i < f->count; i++)
		if (view_ieqs(name, f->list[i].name))
			return &f->list[i];
	return NULL;
}

static bool is_uri(struct view v)
{
	return view_istarts(v, VIEW("sip:")) || view_istarts(v, VIEW("sips:"));
}

static bool keep(struct foreign *f, const struct foreign *old,
		 const char *text)
{
	for (size_t i = 0; old && i < old->count; i++) {
		const struct domain *d = &old->list[i];

		if (strcmp(d->text, text))
			continue;
		f->list[f->count++] = (struct domain){
			.text = mem_strdup(d->text),
			.name = mem_strdup(d->name),
			.servers = mem_ref(d->servers),
		};
		return true;
	}
	return false;
}

static int add(struct foreign *f, const struct resolve_conf *conf,
	       struct view text, struct buf *why)
{
	struct domain *d = &f->list[f->count];
	struct buf uri = { 0 };
	struct sip_uri parts;
	int err;

	if (!is_uri(text))
		buf_adds(&uri, "sip:");
	buf_addv(&uri, text);
	err = resolve_new(&d->servers, conf, buf_view(&uri), why);
	if (!err) {
		sip_uri_parse(&parts, buf_view(&uri));
		d->name = view_dup(parts.host);
		d->text = view_dup(text);
		f->count++;
	}
	buf_free(&uri);
	return err;
}

int foreign_new(struct foreign **fp, const struct resolve_conf *conf,
		char *const *domains, const struct foreign *old,
		struct buf *why)
{
	struct foreign *f = mem_new(sizeof(*f), foreign_destroy);
	size_t n = 0;
	int err = 0;

	while (domains && domains[n])
		n++;
	f->list = mem_array(NULL, n + 1, sizeof(*f->list));
	for (size_t i = 0; i < n && !err; i++)
		if (!keep(f, old, domains[i]))
			err = add(f, conf, view_str(domains[i]), why);
	if (err)
		mem_deref(f);
	else
		*fp = f;
	return err;
}

void foreign_free(struct foreign *f)
{
	mem_deref(f);
}

bool foreign_has(const struct foreign *f, struct view domain)
{
	return f && find(f, domain);
}

int foreign_flow(const struct foreign *f, struct view domain, uint64_t who,
		 struct sip_flow *out)
{
	const struct domain *d = f ? find(f, domain) : NULL;

	if (!d)
		return ENOENT;
	return resolve_flow(d->servers, who, out) ? 0 : EAGAIN;
}

void foreign_heard(struct foreign *f, struct view uri,
		   const struct sip_flow *via, enum hop_sign sign)
{
	struct sip_uri parts;
	struct domain *d;

	if (!f || !f->count || sip_uri_parse(&parts, uri))
		return;
	d = find(f, parts.host);
	if (d)
		resolve_heard(d->servers, via, hash_view(uri), sign);
}
