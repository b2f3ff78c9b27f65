// Where a person writes to an agent. It lives only in the browser and sends to the API through the
// dashboard's proxy: neither a lost websocket nor a refused request loses a word.
import { ImagePlus, LoaderCircle, Play, Send, TriangleAlert, X } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { ApiProblem, messageOf, newKey, sendJson } from "../api.js";
import { grouped } from "../text/numbers.js";
import { keepDraft, readDraft } from "./draft.js";
import { IMAGE_TYPES } from "./images.js";
import { useImages } from "./useImages.jsx";

/** @import { PromptImage } from "./useImages.jsx" */
/**
 * @typedef {object} ComposerProps
 * @property {string} path of the API, below `/api`
 * @property {object} [extra] more fields to send
 * @property {string} label
 * @property {string} [placeholder]
 * @property {string} [sendLabel]
 * @property {string} [draftKey] name of the saved text; another name means another text
 * @property {number} [maxLength]
 * @property {boolean} [takesImages]
 * @property {boolean} [disabled]
 * @property {string} [note]
 * @property {boolean} [docked] whether it is the small one at the end of a page
 * @property {string} [cancelHref]
 * @property {boolean} [openRun] whether to open the run that was created
 * @property {boolean} [focus]
 * @property {(runId: number) => void} [onSent]
 * @property {React.ReactNode} [children]
 */

const LONGEST = 200_000;

