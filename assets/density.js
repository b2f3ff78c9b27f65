// Runs before the first paint, so nothing jumps; `Density.jsx` changes the choice.
try {
  document.documentElement.dataset.density =
    localStorage.getItem("agent_runs_density") || "comfortable";
} catch {
  document.documentElement.dataset.density = "comfortable";
}
