#!/bin/sh
# troth device: two processes pair, talk, break and come back, over every kind of link; what is refused, and that nothing
# changes then; and kill -9 at each frame of a pairing.
. "$(dirname "$0")/manners"

# What a device says, but for its link.
said() {
    grep -v '^troth: link: ' "$1.err" || :
}

# paired_words SELF PEER BEFORE: the transcript of a pairing.
paired_words() {
    printf 'troth: %s\n' "opened: this is $1, $3" 'window open for 20 seconds' \
        "waiting: $2 has proved that it is genuine; accepted" "paired with $2" "linked with $2"
}

# issue NAME...: devices of the family.
issue() {
    for name in "$@"; do
        good "$troth" ca issue family --serial "$name" --keygen --out "$name"
    done
}

stop() {
    kill "$2"
    ends 0 "$2" "$1"
}

good "$troth" ca init family
good "$troth" ca init other
issue lever motor spare
good "$troth" ca issue other --serial stranger --keygen --out stranger

# ---- Manners ----

good "$troth" device --help
grep -q '^usage: troth device' out || fail "--help: $(cat out)"
refused 2 '--store is missing' "$troth" device --connect unix:s
refused 2 'one of --serial, --listen and --connect' "$troth" device --store lever
refused 2 'one of --serial, --listen and --connect' "$troth" device --store lever --connect unix:s --listen unix:s
refused 2 '--window goes with --pair' "$troth" device --store lever --connect unix:s --window 5
refused 2 '--window goes with --pair' "$troth" device --store lever --connect unix:s --pair --window 0
refused 2 '--window goes with --pair' "$troth" device --store lever --connect unix:s --pair --window 5x
refused 2 '--baud is the speed' "$troth" device --store lever --connect unix:s --baud 9600
refused 2 '--forget goes with --store alone' "$troth" device --store lever --forget --connect unix:s
refused 2 'unknown option --windows' "$troth" device --store lever --connect unix:s --windows 5
refused 2 'one word too many' "$troth" device lever

# ---- What does not belong together ----

# variant NAME FROM: a copy of a device's folder, to be spoilt.
variant() {
    rm -rf "$1"
    cp -R "$2" "$1"
}

refused 1 'nowhere/certificate.c509: cannot be read' "$troth" device --store nowhere --connect unix:s --pair
refused 1 'lever: there is no pairing yet: start both devices with --pair' "$troth" device --store lever --connect unix:s
for file in certificate.c509 root.c509 key.pem; do
    variant bad lever
    rm bad/$file
    refused 1 "bad/$file: cannot be read" "$troth" device --store bad --connect unix:s --pair
    : >bad/$file
    refused 1 "bad/$file: is not" "$troth" device --store bad --connect unix:s --pair
    head -c 60 lever/$file >bad/$file
    refused 1 "bad/$file: is not" "$troth" device --store bad --connect unix:s --pair
    head -c 100000 /dev/zero >bad/$file
    refused 1 "bad/$file: is longer than" "$troth" device --store bad --connect unix:s --pair
done
variant bad lever
cp motor/key.pem bad/key.pem
refused 1 'bad/key.pem: is not the key of' "$troth" device --store bad --connect unix:s --pair
variant bad stranger
cp lever/root.c509 bad/root.c509
refused 1 'bad/certificate.c509: is not a device' "$troth" device --store bad --connect unix:s --pair
variant bad lever
cp family/root.c509 bad/certificate.c509
cp family/key.pem bad/key.pem
refused 1 'bad/certificate.c509: is not a device' "$troth" device --store bad --connect unix:s --pair
variant bad lever
openssl ecparam -name secp384r1 -genkey -noout -out bad/key.pem
refused 1 'bad/key.pem: is not an unencrypted P-256 private key' "$troth" device --store bad --connect unix:s --pair
openssl pkey -in lever/key.pem -aes128 -passout pass:x -out bad/key.pem
refused 1 'bad/key.pem: is not an unencrypted P-256 private key' "$troth" device --store bad --connect unix:s --pair
variant bad lever
python3 - <<'END'
data = bytearray(open("bad/certificate.c509", "rb").read())
data[-1] ^= 1
open("bad/certificate.c509", "wb").write(data)
END
refused 1 'bad/certificate.c509: is not a device' "$troth" device --store bad --connect unix:s --pair
refused 1 'is no address; write tcp:HOST:PORT' "$troth" device --store lever --connect nonsense --pair
refused 1 'the port is not a number' "$troth" device --store lever --connect tcp:127.0.0.1:http --pair
refused 1 'is no terminal' "$troth" device --store lever --serial /dev/null --pair
refused 1 'is no speed of a serial line' "$troth" device --store lever --serial /dev/null --pair --baud 12345
refused 1 '/dev/nothing-here' "$troth" device --store lever --serial /dev/nothing-here --pair

