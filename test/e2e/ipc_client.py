#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A client of netwatchd written from nwbox-ipc(7) in 40 lines: ipc_client.py SOCKET TYPE [NAME=VALUE]...
The answer is a line of JSON, events=AllEvents count=3 waits for three lines more; Open writes pcapng instead."""
import json, os, socket, struct, sys

class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.waiting, self.pipes, self.events, self.last_id = b"", [], [], 0

    def receive(self):  # the next message; descriptors that come on the way are those of Open's answers, in order
        while len(self.waiting) < 4 or len(self.waiting) < 4 + struct.unpack_from("<I", self.waiting)[0]:
            more, pipes = socket.recv_fds(self.socket, 65536, 16)[:2]
            if not more:
                raise EOFError("netwatchd closed the connection")
            self.waiting, self.pipes = self.waiting + more, self.pipes + pipes
        end = 4 + struct.unpack_from("<I", self.waiting)[0]
        message, self.waiting = self.waiting[4:end], self.waiting[end:]
        return json.loads(message)

    def call(self, type, **parameters):
        self.last_id += 1
        text = json.dumps({"id": self.last_id, "type": type, **parameters}).encode()
        self.socket.sendall(struct.pack("<I", len(text)) + text)
        while (message := self.receive())["type"] == "Event":
            self.events.append(message)
        return message

if __name__ == "__main__":
    words = dict(word.split("=", 1) for word in sys.argv[3:])
    count, client = int(words.pop("count", 0)), Client(sys.argv[1])
    answer = client.call(sys.argv[2], **words)
    if client.pipes:
        sys.stdout.buffer.write(os.fdopen(client.pipes[0], "rb").read())
    else:
        print(json.dumps(answer), *(json.dumps(client.receive()) for _ in range(count)), sep="\n")
    sys.exit(answer["type"] == "Error")
