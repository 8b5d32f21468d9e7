// Neighbours and maps: one domain and one image are chosen, all views follow.
const narrow = matchMedia("(max-width: 40rem)").matches;
const GRID_AREA = 42 ** 2, NEAR_AREA = (narrow ? 35 : 46) ** 2, QUERY_AREA = 96 ** 2;
const NAMES = { shared: "S", exclusive: "E" };
const PATHS = {
  circle: "M6.5 0a6.5 6.5 0 1 0 .01 0z", square: "M.7.7h11.6v11.6h-11.6z",
  "triangle-up": "M6.5 0l7 12.5h-14z", diamond: "M6.5-1l6 7.5-6 7.5-6-7.5z",
};
const grid = document.getElementById("grid");
const state = { domain: 0, image: 0, entry: null, views: [] };

const domain = () => DATA.domains[state.domain];
const byId = (id) => document.getElementById(id);
const spoken = (name) => name.replaceAll("_", " ");

function element(tag, options = {}, ...children) {
  const made = Object.assign(document.createElement(tag), options);
  made.append(...children);
  return made;
}

function value(factor, image) {
  const label = factor.labels[image];
  return label < 0 ? "not scored" : factor.values[label];
}

function describe(image) {
  const parts = domain().factors.map((f) => `${spoken(f.name)} ${value(f, image)}`);
  return `image ${image}: ${parts.join(", ")}`;
}

/** Shows one image of the sheet in an element of about the area, in pixels. */
function paint(target, image, area) {
  const { columns, rows, width, height } = domain().sheet;
  const scale = Math.sqrt(area / (width * height));
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  target.className = `tile of-${state.domain}${width > 32 ? "" : " exact"}`;
  Object.assign(target.style, {
    width: `${w}px`, height: `${h}px`, backgroundSize: `${columns * w}px ${rows * h}px`,
    backgroundPosition: `${-(image % columns) * w}px ${-Math.floor(image / columns) * h}px`,
  });
  return target;
}

function tileButton(image, area) {
  const button = paint(element("button", { type: "button" }), image, area);
  button.dataset.image = image;
  button.setAttribute("aria-label", describe(image));
  button.title = describe(image);
  return button;
}

function fillGrid() {
  grid.replaceChildren(...domain().queries.map((i) => tileButton(i, GRID_AREA)));
  grid.style.setProperty("--tile", grid.firstElementChild.style.width);
}

function markGrid() {
  let current = null;
  for (const tile of grid.children) {
    const here = Number(tile.dataset.image) === state.image;
    tile.setAttribute("aria-pressed", String(here));
    tile.tabIndex = -1;
    if (here) current = tile;
  }
  (current ?? grid.firstElementChild).tabIndex = 0;
}

function columnsOfGrid() {
  const tiles = [...grid.children];
  const wrapped = tiles.findIndex((tile) => tile.offsetTop > tiles[0].offsetTop);
  return wrapped < 0 ? tiles.length : wrapped;
}

grid.addEventListener("keydown", (event) => {
  const tiles = [...grid.children], at = tiles.indexOf(document.activeElement);
  const line = columnsOfGrid();
  const next = {
    ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + line, ArrowUp: at - line,
    Home: 0, End: tiles.length - 1,
  }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  if (!tiles[next]) return;
  tiles[at].tabIndex = -1;
  tiles[next].tabIndex = 0;
  tiles[next].focus();
});
for (const place of [grid, byId("near")]) {
  place.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-image]");
    if (tile) choose(Number(tile.dataset.image));
  });
}

function wantedOf(name) {
  const wanted = domain().representations[name].wanted;
  return domain().factors.filter((factor) => wanted.includes(factor.name));
}

function neighbour(image, wanted) {
  const scored = wanted.filter((f) => f.labels[image] >= 0 && f.labels[state.image] >= 0);
  const equal = scored.filter((f) => f.labels[image] === f.labels[state.image]).length;
  const right = scored.length > 0 && equal === scored.length;
  const mark = scored.length > 1 && !right ? `${equal} of ${scored.length}` : right ? "✓" : "✕";
  const button = tileButton(image, NEAR_AREA);
  const text = scored.length ? (right ? "as the query" : "unlike the query") : "not scored";
  button.setAttribute("aria-label", `${describe(image)}; ${text}`);
  const item = element("li", {}, button, element("span", { ariaHidden: "true" }, scored.length ? mark : "–"));
  if (scored.length) item.className = right ? "right" : "wrong";
  return item;
}

function percent(fraction) {
  return fraction === null ? "–" : `${(100 * fraction).toFixed(0)}%`;
}

function neighbourCard(name) {
  const { near, same } = domain().representations[name];
  const items = near[state.image].map((i) => neighbour(i, wantedOf(name)));
  const right = items.filter((item) => item.className === "right").length;
  const wanted = wantedOf(name).map((f) => spoken(f.name)).join(", ");
  const all = domain().factors.map((f) => `${spoken(f.name)} ${percent(same[f.name])}`);
  return element("article", { className: "card" },
    element("h3", {}, `Nearest in ${NAMES[name]}`, element("small", {}, `${right} of ${items.length}`)),
    element("p", { className: "note" }, `should share: ${wanted}`),
    element("ol", {}, ...items),
    element("footer", {}, `Over all images, neighbours share: ${all.join(", ")}`));
}

