// Which files can be sent with a prompt as images.
import { sizeWords } from "../reading.js";

export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** The settings of the API that limit images; until they are read, it alone refuses. */
export const UNREAD = {
  images_limit: Number.POSITIVE_INFINITY,
  image_limit_bytes: Number.POSITIVE_INFINITY,
};

/**
 * Split files into those that can be sent and, in words, why the first other one cannot.
 *
 * @template {{ name: string, type: string, size: number }} File
 * @param {File[]} files
 * @param {number} most bytes of an image
 */
export function sorted(files, most) {
  const canBeSent = (/** @type {File} */ file) =>
    IMAGE_TYPES.includes(file.type) && file.size <= most;
  const refused = files.find((file) => !canBeSent(file));
  const size = most === Number.POSITIVE_INFINITY ? "" : ` of up to ${sizeWords(most)}`;
  const problem =
    refused &&
    `${refused.name || "This file"} was not attached. ` +
      `You can attach PNG, JPEG, GIF and WebP images${size}.`;
  return { images: files.filter(canBeSent), problem };
}
