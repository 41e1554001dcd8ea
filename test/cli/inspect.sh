#!/bin/sh
# troth inspect: certificates in each of their forms, as text and JSON; signatures; what is refused.
set -eu
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
troth=${TROTH:-$here/../../build/troth}
troth=$(cd "$(dirname "$troth")" && pwd)/$(basename "$troth")
vectors=$here/../vectors/c509
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

good() {
    "$@" >out 2>words || fail "$*: exit status $?: $(cat words)"
    [ ! -s words ] || fail "$*: words on stderr: $(cat words)"
}

# refused STATUS TEXT COMMAND...: it ends so, with one line that holds TEXT.
refused() {
    expected=$1
    text=$2
    shift 2
    status=0
    "$@" >out 2>words || status=$?
    [ "$status" = "$expected" ] || fail "$*: exit status $status, not $expected: $(cat words)"
    [ "$(wc -l <words)" = 1 ] || fail "$*: not one line: $(cat words)"
    grep -qF -- "$text" words || fail "$*: not \"$text\": $(cat words)"
}

# Writes bytes that are given in hexadecimal.
bytes() {
    perl -e 'print pack("H*", shift)' "$1"
}

# ---- The example of the draft, word for word ----

cat >expected <<'END'
native.hex: certificate, 140 bytes
  c509CertificateType                 1  2 (natively signed)
  certificateSerialNumber             4  01f50d
  issuerSignatureAlgorithm            1  0 (ECDSA with SHA-256)
  issuer                             12  RFC test CA
  validityNotBefore (epoch)           5  1672531200 (2023-01-01 00:00:00 UTC)
  validityNotAfter                    5  1767225600 (2026-01-01 00:00:00 UTC)
  subject                             9  01-23-45-FF-FE-67-89-AB
  subjectPublicKeyAlgorithm           1  1 (EC, P-256)
  subjectPublicKey                   35  02b1216ab96e5b3b3340f5bdf02e693f16213a04525ed44450b1019c2dfd3838ab (compressed, y even)
  extensions                          1  {"keyUsage":1,"cA":false} (digitalSignature)
END
cp "$vectors/native_rfc7925.hex" native.hex
good "$troth" inspect native.hex
head -n 11 out | cmp -s - expected || fail "the example: $(diff out expected)"
[ "$(wc -l <out)" = 12 ] || fail "the example: $(cat out)"

# The sizes of the fields, at their column, make up the whole.
sum() {
    tail -n +2 "$1" | grep -v "$2" | cut -c36-39 | awk '{ sum += $1 } END { print sum }'
}
[ "$(sum out '^signature')" = 140 ] || fail "sizes: $(sum out '^signature')"

# ---- All forms of it ----

