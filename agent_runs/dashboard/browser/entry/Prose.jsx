// Markdown of an agent. It is hostile input: no HTML, no images, only links to web and mail.
import { useContext } from "react";
import Markdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { clean } from "../reading.js";
import { FindText } from "../text/Marked.jsx";
import { markText } from "../text/marks.js";
import { Output } from "../text/Output.jsx";

const LONGEST = 100_000;
/** @type {import("react-markdown").Components} */
const PARTS = {
  a: ({ href = "", children }) =>
    /^(https?:|mailto:)/i.test(href) ? (
      <a className="link" href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    ) : (
      <span>{children}</span>
    ),
  img: ({ alt }) => <span className="mut">[image{alt ? `: ${alt}` : ""}]</span>,
  h1: "h3",
  h2: "h3",
  h4: "h3",
  h5: "h3",
  h6: "h3",
};

/** @param {{ text: string }} props */
export function Prose({ text }) {
  const words = useContext(FindText);
  const shown = clean(text);
  if (shown.length > LONGEST) return <Output title="Answer" text={shown} />;
  return (
    <div className="md" dir="auto">
      <Markdown
        remarkPlugins={[remarkGfm]}
        rehypePlugins={words ? [markText(words)] : []}
        components={PARTS}
      >
        {shown}
      </Markdown>
    </div>
  );
}
