#!/bin/sh
# troth ca: certification authorities and device certificates; what is refused, and that nothing changes then.
set -eu
unset CDPATH
troth=${TROTH:-$(dirname "$0")/../../build/troth}
troth=$(cd "$(dirname "$troth")" && pwd)/$(basename "$troth")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
umask 022

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# The state of everything here: names, modes, contents.
state() {
    find . -name words -prune -o -printf '%p %m %y\n' | sort
    find . -name words -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
}

# good COMMAND...: it succeeds.
good() {
    "$@" >out 2>words || fail "$*: exit status $?: $(cat words)"
}

# refused STATUS TEXT COMMAND...: it ends so, with one line that holds TEXT and nothing on stdout, and changes nothing.
refused() {
    expected=$1
    text=$2
    shift 2
    rm -f out words
    before=$(state)
    status=0
    output=$("$@" 2>words) || status=$?
    [ "$status" = "$expected" ] || fail "$*: exit status $status, not $expected: $(cat words)"
    [ -z "$output" ] || fail "$*: on stdout: $output"
    [ "$(wc -l <words)" = 1 ] || fail "$*: not one line: $(cat words)"
    grep -qF -- "$text" words || fail "$*: not \"$text\": $(cat words)"
    [ "$(state)" = "$before" ] || fail "$*: changed something"
}

same() {
    [ "$1" = "$2" ] || fail "$3: \"$1\", not \"$2\""
}

key_id() {
    openssl pkey -in "$1" -pubout -outform DER | sha256sum | cut -d' ' -f1
}

lines() {
    tail -n +2 "$1" | wc -l
}

# ---- Manners ----

good "$troth" --version
grep -Eq '^troth [0-9]+\.[0-9]+\.[0-9]+$' out || fail "--version: $(cat out)"
helps() {
    good "$troth" "$@"
    grep -q '^usage: ' out || fail "$*: $(cat out)"
    [ ! -s words ] || fail "$*: words on stderr"
}
helps --help
helps help
helps ca --help
helps ca init -h
helps ca issue --help
status=0
"$troth" >out 2>words || status=$?
same "$status" 2 "no subcommand"
refused 2 'no subcommand "nonsense"' "$troth" nonsense
refused 2 'say init or issue' "$troth" ca
refused 2 'say init or issue' "$troth" ca revoke
refused 2 'something is missing' "$troth" ca init
refused 2 'one word too many' "$troth" ca init a b
refused 2 'unknown option --colour' "$troth" ca init a --colour blue
refused 2 '--name needs a value' "$troth" ca init a --name
refused 2 '--name needs a value' "$troth" ca init a --name=
refused 2 'given twice' "$troth" ca init a --name x --name y
refused 2 '--method is 0' "$troth" ca init a --method 1
refused 2 'cannot be a name' "$troth" ca init a --name 'a name of more than 31 characters'
refused 2 'cannot be a name' "$troth" ca init a --name "$(printf 'a\tb')"
refused 2 'cannot be a name' "$troth" ca init a --name "$(printf 'Br\303\274cke')"
refused 2 'cannot be a name' "$troth" ca init .

# ---- A root ----

good "$troth" ca init factory1
same "$(cat out)" '' 'init on stdout'
same "$(stat -c %a factory1 factory1/key.pem factory1/root.c509 | xargs)" '700 600 644' 'modes'
same "$(xargs <factory1/profile)" 'troth-ca 1 method 0' 'profile'
openssl pkey -in factory1/key.pem -noout -text 2>/dev/null | grep -q prime256v1 || fail 'the key is not P-256'
grep -q 'BEGIN PRIVATE KEY' factory1/key.pem || fail 'the key is not PKCS#8'
good "$troth" inspect factory1/root.c509 --root factory1/root.c509
grep -q '^signature: good under the root "factory1"$' out || fail "root: $(cat out)"
grep -q 'uncompressed' out || fail 'the key of the root is compressed'
refused 1 'never overwritten' "$troth" ca init factory1
refused 1 'never overwritten' "$troth" ca init factory1/
refused 1 'never overwritten' "$troth" ca init factory1/profile
refused 1 'No such file' "$troth" ca init nowhere/root
mkdir empty
good "$troth" ca init empty --name 'a root in an empty folder'
good "$troth" ca init agree/ --method=3
same "$(xargs <agree/profile)" 'troth-ca 1 method 3' 'profile'