# A folder that cannot be written. Root can write everywhere: then somebody else tries, with a copy that he can reach.
variant fixed lever
cp "$troth" reachable
chmod -R a+rX fixed reachable "$folder"
chmod 555 fixed
as=
if [ "$(id -u)" = 0 ]; then
    as='setpriv --reuid=65534 --regid=65534 --clear-groups'
    chown -R 65534 fixed
fi
refused 1 'fixed: cannot keep a pairing: Permission denied' $as ./reachable device --store fixed --connect unix:s --pair
chmod 755 fixed

# ---- Each kind of link ----

# meet KIND PLACE_A PLACE_B: two fresh devices pair, talk, end and come back. Where a place ends in :0 the first is asked
# which port it got.
meet() {
    a=a-$1
    b=b-$1
    issue "$a" "$b"
    for round in first second; do
        pair='--pair --window 20'
        [ $round = first ] || pair=
        place_b=$3
        start "$a" "$troth" device --store "$a" $2 $pair
        pid_a=$started
        await "$a.err" opened
        case $2 in
        *:0)
            await "$a.err" 'listening at '
            place_b="--connect $(sed -n 's/.*listening at //p' "$a.err")"
            ;;
        esac
        start "$b" "$troth" device --store "$b" $place_b $pair
        pid_b=$started
        await "$a.err" "linked with $b"
        await "$b.err" "linked with $a"
        printf 'hello %s, it is me\n\nGr\303\274\303\237e \302\265\n' "$b" >"$a.in"
        printf 'tab\there, bell\a, escape\033[31m, broken \377, \302\205, \342\200\256.\n' >"$b.in"
        await "$b.out" 'Grüße µ'
        await "$a.out" 'broken'
        same "$(cat "$b.out")" "$(printf 'hello %s, it is me\n\nGrüße µ' "$b")" "$1: what $b received"
        same "$(cat "$a.out")" \
            "$(printf 'tab\there, bell\\x07, escape\\x1b[31m, broken \\xff, \\xc2\\x85, \\xe2\\x80\\xae.')" \
            "$1: what $a received"
        if [ $round = first ]; then
            same "$(said "$a")" "$(paired_words "$a" "$b" unpaired)" "$1: what $a said"
            same "$(said "$b")" "$(paired_words "$b" "$a" unpaired)" "$1: what $b said"
        else
            same "$(said "$a")" "$(printf 'troth: %s\n' "opened: this is $a, paired with $b" "linked with $b")" "$a"
            same "$(said "$b")" "$(printf 'troth: %s\n' "opened: this is $b, paired with $a" "linked with $a")" "$b"
        fi
        stop "$1: $a" $pid_a
        stop "$1: $b" $pid_b
    done
    [ "$(stat -c '%a %s' "$a/store.key")" = '600 32' ] || fail "store.key: $(stat -c '%a %s' "$a/store.key")"
    ! cmp -s "$a/store.key" "$b/store.key" || fail "two devices have the same store.key"
}

