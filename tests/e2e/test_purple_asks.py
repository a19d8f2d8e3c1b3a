# SPDX-License-Identifier: GPL-3.0-or-later
"""What libpurple asks and tells beside texts, by a plug-in of our own that
does all of it (lab/prpl.c) in the real confab-purple."""
import os
import re

import pytest

from conftest import BUILD
from lab import robot
from lab.robot import ROBOT
from lab.util import wait_for
from test_lists import ListWatch
from test_purple import GATE, add, is_online, state

pytestmark = pytest.mark.skipif(
    not os.path.exists(BUILD / 'confab-purple'),
    reason='built without libpurple')

ME = 'me@lab'
ROOM = 'sip:hall@lab.im.confab.test'
ACCOUNT = 'sip:lab.im.confab.test'


@pytest.fixture
def lab(confabd, folder):
    c = confabd(extra=robot.sections(), env=robot.build(folder('robot')),
                worker_timeout=2)
    add(c, 'alice', 'lab/' + ME, '', 'login=always')
    is_online(c, ME)
    return c


@pytest.fixture
def alice(lab, user):
    a = user(lab, 'alice')
    assert a.send(lab.manager, '#help') == 200
    return a


def robot_says(alice, text):
    return alice.seen.wait(lambda m: m.source == ROBOT and m.body == text)


def question(alice, words):
    """The number that it has to be answered with."""
    m = alice.seen.wait(lambda m: words in m.body and '/code ' in m.body)
    return re.search(r'/code (\d+) ANSWER', m.body).group(1), m


def answer(alice, number, text, status=200):
    assert alice.send(GATE, '/code %s %s' % (number, text)) == status


def test_many_are_asked_little_by_little(lab, alice, tmp_path):
    """As with the list of a phone: 20 at once, then two a second."""
    file = tmp_path / 'lists.csv'
    file.write_text(''.join(
        'alice,sip:c%d%%40lab@lab.im.confab.test\n' % n for n in range(24)))
    lab.ctl('buddies', 'import', str(file))
    watch = ListWatch(alice, lab.room('buddies'))
    assert watch.status == 200
    alice.send(ROBOT, 'count')
    m = alice.seen.wait(lambda m: m.body.startswith('asked: '))
    assert 20 <= int(m.body[7:]) < 24

    def count():
        alice.seen.take()
        alice.send(ROBOT, 'count')
        return alice.seen.wait(
            lambda m: m.body.startswith('asked: ')).body[7:]
    wait_for(lambda: count() == '24', count)


def test_words_both_ways(alice):
    assert alice.send(ROBOT, 'hello <b> & you') == 202
    robot_says(alice, 'heard: hello <b> & you')


@pytest.mark.parametrize('what', ['input', 'secret'])
def test_a_line_is_asked_for(alice, what):
    alice.send(ROBOT, what)
    n, m = question(alice, 'Two-factor: Enter the code: from your device')
    assert m.source == GATE
    answer(alice, n, '  12 <34>  ')
    robot_says(alice, 'input: 12 <34>')
    answer(alice, n, 'again', 404)


def test_a_choice_is_made_by_number_or_words(alice):
    alice.send(ROBOT, 'choice')
    n, _ = question(alice, 'Which way?: (1) left (2) right & up')
    answer(alice, n, '3')
    m = alice.seen.wait(lambda m: 'Which way?' in m.body and
                        '/code %s ' % n not in m.body)
    answer(alice, re.search(r'/code (\d+)', m.body).group(1), '2')
    robot_says(alice, 'choice: 20')
    alice.seen.take()
    alice.send(ROBOT, 'choice')
    n, _ = question(alice, 'Which way?')
    answer(alice, n, 'LEFT')
    robot_says(alice, 'choice: 10')


