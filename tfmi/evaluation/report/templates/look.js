// Neighbours: one domain and one image are chosen, all views follow.
const narrow = matchMedia("(max-width: 40rem)").matches;
const GRID_AREA = 42 ** 2, NEAR_AREA = (narrow ? 35 : 46) ** 2, QUERY_AREA = 96 ** 2;
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
  return parts.length ? `image ${image}: ${parts.join(", ")}` : `image ${image}`;
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

/** How a neighbour compares with the query: a mark, a class and words. */
function verdict(image, wanted) {
  const scored = wanted.filter((f) => f.labels[image] >= 0 && f.labels[state.image] >= 0);
  if (!scored.length) return { mark: "–", style: "", text: "not scored" };
  const equal = scored.filter((f) => f.labels[image] === f.labels[state.image]).length;
  if (equal === scored.length) return { mark: "✓", style: "right", text: "as the query" };
  const mark = scored.length > 1 ? `${equal} of ${scored.length}` : "✕";
  return { mark, style: "wrong", text: "unlike the query" };
}

function neighbour(image, wanted) {
  const button = tileButton(image, NEAR_AREA);
  if (!wanted.length) return element("li", {}, button);
  const { mark, style, text } = verdict(image, wanted);
  button.setAttribute("aria-label", `${describe(image)}; ${text}`);
  const shown = element("span", { ariaHidden: "true" }, mark);
  return element("li", { className: style }, button, shown);
}

function percent(fraction) {
  return fraction === null ? "–" : `${(100 * fraction).toFixed(0)}%`;
}

function neighbourCard(name) {
  const { near, same, symbol } = domain().representations[name];
  const wanted = wantedOf(name);
  const items = near[state.image].map((i) => neighbour(i, wanted));
  const heading = element("h3", {}, `Nearest in ${symbol}`);
  const card = element("article", { className: "card" }, heading);
  if (!wanted.length) {
    card.append(element("ol", {}, ...items));
    return card;
  }
  const right = items.filter((item) => item.className === "right").length;
  const scored = items.filter((item) => item.className).length;
  heading.append(element("small", {}, scored ? `${right} of ${scored}` : "not scored"));
  const all = domain().factors.map((f) => `${spoken(f.name)} ${percent(same[f.name])}`);
  card.append(
    element("p", { className: "note" }, `should share: ${wanted.map((f) => spoken(f.name)).join(", ")}`),
    element("ol", {}, ...items),
    element("footer", {}, `Over all images, neighbours share: ${all.join(", ")}`));
  return card;
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