# ---- Issuing CAs ----

good "$troth" ca init line1 --under factory1
good "$troth" ca init line2 --under factory1 --name 'Line 2' --method 0
good "$troth" ca init agree-line --under agree
same "$(xargs <agree-line/profile)" 'troth-ca 1 method 3' 'an issuing CA inherits the method'
cmp -s line1/root.c509 factory1/root.c509 || fail 'an issuing CA has another root'
good "$troth" inspect line1/certificate.c509 --root factory1/root.c509
same "$(cut -f2 factory1/ledger | tail -n +2 | xargs -d '\n' printf '%s;')" 'ca/line1;ca/Line 2;' 'ledger of the root'
refused 1 'uses method 0' "$troth" ca init line3 --under factory1 --method 3
refused 1 'is no root' "$troth" ca init line3 --under line1
refused 1 'is the name of the root' "$troth" ca init line3 --under factory1 --name factory1
refused 1 '"ca/line1" has certificate' "$troth" ca init other --under factory1 --name line1
grep -q "$(sed -n 2p factory1/ledger | cut -f1)" words || fail 'the earlier certificate is not named'
refused 1 'nowhere/profile' "$troth" ca init line3 --under nowhere
refused 1 'never overwritten' "$troth" ca init line2 --under factory1 --name line4

# ---- Devices ----

refused 2 '--serial is missing' "$troth" ca issue factory1 --keygen
refused 2 'either --pubkey FILE or --keygen' "$troth" ca issue factory1 --serial A
refused 2 'either --pubkey FILE or --keygen' "$troth" ca issue factory1 --serial A --keygen --pubkey B
refused 2 '--epoch is a number' "$troth" ca issue factory1 --serial A --keygen --epoch 4294967296
refused 2 '--epoch is a number' "$troth" ca issue factory1 --serial A --keygen --epoch -1
refused 2 '--epoch is a number' "$troth" ca issue factory1 --serial A --keygen --epoch 12x
for serial in ../x .x -x 'a b' a/b "$(printf 'a\nb')" 12345678901234567890123456789012; do
    refused 2 'a serial number has' "$troth" ca issue factory1 "--serial=$serial" --keygen
done

good "$troth" ca issue factory1 --serial TR-0000001 --keygen
device=factory1/devices/TR-0000001
same "$(cat out)" "$device" 'the folder on stdout'
same "$(cd $device && echo *)" 'certificate.c509 key.pem root.c509' 'files of a device'
same "$(stat -c %a $device $device/key.pem)" "$(printf '700\n600')" 'modes of a device'
same "$(stat -c %s $device/certificate.c509)" 142 'a certificate of 140 bytes, and its head'
cmp -s $device/root.c509 factory1/root.c509 || fail 'the device has another root'
same "$(tail -n 1 factory1/ledger | cut -f2,3)" "$(printf 'TR-0000001\t%s' "$(key_id $device/key.pem)")" 'ledger'
good "$troth" inspect $device/certificate.c509 --root factory1/root.c509
grep -q 'certificateSerialNumber .* '"$(tail -n 1 factory1/ledger | cut -f1)" out || fail 'serial number in the ledger'
grep -q 'subject .* TR-0000001$' out || fail 'subject'
grep -q '"keyUsage":1,' out || fail 'keyUsage of method 0'
refused 1 '"TR-0000001" has certificate '"$(tail -n 1 factory1/ledger | cut -f1)" \
    "$troth" ca issue factory1 --serial TR-0000001 --keygen
refused 1 'has certificate' "$troth" ca issue factory1 --serial TR-0000001 --keygen --out elsewhere
refused 1 'never overwritten' "$troth" ca issue factory1 --serial TR-0000002 --keygen --out $device
refused 1 'No such file' "$troth" ca issue factory1 --serial TR-0000002 --keygen --out nowhere/device

