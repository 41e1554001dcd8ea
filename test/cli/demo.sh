#!/bin/sh
# troth demo: it succeeds, says what happened, is readable at 100 columns, and leaves nothing behind; and it fails where it
# cannot do its work.
. "$(dirname "$0")/manners"

mkdir temporary
TMPDIR=$folder/temporary
export TMPDIR LC_ALL=C

# has TEXT: the demonstration has shown a line with it.
has() {
    grep -qF -- "$1" shown || fail "the demonstration does not say \"$1\": $(cat shown)"
}

began=$(date +%s)
"$troth" demo >shown 2>words || fail "exit status $?: $(cat shown words)"
took=$(($(date +%s) - began))
[ $took -lt 20 ] || fail "it took $took seconds"
[ ! -s words ] || fail "words on stderr: $(cat words)"
same "$(ls -A temporary)" '' 'left behind'
! grep -q "$(printf '\033')" shown || fail 'colours where there is no terminal'
same "$(awk 'length > 100' shown)" '' 'longer than 100 columns'
! LC_ALL=C grep -q '[^ -~]' shown || fail 'more than ASCII where the locale has no more'

has '$ troth ca init factory'
has '$ troth device --store remote-0041 --connect unix:left --pair'
grep -Eq '\|--- message_1 -+ 38 bytes -->\|' shown || fail "message_1: $(cat shown)"
grep -Eq '\|<-- message_2 -+ [0-9]+ bytes ---\|' shown || fail "message_2: $(cat shown)"
has 'paired with door-0107'
has 'linked with remote-0041'
has 'ok door-0107 received exactly "open the door"'
grep -Eq 'on the wire, 23 bytes +07[0-9a-f]{44}$' shown || fail "no frame beside \"open the door\": $(cat shown)"
has 'kill -9'
has 'ok the remote control is now paired with door-0230'
has 'aborted: not the paired device'
has 'ok he has read nothing'
has 'aborted: a message did not verify'
has 'aborted: not a device of this family'
has 'ok of all that, the door took nothing'
! grep -q WRONG shown || fail "$(cat shown)"
checks=$(grep -c '^   ok ' shown)
has "$checks of $checks checks passed: all went as it should"

# Interrupted, it tidies up.
start again "$troth" demo
await again.out 'ok both are paired'
kill -INT $started 2>/dev/null
kill $started
ends 1 $started 'an interrupted demonstration'
same "$(ls -A temporary)" '' 'left behind by an interrupted demonstration'

good "$troth" demo --help
refused 2 'one word too many' "$troth" demo quickly
TMPDIR=$folder/nowhere refused 1 'set TMPDIR to one that can be written' "$troth" demo

# Where it cannot write a byte the story ends at once, and says so.
mkfifo pipe
cat pipe >shown &
status=0
(ulimit -f 0 && exec "$troth" demo) >pipe 2>&1 || status=$?
wait $!
same $status 1 'a demonstration that can write nothing'
has 'WRONG a factory and three certified devices'
has 'cannot be written: File too large'
has '0 of 1 checks passed, in'
same "$(ls -A temporary)" '' 'left behind by a demonstration that can write nothing'
