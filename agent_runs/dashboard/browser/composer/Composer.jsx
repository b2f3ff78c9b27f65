// Where a person writes to an agent. It lives in the browser alone and sends to the API through the
// dashboard's proxy, so that neither a cut websocket nor a refused request loses a word.
import { useCallback, useEffect, useId, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { ImagePlus, LoaderCircle, Play, Send, TriangleAlert, X } from "lucide-react";

const TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const MAX_IMAGES = 10,
  MAX_BYTES = 10 * 1024 * 1024;

const read = (key) => {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
};
const keep = (key, text) => {
  try {
    text ? localStorage.setItem(key, text) : localStorage.removeItem(key);
  } catch {
    /* private mode: no draft */
  }
};

const asDataUri = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

/** A new key, by which the API knows a request again when it is sent once more. */
const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

async function send(url, body, key) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body,
    });
  } catch {
    throw new Error("The dashboard did not answer. Your text is kept here; try again.");
  }
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok)
    throw new Error(
      json.message || `The API answered ${answer.status}. Your text is kept here; try again.`,
    );
  return json;
}

function useImages(setProblem) {
  const [images, setImages] = useState([]);
  const add = useCallback(
    async (files) => {
      const wrong = files.find((file) => !TYPES.includes(file.type) || file.size > MAX_BYTES);
      if (wrong)
        setProblem(
          `${wrong.name || "This file"} was left out: PNG, JPEG, GIF or WebP images of at most 10 MB can be sent.`,
        );
      const good = files.filter((file) => TYPES.includes(file.type) && file.size <= MAX_BYTES);
      const loaded = await Promise.all(
        good.map(async (file) => ({
          name: file.name || "pasted image",
          uri: await asDataUri(file),
        })),
      );
      setImages((old) => {
        if (old.length + loaded.length > MAX_IMAGES)
          setProblem(`At most ${MAX_IMAGES} images can be sent; the rest was left out.`);
        return [...old, ...loaded].slice(0, MAX_IMAGES);
      });
    },
    [setProblem],
  );
  return [images, setImages, add];
}

export function Composer({
  url,
  extra = {},
  label,
  placeholder = "",
  sendLabel = "Send",
  draftKey = "",
  maxLength = 200000,
  takesImages = true,
  disabled = false,
  note = "",
  docked = false,
  cancelHref = "",
  openRun = false,
  focus = false,
  onSent,
  children,
}) {
  const id = useId();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [dropping, setDropping] = useState(false);
  const [images, setImages, add] = useImages(setProblem);
  const picker = useRef(null),
    area = useRef(null),
    sent = useRef({ asked: "", key: "" });

  useEffect(() => {
    setText(read(draftKey));
    setProblem("");
    setImages([]);
  }, [draftKey, setImages]);
  useEffect(() => {
    if (focus) area.current?.focus();
  }, [focus, draftKey]);
  const write = (value) => {
    setText(value);
    keep(draftKey, value);
  };
  const ready = text.trim() !== "" && text.length <= maxLength && !disabled && !busy;

  const submit = async () => {
    if (!ready) return;
    setBusy(true);
    setProblem("");
    const body = JSON.stringify({
      ...extra,
      prompt: text,
      ...(images.length ? { images: images.map((image) => image.uri) } : {}),
    });
    // The answer to the last try may have been lost: the same again has the same key.
    const asked = `${url} ${body}`;
    if (sent.current.asked !== asked) sent.current = { asked, key: newKey() };
    try {
      const run = await send(url, body, sent.current.key);
      sent.current = { asked: "", key: "" };
      write("");
      setImages([]);
      onSent?.(run.id ?? 0);
      if (openRun && run.id) navigate(`/runs/${run.id}`);
    } catch (error) {
      setProblem(error.message);
    } finally {
      setBusy(false);
    }
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      submit();
    }
  };
  const files = (list) => [...(list ?? [])];
  const onPaste = (event) => {
    const pasted = files(event.clipboardData?.files);
    if (takesImages && pasted.length) {
      event.preventDefault();
      add(pasted);
    }
  };
  const onDrop = (event) => {
    event.preventDefault();
    setDropping(false);
    if (takesImages) add(files(event.dataTransfer?.files));
  };

  const attach = takesImages && (
    <>
      <button type="button" className="btn ghost s1" onClick={() => picker.current.click()}>
        <ImagePlus size={14} aria-hidden />
        Attach images
      </button>
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        accept={TYPES.join(",")}
        aria-label="Images"
        onChange={(event) => {
          add(files(event.target.files));
          event.target.value = "";
        }}
      />
    </>
  );
  const Icon = busy ? LoaderCircle : openRun ? Play : Send;
  const button = (
    <button type="button" className="btn solid" disabled={!ready} onClick={submit} aria-busy={busy}>
      <Icon size={16} aria-hidden className={busy ? "spin" : ""} />
      {sendLabel}
      {!docked && <span className="kbd desk">Ctrl Enter</span>}
    </button>
  );
  const field = (
    <div
      className={`field ${dropping ? "drop" : ""}`}
      style={{ alignItems: "flex-start", flexDirection: "column" }}
      onDragOver={(event) => {
        event.preventDefault();
        if (takesImages) setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={onDrop}
    >
      <textarea
        ref={area}
        id={id}
        className={docked ? "composer-text docked" : "composer-text"}
        value={text}
        placeholder={placeholder}
        aria-label={docked ? label : undefined}
        aria-invalid={problem !== "" || undefined}
        data-hotkey="i"
        onChange={(event) => write(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      {images.length > 0 && (
        <div className="thumbs" style={{ paddingBottom: 8 }}>
          {images.map((image, at) => (
            <div className="thumb" key={at} title={image.name}>
              <img src={image.uri} alt={image.name} />
              <button
                type="button"
                aria-label={`Remove ${image.name}`}
                onClick={() => setImages(images.filter((_, other) => other !== at))}
              >
                <X size={14} aria-hidden />
              </button>
            </div>
          ))}
        </div>
      )}
    </div>
  );
  const trouble = problem && (
    <p role="alert" className="note red">
      <TriangleAlert size={14} aria-hidden />
      <span>{problem}</span>
    </p>
  );
  const tooLong = text.length > maxLength;
  const count = (
    <span className={`num end ${tooLong ? "red" : ""}`}>
      {text.length.toLocaleString()} of {maxLength.toLocaleString()} characters
    </span>
  );

  if (docked)
    return (
      <div className="composer">
        {field}
        {trouble}
        <div className="flexrow bar">
          {attach}
          {children}
          <span className="sm mut cut grow">{note}</span>
          <span className="sm mut desk">Ctrl Enter</span>
          {button}
        </div>
      </div>
    );
  return (
    <div className="stack" style={{ gap: 20 }}>
      <div>
        <label className="label" htmlFor={id}>
          {label}
        </label>
        {field}
        {trouble}
        <div className="flexrow sm mut" style={{ marginTop: 6 }}>
          {attach}
          {count}
        </div>
      </div>
      {children}
      <div className="sheet-foot">
        <span className="sm mut grow">{note}</span>
        {cancelHref && (
          <button type="button" className="btn" onClick={() => navigate(cancelHref)}>
            Cancel
          </button>
        )}
        {button}
      </div>
    </div>
  );
}
