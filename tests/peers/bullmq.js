// BullMQ end to end: jobs of the size of our entries are added in bulk and worked off by one worker that does nothing.
// node bullmq.js SOCKET COUNT [CONCURRENCY]; prints jobs per second.
import { Queue, Worker } from "bullmq";
import IORedis from "ioredis";

const [socket, count, concurrency] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4] ?? 256)];
const connection = () => new IORedis({ path: socket, maxRetriesPerRequest: null });
const queue = new Queue("sms", { connection: connection() });
const data = { event: "x".repeat(220) };
const options = { removeOnComplete: true };

const began = process.hrtime.bigint();
let done = 0;
const finished = new Promise((resolve, reject) => {
  const worker = new Worker("sms", async () => undefined, { connection: connection(), concurrency });
  worker.on("completed", () => {
    done += 1;
    if (done === count) resolve(worker);
  });
  worker.on("failed", (_, error) => reject(error));
  worker.on("error", reject);
});
for (let added = 0; added < count; added += 500) {
  await queue.addBulk(Array.from({ length: Math.min(500, count - added) }, () => ({ name: "sms", data, opts: options })));
}
await finished;
console.log(count / (Number(process.hrtime.bigint() - began) / 1e9));
process.exit(0);
