// SPDX-License-Identifier: GPL-3.0-or-later
//
// What lab/browser.py asks for, done by JsSIP or SIP.js: it is asked at
// /next, and told at /event what happens.
import * as SIP from '/node_modules/sip.js/lib/index.js';

const clients = {};
let told = Promise.resolve();

// In the order in which it happened.
function tell(event) {
	told = told.then(() => fetch('/event', {
		method: 'POST', body: JSON.stringify(event),
	}));
}

class JsSip {
	constructor(name, account, tell) {
		this.tell = tell;
		this.ua = new window.JsSIP.UA({
			sockets: [new window.JsSIP.WebSocketInterface(account.url)],
			uri: account.aor, password: account.password,
			register_expires: 600,
			connection_recovery_min_interval: 1,
			connection_recovery_max_interval: 1,
		});
		this.ua.on('registered', () => tell({kind: 'registered'}));
		this.ua.on('unregistered', () => tell({kind: 'unregistered'}));
		this.ua.on('registrationFailed', (e) => tell(
			{kind: 'refused', status: e.response?.status_code}));
		this.ua.on('newMessage', (e) => {
			if (e.originator === 'remote')
				tell({kind: 'message', text: e.request.body,
				      source: e.request.from.uri.toString()});
		});
		this.ua.start();
	}

	say(to, text, done) {
		this.ua.sendMessage(to, text, {eventHandlers: {
			succeeded: (e) => done(e.response.status_code),
			failed: (e) => done(e.response?.status_code ?? 0),
		}});
	}

	leave() {
		this.ua.unregister();
	}

	stop() {
		this.ua.stop();
	}
}

class SipJs {
	constructor(name, account, tell) {
		this.tell = tell;
		this.ua = new SIP.UserAgent({
			uri: SIP.UserAgent.makeURI(account.aor),
			transportOptions: {server: account.url},
			authorizationUsername: name,
			authorizationPassword: account.password,
			logBuiltinEnabled: false,
			delegate: {onMessage: (message) => this.heard(message)},
		});
		this.registerer = new SIP.Registerer(this.ua, {expires: 600});
		this.registerer.stateChange.addListener((state) => {
			tell({kind: state.toLowerCase()});
		});
		this.ua.start().then(() => this.registerer.register({
			requestDelegate: {onReject: (r) => tell({kind: 'refused',
				status: r.message.statusCode})},
		}));
	}

	heard(message) {
		message.accept();
		this.tell({kind: 'message', text: message.request.body,
			   source: message.request.from.uri.toString()});
	}

	say(to, text, done) {
		const answer = (r) => done(r.message.statusCode);
		new SIP.Messager(this.ua, SIP.UserAgent.makeURI(to), text).message({
			requestDelegate: {onAccept: answer, onReject: answer},
		});
	}

	leave() {
		this.registerer.unregister();
	}

	stop() {
		return this.ua.stop();
	}
}

const kinds = {jssip: JsSip, sipjs: SipJs};

function obey(order) {
	const id = order.id;
	const say = (event) => tell({id, ...event});
	if (order.what === 'start')
		clients[id] = new kinds[order.kind](order.name, order, say);
	else if (order.what === 'say')
		clients[id].say(order.to, order.text, (status) => say(
			{kind: 'answer', number: order.number, status}));
	else
		clients[id][order.what]();
}

function attempt(order) {
	try {
		obey(order);
	} catch (error) {
		tell({id: order.id, kind: 'error', text: String(error)});
	}
}

for (;;) {
	const response = await fetch('/next');
	for (const order of await response.json())
		attempt(order);
}
