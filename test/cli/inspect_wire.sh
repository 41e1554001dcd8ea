#!/bin/sh
# troth inspect: EDHOC messages, records and pairing records, as text and JSON, whole, cut and changed.
. "$(dirname "$0")/manners"

# Trace 2 of RFC 9529: its messages, one in a file each, and the invalid ones.
python3 - "$here/../vectors/rfc9529/rfc9529.json" <<'END'
import json, sys
valid, invalid = [], []
for item in json.load(open(sys.argv[1]))["traces"]:
    if "Static DH" in item["section"] and item["name"].startswith(("message_", "error ")):
        valid.append(item["hex"])
    if item["name"].startswith("Invalid message_"):
        invalid.append((item["part"], item["hex"]))
for name, text in zip(["first", "error", "m1", "m2", "m3", "m4"], valid):
    open(name, "w").write(text)
form = ["Surplus array", "Surplus bstr encoding of conn", "Text string", "Wrong number", "Unnecessary", "Indefinite",
        "Error in elliptic curve encoding"]
bad = [text for part, text in invalid if part.startswith(tuple(form))]
assert len(valid) == 6 and len(bad) == 8, (len(valid), len(bad))
for i, text in enumerate(bad):
    open(f"bad{i}", "w").write(text)
END

# shows FILE EXPECTED: the whole of the output.
shows() {
    good "$troth" inspect "$1"
    cmp -s out expected || fail "$1: $(diff expected out)"
}

