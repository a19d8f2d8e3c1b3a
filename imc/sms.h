/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much of a short message a text takes up (3GPP TS 23.038): 160 characters
 * where all of the text is in the GSM alphabet, a few of which count twice;
 * else 70, of which those outside the Basic Multilingual Plane count twice.
 * What shows 160 characters itself (DECT) is no worse off with that. Pure.
 */
#ifndef CONFAB_IMC_SMS_H
#define CONFAB_IMC_SMS_H

#include <stddef.h>

#include "view.h"

enum sms_alphabet {
	SMS_GSM,
	SMS_UCS2,
	SMS_ANY, /* of no short message: each character counts once */
};

enum sms_alphabet sms_alphabet_of(struct view text);
size_t sms_max(enum sms_alphabet alphabet); /* GSM 160, UCS2 70 */
/* text is of the alphabet. */
size_t sms_size(struct view text, enum sms_alphabet alphabet);
/* The longest head of text, in bytes, that takes up at most size. */
size_t sms_cut(struct view text, enum sms_alphabet alphabet, size_t size);

#endif
