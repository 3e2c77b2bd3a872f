// Dark or light: dark at first; the choice is kept in this browser, and set before the page is drawn.
{
  const KEY = "fl_planner theme";
  const root = document.documentElement;
  const OTHER = { dark: "Light", light: "Dark" }; // the button names the theme to which it changes
  const set = (theme) => {
    root.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (!button) return; // the page is not read yet
    button.textContent = OTHER[theme];
    button.setAttribute("aria-label", `Change to the ${OTHER[theme].toLowerCase()} theme`);
  };
  let kept = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch { /* storage is blocked: the choice lasts until the page is closed */ }
  set(kept === "light" ? "light" : "dark");
  document.addEventListener("DOMContentLoaded", () => {
    set(root.dataset.theme);
    document.getElementById("theme").addEventListener("click", () => {
      set(root.dataset.theme === "light" ? "dark" : "light");
      try {
        localStorage.setItem(KEY, root.dataset.theme);
      } catch { /* as above */ }
      document.dispatchEvent(new CustomEvent("theme"));
    });
  });
}