good "$troth" ca issue agree-line --serial S1 --keygen --epoch 7
good "$troth" inspect agree-line/devices/S1/certificate.c509 --root agree/root.c509 --json
grep -q '"keyUsage":16,"cA":false' out || fail 'keyUsage of method 3'
grep -q '"name":"validityNotBefore (epoch)","bytes":1,"value":7' out || fail 'epoch'

good "$troth" ca issue line1 --serial S1 --keygen --out device
same "$(head -c 1 device/certificate.c509 | od -An -tx1 | xargs)" 82 'an array of two from an issuing CA'
good "$troth" inspect device/certificate.c509 --root device/root.c509
same "$(cut -f2 line1/ledger | tail -n +2)" S1 'ledger of the issuing CA'

# ---- Public keys from outside, in every form; one key, one certificate ----

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem 2>/dev/null
openssl pkey -in key.pem -pubout -out pub.pem
openssl pkey -in key.pem -pubout -outform DER -out pub.der
openssl pkey -in key.pem -pubout -ec_conv_form compressed -outform DER -out pub33.der
tail -c 65 pub.der >raw65
tail -c 64 pub.der >raw64
tail -c 33 pub33.der >raw33
for form in raw65 raw64 raw33; do
    od -An -v -tx1 $form >$form.hex
    tr -d ' \n' <$form.hex | tr a-f A-F >$form.HEX
done
good "$troth" ca issue line1 --serial S2 --pubkey pub.pem
same "$(cd line1/devices/S2 && echo *)" 'certificate.c509 root.c509' 'no private key from outside'
same "$(tail -n 1 line1/ledger | cut -f3)" "$(key_id key.pem)" 'the key in the ledger'
for form in pub.pem pub.der pub33.der raw65 raw64 raw33 raw65.hex raw64.hex raw33.hex raw65.HEX raw64.HEX raw33.HEX; do
    refused 1 'this key has certificate' "$troth" ca issue line1 --serial S3 --pubkey $form
    grep -q '"S2"' words || fail 'the earlier holder is not named'
done
refused 1 'has certificate' "$troth" ca issue line1 --serial S2 --pubkey pub.pem
refused 1 'for another key already' "$troth" ca issue line1 --serial S1 --pubkey pub.pem

openssl pkey -in line1/key.pem -pubout -out ca.pub
refused 1 'is the key of a CA' "$troth" ca issue line1 --serial S3 --pubkey ca.pub
openssl pkey -in factory1/key.pem -pubout -out ca.pub
refused 1 'is the key of a CA' "$troth" ca issue line1 --serial S3 --pubkey ca.pub

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 2>/dev/null | openssl pkey -pubout -out p384.pem
openssl genpkey -algorithm ED25519 2>/dev/null | openssl pkey -pubout -out ed25519.pem
head -c 90 pub.der >cut.der
{ cat pub.der; echo; } >long.der
{ head -c 63 raw64; printf x; } >off-curve
: >nothing
head -c 5000 /dev/zero >large
for file in key.pem p384.pem ed25519.pem cut.der long.der off-curve nothing $device/certificate.c509; do
    refused 1 'is not a P-256 public key' "$troth" ca issue line1 --serial S3 --pubkey "$file"
done
refused 1 'is longer than' "$troth" ca issue line1 --serial S3 --pubkey large
refused 1 'nowhere: cannot be read: No such file' "$troth" ca issue line1 --serial S3 --pubkey nowhere
refused 1 'cannot be read' "$troth" ca issue line1 --serial S3 --pubkey .

# ---- The clock ----

good "$troth" ca init clock
good "$troth" ca issue clock --serial last --keygen --epoch 4294967295
refused 1 'the clock of this computer is behind' "$troth" ca issue clock --serial next --keygen
good "$troth" ca issue clock --serial next --keygen --epoch 5

# ---- A run that is cut between ledger and place: a second one completes, and issues nothing new ----

