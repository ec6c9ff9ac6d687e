/* Light and dark: as the system has it, until the switch is used. */

function startTheme(button) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  function show() {
    const dark = chosen === null ? system.matches : chosen;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-label", dark ? "Switch to light colours" : "Switch to dark colours");
  }
  button.addEventListener("click", () => {
    chosen = document.documentElement.dataset.theme !== "dark";
    show();
  });
  system.addEventListener("change", show);
  button.hidden = false;
  show();
}
