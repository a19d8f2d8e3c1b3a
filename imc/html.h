/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words in an HTML text. Pure. */
#ifndef CONFAB_IMC_HTML_H
#define CONFAB_IMC_HTML_H

#include "buf.h"

/* Adds what a reader would see to out: without tags, scripts, styles and
 * comments; entities decoded, white space as one space, a line for each
 * paragraph, list item and <br>, "text (URL)" for a link. html is UTF-8, or
 * out is not. At most as many bytes as html has, and one. */
void html_text(struct buf *out, struct view html);

#endif
