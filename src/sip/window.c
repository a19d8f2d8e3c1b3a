/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See window_priv.h: TCP's congestion avoidance (RFC 5681), in short. */
#include "window_priv.h"

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

void window_init(struct window *w, size_t max)
{
	if (max < WINDOW_MIN)
		max = WINDOW_MIN;
	*w = (struct window){ .max = max, .slow = max };
	w->size = least(max, WINDOW_START);
}

static void shrink(struct window *w)
{
	w->size /= 2;
	if (w->size < WINDOW_MIN)
		w->size = WINDOW_MIN;
	w->slow = w->size;
}

static void grow(struct window *w)
{
	if (w->size < w->slow)
		w->size = least(2 * w->size, w->slow);
	else
		w->size = least(w->size + w->size / 8, w->max);
}

void window_answer(struct window *w, bool late)
{
	w->late += late;
	if (++w->answers < w->size)
		return;
	if (w->late * WINDOW_LATE > w->answers)
		shrink(w);
	else
		grow(w);
	w->answers = w->late = 0;
}
