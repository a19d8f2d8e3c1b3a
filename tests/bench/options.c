/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options come from one table. This program sends to loopback only, and its
 * numbers are bounded: it is a yardstick, not a weapon.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "args.h"
#include "options.h"
#include "view.h"

enum { DELIVERIES_MAX = 20000000, MEMBERS_MAX = 100000 };

enum kind { NUMBER, TEXT, ADDRESS };

struct option {
	const char *name;
	enum kind kind;
	size_t at;         /* offset in struct options */
	unsigned min, max; /* of a number */
	const char *preset, *help;
};

#define AT(member) offsetof(struct options, member)

static const struct option table[] = {
	{ "server", ADDRESS, AT(server), 0, 0, "127.0.0.1:5060",
	  "who is measured" },
	{ "bind", ADDRESS, AT(bind), 0, 0, "127.0.0.1:7000",
	  "where the members are" },
	{ "sockets", NUMBER, AT(sockets), 1, 64, "1",
	  "of the members, on ports one after another" },
	{ "domain", TEXT, AT(domain), 0, 0, "bench.example",
	  "of rooms and members" },
	{ "manager", TEXT, AT(manager), 0, 0, "chat-manager",
	  "user part of who takes commands" },
	{ "prefix", TEXT, AT(prefix), 0, 0, "bench",
	  "room n is called PREFIXn" },
	{ "rooms", NUMBER, AT(rooms), 1, 1000, "1", "how many" },
	{ "members", NUMBER, AT(members), 2, 10000, "10", "of each room" },
	{ "joined", NUMBER, AT(joined), 0, 1, "0",
	  "1: they have joined already" },
	{ "messages", NUMBER, AT(messages), 0, 1000000, "100",
	  "in all; 0: members only join" },
	{ "window", NUMBER, AT(window), 1, 256, "1",
	  "messages under way at a time" },
	{ "rate", NUMBER, AT(rate), 0, 100000, "0",
	  "messages a second at most; 0: any" },
	{ "size", NUMBER, AT(size), 32, 1000, "100", "bytes of a message" },
	{ "pid", NUMBER, AT(pid), 0, 4194304, "0",
	  "the server's; its children count as well" },
	{ "timeout", NUMBER, AT(timeout_s), 1, 600, "120",
	  "seconds for joining, and again for the messages" },
};

enum { OPTIONS = sizeof(table) / sizeof(table[0]) };

static int parse_value(struct options *o, const struct option *opt,
		       const char *text)
{
	void *at = (char *)o + opt->at;
	uint64_t number;

	if (opt->kind == TEXT) {
		*(const char **)at = text;
		return *text && strlen(text) <= 64 ? 0 : EINVAL;
	}
	if (opt->kind == ADDRESS)
		return args_loopback(at, text);
	if (view_u64(&number, view_str(text), opt->max) || number < opt->min)
		return EINVAL;
	*(unsigned *)at = (unsigned)number;
	return 0;
}

static void complain(const struct option *opt, const char *text)
{
	if (opt->kind == NUMBER)
		fprintf(stderr, "fanout: --%s %s: a number from %u to %u\n",
			opt->name, text, opt->min, opt->max);
	else if (opt->kind == ADDRESS)
		fprintf(stderr, "fanout: --%s %s: 127.x.y.z:port; this "
			"program stays on loopback\n", opt->name, text);
	else
		fprintf(stderr, "fanout: --%s: 1 to 64 bytes\n", opt->name);
}

static int set(struct options *o, const struct option *opt, const char *text)
{
	int err = parse_value(o, opt, text);

	if (err)
		complain(opt, text);
	return err;
}

static const struct option *find(const char *arg)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (!strncmp(arg, "--", 2) && !strcmp(arg + 2, table[i].name))
			return &table[i];
	return NULL;
}

static int check(const struct options *o)
{
	uint64_t members = (uint64_t)o->rooms * o->members;
	uint64_t copies = (uint64_t)o->messages * o->members;

	if (members <= MEMBERS_MAX && copies <= DELIVERIES_MAX &&
	    ntohs(o->bind.sin_port) + o->sockets <= 65536)
		return 0;
	fprintf(stderr, "fanout: at most %d members and %d deliveries, on "
		"ports up to 65535\n", MEMBERS_MAX, DELIVERIES_MAX);
	return EINVAL;
}

int options_parse(struct options *o, int argc, char **argv)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (set(o, &table[i], table[i].preset))
			return EINVAL;

	for (int i = 1; i < argc; i += 2) {
		const struct option *opt = find(argv[i]);

		if (!opt || i + 1 == argc) {
			options_help(stderr);
			return EINVAL;
		}
		if (set(o, opt, argv[i + 1]))
			return EINVAL;
	}
	return check(o);
}

void options_help(FILE *out)
{
	fputs("usage: fanout [--option value]...\n", out);
	for (size_t i = 0; i < OPTIONS; i++)
		fprintf(out, "  --%-9s %s (%s)\n", table[i].name,
			table[i].help, table[i].preset);
}