@pytest.mark.parametrize('buttons', [2, 3, 4])
def test_a_button_is_pressed(alice, buttons):
    alice.send(ROBOT, 'action %d' % buttons)
    n, _ = question(alice, 'Is it you?: Really: (1) Yes (2) No')
    answer(alice, n, str(buttons))
    robot_says(alice, 'action: %d' % (buttons - 1))


def test_one_button_is_no_question(alice):
    alice.send(ROBOT, 'action 1')
    robot_says(alice, 'action: 0')


def test_a_form_is_filled_in(alice):
    alice.send(ROBOT, 'fields 0')
    for words, text in (
            ('1 of 4: Form: Please fill in: now: A word', 'w & x'),
            ('2 of 4: Form: Please fill in: now: A number '
             '(- leaves it as it is)', '-12'),
            ('Sure?: (1) yes (2) no', 'yes'),
            ('A colour: (1) red (2) green', '2')):
        n, _ = question(alice, words)
        answer(alice, n, text)
    robot_says(alice, 'fields: w & x -12 yes 1 kept')


def test_a_form_is_left_as_it_is(alice):
    alice.send(ROBOT, 'fields 0')
    n, _ = question(alice, 'A word')
    answer(alice, n, '-')  # this one is needed: taken as it is
    n, _ = question(alice, 'A number')
    answer(alice, n, 'many')
    m = alice.seen.wait(lambda m: 'A number' in m.body and
                        '/code %s ' % n not in m.body)
    answer(alice, re.search(r'/code (\d+)', m.body).group(1), '-')
    for words in 'Sure?', 'A colour':
        answer(alice, question(alice, words)[0], '-')
    robot_says(alice, 'fields: - 7 no 0 kept')


def test_what_nobody_could_answer_is_refused(alice):
    alice.send(ROBOT, 'fields 20')
    robot_says(alice, 'fields: cancelled')
    for what in 'file', 'folder':
        alice.seen.take()
        alice.send(ROBOT, what)
        robot_says(alice, 'file: cancelled')
        alice.seen.wait(lambda m: 'no way to give it a file' in m.body)


def test_questions_have_an_end(alice):
    alice.send(ROBOT, 'input')
    n, _ = question(alice, 'Two-factor')
    alice.send(ROBOT, 'close')
    wait_for(lambda: alice.send(GATE, '/code %s 1' % n) == 404, 'its end')
    for _ in range(6):
        alice.send(ROBOT, 'fields 0')
    robot_says(alice, 'fields: cancelled')  # the sixth is one too many


def test_who_may_see_whom(alice):
    alice.send(ROBOT, 'authorize carol@lab')
    m = alice.seen.wait(lambda m: '/allow ' in m.body)
    assert 'carol@lab (Carol C, LAB)' in m.body or 'carol@lab' in m.body
    n = re.search(r'/allow (\d+)', m.body).group(1)
    assert alice.send(GATE, '/allow ' + n) == 200
    robot_says(alice, 'authorize: allowed')
    alice.seen.take()
    alice.send(ROBOT, 'known carol@lab')  # the rule stays
    robot_says(alice, 'authorize: allowed')
    alice.send(ROBOT, 'known dave@lab')
    m = alice.seen.wait(lambda m: '/deny ' in m.body)
    n = re.search(r'/deny (\d+)', m.body).group(1)
    assert alice.send(GATE, '/deny ' + n) == 200
    robot_says(alice, 'authorize: denied')
    for what in 'added', 'add':
        alice.seen.take()
        alice.send(ROBOT, what + ' erin@lab')
        alice.seen.wait(lambda m: 'has you on his list now: erin@lab'
                        in m.body)


@pytest.mark.parametrize('what, words', [
    ('message', 'Title: Primary: Secondary'),
    ('formatted', 'Title: Primary: Secondary: bold words'),
    ('mails 1', 'New mail: eve@lab: First: http://lab/1'),
    ('mails 2', 'New mail: joe@lab: Second: http://lab/2'),
    ('info', 'Town: Ulm here'),
    ('search', 'carol')])
