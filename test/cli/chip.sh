#!/bin/sh
# troth chip: its options, what it prints, i2c1 frames over each kind of endpoint, faults and trace, and its state file.
set -eu
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
troth=${TROTH:-$here/../../build/troth}
troth=$(cd "$(dirname "$troth")" && pwd)/$(basename "$troth")
folder=$(mktemp -d)
chip=
trap '[ -z "$chip" ] || kill "$chip" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# refused STATUS TEXT OPTION...: troth chip ends so, with one line that holds TEXT.
refused() {
    expected=$1
    text=$2
    shift 2
    status=0
    "$troth" chip "$@" >out 2>words || status=$?
    [ "$status" = "$expected" ] || fail "$*: exit status $status, not $expected: $(cat words)"
    [ ! -s out ] || fail "$*: data on stdout"
    [ "$(wc -l <words)" = 1 ] || fail "$*: not one line: $(cat words)"
    grep -qF -- "$text" words || fail "$*: not \"$text\": $(cat words)"
}

# start OPTION...: a chip in the background; $where is what it printed.
start() {
    rm -f out
    "$troth" chip "$@" >out 2>words &
    chip=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ ! -s out ] || break
        sleep 0.1
    done
    [ -s out ] || fail "$*: says nothing: $(cat words)"
    where=$(cat out)
}

stop() {
    kill "$chip"
    wait "$chip" || fail "exit status $?: $(cat words)"
    chip=
}

cat >client.pl <<'END'
# client.pl WHERE: requests in hexadecimal, a line each, on stdin; the replies, a line each, on stdout.
# "raw N HEX" sends bytes and shows the N bytes that come.
use IO::Socket::UNIX;
use IO::Socket::INET;
my $where = shift;
my $link;
if ($where =~ /^unix:(.*)/) { $link = IO::Socket::UNIX->new(Peer => $1); }
elsif ($where =~ /^tcp:(.*):(\d+)$/) { $link = IO::Socket::INET->new(PeerAddr => $1, PeerPort => $2); }
else { open($link, "+<:raw", $where); }
$link or die "$where: $!";
$SIG{ALRM} = sub { die "nothing comes from $where\n" };
sub get {
    my ($n, $got) = (shift, "");
    while (length($got) < $n) { sysread($link, $got, $n - length($got), length($got)) or die "closed"; }
    return $got;
}
$| = 1;
while (<STDIN>) {
    alarm 20;
    if (/^raw (\d+) (\w+)/) { syswrite($link, pack("H*", $2)); print unpack("H*", get($1)), "\n"; next; }
    syswrite($link, pack("H*", join("", split)));
    my $head = get(3);
    print unpack("H*", $head . get(unpack("v", substr($head, 1)))), "\n";
}
END

# talk REQUEST...: what the chip replies, in one line.
talk() {
    printf '%s\n' "$@" | perl client.pl "$where" | tr '\n' ' ' | sed 's/ $//'
}

same() {
    [ "$2" = "$3" ] || fail "$1: \"$2\", not \"$3\""
}

# ---- Options ----

"$troth" chip --help >out 2>words || fail "--help: exit status $?"
[ ! -s words ] || fail "--help: words on stderr"
for option in --link --listen --state --echo --part --busy --clock --seed --fault --trace; do
    grep -qe "$option" out || fail "--help does not speak of $option"
done
refused 2 "needs --link, --listen and --state"
refused 2 "needs --link" --link i2c1 --listen pty
refused 2 "--link is" --link spi --listen pty --state s
refused 2 "--echo is" --link swi --listen pty --state s --echo yes
refused 2 "--part is" --link i2c1 --listen pty --state s --part 508a
refused 2 "--busy is" --link i2c1 --listen pty --state s --busy yes
refused 2 "--clock is" --link i2c1 --listen pty --state s --clock m3
refused 2 "--seed is" --link i2c1 --listen pty --state s --seed -1
refused 2 "--seed is" --link i2c1 --listen pty --state s --seed 18446744073709551616
refused 2 "--speed" --link i2c1 --listen pty --state s --speed 1
[ ! -e s ] || fail "a command line that is no good made a state file"
refused 1 "fault plan" --link i2c1 --listen pty --state s --fault nonsense@1
refused 1 "unix:PATH, tcp:HOST:PORT or pty" --link i2c1 --listen nowhere --state t
refused 1 "loopback" --link i2c1 --listen tcp:0.0.0.0:0 --state t
echo "not a chip" >broken
refused 1 "no chip's state" --link i2c1 --listen pty --state broken
[ "$(cat broken)" = "not a chip" ] || fail "a file that is no state was changed"

