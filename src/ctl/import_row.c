/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Putting rows together. */
#include "import_row.h"

static const enum import_field room_columns[] = {
	IMPORT_OTHER, IMPORT_NAME, IMPORT_DOMAIN, IMPORT_FLAG,
};
static const enum import_field member_columns[] = {
	IMPORT_OTHER, IMPORT_NAME, IMPORT_DOMAIN, IMPORT_ROOM, IMPORT_FLAG,
};

/* Kamailio 5 and 6; others name their columns in a dump that was made with
 * --complete-insert. */
static const enum import_field user_columns[] = {
	IMPORT_OTHER, IMPORT_NAME, IMPORT_DOMAIN, IMPORT_PASSWORD, IMPORT_HA1,
	IMPORT_HA1B,
};

/* doc/jabber.sql. */
static const enum import_field juser_columns[] = {
	IMPORT_OTHER, IMPORT_JAB_ID, IMPORT_PASSWORD, IMPORT_SIP_ID,
	IMPORT_TYPE,
};

/* doc/purple.md. */
static const enum import_field purplemap_columns[] = {
	IMPORT_OTHER, IMPORT_SIP_ID, IMPORT_JAB_ID, IMPORT_PROT,
	IMPORT_PASSWORD,
};

static const enum import_field buddy_columns[] = {
	IMPORT_NAME, IMPORT_SIP_ID,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	const enum import_field *columns;
	size_t count;
} tables[IMPORT_TABLES] = {
	[IMPORT_ROOMS] = { "imc_rooms", room_columns, COUNT(room_columns) },
	[IMPORT_MEMBERS] = { "imc_members", member_columns,
			     COUNT(member_columns) },
	[IMPORT_USERS] = { "subscriber", user_columns, COUNT(user_columns) },
	[IMPORT_JUSERS] = { "jusers", juser_columns, COUNT(juser_columns) },
	[IMPORT_PURPLEMAP] = { "purplemap", purplemap_columns,
			       COUNT(purplemap_columns) },
	[IMPORT_BUDDIES] = { "buddies", buddy_columns, COUNT(buddy_columns) },
};

enum import_table row_table_of(struct view name)
{
	struct view schema, last;

	if (!view_rcut(name, '.', &schema, &last))
		last = name;
	for (int t = IMPORT_NONE + 1; t < IMPORT_TABLES; t++) {
		if (view_ieqs(last, tables[t].name))
			return (enum import_table)t;
	}
	return IMPORT_NONE;
}

void row_usual_columns(struct row_maker *m, enum import_table table)
{
	row_columns_begin(m, table);
	while (m->column_count < tables[table].count) {
		m->columns[m->column_count] =
			tables[table].columns[m->column_count];
		m->column_count++;
	}
}

void row_columns_begin(struct row_maker *m, enum import_table table)
{
	m->table = table;
	m->column_count = 0;
	m->strange = false;
}

void row_columns_add(struct row_maker *m, struct view name)
{
	if (m->column_count == ROW_COLUMNS) {
		m->strange = true;
		return;
	}
	m->columns[m->column_count++] = import_field_of(m->table, name);
}

void row_columns_end(struct row_maker *m)
{
	unsigned seen = 0;

	for (size_t i = 0; i < m->column_count; i++)
		seen |= 1u << m->columns[i];
	if (!import_fields_do(m->table, seen))
		m->strange = true;
}

void row_begin(struct row_maker *m, size_t line)
{
	m->bytes.max = ROW_BYTES;
	m->bytes.over = false;
	buf_clear(&m->bytes);
	m->values = 0;
	m->line = line;
}

void row_add(struct row_maker *m, char c)
{
	buf_addc(&m->bytes, c);
}

void row_next(struct row_maker *m, bool null)
{
	size_t start = m->values && m->values <= ROW_COLUMNS ?
			       m->end[m->values - 1] :
			       0;

	if (m->values < ROW_COLUMNS) {
		if (null)
			m->bytes.n = start;
		m->end[m->values] = m->bytes.n;
	}
	m->values++;
}

static const char *complaint(const struct row_maker *m)
{
	if (m->strange)
		return "the table has not the columns that it should have";
	if (m->values != m->column_count)
		return "it has not as many values as there are columns";
	return m->bytes.over ? "it is too long" : NULL;
}

int row_emit(struct row_maker *m, import_row_h *h, void *arg)
{
	struct import_row row = { .table = m->table,
				  .line = m->line,
				  .bad = complaint(m) };
	const char *p = m->bytes.p ? m->bytes.p : "";
	size_t at = 0;

	if (m->table == IMPORT_NONE)
		return 0;
	for (size_t i = 0; !row.bad && i < m->values; i++) {
		if (m->columns[i] != IMPORT_OTHER)
			row.field[m->columns[i]] =
				view_mem(p + at, m->end[i] - at);
		at = m->end[i];
	}
	return h(&row, arg);
}

void row_free(struct row_maker *m)
{
	buf_free(&m->bytes);
}
