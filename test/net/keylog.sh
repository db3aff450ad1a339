#!/bin/sh
# SPDX-License-Identifier: MIT
#
# --keylog: TLS connections are captured while their keys are written, and an independent reader decrypts the file, also a
# later file of a ring, in one pass.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
live
need tshark openssl python3

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$TMP/key.pem" -out "$TMP/cert.pem" -days 2 -subj /CN=test >/dev/null 2>&1 ||
	{ skip "keylog" "openssl makes no certificate"; exit 0; }
cat >"$TMP/tls.py" <<'END'
import socket, ssl, sys, threading, time
keys, path = sys.argv[1], sys.argv[2]
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(path + '/cert.pem', path + '/key.pem')
client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
client.check_hostname, client.verify_mode, client.keylog_filename = False, ssl.CERT_NONE, keys
listener = socket.create_server(('127.0.0.1', 4433))
def serve():
    while True:
        s = server.wrap_socket(listener.accept()[0], server_side=True)
        s.recv(1000)
        s.send(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
        s.close()
threading.Thread(target=serve, daemon=True).start()
for name in sys.argv[3:]:
    c = client.wrap_socket(socket.create_connection(('127.0.0.1', 4433)))
    c.send(b'GET /' + name.encode() + b' HTTP/1.1\r\nHost: test\r\n\r\n')
    c.recv(1000)
    c.close()
    time.sleep(0.2)
END
decrypted() { tshark -r "$1" -d tcp.port==4433,tls -Y http.request -T fields -e http.request.uri 2>/dev/null | tr '\n' ' '; }

: >"$TMP/keys"
start keys -i lo --keylog "$TMP/keys" -w "$TMP/keys.pcapng" tcp port 4433 || exit 1
in_b python3 "$TMP/tls.py" "$TMP/keys" "$TMP" one two three
echo "no key" >>"$TMP/keys"
finish keys
same "exit status" "$STATUS" 0
same "the reader decrypts what was captured" "$(decrypted "$TMP/keys.pcapng")" "/one /two /three "
same "every key is there, nothing else" "$(grep -c '^[A-Z].* .* ' "$TMP/keys") $(grep -aoE '[A-Z_0-9]{5,} [0-9a-f]{64} [0-9a-f]{64,}' "$TMP/keys.pcapng" | sort -u | wc -l | tr -d ' ')" \
	"$(grep -c '^[A-Z].* .* ' "$TMP/keys") $(grep '^[A-Z]' "$TMP/keys" | sort -u | wc -l | tr -d ' ')"
case $(cat "$TMP/keys.err") in *"1 line is no key and left out"*) ok "what is no key is said" ;;
*) not_ok "what is no key is said" "$(cat "$TMP/keys.err")" ;; esac

mkdir "$TMP/ring"
: >"$TMP/keys"
start ring -i lo --keylog "$TMP/keys" -w "$TMP/ring/r.pcapng" -b packets:9 tcp port 4433 || exit 1
in_b python3 "$TMP/tls.py" "$TMP/keys" "$TMP" four five
finish ring
same "a ring's later files have the keys too" "$(for f in "$TMP/ring"/*; do grep -ac 'CLIENT_RANDOM\|_SECRET' "$f"; done | awk 'NR > 1 && $1 == 0 { bad++ } END { print (NR > 2), (bad + 0) }')" \
	"1 0"

for bad in "-w $TMP/x.pcap" ""; do
	nwcap -i lo --keylog "$TMP/keys" $bad >/dev/null 2>&1
	same "--keylog with '$bad' is refused" "$?" 5
done
