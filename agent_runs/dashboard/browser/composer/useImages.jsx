// Images that are sent with a prompt.
import { useCallback, useState } from "react";

/** @typedef {{ name: string, uri: string }} PromptImage */

export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const MOST_IMAGES = 10;
const MOST_BYTES = 10 * 1024 * 1024;

/** @param {File} file */
const canBeSent = (file) => IMAGE_TYPES.includes(file.type) && file.size <= MOST_BYTES;

/** @param {(problem: string) => void} onProblem */
export function useImages(onProblem) {
  const [images, setImages] = useState(/** @type {PromptImage[]} */ ([]));
  const add = useCallback(
    async (/** @type {File[]} */ files) => {
      const refused = files.find((file) => !canBeSent(file));
      if (refused) {
        const name = refused.name || "This file";
        onProblem(
          `${name} was not attached. You can attach PNG, JPEG, GIF and WebP images of up to 10 MB.`,
        );
      }
      const added = await Promise.all(files.filter(canBeSent).map(asImage));
      setImages((old) => {
        if (old.length + added.length > MOST_IMAGES) {
          onProblem(`You can attach at most ${MOST_IMAGES} images. The rest were not attached.`);
        }
        return [...old, ...added].slice(0, MOST_IMAGES);
      });
    },
    [onProblem],
  );
  return { images, setImages, add };
}

/**
 * @param {File} file
 * @returns {Promise<PromptImage>}
 */
function asImage(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    const name = file.name || "pasted image";
    reader.onload = () => resolve({ name, uri: String(reader.result) });
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