hex=$(cat native.hex)
for form in "$hex" "8b$hex" "588c$hex"; do
    bytes "$form" >binary
    printf '%s\n' "$form" >text
    printf '%s' "$form" | tr a-f A-F | sed 's/../& /g' | fold -w 48 >spaced
    for file in binary text spaced; do
        good "$troth" inspect $file
        [ "$(sed 1d out | grep -c '^ *[a-z]')" -ge 11 ] || fail "$file: $(cat out)"
        [ "$(sum out 'device certificate')" = $((${#form} / 2)) ] || fail "sizes of $form: $(cat out)"
    done
done
good "$troth" inspect - <binary
head -n 1 out | grep -q '^-: certificate, 142 bytes$' || fail "standard input: $(cat out)"

good "$troth" inspect native.hex --json
cat >expected <<'END'
{"file":"native.hex","kind":"certificate","bytes":140,"parts":[{"name":"c509CertificateType","bytes":1,"value":2,"note":"natively signed"},{"name":"certificateSerialNumber","bytes":4,"value":"01f50d"},
END
[ "$(wc -l <out)" = 1 ] || fail "not one line of JSON: $(cat out)"
head -c 199 out | cmp -s -n 199 - expected || fail "JSON: $(cat out)"

# ---- Signatures ----

"$troth" ca init root 2>words
"$troth" ca init line --under root 2>words
"$troth" ca init other --name root 2>words
"$troth" ca issue root --serial A --keygen --out a >out 2>words
"$troth" ca issue line --serial B --keygen --out b >out 2>words
for file in a/certificate.c509 b/certificate.c509 line/certificate.c509 root/root.c509; do
    good "$troth" inspect $file --root root/root.c509
    [ "$(tail -n 1 out)" = 'signature: good under the root "root"' ] || fail "$file: $(cat out)"
    refused 1 'is not signed under other/root.c509' "$troth" inspect $file --root other/root.c509
    [ "$(tail -n 1 out)" = 'signature: does not verify under the root "root"' ] || fail "$file: $(cat out)"
    refused 1 'is not signed under' "$troth" inspect --json --root=other/root.c509 -- $file
    grep -q '"verdicts":\[{"check":"signature","passed":false,' out || fail "$file: $(cat out)"
done
good "$troth" inspect b/certificate.c509
[ "$(sum out 'device certificate\|CA certificate')" = "$(stat -c %s b/certificate.c509)" ] || fail "sizes: $(cat out)"
good "$troth" inspect b/certificate.c509 --json
[ "$(tr '{' '\n' <out | grep -c '"name":"issuerSignatureValue"')" = 2 ] || fail "a chain: $(cat out)"
refused 1 'is no root' "$troth" inspect a/certificate.c509 --root line/certificate.c509
refused 1 'nowhere: cannot be read' "$troth" inspect a/certificate.c509 --root nowhere
refused 1 'is not a natively signed' "$troth" inspect a/certificate.c509 --root a/key.pem

# Chains that are put together from what does not belong together: another issuer's name, and a device as the issuer.
hex_of() {
    od -An -v -tx1 "$1" | tr -d ' \n'
}
"$troth" ca issue line --serial C --keygen --out c >out 2>words
first_of() {
    whole=$(hex_of "$1" | cut -c3-)
    printf %s "$whole" | cut -c1-$((4 + 2 * 0x$(printf %s "$whole" | cut -c3-4)))
}
bytes "82$(hex_of a/certificate.c509)$(hex_of line/certificate.c509)" >mixed
refused 1 'is not signed under' "$troth" inspect mixed --root root/root.c509
bytes "82$(first_of b/certificate.c509)$(first_of c/certificate.c509)" >mixed
refused 1 'is not signed under' "$troth" inspect mixed --root root/root.c509
bytes "82$(first_of b/certificate.c509)$(hex_of line/certificate.c509)" >mixed
cmp -s mixed b/certificate.c509 || fail 'taking chains apart'

# ---- What is refused ----

refused 1 'is not natively signed' "$troth" inspect "$vectors/type3_rfc7925.hex"
[ ! -s out ] || fail "type 3: $(cat out)"
for len in 1 2 70 139; do
    bytes "$hex" | head -c "$len" >start
    refused 1 'is nothing that troth knows' "$troth" inspect start
    [ ! -s out ] || fail "cut at $len: $(cat out)"
done
: >nothing
head -c 70000 /dev/zero >large
refused 1 'is nothing that troth knows' "$troth" inspect nothing
refused 1 'is nothing that troth knows' "$troth" inspect "$here/inspect.sh"
refused 1 'is longer than' "$troth" inspect large
refused 1 'cannot be read' "$troth" inspect nowhere
refused 1 'cannot be read' "$troth" inspect .
bytes "$(printf %s "$hex" | sed 's/^02/1802/')" >long-head
refused 1 'is nothing that troth knows' "$troth" inspect long-head
bytes "$(printf %s "$hex" | sed 's/^0243/0244/')" >serial
refused 1 'is nothing that troth knows' "$troth" inspect serial
bytes "$(printf %s "$hex" | sed 's/^024301/024300/')" >serial
refused 1 'is a damaged certificate' "$troth" inspect serial
refused 2 'something is missing' "$troth" inspect
refused 2 'one word too many' "$troth" inspect a b
refused 2 'unknown option --yaml' "$troth" inspect native.hex --yaml
refused 2 'takes no value' "$troth" inspect native.hex --json=1
good "$troth" inspect --help
grep -q '^usage: ' out || fail "help: $(cat out)"
echo 'troth inspect: all as it should be'
