import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import {
  ApiProblem,
  getJson,
  newKey,
  sendJson,
} from "../../../agent_runs/dashboard/browser/api.js";
import { sorted, UNREAD } from "../../../agent_runs/dashboard/browser/composer/images.js";
import { readLimits } from "../../../agent_runs/dashboard/browser/limits.js";

/** @import { AddressInfo } from "node:net" */
/** @import { IncomingMessage, ServerResponse } from "node:http" */

/** @type {(request: IncomingMessage, answer: ServerResponse) => void} */
let serve = () => {};
const server = createServer((request, answer) => serve(request, answer));
const { fetch } = globalThis;

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  const { port } = /** @type {AddressInfo} */ (server.address());
  // A browser completes an address with the one of its page.
  globalThis.fetch = (path, options) => fetch(`http://127.0.0.1:${port}${path}`, options);
});
after(() => {
  globalThis.fetch = fetch;
  server.close();
  server.closeAllConnections();
});

/**
 * @param {number} status
 * @param {string} body
 */
function answers(status, body) {
  serve = (_, answer) => {
    answer.statusCode = status;
    answer.end(body);
  };
}

test("an answer is read below /api", async () => {
  serve = (request, answer) => answer.end(JSON.stringify({ url: request.url }));
  assert.deepEqual(await getJson("/agent_runs/7?x=1"), { url: "/api/agent_runs/7?x=1" });
});

test("a refusal is told in the words of the API, with where a query is wrong", async () => {
  answers(422, JSON.stringify({ message: "There is no field of that name.", position: 4 }));
  await assert.rejects(getJson("/search"), (error) => {
    assert.ok(error instanceof ApiProblem);
    assert.deepEqual(
      [error.message, error.status, error.position],
      ["There is no field of that name.", 422, 4],
    );
    return true;
  });
});

test("an error of something before the API is told by its number", async () => {
  answers(502, "<html>Bad gateway</html>");
  await assert.rejects(getJson("/search"), { message: "The API answered 502.", status: 502 });
});

test("no answer at all is told in words, not in those of the browser", async () => {
  serve = (request) => request.socket.destroy();
  await assert.rejects(getJson("/x"), { message: "The dashboard did not answer.", status: 0 });
});

test("a question that is not asked any more ends as the browser ends it", async () => {
  const aborter = new AbortController();
  serve = () => aborter.abort();
  await assert.rejects(getJson("/x", aborter.signal), { name: "AbortError" });
});

test("a question that is given up while its answer comes ends in the same way", async () => {
  const aborter = new AbortController();
  serve = (_, answer) => {
    answer.write('{"items": [');
    setImmediate(() => aborter.abort());
  };
  await assert.rejects(getJson("/x", aborter.signal), { name: "AbortError" });
});

test("an answer that was cut off is a problem and not an empty one", async () => {
  answers(200, '{"items": [');
  await assert.rejects(getJson("/x"), { message: "The answer was cut off.", status: 200 });
});

test("a change is sent as JSON, and an empty answer is nothing", async () => {
  /** @type {string[]} */
  const told = [];
  serve = async (request, answer) => {
    told.push(request.method ?? "", request.headers["content-type"] ?? "");
    for await (const part of request) told.push(String(part));
    answer.statusCode = 204;
    answer.end();
  };
  assert.equal(await sendJson("PUT", "/views/1", { name: "x" }), null);
  assert.deepEqual(told, ["PUT", "application/json", '{"name":"x"}']);
});

test("a request that is sent once more can be known by its key", async () => {
  /** @type {unknown[]} */
  const keys = [];
  serve = (request, answer) => {
    keys.push(request.headers["idempotency-key"]);
    answer.end("{}");
  };
  const key = newKey();
  for (const each of [key, key, newKey(), undefined]) await sendJson("POST", "/x", {}, each);
  assert.deepEqual(keys.slice(0, 2), [key, key]);
  assert.match(key, /^[0-9a-f]{32}$/);
  assert.notEqual(keys[2], key);
  assert.equal(keys[3], undefined);
});

test("limits of images are the settings of the API", async () => {
  const items = [
    { name: "images_limit", value: 2 },
    { name: "image_limit_bytes", value: 1_500_000 },
    { name: "history_limit", value: 5 },
  ];
  answers(200, JSON.stringify({ items }));
  const limits = await readLimits(UNREAD);
  assert.deepEqual(limits, { images_limit: 2, image_limit_bytes: 1_500_000 });
  const files = [1_500_000, 1_500_001].map((size) => ({ name: "a.png", type: "image/png", size }));
  assert.deepEqual(sorted(files, limits.image_limit_bytes), {
    images: files.slice(0, 1),
    problem:
      "a.png was not attached. You can attach PNG, JPEG, GIF and WebP images of up to 1.5 MB.",
  });
});

test("while limits cannot be read, the page refuses images by type only", async () => {
  answers(503, "{}");
  const { image_limit_bytes: most } = await readLimits(UNREAD);
  const files = ["image/png", "text/plain"].map((type) => ({ name: "", type, size: 1e12 }));
  const { images, problem } = sorted(files, most);
  assert.deepEqual(images, files.slice(0, 1));
  assert.equal(
    problem,
    "This file was not attached. You can attach PNG, JPEG, GIF and WebP images.",
  );
});
