// Images that are sent with a prompt.
import { useCallback, useEffect, useRef, useState } from "react";
import { readLimits } from "../limits.js";
import { sorted, UNREAD } from "./images.js";

/** @typedef {{ name: string, uri: string }} PromptImage */

/** @param {(problem: string) => void} onProblem */
export function useImages(onProblem) {
  const [images, setImages] = useState(/** @type {PromptImage[]} */ ([]));
  const limits = useRef(UNREAD);
  useEffect(() => {
    readLimits(UNREAD).then((read) => {
      limits.current = read;
    });
  }, []);
  const add = useCallback(
    async (/** @type {File[]} */ files) => {
      const { images_limit: most, image_limit_bytes: bytes } = limits.current;
      const { images: chosen, problem } = sorted(files, bytes);
      if (problem) onProblem(problem);
      const added = await Promise.all(chosen.map(asImage));
      setImages((old) => {
        if (old.length + added.length > most) {
          onProblem(`You can attach at most ${most} images. The rest were not attached.`);
        }
        return [...old, ...added].slice(0, most);
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
