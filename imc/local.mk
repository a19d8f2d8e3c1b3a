# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += imc/libimc.a
imc_libimc_a_SOURCES = \
	imc/ask.c imc/ask.h \
	imc/command.c imc/command.h \
	imc/contacts.c imc/contacts.h \
	imc/content.c imc/content.h \
	imc/fanout.c imc/fanout.h \
	imc/headers.c imc/headers.h \
	imc/imc.c imc/imc.h imc/imc_priv.h \
	imc/line.c imc/line.h \
	imc/proxy.c imc/proxy.h \
	imc/reply.c imc/reply.h
imc_libimc_a_CPPFLAGS = $(INC_face)
