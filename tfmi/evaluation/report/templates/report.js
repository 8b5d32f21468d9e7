"use strict";
// The theme, the charts, the panels of scores and the buttons that copy.
const DATA = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const drawn = new Map();

function color(name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

/** A specification's `var(--name)` as colours of the theme. */
function colored(spec) {
  const text = JSON.stringify(spec).replace(/var\((--[\w-]+)\)/g, (_, n) => color(n));
  return JSON.parse(text);
}

function chartConfig() {
  const text = { labelColor: color("--muted"), titleColor: color("--muted") };
  const font = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
  return {
    background: "transparent", font, view: { stroke: null },
    axis: { ...text, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 400,
            gridColor: color("--line"), domainColor: color("--line"),
            tickColor: color("--line") },
    axisY: { labelFontSize: 12 },
    legend: { ...text, labelFontSize: 12, symbolType: "square", labelLimit: 220 },
    line: { color: color("--ours"), strokeWidth: 2.5 },
    point: { color: color("--ours"), size: 30, filled: true },
    text: { color: color("--ink"), fontSize: 11 },
    tick: { color: color("--ink") },
  };
}

/** Draws a chart and keeps its specification, to draw it again in another theme. */
async function draw(element, spec) {
  drawn.set(element, spec);
  const dark = root.dataset.theme === "dark";
  const options = {
    actions: false, renderer: "svg", config: chartConfig(),
    tooltip: { theme: dark ? "dark" : "light" },
  };
  const { view } = await vegaEmbed(element, colored(spec), options);
  return view;
}

// A chart is drawn when it comes near the window: one in a hidden panel has no width.
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting && !drawn.has(target)) {
      draw(target, DATA.charts[target.dataset.chart]);
    }
  }
}, { rootMargin: "400px" });
document.querySelectorAll("[data-chart]").forEach((e) => watcher.observe(e));

const themeButton = document.getElementById("theme");
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function setTheme(dark) {
  root.dataset.theme = dark ? "dark" : "light";
  themeButton.setAttribute("aria-pressed", String(dark));
  themeButton.setAttribute("aria-label", "Dark theme");
  themeButton.textContent = dark ? "Light" : "Dark";
  for (const [element, spec] of drawn) {
    if (element.dataset.chart) draw(element, spec);
  }
  document.dispatchEvent(new Event("themechange"));
}
themeButton.addEventListener("click", () => setTheme(root.dataset.theme !== "dark"));
prefersDark.addEventListener("change", (event) => setTheme(event.matches));
setTheme(prefersDark.matches);

function chosen(name) {
  return document.querySelector(`input[name="${name}"]:checked`)?.value;
}

document.querySelectorAll('input[name="panel"]').forEach((input) => {
  input.addEventListener("change", () => {
    document.querySelectorAll(".panel").forEach((panel, number) => {
      panel.hidden = String(number) !== chosen("panel");
    });
  });
});

async function copy(button) {
  const code = button.closest(".code").querySelector("code");
  getSelection().selectAllChildren(code);
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    // The text is selected already; where a page may not write it, its reader can.
    button.textContent = "Selected: Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2500);
}
document.querySelectorAll(".copy").forEach((button) => {
  button.addEventListener("click", () => copy(button));
});