# ---- i2c1: wake, revision, serial number; the same over each endpoint ----

wake=57000100640000
rest=540002000000
info=57c008009001030730000000035d
answer="52c107009001"
for listen in "unix:$folder/link" tcp:127.0.0.1:0 pty; do
    start --link i2c1 --listen "$listen" --state "state.$$" --part 608a
    case $listen in
    unix:*) same listen "$where" "$listen" ;;
    tcp:*) echo "$where" | grep -q '^tcp:127\.0\.0\.1:[1-9]' || fail "where: $where" ;;
    pty) [ -c "$where" ] || fail "where: $where" ;;
    esac
    same "$listen" "$(talk "$wake" "$rest" 52c104006400 "$info" "$answer" 540005000000 "$answer" 57c00100900102 "$answer")" \
        "010000 000000 00040004113343 000000 010000 000000 00070007000060028038 000000 010000"
    stop
    grep -q 'Info  *1  *5.000 ms' words || fail "the report: $(cat words)"
done
[ ! -e link ] || fail "the socket is still there"

# ---- The state file: one part, whoever starts it; another file is another part ----

read_sn=57c00800900103070280000009ad
serial() {
    talk "$wake" "$rest" "$read_sn" "$rest" "$rest" "$rest" 52c123009001 | cut -d' ' -f7
}
start --link i2c1 --listen "unix:$folder/link" --state one
first=$(serial)
refused 1 "another process" --link i2c1 --listen pty --state one
kill -9 "$chip"
wait "$chip" 2>/dev/null || true
start --link i2c1 --listen "unix:$folder/link" --state one
same "after kill -9" "$(serial)" "$first"
stop
start --link i2c1 --listen "unix:$folder/link" --state two
[ "$(serial)" != "$first" ] || fail "two parts with one serial number"
stop
for state in seeded.1 seeded.2; do
    start --link i2c1 --listen "unix:$folder/link" --state "$state" --seed 42
    serial >"$state.serial"
    stop
done
cmp -s seeded.1.serial seeded.2.serial || fail "one seed, two serial numbers"

# ---- Time, faults, trace ----

start --link i2c1 --listen "unix:$folder/link" --state one --busy none --clock m2 --trace trace --fault "status@info:2=0F"
same "faults" "$(talk "$wake" "$info" "$answer" "$info" "$answer")" \
    "010000 000000 000700070000600383bb 000000 000700040f2342ffffff"
stop
grep -q ' command Info 5.000 ms 0730000000035d$' trace || fail "the trace: $(cat trace)"
grep -q ' answer 040f2342$' trace || fail "the trace: $(cat trace)"
start --link i2c1 --listen "unix:$folder/link" --state one --busy real
same "real time" "$(talk "$wake" "$rest" "$info" "$answer")" "010000 000000 000000 010000"
sleep 0.1
same "real time, later" "$(talk "$answer")" "000700070000600383bb"
stop

# ---- swi: characters, with and without echo ----

transmit=7d7d7d7f7d7d7d7f
status=7d7d7f7d7d7d7d7d7f7d7d7d7f7d7d7d7f7f7d7d7f7f7d7d7f7f7d7d7d7d7f7d
start --link swi --listen pty --state three --busy none
same "swi" "$(talk "raw 41 00$transmit")" "00$transmit$status"
stop
start --link swi --listen pty --state three --busy none --echo off
same "swi without echo" "$(talk "raw 32 00$transmit")" "$status"
stop