cat >expected <<'END'
m1: EDHOC message_1, 39 bytes
  METHOD                              1  3 (both agree (static Diffie-Hellman))
  SUITES_I (the last is selected)     3  [6,2] (P-256, ES256, SHA-256, AES-CCM with a tag of 8 bytes)
  G_X                                34  8af6f430ebe18d34184017a9a11bf511c8dff8f834730b96c1b7c8dbca2fc3b6 (the Initiator's ephemeral key, x)
  C_I                                 1  37 (one byte, as an int)
END
shows m1
cat >expected <<'END'
error: EDHOC error, 2 bytes
  ERR_CODE                            1  2 (wrong selected cipher suite)
  SUITES_R                            1  [2] (what the Responder supports)
END
shows error
cat >expected <<'END'
m3: EDHOC message_2, 3 or 4, 19 bytes
  byte string head                    1
  content                            18  e562097bc417dd5919485ac7891ffd90a9fc (bare, the three look alike: 02, 03 or 04 in front, as in a frame, tells them apart)
END
shows m3
printf '02%s' "$(cat m2)" >f2
cat >expected <<END
f2: EDHOC message_2, 46 bytes
  frame kind                          1  2
  byte string head                    2
  G_Y                                32  $(cut -c5-68 m2) (the Responder's ephemeral key, x)
  CIPHERTEXT_2                       11  $(cut -c69- m2) (encrypted: C_R, ID_CRED_R, Signature_or_MAC_2, EAD_2)
END
shows f2
printf '01%s' "$(cat first)" >f1
printf '03%s' "$(cat m3)" >f3
printf '04%s' "$(cat m4)" >f4
printf '05%s' "$(cat error)" >f5
printf '0166%s' "$(printf 'no\033[1m' | od -An -v -tx1 | tr -d ' \n')" >words1
printf '03f5' >e3
printf '0702cc37a4949a015c540352516b38d668c328839b2698' >record
printf '00025820%064d4118182a43aabbcc2005' 0 >ead
good "$troth" inspect ead
grep -Eq 'EAD_1 label +2  42$' out || fail "EAD_1: $(cat out)"
grep -Eq 'EAD_1 value +4  aabbcc$' out || fail "EAD_1: $(cat out)"
grep -Eq 'EAD_1 label +1  -1 \(critical\)$' out || fail "EAD_1: $(cat out)"
good "$troth" inspect words1
grep -qF 'no\x1b[1m' out || fail "an error with an escape sequence: $(cat out)"
for pair in f1:message_1 f3:message_3 f4:message_4 f5:error e3:error; do
    good "$troth" inspect "${pair%:*}"
    head -n 1 out | grep -q "EDHOC ${pair#*:}," || fail "$pair: $(cat out)"
done
good "$troth" inspect record
grep -q 'data of the application' out || fail "a record: $(cat out)"

# A pairing record, made by devices.
good "$troth" ca init family
good "$troth" ca issue family --serial lever --keygen --out lever
good "$troth" ca issue family --serial motor --keygen --out motor
start a "$troth" device --store lever --listen unix:here --pair
pid_a=$started
start b "$troth" device --store motor --connect unix:here --pair
pid_b=$started
await a.err 'linked with motor'
await b.err 'linked with lever'
kill "$pid_a" "$pid_b"
ends 0 "$pid_a" lever
ends 0 "$pid_b" motor
for record in lever/pair.[01]; do # the one in force: the other may hold the motor as pending
    good "$troth" inspect "$record"
    ! grep -Eq '^  active peer +[0-9]+  motor$' out || cp "$record" pair
done
good "$troth" inspect pair
head -n 1 out | grep -q '^pair: pairing record, ' || fail "pair: $(cat out)"
grep -Eq '^  active peer +[0-9]+  motor$' out || fail "pair: $(cat out)"
grep -Eq '^  pending peer +0  null \(nobody\)$' out || fail "pair: $(cat out)"
grep -q '(not checked: that takes the device' out || fail "pair: $(cat out)"
good "$troth" inspect pair --store-key lever/store.key
tail -n 1 out | grep -q '^HMAC: good' || fail "pair: $(cat out)"
status=0
"$troth" inspect pair --store-key motor/store.key --json >out 2>words || status=$?
same $status 1 'a store key of another device'
grep -q '"verdicts":\[{"check":"HMAC","passed":false,' out || fail "another key: $(cat out)"
refused 1 'lever/key.pem: is longer than' "$troth" inspect pair --store-key lever/key.pem
refused 1 'nowhere: cannot be read' "$troth" inspect pair --store-key nowhere

# The sizes of the parts make up the whole, and those of nested parts the part they are in.
for file in first error m1 m2 m3 m4 f1 f2 f3 f4 f5 words1 e3 ead record pair; do
    good "$troth" inspect $file --json
    python3 - <<'END' || fail "$file: sizes: $(cat out)"
import json
def check(part):
    parts = part.get("parts", [])
    assert not parts or sum(inner["bytes"] for inner in parts) == part["bytes"], part
    for inner in parts:
        check(inner)
report = json.load(open("out"))
assert report["parts"]
check(report)
END
done

# What is cut or wrong in form is not recognised.
for file in bad0 bad1 bad2 bad3 bad4 bad5 bad6 bad7; do
    refused 1 'is nothing that troth knows' "$troth" inspect $file
done
python3 - first m2 f2 f3 f5 pair <<'END'
import sys
for name in sys.argv[1:]:
    data = open(name, "rb").read()
    if name != "pair":
        data = bytes.fromhex(data.decode())
    size = len(data) - 1
    while size > 0:
        open(f"cut-{name}-{size}", "wb").write(data[:size])
        size = size * 4 // 5
END
for file in cut-*; do
    status=0
    "$troth" inspect "$file" >out 2>words || status=$?
    same $status 1 "$file"
    same "$(cat out words)" "troth: $file: is nothing that troth knows: see troth inspect --help" "$file"
done

# A pairing record with a bit changed is another device's, or none at all.
python3 - <<'END'
data = open("pair", "rb").read()
for at in range(0, len(data), 5):
    open(f"changed-{at}", "wb").write(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1:])
END
for file in changed-*; do
    status=0
    "$troth" inspect "$file" --store-key lever/store.key >out 2>words || status=$?
    same $status 1 "$file"
    same "$(wc -l <words)" 1 "$file: lines"
done
