/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dumps and CSV files of any content. */
#include <stddef.h>
#include <stdint.h>

#include "fuzz.h"

#include "import_text.h"

static int ignore(const struct import_row *row, void *arg)
{
	(void)row;
	(void)arg;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_mem(data, size);
	struct buf why = { 0 };

	import_sql(text, ignore, NULL, &why);
	import_csv(text, IMPORT_ROOMS, ignore, NULL, &why);
	import_csv(text, IMPORT_MEMBERS, ignore, NULL, &why);
	import_csv(text, IMPORT_USERS, ignore, NULL, &why);
	import_csv(text, IMPORT_JUSERS, ignore, NULL, &why);
	buf_free(&why);
	return 0;
}