part=part-$(key_id line1/key.pem | cut -c1-8)
good "$troth" ca issue line1 --serial S4 --keygen
mv line1/devices/S4 "line1/devices/S4.$part"
ledger=$(sha256sum line1/ledger)
certificate=$(sha256sum <"line1/devices/S4.$part/certificate.c509")
refused 1 'has certificate' "$troth" ca issue line1 --serial S4 --keygen --out elsewhere
refused 1 'for another key already' "$troth" ca issue line1 --serial S4 --pubkey pub.pem
good "$troth" ca issue line1 --serial S4 --keygen
grep -q 'completed an interrupted run' words || fail "not completed: $(cat words)"
same "$(cat out)" line1/devices/S4 'the folder on stdout'
same "$(sha256sum <line1/devices/S4/certificate.c509)" "$certificate" 'the completed certificate'
same "$(sha256sum line1/ledger)" "$ledger" 'the ledger after completing'
[ ! -e "line1/devices/S4.$part" ] || fail 'the stage is still there'

# Cut before the ledger: the stage of a certificate that nobody has is thrown away.
cp -r line1/devices/S4 "line1/devices/S5.$part"
good "$troth" ca issue line1 --serial S5 --keygen
cmp -s line1/devices/S4/key.pem line1/devices/S5/key.pem && fail 'a stale key was used'
[ ! -e "line1/devices/S5.$part" ] || fail 'the stale stage is still there'

# A link in the place of a stage leads nowhere.
ln -s ../../factory1 "line1/devices/S6.$part"
refused 1 'cannot be made' "$troth" ca issue line1 --serial S6 --keygen
rm "line1/devices/S6.$part"

# The same for an issuing CA.
part=part-$(key_id factory1/key.pem | cut -c1-8)
good "$troth" ca init line5 --under factory1
mv line5 "line5.$part"
refused 1 'has certificate' "$troth" ca init line5b --under factory1 --name line5
good "$troth" ca init line5 --under factory1
grep -q 'completed an interrupted run' words || fail "not completed: $(cat words)"
good "$troth" ca issue line5 --serial S1 --keygen

# ---- No space ----

# The shell counts in blocks of 512 bytes, others in 1024: what is limited to 1 is written up to 1024 bytes at most.
no_space() {
    blocks=$1
    shift
    (
        ulimit -f "$blocks"
        "$@" 2>&1
    ) | cat
}

before=$(state)
no_space 0 "$troth" ca init full >words
grep -q 'cannot be written: File too large' words || fail "init without space: $(cat words)"
no_space 0 "$troth" ca issue line1 --serial S7 --keygen >words
grep -q 'cannot be written: File too large' words || fail "issue without space: $(cat words)"
same "$(state)" "$before" 'nothing is left without space'
n=0
while [ "$(stat -c %s line1/ledger)" -le 1024 ]; do
    n=$((n + 1))
    good "$troth" ca issue line1 --serial "N$n" --keygen
done
rm -f out
before=$(state)
no_space 1 "$troth" ca issue line1 --serial S7 --keygen >words
grep -q 'line1/ledger: cannot be written' words || fail "issue with a full ledger: $(cat words)"
same "$(state)" "$before" 'nothing is left where the ledger has no space'
good "$troth" ca issue line1 --serial S7 --keygen
if [ -w /dev/full ]; then
    status=0
    "$troth" ca --help >/dev/full 2>words || status=$?
    same "$status" 1 'a full stdout'
fi

# ---- Wrong files in a CA's folder ----

# spoiled TEXT FILE COMMAND...: after the command has changed a copy of line1, issuing is refused with TEXT.
spoiled() {
    text=$1
    shift
    rm -rf spoiled
    cp -r line1 spoiled
    (cd spoiled && eval "$*")
    refused 1 "$text" "$troth" ca issue spoiled --serial X --keygen
    grep -q 'spoiled' words || fail "the file is not named: $(cat words)"
}

