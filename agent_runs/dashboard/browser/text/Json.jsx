// A JSON value, laid out and coloured.
import { useContext } from "react";
import { clean } from "../reading.js";
import { MOST_CHARACTERS } from "./ends.js";
import { jsonParts } from "./json.js";
import { FindText, Marked } from "./Marked.jsx";
import { Box, Output, Plain } from "./Output.jsx";

/** @param {{ title: string, value: unknown }} props */
export function Json({ title, value }) {
  const words = useContext(FindText);
  const text = clean(JSON.stringify(value, null, 2));
  if (text.length > MOST_CHARACTERS) return <Output title={title} text={text} />;
  const isHit = words !== "" && text.toLowerCase().includes(words.toLowerCase());
  return (
    <Box title={title} text={text}>
      <Plain>{isHit ? <Marked text={text} /> : <Coloured text={text} />}</Plain>
    </Box>
  );
}

/** @param {{ text: string }} props */
const Coloured = ({ text }) =>
  jsonParts(text).map((part, at) =>
    part.kind ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other name
      <span key={at} className={`j-${part.kind}`}>
        {part.text}
      </span>
    ) : (
      part.text
    ),
  );
