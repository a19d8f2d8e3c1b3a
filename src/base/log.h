/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log. error = somebody must act; warning = degraded; info = life;
 * debug = the rest; trace = bodies as well. One line, no trailing dot. This
 * layer makes control characters and broken UTF-8 harmless, so peer text may
 * be an argument (never the format).
 */
#ifndef CONFAB_LOG_H
#define CONFAB_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/* Receives each line that passes the level: already harmless, no newline.
 * Must not log. */
typedef void (log_h)(enum log_level level, const char *line, void *arg);

void log_set_level(enum log_level level);
enum log_level log_get_level(void);
bool log_on(enum log_level level);
/* NULL: back to stderr ("<6>text" when JOURNAL_STREAM says that journald
 * reads it, "2026-01-31T12:00:00Z info text" otherwise). */
void log_set_handler(log_h *h, void *arg);
const char *log_level_name(enum log_level level);
/* EINVAL for an unknown name. */
int log_level_parse(enum log_level *out, const char *name);

void log_line(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) \
	do { \
		if (log_on(LOG_DEBUG)) \
			log_line(LOG_DEBUG, __VA_ARGS__); \
	} while (0)
#define log_trace(...) \
	do { \
		if (log_on(LOG_TRACE)) \
			log_line(LOG_TRACE, __VA_ARGS__); \
	} while (0)

#endif
