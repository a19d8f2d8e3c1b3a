/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Method names and reason phrases. */
#include "method_priv.h"

static const struct {
	enum sip_method method;
	const char *name;
} methods[] = {
	{ SIP_MESSAGE, "MESSAGE" },     { SIP_OPTIONS, "OPTIONS" },
	{ SIP_REGISTER, "REGISTER" },   { SIP_SUBSCRIBE, "SUBSCRIBE" },
	{ SIP_NOTIFY, "NOTIFY" },       { SIP_PUBLISH, "PUBLISH" },
	{ SIP_INVITE, "INVITE" },       { SIP_ACK, "ACK" },
	{ SIP_BYE, "BYE" },             { SIP_CANCEL, "CANCEL" },
	{ SIP_INFO, "INFO" },           { SIP_PRACK, "PRACK" },
	{ SIP_UPDATE, "UPDATE" },       { SIP_REFER, "REFER" },
};

static const struct {
	int status;
	const char *phrase;
} reasons[] = {
	{ 200, "OK" },
	{ 202, "Accepted" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 410, "Gone" },
	{ 412, "Conditional Request Failed" },
	{ 413, "Request Entity Too Large" },
	{ 414, "Request-URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Unsupported URI Scheme" },
	{ 420, "Bad Extension" },
	{ 421, "Extension Required" },
	{ 423, "Interval Too Brief" },
	{ 439, "First Hop Lacks Outbound Support" },
	{ 480, "Temporarily Unavailable" },
	{ 481, "Call/Transaction Does Not Exist" },
	{ 482, "Loop Detected" },
	{ 483, "Too Many Hops" },
	{ 484, "Address Incomplete" },
	{ 486, "Busy Here" },
	{ 488, "Not Acceptable Here" },
	{ 489, "Bad Event" },
	{ 500, "Server Internal Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 504, "Server Time-out" },
	{ 505, "Version Not Supported" },
	{ 513, "Message Too Large" },
	{ 600, "Busy Everywhere" },
	{ 603, "Decline" },
	{ 604, "Does Not Exist Anywhere" },
};

enum sip_method method_find(struct view name)
{
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (view_eqs(name, methods[i].name))
			return methods[i].method;
	}
	return SIP_UNKNOWN;
}

const char *method_reason(int status)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].phrase;
	}
	return status < 300 ? "OK" : "Failure";
}
