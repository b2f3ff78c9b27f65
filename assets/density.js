// Before the first paint, so that nothing jumps; `Density.jsx` changes it.
try {
  document.documentElement.dataset.density =
    localStorage.getItem("agent_runs_density") || "comfortable";
} catch {
  document.documentElement.dataset.density = "comfortable";
}