meet unix '--listen unix:here' '--connect unix:here'
meet tcp '--listen tcp:127.0.0.1:0' ''
meet udp '--listen udp:127.0.0.1:0' ''
start wire python3 "$here/wire.py" pty
await wire.out /dev
tries=0
until [ "$(wc -l <wire.out)" = 2 ] || [ $tries = 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
meet serial "--serial $(sed -n 1p wire.out)" "--serial $(sed -n 2p wire.out) --baud 9600"

# ---- Stores ----

a=a-unix
b=b-unix
start $a "$troth" device --store $a --listen unix:here
pid_a=$started
await $a.err opened
refused 1 "$a: is in use by another process" "$troth" device --store $a --connect unix:elsewhere
refused 1 'another process listens at here' "$troth" device --store $b --listen unix:here
stop "$a" $pid_a

variant bad $a
rm bad/store.key
refused 1 'belongs to a store.key that is missing' "$troth" device --store bad --connect unix:s --pair
refused 1 'belongs to a store.key that is missing' "$troth" device --store bad --forget
cp $b/store.key bad/store.key
refused 1 'is damaged or another device' "$troth" device --store bad --connect unix:s
head -c 31 $a/store.key >bad/store.key
refused 1 'bad/store.key: has 31 bytes and not 32' "$troth" device --store bad --connect unix:s
variant bad $a
record=$(basename "$(ls bad/pair.[01] | head -n 1)")
cp a-tcp/$record bad/$record
refused 1 "bad/$record: is damaged or another device" "$troth" device --store bad --connect unix:s
head -c 100 $a/$record >bad/$record
refused 1 "bad/$record: is damaged or another device" "$troth" device --store bad --connect unix:s

# What is paired is not forgotten but by the owner.
good "$troth" device --store $a --forget
grep -q 'forgotten: this device is unpaired' words || fail "--forget: $(cat words)"
good "$troth" device --store $a --forget
grep -q 'forgotten: nothing' words || fail "--forget again: $(cat words)"
status=0
"$troth" device --store $a --connect unix:s >out 2>words </dev/null || status=$?
same $status 1 'a device that has forgotten'
grep -q 'there is no pairing yet' words || fail "a device that has forgotten: $(cat words)"

# ---- Lines ----

# A window that nobody comes to; the end of standard input ends nothing before.
status=0
"$troth" device --store spare --listen unix:lonely --pair --window 1 >out 2>words </dev/null || status=$?
same $status 1 'a window that nobody comes to'
grep -q 'nobody was paired' words || fail "a window that nobody comes to: $(cat words)"

# What is given before there is a link waits; what is too long is dropped, and only that; the last line needs no end.
start a-tcp "$troth" device --store a-tcp --listen unix:lines
pid_a=$started
{
    echo early
    head -c 1024 /dev/zero | tr '\0' x
    echo
    head -c 1025 /dev/zero | tr '\0' y
    echo
    printf 'the end'
} >long
"$troth" device --store b-tcp --connect unix:lines <long >b-tcp.out 2>b-tcp.err &
pid_b=$!
pids="$pids $pid_b"
await a-tcp.out 'the end'
same "$(cut -c 1-20 a-tcp.out)" "$(printf 'early\nxxxxxxxxxxxxxxxxxxxx\nthe end')" 'lines'
same "$(wc -c <a-tcp.out)" $((6 + 1025 + 8)) 'bytes of lines'
grep -q 'a line of more than 1024 bytes was dropped' b-tcp.err || fail "a long line: $(cat b-tcp.err)"
stop 'SIGTERM' $pid_a
kill -INT $pid_b 2>/dev/null || kill $pid_b
await b-tcp.err 'hung up'
kill $pid_b 2>/dev/null || :
wait $pid_b || fail "b-tcp: exit status $?"

# What cannot be sent is told at the end.
start b-tcp "$troth" device --store b-tcp --connect unix:lines
pid_b=$started
printf 'one\ntwo\n' >b-tcp.in
await b-tcp.err 'what is to be sent waits'
stop b-tcp $pid_b
grep -q '2 lines could not be sent' b-tcp.err || fail "unsent: $(cat b-tcp.err)"

# Nobody takes what is received.
start a-tcp "$troth" device --store a-tcp --listen unix:lines
pid_a=$started
"$troth" device --store b-tcp --connect unix:lines </dev/null >/dev/full 2>b-tcp.err &
pid_b=$!
pids="$pids $pid_b"
await a-tcp.err 'linked with'
echo hello >a-tcp.in
ends 1 $pid_b 'a full disk'
grep -q 'standard output: No space left' b-tcp.err || fail "a full disk: $(cat b-tcp.err)"
stop a-tcp $pid_a

# ---- kill -9 ----

# alive PID: it runs, and not as a zombie.
alive() {
    [ -r "/proc/$1/stat" ] && ! grep -q ' Z ' "/proc/$1/stat"
}

# After so many frames of a pairing one of the two dies. Started again, the two find each other by themselves if both have
# stored something, else in a new window.
issue i r
for victim in i r; do
    for frames in 1 2 3 4 5 6 7 8; do
        rm -f left right i/pair.* r/pair.* killed
        start wire python3 "$here/wire.py" cut left right $frames killed
        pid_wire=$started
        start r "$troth" device --store r --connect unix:right --pair --window 20 --answers
        pid_r=$started
        await r.err 'connected to'
        start i "$troth" device --store i --connect unix:left --pair --window 20
        pid_i=$started
        eval "printf %s \$pid_$victim >killed.new"
        mv killed.new killed
        ends 0 $pid_wire 'the wire'
        ends 137 "$(cat killed)" "$victim"
        survivor=$((pid_i + pid_r - $(cat killed)))
        kill $survivor
        ends 0 $survivor 'the survivor'
        pair=
        [ -e i/pair.0 ] && [ -e r/pair.0 ] || pair='--pair --window 20'
        start r "$troth" device --store r --listen unix:healed $pair
        pid_r=$started
        start i "$troth" device --store i --connect unix:healed $pair
        pid_i=$started
        await i.err 'linked with r'
        await r.err 'linked with i'
        echo "after $frames" >i.in
        await r.out "after $frames"
        stop i $pid_i
        stop r $pid_r
    done
done