/** @param {ComposerProps} props */
export function Composer(props) {
  const { label, sendLabel = "Send", docked = false, openRun = false, note = "" } = props;
  const { maxLength = LONGEST, takesImages = true, disabled = false, cancelHref = "" } = props;
  const id = useId();
  const navigate = useNavigate();
  const message = useMessage(props);
  const { text, images, busy, problem } = message;
  const isReady = text.trim() !== "" && text.length <= maxLength && !disabled && !busy;
  const submit = async () => {
    if (isReady) await message.send();
  };
  const Icon = busy ? LoaderCircle : openRun ? Play : Send;
  const attach = takesImages && <AttachButton onFiles={images.add} />;
  const button = (
    <button
      type="button"
      className="btn solid"
      disabled={!isReady}
      onClick={submit}
      aria-busy={busy}
    >
      <Icon size={16} aria-hidden className={busy ? "spin" : ""} />
      {sendLabel}
      {!docked && <span className="kbd desk">Ctrl Enter</span>}
    </button>
  );
  const field = (
    <TextField
      id={id}
      message={message}
      label={docked ? label : undefined}
      placeholder={props.placeholder ?? ""}
      takesImages={takesImages}
      focus={props.focus ?? false}
      draftKey={props.draftKey ?? ""}
      onSubmit={submit}
    />
  );
  const trouble = problem && (
    <p role="alert" className="note red">
      <TriangleAlert size={14} aria-hidden />
      <span>{problem}</span>
    </p>
  );

  if (docked) {
    return (
      <div className="composer">
        {field}
        {trouble}
        <div className="flexrow bar">
          {attach}
          {props.children}
          <span className="sm mut cut grow">{note}</span>
          <span className="sm mut desk">Ctrl Enter</span>
          {button}
        </div>
      </div>
    );
  }
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
          <span className={`num end ${text.length > maxLength ? "red" : ""}`}>
            {grouped(text.length)} of {grouped(maxLength)} characters
          </span>
        </div>
      </div>
      {props.children}
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

/** @typedef {ReturnType<typeof useMessage>} Message */

/**
 * What is written, and how to send it.
 *
 * @param {ComposerProps} props
 */
function useMessage({ path, extra, draftKey = "", openRun, onSent }) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const last = useRef({ request: "", key: "" });
  const images = useImages(setProblem);
  const { setImages } = images;
  useEffect(() => {
    setText(readDraft(draftKey));
    setProblem("");
    setImages([]);
  }, [draftKey, setImages]);
  const write = (/** @type {string} */ value) => {
    setText(value);
    keepDraft(draftKey, value);
  };
  const send = async () => {
    setBusy(true);
    setProblem("");
    const uris = images.images.map((image) => image.uri);
    const body = { ...extra, prompt: text, ...(uris.length ? { images: uris } : {}) };
    // The last answer may have been lost, so the same request is sent with the same key.
    const request = `${path} ${JSON.stringify(body)}`;
    if (last.current.request !== request) last.current = { request, key: newKey() };
    try {
      const run = await sendJson("POST", path, body, last.current.key);
      last.current = { request: "", key: "" };
      write("");
      setImages([]);
      onSent?.(run?.id ?? 0);
      if (openRun && run?.id) navigate(`/runs/${run.id}`);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  return { text, write, images, busy, problem, send };
}

/**
 * A refusal says what to change; any other message adds that nothing is lost.
 *
 * @param {unknown} error
 */
function problemOf(error) {
  const isRefusal = error instanceof ApiProblem && error.status >= 400 && error.status < 500;
  return isRefusal ? error.message : `${messageOf(error)} Your text is kept; try again.`;
}

/** @param {Iterable<File> | ArrayLike<File> | null | undefined} list */
const filesIn = (list) => Array.from(list ?? []);

/** @param {{ onFiles: (files: File[]) => void }} props */
function AttachButton({ onFiles }) {
  const picker = useRef(/** @type {HTMLInputElement | null} */ (null));
  return (
    <>
      <button type="button" className="btn ghost s1" onClick={() => picker.current?.click()}>
        <ImagePlus size={14} aria-hidden />
        Attach images
      </button>
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        accept={IMAGE_TYPES.join(",")}
        aria-label="Images"
        onChange={(event) => {
          onFiles(filesIn(event.target.files));
          event.target.value = "";
        }}
      />
    </>
  );
}

/**
 * @param {{ id: string, message: Message, label?: string, placeholder: string,
 *   takesImages: boolean, focus: boolean, draftKey: string, onSubmit: () => void }} props
 */
function TextField({ id, message, label, placeholder, takesImages, focus, draftKey, onSubmit }) {
  const { text, write, images, problem } = message;
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const [isOver, setOver] = useState(false);
  // Another text gets the focus again.
  useEffect(() => {
    if (focus) area.current?.focus();
  }, [focus, draftKey]);
  const onKeyDown = (/** @type {React.KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    onSubmit();
  };
  const onPaste = (/** @type {React.ClipboardEvent} */ event) => {
    const pasted = filesIn(event.clipboardData.files);
    if (!takesImages || !pasted.length) return;
    event.preventDefault();
    images.add(pasted);
  };
  const onDrop = (/** @type {React.DragEvent} */ event) => {
    event.preventDefault();
    setOver(false);
    if (takesImages) images.add(filesIn(event.dataTransfer.files));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only accepts what is dropped
    <div
      className={`field ${isOver ? "drop" : ""}`}
      style={{ alignItems: "flex-start", flexDirection: "column" }}
      onDragOver={(event) => {
        event.preventDefault();
        if (takesImages) setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <textarea
        ref={area}
        id={id}
        className={label ? "composer-text docked" : "composer-text"}
        value={text}
        placeholder={placeholder}
        aria-label={label}
        aria-invalid={problem !== "" || undefined}
        data-hotkey="i"
        onChange={(event) => write(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      {images.images.length > 0 && (
        <Thumbs
          images={images.images}
          onRemove={(image) => images.setImages((old) => old.filter((other) => other !== image))}
        />
      )}
    </div>
  );
}

/** @param {{ images: PromptImage[], onRemove: (image: PromptImage) => void }} props */
const Thumbs = ({ images, onRemove }) => (
  <div className="thumbs" style={{ paddingBottom: 8 }}>
    {images.map((image, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: one image may be attached twice
      <div className="thumb" key={at} title={image.name}>
        <img src={image.uri} alt={image.name} />
        <button type="button" aria-label={`Remove ${image.name}`} onClick={() => onRemove(image)}>
          <X size={14} aria-hidden />
        </button>
      </div>
    ))}
  </div>
);
