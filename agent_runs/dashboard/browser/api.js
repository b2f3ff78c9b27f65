// Requests to the API, through the dashboard's own address.

/** Why a request failed, in words for people. */
export class ApiProblem extends Error {
  /**
   * @param {string} message
   * @param {number} status 0 when nothing answered
   * @param {{ position?: number }} [answer]
   */
  constructor(message, status, answer = {}) {
    super(message);
    this.status = status;
    /** Where a search query is wrong, in code points. */
    this.position = answer.position;
  }
}

/**
 * Read one answer. The caller names its shape: see `shapes.d.ts`.
 *
 * @param {string} path below `/api`, with a slash in front
 * @param {AbortSignal} [signal] its AbortError is passed on unchanged
 * @returns {Promise<any>}
 */
export const getJson = (path, signal) => answerTo(path, { signal });

/**
 * Ask for a change.
 *
 * @param {"POST" | "PUT" | "DELETE"} method
 * @param {string} path
 * @param {object} [body]
 * @param {string} [key] lets the API recognize the request if it is sent again
 * @returns {Promise<any>} `null` for an empty answer
 */
export const sendJson = (method, path, body, key) => answerTo(path, { method, body, key });

/** A new key for a request. */
export const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

/**
 * @param {string} path
 * @param {{ method?: string, body?: object, key?: string, signal?: AbortSignal }} request
 */
async function answerTo(path, { method = "GET", body, key, signal }) {
  /** @type {Record<string, string>} */
  const headers = { accept: "application/json" };
  if (body) headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  const options = { method, headers, body: body && JSON.stringify(body), signal };
  const answer = await fetch(`/api${path}`, { ...options, credentials: "same-origin" }).catch(
    (error) => {
      if (signal?.aborted) throw error;
      throw new ApiProblem("The dashboard did not answer.", 0);
    },
  );
  if (answer.status === 204) return null;
  const json = await answer.json().catch((error) => {
    if (signal?.aborted) throw error;
  });
  if (!answer.ok) {
    const message = json?.message || `The API answered ${answer.status}.`;
    throw new ApiProblem(message, answer.status, json);
  }
  // A truncated answer must not pass for an empty one.
  if (json === undefined) throw new ApiProblem("The answer was cut off.", answer.status);
  return json;
}

/**
 * The message of anything that was thrown.
 *
 * @param {unknown} error
 */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));
