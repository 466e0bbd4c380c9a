// Socket.IO with its Redis streams adapter: two server processes, clients spread over both, 50 changes a second told to all of them.
// node socketio.js SOCKET [CLIENTS] [CHANGES] [BYTES]; prints {p50, p99, cores}: milliseconds from the moment one client sends a change to its
// node until a client of the other node has it, and the processor share of both servers. The crowd speaks the wire format by itself, in a
// process of its own, so that it costs little.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import IORedis from "ioredis";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import WebSocket from "ws";

const BETWEEN_MS = 20;
const roles = { server, crowd };
const [role, ...args] = process.argv.slice(2);
await (roles[role] ?? measure)(...(roles[role] ? args : [role, ...args]));

async function server(redis) {
  const http = createServer();
  const node = new Server(http, { adapter: createAdapter(new IORedis({ path: redis })), transports: ["websocket"] });
  node.on("connection", (socket) => socket.on("change", (change) => node.emit("change", change)));
  http.listen(0, "127.0.0.1", () => process.send(http.address().port));
  process.on("message", () => process.send(process.cpuUsage()));
}

async function crowd(count, ...ports) {
  for (let number = 0; number < Number(count); number += 1) {
    const socket = new WebSocket(`ws://127.0.0.1:${ports[number % ports.length]}/socket.io/?EIO=4&transport=websocket`);
    await new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("message", (bytes) => {
        // Of the wire format: 0 open, 2 ping and 3 its answer, 40 signed in.
        if (bytes[0] === 0x30) socket.send("40");
        else if (bytes[0] === 0x32) socket.send("3");
        else if (bytes[0] === 0x34 && bytes[1] === 0x30) resolve();
      });
    });
  }
  process.send("here");
}

async function measure(redis, clients = "1000", changes = "500", bytes = "800") {
  const begin = (...argv) => fork(new URL(import.meta.url), argv);
  const servers = [begin("server", redis), begin("server", redis)];
  const ports = await Promise.all(servers.map(async (process) => (await once(process, "message"))[0]));
  const people = begin("crowd", clients, ...ports.map(String));
  await once(people, "message");
  const [clerk, colleague] = ports.map((port) => io(`http://127.0.0.1:${port}`, { transports: ["websocket"] }));
  await Promise.all([clerk, colleague].map((socket) => once(socket, "connect")));

  const spent = async () => {
    const used = await Promise.all(servers.map(async (process) => (process.send("used"), (await once(process, "message"))[0])));
    return used.reduce((sum, { user, system }) => sum + user + system, 0);
  };
  const asked = new Map();
  const took = [];
  const all = new Promise((resolve) => {
    colleague.on("change", ({ number }) => {
      took.push(performance.now() - asked.get(number));
      if (took.length === Number(changes)) resolve();
    });
  });
  const body = "x".repeat(Number(bytes));
  const [before, began] = [await spent(), performance.now()];
  for (let number = 0; number < Number(changes); number += 1) {
    asked.set(number, performance.now());
    clerk.emit("change", { number, body });
    const next = began + (number + 1) * BETWEEN_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
  }
  await all;
  const cores = ((await spent()) - before) / 1000 / (performance.now() - began);
  took.sort((a, b) => a - b);
  const share = (part) => took[Math.min(took.length - 1, Math.ceil(took.length * part) - 1)];
  for (const child of [...servers, people]) child.kill();
  console.log(JSON.stringify({ p50: share(0.5), p99: share(0.99), cores }));
  process.exit(0);
}
