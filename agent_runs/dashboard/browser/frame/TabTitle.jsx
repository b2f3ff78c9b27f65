// Title and icon of the browser tab, with the number of running runs and of those that wait for you.
import { useEffect } from "react";

function icon(running, waiting) {
  const count = waiting || running;
  const text = count > 99 ? "99" : String(count);
  const badge = count
    ? `<circle cx="22" cy="10" r="10" fill="${waiting ? "#f5a700" : "#30a46c"}"/><text x="22" y="14.5" font-family="sans-serif" font-weight="700" font-size="${text.length > 1 ? 11 : 13}" text-anchor="middle" fill="${waiting ? "#1c2024" : "#fff"}">${text}</text>`
    : "";
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#3e63dd"/><path d="m8 11 5 5-5 5M16 22h8" stroke="#fff" stroke-width="2.5" fill="none" stroke-linecap="round" stroke-linejoin="round"/>${badge}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

export function TabTitle({ title, running = 0, waiting = 0 }) {
  useEffect(() => {
    const marks = [waiting ? `${waiting} waiting` : "", running ? `${running} running` : ""]
      .filter(Boolean)
      .join(", ");
    const wanted = `${marks ? `(${marks}) ` : ""}${title} · Agent runs`;
    const show = () => {
      if (document.title !== wanted) document.title = wanted;
    };
    show();
    const element = document.querySelector("title");
    const observer = new MutationObserver(show); // the router writes the page's static title after us
    if (element) observer.observe(element, { childList: true });
    return () => observer.disconnect();
  }, [title, running, waiting]);
  useEffect(() => {
    let link = document.querySelector("link[rel=icon][data-live]");
    if (!link) {
      document.querySelectorAll("link[rel~=icon]").forEach((old) => old.remove());
      link = Object.assign(document.createElement("link"), { rel: "icon" });
      link.dataset.live = "";
      document.head.append(link);
    }
    link.href = icon(running, waiting);
  }, [running, waiting]);
  return null;
}
