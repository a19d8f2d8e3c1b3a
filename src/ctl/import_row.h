/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the parsers of text put a row together: column by column, byte by
 * byte, within bounds. */
#ifndef CONFAB_IMPORT_ROW_H
#define CONFAB_IMPORT_ROW_H

#include "buf.h"
#include "import.h"

enum { ROW_COLUMNS = 32, ROW_BYTES = 64 * 1024 };

struct row_maker {
	enum import_table table;
	enum import_field columns[ROW_COLUMNS]; /* of the table, in order */
	size_t column_count;
	bool strange;      /* more columns than fit, or one of ours missing */
	struct buf bytes;  /* owned */
	size_t end[ROW_COLUMNS]; /* where each value ends in bytes */
	size_t values;     /* of this row, also those that do not fit */
	size_t line;
};

/* "imc_rooms", "public.subscriber", in any case. */
enum import_table row_table_of(struct view name);
/* The columns as the seeds make them. */
void row_usual_columns(struct row_maker *m, enum import_table table);
/* Columns by name: begin, add each, end. */
void row_columns_begin(struct row_maker *m, enum import_table table);
void row_columns_add(struct row_maker *m, struct view name);
void row_columns_end(struct row_maker *m);

void row_begin(struct row_maker *m, size_t line);
void row_add(struct row_maker *m, char c);
/* The value is complete; null: it was none. */
void row_next(struct row_maker *m, bool null);
int row_emit(struct row_maker *m, import_row_h *h, void *arg);
void row_free(struct row_maker *m);

#endif
