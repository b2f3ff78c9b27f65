// Columns of the same width, one per run.

/** @param {{ count: number, className?: string, children: React.ReactNode }} props */
export const Sides = ({ count, className = "", children }) => (
  <div
    className={`sides ${className}`}
    style={/** @type {React.CSSProperties} */ ({ "--sides": count })}
  >
    {children}
  </div>
);