def test_what_is_only_told(alice, what, words):
    alice.send(ROBOT, what)
    alice.seen.wait(lambda m: m.source == ACCOUNT and words in m.body)


def test_addresses_of_the_web_are_left_alone(alice):
    alice.send(ROBOT, 'uri http://lab/')
    alice.send(ROBOT, 'well')
    robot_says(alice, 'heard: well ')


def test_pictures_and_markup_are_words(alice):
    alice.send(ROBOT, 'image')
    robot_says(alice, 'see [image] there')
    alice.send(ROBOT, 'html <a href="http://lab/x">link</a><br>&lt;b')
    m = alice.seen.wait(lambda m: 'http://lab/x' in m.body)
    assert 'link' in m.body


@pytest.mark.parametrize('denies', [0, 1])
def test_files_are_refused_in_words(alice, denies):
    alice.send(ROBOT, 'offer %d' % denies)
    robot_says(alice, 'offer: denied' if denies == 0 else 'offer: cancelled')
    alice.seen.wait(lambda m: 'robot offered a file, which can\'t be had '
                    'here: cat & .png' in m.body or
                    'cat & <dog>.png' in m.body)
    robot_says(alice, "heard: Files can't be received here. Please send a "
               'text, or a link.')


def test_rooms(alice):
    assert alice.send(ROOM, ':join') == 202
    alice.seen.wait(lambda m: 'You are in the room' in m.body)
    assert alice.send(ROOM, 'topic new & old') == 202
    alice.seen.wait(lambda m: m.source == ROOM and 'new & old' in m.body and
                    'Topic, by robot' in m.body)
    assert alice.send(ROOM, ':topic mine') == 202
    alice.seen.wait(lambda m: m.source == ROOM and 'mine' in m.body)
    assert alice.send(ROOM, 'come carol') == 202
    assert alice.send(ROOM, 'robot droid') == 202
    assert alice.send(ROOM, 'me moi') == 202
    wait_for(lambda: alice.send(ROOM, ':who') == 202 and alice.seen.count(
        lambda m: 'In the room' in m.body and 'droid' in m.body and
        'carol' in m.body and 'moi' in m.body), lambda: alice.seen.all())
    assert alice.send(ROOM, 'kick You were kicked by robot: enough') == 202
    alice.seen.wait(lambda m: m.source == ROOM and 'enough' in m.body)
    assert alice.send(ROOM, ':who') == 404


def test_who_is_not_let_in_is_told(alice):
    assert alice.send('sip:closed@lab.im.confab.test', ':join') == 202
    alice.seen.wait(lambda m: 'members only' in m.body)


def test_invitations_are_told_and_not_followed(alice):
    alice.send(ROBOT, 'invite party')
    alice.seen.wait(lambda m: 'robot invites you to the room party'
                    in m.body)
    assert alice.send('sip:party@lab.im.confab.test', ':who') == 404


def test_a_code_to_log_in(confabd, folder, user):
    c = confabd(extra=robot.sections(), env=robot.build(folder('robot')))
    alice = user(c, 'alice')
    alice.send(c.manager, '#help')
    add(c, 'alice', 'lab/code@lab', 'pw', 'login=always')
    n, _ = question(alice, 'Two-factor: Enter the code')
    assert state(c, 'code@lab') == 'connecting'
    answer(alice, n, '123456')
    is_online(c, 'code@lab')
    assert '123456' not in c.text()
    add(c, 'alice', 'lab/form@lab', 'pw', 'login=always')
    answer(alice, question(alice, 'A word')[0], 'wrong')
    for words in 'A number', 'Sure?', 'A colour':
        answer(alice, question(alice, words)[0], '-')
    wait_for(lambda: 'The form is wrong' in (state(c, 'form@lab') or ''),
             'its failure')
    alice.seen.wait(lambda m: 'login failed: The form is wrong' in m.body)
