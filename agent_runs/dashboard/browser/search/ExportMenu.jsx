// Downloads the runs of all hits as a file, in a chosen format.
import { DropdownMenu } from "@radix-ui/themes";
import { Download } from "lucide-react";

/** @param {{ query: string, formats: [name: string, label: string][] }} props */
export function ExportMenu({ query, formats }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger>
        <button type="button" className="btn ghost s1" title="Download the runs of all hits">
          <Download size={14} aria-hidden />
          Export
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Content size="1" variant="soft">
        {formats.map(([name, label]) => (
          <DropdownMenu.Item key={name} asChild>
            <a
              href={`/api/exports?${new URLSearchParams({ format: name, search: query })}`}
              download=""
            >
              {label}
            </a>
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}
