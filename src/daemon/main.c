/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confabd: the command line. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confab.h"
#include "conf_check.h"
#include "log.h"
#include "mem.h"
#include "ircgate.h"
#include "purplegate.h"
#include "xmppgate.h"

static const char usage[] =
	"usage: confabd [--check] [-c FILE]\n"
	"\n"
	"  -c, --config FILE  the configuration (/etc/confab/confab.conf)\n"
	"      --check        read the configuration, say what is wrong, end\n"
	"      --sample       print a sample configuration\n"
	"      --man-options  print the options as a part of confab.conf(5)\n"
	"      --version      print the version\n"
	"      --help         print this\n";

enum { OPT_CHECK = 256, OPT_SAMPLE, OPT_MAN, OPT_VERSION, OPT_HELP };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "sample", no_argument, NULL, OPT_SAMPLE },
	{ "man-options", no_argument, NULL, OPT_MAN },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static int print(void (*fill)(struct buf *out))
{
	struct buf b = { 0 };

	fill(&b);
	fputs(buf_str(&b), stdout);
	buf_free(&b);
	return fflush(stdout) ? 1 : 0;
}

static void fill_usage(struct buf *out)
{
	buf_adds(out, usage);
}

static void fill_version(struct buf *out)
{
	buf_adds(out, "confabd " CONFAB_VERSION "\n");
}

/* No core file may show a password, and files are ours alone. */
static void close_up(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	umask(0077);
}

/* As many connections as the system lets us have. */
static void open_up(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static int serve(struct conf *conf, const char *file)
{
	struct confab c;
	struct buf why = { 0 };
	int err;

	close_up();
	open_up();
	err = confab_start(&c, conf, file, &why);
	if (err)
		log_error("%s", buf_str(&why));
	else
		err = confab_run(&c);
	confab_stop(&c);
	buf_free(&why);
	if (!err)
		log_info("confabd has stopped");
	return err ? 1 : 0;
}

/* Beyond the options by themselves: how they go together, and the files that
 * they name. */
static int check_files(const char *file, const struct conf *conf)
{
	struct buf why = { 0 };
	struct listen l;
	int err = xmppgate_check(conf, &why);

	if (!err)
		err = ircgate_check(conf, &why);
	if (!err)
		err = purplegate_check(conf, &why);
	if (!err)
		err = listen_load(&l, conf, &why);
	if (!err && conf_check_ways(conf, &why)) {
		listen_free(&l);
		err = EINVAL;
	}
	if (why.n)
		fprintf(stderr, "confabd: %s: %s\n", file, buf_str(&why));
	if (!err) {
		printf("%s: fine\n", file);
		listen_free(&l);
	}
	buf_free(&why);
	return err ? 1 : 0;
}

static int run(const char *file, bool check)
{
	struct buf why = { 0 };
	struct conf *conf;
	enum log_level level;
	int status;

	if (conf_load(&conf, file, &why)) {
		fprintf(stderr, "confabd: %s\n", buf_str(&why));
		buf_free(&why);
		return 1;
	}
	buf_free(&why);
	if (!log_level_parse(&level, conf->log_level))
		log_set_level(level);
	if (check) {
		status = check_files(file, conf);
	} else {
		status = serve(conf, file);
	}
	mem_deref(conf);
	return status;
}

int main(int argc, char *argv[])
{
	const char *file = "/etc/confab/confab.conf";
	bool check = false;
	int o;

	while ((o = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		switch (o) {
		case 'c':
			file = optarg;
			break;
		case OPT_CHECK:
			check = true;
			break;
		case OPT_SAMPLE:
			return print(conf_print_sample);
		case OPT_MAN:
			return print(conf_print_man);
		case OPT_VERSION:
			return print(fill_version);
		case OPT_HELP:
			return print(fill_usage);
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "confabd: what is \"%s\"?\n%s", argv[optind],
			usage);
		return 2;
	}
	return run(file, check);
}