spoiled 'spoiled/profile: cannot be read' rm profile
spoiled 'is not the profile' 'echo method 3 >profile'
spoiled 'is not the profile' 'head -c 10 ../line1/profile >profile'
spoiled 'is longer than' 'cp root.c509 profile'
spoiled 'spoiled/key.pem: cannot be read' rm key.pem
spoiled 'is not an unencrypted P-256 private key' ': >key.pem'
spoiled 'is not an unencrypted P-256 private key' 'head -c 120 ../line1/key.pem >key.pem'
spoiled 'is not an unencrypted P-256 private key' 'openssl pkey -in ../line1/key.pem -pubout -out key.pem'
spoiled 'is not an unencrypted P-256 private key' \
    'openssl pkcs8 -topk8 -in ../line1/key.pem -passout pass:secret -out key.pem'
spoiled 'is not the key of' 'cp ../line2/key.pem key.pem'
spoiled 'is not the key of' 'cp ../factory1/key.pem key.pem'
spoiled 'is not the key of' 'rm certificate.c509'
spoiled 'is not a natively signed C509 certificate' 'head -c 100 ../line1/root.c509 >root.c509'
spoiled 'is not a natively signed C509 certificate' 'head -c 9000 /dev/zero | head -c 100 >root.c509'
spoiled 'is longer than' 'head -c 9000 /dev/zero >root.c509'
spoiled 'is not a root' 'cp certificate.c509 root.c509'
spoiled 'is not a root' 'cp ../device/certificate.c509 root.c509'
spoiled 'under the root.c509 beside it' 'cp ../agree/root.c509 root.c509'
spoiled 'under the root.c509 beside it' 'cp ../agree-line/certificate.c509 certificate.c509'
spoiled 'under the root.c509 beside it' 'cp ../device/certificate.c509 certificate.c509'
spoiled 'under the root.c509 beside it' 'cp ../factory1/devices/TR-0000001/certificate.c509 certificate.c509'
spoiled 'is not the key of' 'cp ../line2/certificate.c509 certificate.c509'
spoiled 'spoiled/ledger: cannot be opened' rm ledger
spoiled 'is not the ledger' ': >ledger'
spoiled 'is not the ledger' 'cp profile ledger'
spoiled 'is not the ledger' 'printf "\\0" >>ledger'
spoiled 'line 3 is damaged' 'sed -i "3s/^/x/" ledger'
spoiled 'line 3 is damaged' 'sed -i 3d ledger; sed -i "2a\\\\" ledger'
spoiled 'line 2 is damaged' 'sed -i "2s/[0-9]*\$/4294967296/" ledger'
spoiled 'line 2 is damaged' 'sed -i "2s/\t/ /" ledger'
spoiled 'was cut off' 'truncate -s -1 ledger'
spoiled 'was cut off' 'truncate -s -90 ledger'
cp factory1/root.c509 damaged.c509
printf '\377' | dd of=damaged.c509 bs=1 seek=150 conv=notrunc 2>/dev/null
spoiled 'is not a root' 'cp ../damaged.c509 root.c509'
rm -rf spoiled damaged.c509

# ---- Several at once ----

good "$troth" ca init busy
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null | openssl pkey -pubout -out one.pem
for n in 1 2 3 4 5 6 7 8; do
    "$troth" ca issue busy --serial "D$n" --keygen >"d$n" 2>&1 &
    "$troth" ca issue busy --serial "K$n" --pubkey one.pem >"k$n" 2>&1 &
    "$troth" ca issue busy --serial SAME --keygen --out "same$n" >"s$n" 2>&1 &
done
wait
same "$(lines busy/ledger)" 10 'lines in the ledger: 8 serial numbers, one key, one holder'
same "$(cat d? | grep -c 'troth: issued')" 8 'different serial numbers'
same "$(cat k? | grep -c 'troth: issued')" 1 'one key'
same "$(cat s? | grep -c 'troth: issued')" 1 'one serial number'
same "$(cut -f1 busy/ledger | sort -u | wc -l)" 11 'certificate serial numbers'
same "$(find busy same? -name certificate.c509 | wc -l)" 10 'certificates'
same "$(find . -name '*.part-*' | wc -l)" 0 'stages'
good "$troth" ca issue busy --serial D9 --keygen
echo 'troth ca: all as it should be'