function choose(image) {
  state.image = image;
  markGrid();
  paint(byId("query-picture"), image, QUERY_AREA);
  byId("query-text").textContent = describe(image);
  const focused = byId("near").contains(document.activeElement);
  byId("near").replaceChildren(...Object.keys(domain().representations).map(neighbourCard));
  // What was clicked is gone: the keyboard goes on from the first neighbour.
  if (focused) byId("near").querySelector("button").focus();
  preview(image);
  for (const { name, view } of state.views) ring(name, view);
}

function preview(image) {
  paint(byId("hovered-picture"), image, GRID_AREA);
  byId("hovered-text").textContent = describe(image);
}

function ring(name, view) {
  view.signal("query", state.image);
  view.signal("near", domain().representations[name].near[state.image]);
  view.runAsync();
}

const factor = () => domain().factors[Number(chosen("factor") ?? 0)];

function points(name) {
  const { places, legend } = factor();
  return domain().representations[name].maps[chosen("method")].map(([x, y], i) => (
    { i, x, y, entry: legend[places[i]].label, about: describe(i) }));
}

function mapSpec(name) {
  const spec = structuredClone(DATA.map), { legend } = factor();
  const labels = legend.map((entry) => entry.label);
  const [marks, rings] = spec.layer;
  spec.data = { values: points(name) };
  spec.description = `${NAMES[name]}, ${chosen("method")}, coloured by ${spoken(factor().name)}`;
  marks.encoding.color.scale = { domain: labels, range: legend.map((e) => e.color) };
  marks.encoding.shape.scale = { domain: labels, range: legend.map((e) => e.shape) };
  marks.mark.stroke = "var(--panel)";
  marks.mark.strokeWidth = 0.4;
  rings.mark.stroke = "var(--ink)";
  for (const [key, value] of [["entry", state.entry], ["query", state.image],
    ["near", domain().representations[name].near[state.image]]]) {
    spec.params.find((param) => param.name === key).value = value;
  }
  return spec;
}

function mapCard(name) {
  const { size, explained } = domain().representations[name];
  const about = chosen("method") === "PCA"
    ? `2 axes hold ${percent(explained)} of the variance of ${size} numbers`
    : `of ${size} numbers`;
  const chart = element("div", { className: "chart" });
  const card = element("article", { className: "card" },
    element("h3", {}, `${NAMES[name]} of ${domain().name} `, element("small", {}, about)), chart);
  return { name, card, chart };
}

async function drawMaps() {
  const cards = Object.keys(domain().representations).map(mapCard);
  byId("map-pair").replaceChildren(...cards.map(({ card }) => card));
  state.cards = cards;
  const views = [];
  for (const { name, chart } of cards) {
    const view = await draw(chart, mapSpec(name));
    drawn.delete(chart);
    view.addEventListener("click", (_, item) => item?.datum?.i >= 0 && choose(item.datum.i));
    view.addEventListener("mouseover", (_, item) => item?.datum?.i >= 0 && preview(item.datum.i));
    views.push({ name, view });
  }
  if (state.cards === cards) state.views = views;
}

function legendButton({ label, color: fill, shape }) {
  const button = element("button", { type: "button", ariaPressed: "false" });
  button.innerHTML = `<svg viewBox="0 0 13 13" aria-hidden="true"><path fill="${fill}" d="${PATHS[shape]}"/></svg>`;
  button.append(label);
  button.addEventListener("click", () => standOut(label));
  button.dataset.entry = label;
  return button;
}

function standOut(label) {
  state.entry = state.entry === label ? null : label;
  for (const button of byId("legend").children) {
    button.setAttribute("aria-pressed", String(button.dataset.entry === state.entry));
  }
  for (const { view } of state.views) view.signal("entry", state.entry).runAsync();
}

function setFactor() {
  state.entry = null;
  byId("legend").replaceChildren(...factor().legend.map(legendButton));
  return drawMaps();
}

function fillFactors() {
  byId("factor-choice").replaceChildren(...domain().factors.map((each, number) => {
    const input = element("input", { type: "radio", name: "factor", value: number, checked: !number });
    input.addEventListener("change", setFactor);
    return element("label", {}, input, element("span", {}, spoken(each.name)));
  }));
}

function setDomain() {
  state.domain = Number(chosen("domain") ?? 0);
  state.views = [];
  fillGrid();
  fillFactors();
  choose(domain().queries[0]);
  return setFactor();
}

for (const input of document.querySelectorAll('input[name="domain"]')) {
  input.addEventListener("change", setDomain);
}
for (const input of document.querySelectorAll('input[name="method"]')) {
  input.addEventListener("change", drawMaps);
}
document.addEventListener("themechange", drawMaps);
setDomain();
