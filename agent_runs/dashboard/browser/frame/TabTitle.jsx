// Title and icon of the browser tab, with the numbers of runs that are working or need you.
import { useEffect } from "react";
import { iconOf, titleOf } from "./tab.js";

/** @param {{ title: string, running: number, waiting: number }} props */
export function TabTitle({ title, running, waiting }) {
  useEffect(() => {
    const tabTitle = titleOf(title, running, waiting);
    const show = () => {
      if (document.title !== tabTitle) document.title = tabTitle;
    };
    show();
    const element = document.querySelector("title");
    // The router writes the page's static title after us.
    const observer = new MutationObserver(show);
    if (element) observer.observe(element, { childList: true });
    return () => observer.disconnect();
  }, [title, running, waiting]);
  useEffect(() => {
    iconLink().href = iconOf(running, waiting);
  }, [running, waiting]);
  return null;
}

/** The link of our icon, which replaces those of the page. */
function iconLink() {
  const ours = document.querySelector("link[rel=icon][data-live]");
  if (ours instanceof HTMLLinkElement) return ours;
  for (const old of document.querySelectorAll("link[rel~=icon]")) old.remove();
  const link = Object.assign(document.createElement("link"), { rel: "icon" });
  link.dataset.live = "";
  document.head.append(link);
  return link;
}
